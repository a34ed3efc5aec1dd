// The decoding kernel's parts for CUDA: a network's sizes, loads and stores, the choice of a token.
//
// T2S_THREADS is the number of threads of a block; t2s_rules.h comes before this.

namespace t2s {

constexpr unsigned long long PATIENCE = 2000000000ull;
constexpr float NONE = -1e30f;

enum State { LENGTH, COUNT, BROKEN, STATE_INTS };              // counters that live on the device
enum Setting { TEXT, CAPACITY, MIN_TOKENS, TOP_K, END, SETTING_INTS };

// REAL of the C channels are the network's; the others, whose parameters are all 0, fill a warp's loads up.
template <class T, int REAL_, int C_, int H_, int F_, int L_, int V_, int R_, int G_, int W_>
struct Net {
  using Type = T;
  static constexpr int REAL = REAL_;
  static constexpr int C = C_, H = H_, F = F_, L = L_, V = V_, R = R_;  // channels … rows
  static constexpr int G = G_, W = W_;                                  // blocks, warps of a block
  static constexpr int D = C / H;
  static constexpr int VEC = 16 / int(sizeof(T));  // elements of a 16-byte load
  static constexpr int PER_POSITION = D / VEC;     // lanes that read one key
  static constexpr int POSITIONS = 32 / PER_POSITION;
  static constexpr int WANTED = G / (R * H);
  static constexpr int S = WANTED < 1 ? 1 : WANTED > 8 ? 8 : WANTED;  // parts that a head's context is cut into
  static constexpr long LAYER_WEIGHTS = 4L * C * C + 2L * C * F;
  static constexpr long LAYER_VECTORS = 9L * C + F;
  // Scratch, in floats.
  static constexpr int PRE = 0, Q = PRE + R * C, INNER = Q + R * C;
  static constexpr int MIXED = INNER + R * F, MAXIMA = MIXED + R * H * S * D;
  static constexpr int SUMS = MAXIMA + R * H * S, LOGITS = SUMS + R * H * S;
  static constexpr int SCRATCH = LOGITS + R * V;
  static_assert(C % 128 == 0 && F % 128 == 0 && C % H == 0 && REAL <= C && REAL % 4 == 0, "sizes");
  static_assert(D % VEC == 0 && PER_POSITION <= 32 && 32 % PER_POSITION == 0, "head size");
};

// ---- what the language has no word for; tests bring their own to run this on a CPU

#ifndef T2S_EMULATED
__device__ inline void load_once(const float* p, float (&v)[4]) {
  asm volatile("ld.global.nc.L1::no_allocate.v4.f32 {%0,%1,%2,%3}, [%4];"
               : "=f"(v[0]), "=f"(v[1]), "=f"(v[2]), "=f"(v[3]) : "l"(p));
}
__device__ inline void load_once(const void* p, unsigned (&v)[2]) {
  asm volatile("ld.global.nc.L1::no_allocate.v2.u32 {%0,%1}, [%2];" : "=r"(v[0]), "=r"(v[1]) : "l"(p));
}
__device__ inline float load_one(const float* p) {
  float v;
  asm volatile("ld.global.nc.f32 %0, [%1];" : "=f"(v) : "l"(p));
  return v;
}
__device__ inline void load_two(const float* p, float (&v)[2]) {
  asm volatile("ld.global.nc.v2.f32 {%0,%1}, [%2];" : "=f"(v[0]), "=f"(v[1]) : "l"(p));
}
__device__ inline uint4 load_old(const void* p) {  // what another block wrote some steps ago
  uint4 v;
  asm volatile("ld.global.cg.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(p));
  return v;
}
__device__ inline void arrive(unsigned* counter) {
  asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(counter), "r"(1u) : "memory");
}
__device__ inline unsigned arrived(unsigned* counter) {
  unsigned seen;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(seen) : "l"(counter) : "memory");
  return seen;
}
__device__ inline unsigned long long nanoseconds() {
  unsigned long long now;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
  return now;
}
#endif

// ---- elements of 16 and 32 bits

template <class T> struct Four;
template <> struct Four<float> {
  float v[4];
  __device__ void load(const float* p) { load_once(p, v); }
  __device__ float get(int i) const { return v[i]; }
};
template <class T> struct FourHalves {
  unsigned v[2];
  __device__ void load(const T* p) { load_once(static_cast<const void*>(p), v); }
};
__device__ inline float half_bits(unsigned short b) { __half_raw r; r.x = b; return __half2float(__half(r)); }
template <> struct Four<__half> : FourHalves<__half> {
  __device__ float get(int i) const { return half_bits((unsigned short)(v[i / 2] >> (16 * (i % 2)))); }
};
template <> struct Four<__nv_bfloat16> : FourHalves<__nv_bfloat16> {
  __device__ float get(int i) const {
    return __uint_as_float(i % 2 ? v[i / 2] & 0xffff0000u : v[i / 2] << 16);
  }
};

__device__ inline float widen(float x) { return x; }
__device__ inline float widen(__half x) { return __half2float(x); }
__device__ inline float widen(__nv_bfloat16 x) { return __bfloat162float(x); }
template <class T> __device__ inline T narrow(float x);
template <> __device__ inline float narrow<float>(float x) { return x; }
template <> __device__ inline __half narrow<__half>(float x) { return __float2half(x); }
template <> __device__ inline __nv_bfloat16 narrow<__nv_bfloat16>(float x) { return __float2bfloat16(x); }

