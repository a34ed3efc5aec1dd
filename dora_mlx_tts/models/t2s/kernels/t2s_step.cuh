// Decoding steps of the text-to-semantic network in one kernel that stays on the GPU.
//
// A step is a chain of phases: sample a token, then for each layer project, attend, project out, feed
// forward up and down, and last the logits. Every phase is spread over all blocks, so between two of
// them lies a barrier of the whole grid.
//
// The barrier counts arrivals in global memory. It works only while all blocks are resident: launch at
// most as many as the GPU holds at once, one such kernel at a time. It never spins for ever: after
// PATIENCE nanoseconds it marks the state as broken, every block leaves, and the host reports it.
//
// One warp makes one element of a product (or 1/SPLIT of it). The next phase's weights are loaded into
// registers before the barrier, for they depend on nothing; what other blocks wrote is read past L1.
//
// t2s_rules.h comes before this.

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
  static constexpr int X = 0, PRE = X + R * C, Q = PRE + R * C, INNER = Q + R * C;
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

// ---- the grid's barrier

template <class N> struct Grid {
  unsigned *arrivals, *first;  // first: arrivals counted before this launch
  int* state;
  unsigned target;

  __device__ Grid(int* sync, int* state_) : state(state_) {
    arrivals = reinterpret_cast<unsigned*>(sync), first = arrivals + 32;
    target = *reinterpret_cast<volatile unsigned*>(first);
  }

  // False when the others did not come in time.
  __device__ bool wait() {
    bool broken = false;
    target += N::G;
    __syncthreads();
    if (threadIdx.x == 0) {
      arrive(arrivals);
      broken = !spin();
    }
    return !__syncthreads_or(broken);
  }

  __device__ bool spin() {
    unsigned long long start = 0;
    for (unsigned turn = 1;; ++turn) {
      if (int(arrived(arrivals) - target) >= 0) return true;
      if (turn % 1024 == 0) {
        unsigned long long now = nanoseconds();
        if (start == 0) start = now;
        if (now - start > PATIENCE || *reinterpret_cast<volatile int*>(state + BROKEN)) {
          *reinterpret_cast<volatile int*>(state + BROKEN) = 1;
          return false;
        }
      }
    }
  }

  // Call after the last barrier of a launch.
  __device__ void leave() {
    if (blockIdx.x == 0 && threadIdx.x == 0) *first = target;
  }
};

// ---- matrix times vectors: ROWS outputs of K inputs each

template <class N, int ROWS, int K> struct Product {
  using T = typename N::Type;
  static constexpr int fits(int split) { return (K / 128) % split == 0 && ROWS * split <= N::G * N::W; }
  static constexpr int SPLIT = fits(4) ? 4 : fits(2) ? 2 : 1;
  static constexpr int PART = K / SPLIT, VECTORS = PART / 128;
  static constexpr int GROUPS = N::W / SPLIT * N::G;

  Four<T> weight[VECTORS];

  __device__ static int first() { return int(threadIdx.x / 32 / SPLIT * N::G + blockIdx.x); }
  __device__ static int column(int v) {
    int lane = threadIdx.x % 32, part = threadIdx.x / 32 % SPLIT;
    return part * PART + v * 128 + lane * 4;
  }

  __device__ void fetch(const T* matrix, int row) {
    if (row >= ROWS) return;
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) weight[v].load(matrix + long(row) * K + column(v));
  }
  __device__ void fetch(const T* matrix) { fetch(matrix, first()); }

  // in(r, column) gives four inputs; out(r, row, value) is called by one lane. The first row's weights
  // have been fetched.
  template <class In, class Out> __device__ void run(const T* matrix, In in, Out out) {
    __shared__ float parts[N::W][N::R];
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    for (int base = 0; base < ROWS; base += GROUPS) {
      int row = base + first();
      if (base > 0) fetch(matrix, row);
      float sum[N::R];
#pragma unroll
      for (int r = 0; r < N::R; ++r) sum[r] = 0;
      if (row < ROWS) {
#pragma unroll
        for (int r = 0; r < N::R; ++r) {
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) {
            float4 x = in(r, column(v));
            sum[r] += x.x * weight[v].get(0) + x.y * weight[v].get(1) + x.z * weight[v].get(2) +
                      x.w * weight[v].get(3);
          }
        }
#pragma unroll
        for (int r = 0; r < N::R; ++r) sum[r] = warp_sum(sum[r]);
      }
      if (SPLIT == 1) {
        if (row < ROWS && lane == 0)
          for (int r = 0; r < N::R; ++r) out(r, row, sum[r]);
      } else {
        if (lane == 0)
          for (int r = 0; r < N::R; ++r) parts[warp][r] = sum[r];
        __syncthreads();
        if (row < ROWS && warp % SPLIT == 0 && lane < N::R) {
          float whole = 0;
#pragma unroll
          for (int p = 0; p < SPLIT; ++p) whole += parts[warp + p][lane];
          out(lane, row, whole);
        }
        if (base + GROUPS < ROWS) __syncthreads();
      }
    }
  }
};

