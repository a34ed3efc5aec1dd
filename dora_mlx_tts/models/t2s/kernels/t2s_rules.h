// How a token is chosen: what the kernels for CUDA and for Metal have in common.
//
// Only values, no pointers: the languages name the places of memory differently.

#ifdef __METAL_VERSION__
#define T2S_FUNCTION inline
#define T2S_EXP metal::exp
#else
#define T2S_FUNCTION __device__ inline
#define T2S_EXP expf
#endif

namespace t2s {

// A float's bits in the order of unsigned numbers.
T2S_FUNCTION unsigned ordered(unsigned bits) { return bits & 0x80000000u ? ~bits : bits | 0x80000000u; }

// Whether value a at place i comes before value b at place j: the larger one, then the first.
T2S_FUNCTION bool comes_first(float a, int i, float b, int j) { return a > b || (a == b && i < j); }

// A logit, pushed down where its token was seen.
T2S_FUNCTION float penalised(float x, bool seen, float penalty) {
  if (!seen || penalty == 1.0f) return x;
  return x < 0 ? x * penalty : x / penalty;
}

// What a token has in the draw: its probability over its exponential time, which may be 0.
T2S_FUNCTION float chance(float x, float highest, float time) {
  return T2S_EXP(x - highest) / (time > 1e-30f ? time : 1e-30f);
}

}  // namespace t2s