// 16 bytes that another block may have written.
template <class T, int N> __device__ inline void load_fresh(const T* p, float (&out)[N]) {
  uint4 bits = __ldcg(reinterpret_cast<const uint4*>(p));
  const T* t = reinterpret_cast<const T*>(&bits);
#pragma unroll
  for (int i = 0; i < N; ++i) out[i] = widen(t[i]);
}

__device__ inline float warp_sum(float x) {
#pragma unroll
  for (int d = 16; d; d /= 2) x += __shfl_xor_sync(~0u, x, d);
  return x;
}

// ---- sampling: one block a row

// The first index of the largest value, for all threads.
template <int W> __device__ int block_argmax(float value, int index, float* best_value) {
  __shared__ float values[W];
  __shared__ int indices[W];
  __shared__ float result_value;
  __shared__ int result;
#pragma unroll
  for (int d = 16; d; d /= 2) {
    float v = __shfl_xor_sync(~0u, value, d);
    int i = __shfl_xor_sync(~0u, index, d);
    if (comes_first(v, i, value, index)) value = v, index = i;
  }
  if (threadIdx.x % 32 == 0) values[threadIdx.x / 32] = value, indices[threadIdx.x / 32] = index;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int w = 1; w < W; ++w)
      if (comes_first(values[w], indices[w], value, index)) value = values[w], index = indices[w];
    result = index, result_value = value;
  }
  __syncthreads();
  *best_value = result_value;
  int found = result;
  __syncthreads();
  return found;
}

// The k-th largest of all threads' values, as an ordered number: two bits a round.
template <int W, int PER> __device__ unsigned kth_largest(const unsigned (&value)[PER], int k) {
  static_assert(PER * 32 < 1024, "a warp's counts have ten bits each");
  __shared__ int counts[2][W];
  unsigned found = 0;
  for (int bit = 30; bit >= 0; bit -= 2) {
    int mine = 0;
#pragma unroll
    for (int i = 0; i < PER; ++i)
#pragma unroll
      for (unsigned n = 0; n < 3; ++n) mine += int(value[i] >= (found | (n + 1) << bit)) << (10 * n);
    mine = __reduce_add_sync(~0u, mine);
    int* of_warps = counts[bit / 2 % 2];
    if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = mine;
    __syncthreads();
    int all[3] = {0, 0, 0};
#pragma unroll
    for (int w = 0; w < W; ++w) {
      int count = of_warps[w];
      all[0] += count & 1023, all[1] += count >> 10 & 1023, all[2] += count >> 20;
    }
    found |= (all[2] >= k ? 3u : all[1] >= k ? 2u : all[0] >= k ? 1u : 0u) << bit;
  }
  return found;
}

// Draw a row's next token. logits(at, x) sets x[k] to the logit of id at(k); `draw` [V] are exponential times.
// Returns the token; *ended as the loop wants it.
template <class N, class Logits> __device__ int sample(Logits logits, unsigned char* seen, const float* draw, const int* settings, const float* rates, int count, bool* ended) {
  constexpr int PER = (N::V + N::W * 32 - 1) / (N::W * 32);
  const float temperature = rates[0], penalty = rates[1];
  const int size = count > settings[MIN_TOKENS] ? N::V : N::V - 1;
  float x[PER], time[PER];
  bool was[PER];
  unsigned key[PER];
  auto at = [](int i) {
    int id = i * N::W * 32 + int(threadIdx.x);
    return id < N::V ? id : N::V - 1;
  };
#pragma unroll
  for (int i = 0; i < PER; ++i) was[i] = seen[at(i)], time[i] = settings[TOP_K] > 1 ? draw[at(i)] : 0;
  logits(at, x);
  float mine = -INFINITY, highest;
  int where = N::V;
#pragma unroll
  for (int i = 0; i < PER; ++i) {
    int id = i * N::W * 32 + threadIdx.x;
    x[i] = id < size ? penalised(x[i], was[i], penalty) : -INFINITY;
    if (x[i] > mine) mine = x[i], where = id;
    if (temperature != 1.0f) x[i] /= temperature;
    key[i] = id < size ? ordered(__float_as_uint(x[i])) : 0;
  }
  int best = block_argmax<N::W>(mine, where, &highest), token = best;
  if (temperature != 1.0f) highest /= temperature;
  if (settings[TOP_K] > 1) {
    unsigned least = settings[TOP_K] >= size ? 1 : kth_largest<N::W>(key, settings[TOP_K]);
    mine = -1, where = N::V;
#pragma unroll
    for (int i = 0; i < PER; ++i) {
      int id = i * N::W * 32 + threadIdx.x;
      if (id >= size) continue;
      float score = key[i] >= least ? chance(x[i], highest, time[i]) : 0;
      if (score > mine) mine = score, where = id;
    }
    float unused;
    token = block_argmax<N::W>(mine, where, &unused);
  }
  if (token >= N::V) token = best = settings[END];  // the logits are no numbers; the host finds that out by itself
  if (threadIdx.x == 0) seen[token] = 1;
  *ended = token == settings[END] || best == settings[END];
  return token;
}

// ---- a launch's arguments

struct Arguments {
  const void *weights, *table, *predict;
  const float *vectors, *places, *draws, *rates;
  const int *padding, *settings, *steps;
  void* cache;
  float* scratch;
  int *state, *sync, *tokens;  // tokens [R, 2]: the last token, and whether the row has ended
  unsigned char* seen;
  int* out;       // [steps, R, 2]: the same of every step; then 1 if all went well
  float* logits;  // [R, V] after the last step
};

}  // namespace t2s

// MLX writes the kernel's signature; this gives it the bound on registers that its threads need.
#ifndef T2S_EMULATED
#undef __global__
#define __global__ __attribute__((global)) __launch_bounds__(T2S_THREADS, 1)
#endif