// Normalise rows of `scratch` into shared memory, and block 0 also into X for the residual.
template <class N> __device__ void normalise(float (&xs)[N::R][N::C], float* scratch, const float* gain, const float* shift) {
  constexpr int M = N::C / 128;
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int r = warp; r < N::R; r += N::W) {
    float4 x[M];
    float sum = 0, square = 0;
#pragma unroll
    for (int v = 0; v < M; ++v) {
      x[v] = __ldcg(reinterpret_cast<const float4*>(scratch + N::PRE + r * N::C + v * 128 + lane * 4));
      sum += x[v].x + x[v].y + x[v].z + x[v].w;
    }
    float mean = warp_sum(sum) / N::REAL;
#pragma unroll
    for (int v = 0; v < M; ++v) {
      x[v].x -= mean, x[v].y -= mean, x[v].z -= mean, x[v].w -= mean;
      if (v * 128 + lane * 4 < N::REAL)
        square += x[v].x * x[v].x + x[v].y * x[v].y + x[v].z * x[v].z + x[v].w * x[v].w;
    }
    float scale = rsqrtf(warp_sum(square) / N::REAL + 1e-5f);
#pragma unroll
    for (int v = 0; v < M; ++v) {
      int c = v * 128 + lane * 4;
      float4 g = __ldg(reinterpret_cast<const float4*>(gain + c));
      float4 b = __ldg(reinterpret_cast<const float4*>(shift + c));
      float4 y = make_float4(x[v].x * scale * g.x + b.x, x[v].y * scale * g.y + b.y,
                             x[v].z * scale * g.z + b.z, x[v].w * scale * g.w + b.w);
      *reinterpret_cast<float4*>(&xs[r][c]) = y;
      if (blockIdx.x == 0) __stcg(reinterpret_cast<float4*>(scratch + N::X + r * N::C + c), y);
    }
  }
  __syncthreads();
}

// One part of one head's context: its maximum, sum and mixed values.
template <class N> __device__ void attend(typename N::Type* cache, float* scratch, const int* padding, int length, int capacity, int item) {
  using T = typename N::Type;
  __shared__ float maxima[N::W], sums[N::W], mixed[N::W][N::D];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int part = item % N::S, head = item / N::S % N::H, r = item / (N::S * N::H);
  int slot = lane / N::PER_POSITION, d = lane % N::PER_POSITION * N::VEC;
  const T* keys = cache + (long(r) * N::H + head) * capacity * N::D;
  const T* values = keys + long(N::R) * N::H * capacity * N::D;
  float q[N::VEC], k[N::VEC], v[N::VEC], acc[N::VEC];
#pragma unroll
  for (int i = 0; i < N::VEC; i += 4) {
    float4 x = __ldcg(reinterpret_cast<const float4*>(scratch + N::Q + r * N::C + head * N::D + d + i));
    q[i] = x.x, q[i + 1] = x.y, q[i + 2] = x.z, q[i + 3] = x.w;
  }
  const float scale = rsqrtf(float(N::D));
  float most = NONE, total = 0;
#pragma unroll
  for (int i = 0; i < N::VEC; ++i) acc[i] = 0, q[i] *= scale;
  for (int start = (part * N::W + warp) * N::POSITIONS; start < length; start += N::S * N::W * N::POSITIONS) {
    int p = start + slot;
    bool live = p < length && p >= padding[r];
    float score = 0;
    if (live) {
      load_fresh(keys + long(p) * N::D + d, k);
      load_fresh(values + long(p) * N::D + d, v);
#pragma unroll
      for (int i = 0; i < N::VEC; ++i) score += q[i] * k[i];
    }
#pragma unroll
    for (int o = N::PER_POSITION / 2; o; o /= 2) score += __shfl_xor_sync(~0u, score, o);
    if (live) {
      float higher = fmaxf(most, score), old = expf(most - higher), now = expf(score - higher);
      total = total * old + now;
#pragma unroll
      for (int i = 0; i < N::VEC; ++i) acc[i] = acc[i] * old + v[i] * now;
      most = higher;
    }
  }
  // The warp's positions together.
  float top = most;
#pragma unroll
  for (int o = N::PER_POSITION; o < 32; o *= 2) top = fmaxf(top, __shfl_xor_sync(~0u, top, o));
  float factor = expf(most - top);
  total *= factor;
#pragma unroll
  for (int i = 0; i < N::VEC; ++i) acc[i] *= factor;
#pragma unroll
  for (int o = N::PER_POSITION; o < 32; o *= 2) {
    total += __shfl_xor_sync(~0u, total, o);
#pragma unroll
    for (int i = 0; i < N::VEC; ++i) acc[i] += __shfl_xor_sync(~0u, acc[i], o);
  }
  if (slot == 0) {
#pragma unroll
    for (int i = 0; i < N::VEC; ++i) mixed[warp][d + i] = acc[i];
    if (lane == 0) maxima[warp] = top, sums[warp] = total;
  }
  __syncthreads();
  // The block's warps together.
  if (threadIdx.x < N::D) {
    float highest = NONE, whole = 0, sum = 0;
    for (int w = 0; w < N::W; ++w) highest = fmaxf(highest, maxima[w]);
    for (int w = 0; w < N::W; ++w) {
      float f = expf(maxima[w] - highest);
      whole += f * mixed[w][threadIdx.x];
      sum += f * sums[w];
    }
    int at = (r * N::H + head) * N::S + part;
    __stcg(scratch + N::MIXED + at * N::D + threadIdx.x, whole);
    if (threadIdx.x == 0) __stcg(scratch + N::MAXIMA + at, highest), __stcg(scratch + N::SUMS + at, sum);
  }
  __syncthreads();
}

// All parts of all heads together, [R, C], into shared memory.
template <class N> __device__ void gather(float (&xs)[N::R][N::C], const float* scratch) {
  for (int i = threadIdx.x; i < N::R * N::C / 4; i += N::W * 32) {
    int r = i / (N::C / 4), c = i % (N::C / 4) * 4, head = c / N::D;
    int at = (r * N::H + head) * N::S;
    float most[N::S], highest = NONE, sum = 0;
    float4 part[N::S], y = make_float4(0, 0, 0, 0);
#pragma unroll
    for (int s = 0; s < N::S; ++s) {
      most[s] = __ldcg(scratch + N::MAXIMA + at + s);
      part[s] = __ldcg(reinterpret_cast<const float4*>(scratch + N::MIXED + (at + s) * N::D + c % N::D));
      highest = fmaxf(highest, most[s]);
    }
#pragma unroll
    for (int s = 0; s < N::S; ++s) {
      float f = expf(most[s] - highest);
      sum += f * __ldcg(scratch + N::SUMS + at + s);
      y.x += f * part[s].x, y.y += f * part[s].y, y.z += f * part[s].z, y.w += f * part[s].w;
    }
    float f = 1 / sum;
    *reinterpret_cast<float4*>(&xs[r][c]) = make_float4(y.x * f, y.y * f, y.z * f, y.w * f);
  }
  __syncthreads();
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

// The k-th largest of all threads' values, as an ordered number.
template <int W, int PER> __device__ unsigned kth_largest(const unsigned (&value)[PER], int k) {
  __shared__ int counts[2][W];
  unsigned found = 0;
  for (int bit = 31; bit >= 0; --bit) {
    unsigned trial = found | (1u << bit);
    int mine = 0;
#pragma unroll
    for (int i = 0; i < PER; ++i) mine += value[i] >= trial;
    mine = __reduce_add_sync(~0u, mine);
    if (threadIdx.x % 32 == 0) counts[bit % 2][threadIdx.x / 32] = mine;
    __syncthreads();
    int all = 0;
#pragma unroll
    for (int w = 0; w < W; ++w) all += counts[bit % 2][w];
    if (all >= k) found = trial;
  }
  return found;
}

// Draw row r's next token; `draw` [V] are exponential times. Returns the token; *ended as the loop wants it.
template <class N> __device__ int sample(const float* logits, unsigned char* seen, const float* draw, const int* settings, const float* rates, int count, bool* ended) {
  constexpr int PER = (N::V + N::W * 32 - 1) / (N::W * 32);
  const float temperature = rates[0], penalty = rates[1];
  const int size = count > settings[MIN_TOKENS] ? N::V : N::V - 1;
  float x[PER];
  unsigned key[PER];
  float mine = -INFINITY, highest;
  int where = N::V;
#pragma unroll
  for (int i = 0; i < PER; ++i) {
    int id = i * N::W * 32 + threadIdx.x;
    x[i] = -INFINITY;
    if (id < size) {
      x[i] = penalised(__ldcg(logits + id), seen[id], penalty);
    }
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
      float score = key[i] >= least ? chance(x[i], highest, draw[id]) : 0;
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

// ---- everything

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

// The phases of a step. Each leaves the first weights of the phase that follows in registers.
template <class N, bool SAMPLES> struct Step {
  using T = typename N::Type;
  static constexpr long OUT_AT = 3L * N::C * N::C, UP_AT = 4L * N::C * N::C, DOWN_AT = UP_AT + long(N::C) * N::F;
  static constexpr int OUT_BIAS = 3 * N::C, NORM1 = 4 * N::C, UP_BIAS = 6 * N::C;
  static constexpr int DOWN_BIAS = UP_BIAS + N::F, NORM2 = DOWN_BIAS + N::C;

  const Arguments& a;
  float (&xs)[N::R][N::C];
  const T *weights, *predict;
  T* cache;
  float* scratch;
  int capacity;
  Product<N, 3 * N::C, N::C> project;
  Product<N, N::C, N::C> out;
  Product<N, N::F, N::C> up;
  Product<N, N::C, N::F> down;
  Product<N, N::V, N::C> last;

  __device__ Step(const Arguments& arguments, float (&shared)[N::R][N::C])
      : a(arguments), xs(shared), weights(static_cast<const T*>(a.weights)), predict(static_cast<const T*>(a.predict)),
        cache(static_cast<T*>(a.cache)), scratch(a.scratch), capacity(a.settings[CAPACITY]) {}

  __device__ float4 input(int r, int c) const { return *reinterpret_cast<const float4*>(&xs[r][c]); }

  // False when the barrier broke; *over when no row goes on, which every block sees alike.
  __device__ bool choose(int done, int drawn, Grid<N>& grid, bool* over) {
    for (int r = blockIdx.x; r < N::R; r += N::G) {
      bool ended = a.tokens[2 * r + 1];
      int token = a.settings[END];
      if (!ended)
        token = sample<N>(scratch + N::LOGITS + r * N::V, a.seen + r * N::V, a.draws + (long(done) * N::R + r) * N::V,
                          a.settings, a.rates, drawn + done + 1, &ended);
      __syncthreads();
      if (threadIdx.x == 0) {
        a.out[(done * N::R + r) * 2] = token, a.out[(done * N::R + r) * 2 + 1] = ended;
        __stcg(a.tokens + 2 * r, token), __stcg(a.tokens + 2 * r + 1, int(ended));
      }
    }
    project.fetch(weights);
    if (!grid.wait()) return false;
    *over = true;
    for (int r = 0; r < N::R; ++r) *over = *over && __ldcg(a.tokens + 2 * r + 1);
    return true;
  }

  __device__ void embed(int position) {
    const T* table = static_cast<const T*>(a.table);
    const float* place = a.places + long(position - a.settings[TEXT]) * N::C;
    for (int i = threadIdx.x; i < N::R * N::C; i += N::W * 32) {
      int r = i / N::C, c = i % N::C;
      float x = widen(table[long(__ldcg(a.tokens + 2 * r)) * N::C + c]) + place[c];
      xs[r][c] = x;
      if (blockIdx.x == 0) __stcg(scratch + N::X + i, x);
    }
    __syncthreads();
  }

  // False when the barrier broke.
  __device__ bool layer(int index, int position, Grid<N>& grid) {
    const T* matrix = weights + index * N::LAYER_WEIGHTS;
    const float* vector = a.vectors + index * N::LAYER_VECTORS;
    auto shared = [&](int r, int c) { return input(r, c); };

    if (index > 0) norm(vector - N::LAYER_VECTORS + NORM2);
    project.run(matrix, shared, [&](int r, int row, float y) { keep(index, position, r, row, y + vector[row]); });
    out.fetch(matrix + OUT_AT);
    if (!grid.wait()) return false;

    T* mine = cache + long(index) * 2 * N::R * N::H * capacity * N::D;
    for (int item = blockIdx.x; item < N::R * N::H * N::S; item += N::G)
      attend<N>(mine, scratch, a.padding, position + 1, capacity, item);
    if (!grid.wait()) return false;

    gather<N>(xs, scratch);
    out.run(matrix + OUT_AT, shared, [&](int r, int row, float y) { add(r, row, y + vector[OUT_BIAS + row]); });
    up.fetch(matrix + UP_AT);
    if (!grid.wait()) return false;

    norm(vector + NORM1);
    up.run(matrix + UP_AT, shared, [&](int r, int row, float y) {
      __stcg(scratch + N::INNER + r * N::F + row, fmaxf(y + vector[UP_BIAS + row], 0.0f));
    });
    down.fetch(matrix + DOWN_AT);
    if (!grid.wait()) return false;

    auto inner = [&](int r, int c) { return __ldcg(reinterpret_cast<const float4*>(scratch + N::INNER + r * N::F + c)); };
    down.run(matrix + DOWN_AT, inner, [&](int r, int row, float y) { add(r, row, y + vector[DOWN_BIAS + row]); });
    if (index + 1 < N::L) project.fetch(matrix + N::LAYER_WEIGHTS);
    else last.fetch(predict);
    return grid.wait();
  }

  __device__ void predict_next(bool final) {
    norm(a.vectors + (N::L - 1) * N::LAYER_VECTORS + NORM2);
    auto shared = [&](int r, int c) { return input(r, c); };
    last.run(predict, shared, [&](int r, int row, float y) {
      __stcg(scratch + N::LOGITS + r * N::V + row, y);
      if (final) a.logits[r * N::V + row] = y;
    });
  }

  // Gain and shift lie one behind the other.
  __device__ void norm(const float* gain) { normalise<N>(xs, scratch, gain, gain + N::C); }

  // The residual sum, which the next phase normalises.
  __device__ void add(int r, int row, float y) {
    __stcg(scratch + N::PRE + r * N::C + row, y + __ldcg(scratch + N::X + r * N::C + row));
  }

  // A query to scratch; a key or value to the cache.
  __device__ void keep(int index, int position, int r, int row, float y) {
    int c = row % N::C;
    if (row < N::C) {
      __stcg(scratch + N::Q + r * N::C + c, y);
      return;
    }
    long at = ((long(index) * 2 + (row >= 2 * N::C)) * N::R + r) * N::H + c / N::D;
    cache[(at * capacity + position) * N::D + c % N::D] = narrow<T>(y);
  }
};

template <class N, bool SAMPLES> __device__ void steps(const Arguments& a) {
  __shared__ __align__(16) float xs[N::R][N::C];
  const int count = a.steps[0];
  const bool first = blockIdx.x == 0 && threadIdx.x == 0;
  if (first) a.out[count * N::R * 2] = 0;
  Grid<N> grid(a.sync, a.state);
  const int start = *reinterpret_cast<volatile int*>(a.state + LENGTH);
  const int drawn = *reinterpret_cast<volatile int*>(a.state + COUNT);
  if (*reinterpret_cast<volatile int*>(a.state + BROKEN)) return;
  Step<N, SAMPLES> step(a, xs);
  if (!SAMPLES) step.project.fetch(step.weights);
  int done = 0;
  for (; done < count; ++done) {
    bool over = false;
    if (SAMPLES && !step.choose(done, drawn, grid, &over)) return;
    if (over) break;
    step.embed(start + done);
    for (int index = 0; index < N::L; ++index)
      if (!step.layer(index, start + done, grid)) return;
    step.predict_next(done + 1 == count);
    if (done + 1 < count && !grid.wait()) return;
  }
  grid.leave();
  if (first) {
    a.state[LENGTH] = start + done, a.state[COUNT] = drawn + done;
    for (int i = (done + 1) * N::R; i < count * N::R; ++i) a.out[2 * i] = a.settings[END], a.out[2 * i + 1] = 1;
    a.out[count * N::R * 2] = 1;
  }
}

}  // namespace t2s

// MLX writes the kernel's signature; this gives it the bound on registers that its threads need.
#ifndef T2S_EMULATED
#undef __global__
#define __global__ __attribute__((global)) __launch_bounds__(T2S_THREADS, 1)
#endif
