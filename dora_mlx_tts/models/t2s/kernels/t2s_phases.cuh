// What the decoding kernel for CUDA is made of: the grid's barrier, products, attention.
//
// The barrier counts arrivals in global memory. It works only while all blocks are resident: launch at
// most as many as the GPU holds at once, one such kernel at a time. It never spins for ever: after
// PATIENCE nanoseconds it marks the state as broken, every block leaves, and the host reports it.
//
// t2s_parts.cuh comes before this.

namespace t2s {

// ---- the grid's barrier

template <class N> struct Grid {
  unsigned *arrivals, *first;  // first: arrivals counted before this launch
  int* state;
  unsigned target;

  __device__ Grid(int* sync, int* state_) : state(state_) {
    arrivals = reinterpret_cast<unsigned*>(sync), first = arrivals + 32;
    target = *reinterpret_cast<volatile unsigned*>(first);
  }

  // Announce this block, once all its threads are here.
  __device__ void enter() {
    target += N::G;
    __syncthreads();
    if (threadIdx.x == 0) arrive(arrivals);
  }

  // Wait for the others; false when they did not come in time.
  __device__ bool pass() {
    bool broken = threadIdx.x == 0 && !spin();
    return !__syncthreads_or(broken);
  }

  __device__ bool wait() {
    enter();
    return pass();
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
  __device__ static constexpr int fits(int split) { return (K / 128) % split == 0 && ROWS * split <= N::G * N::W; }
  static constexpr int SPLIT = fits(4) ? 4 : fits(2) ? 2 : 1;
  static constexpr int PART = K / SPLIT, VECTORS = PART / 128;
  static constexpr int GROUPS = N::W / SPLIT * N::G;

  Four<T> weight[VECTORS];
  const float* biases = nullptr;  // if set, a row's is loaded with its weights
  float bias;

  __device__ static int first() { return int(threadIdx.x / 32 / SPLIT * N::G + blockIdx.x); }
  __device__ static int column(int v) {
    int lane = threadIdx.x % 32, part = threadIdx.x / 32 % SPLIT;
    return part * PART + v * 128 + lane * 4;
  }

  __device__ void fetch(const T* matrix, int row) {
    if (row >= ROWS) return;
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) weight[v].load(matrix + long(row) * K + column(v));
    if (biases != nullptr) bias = load_one(biases + row);
  }
  __device__ void fetch(const T* matrix) { fetch(matrix, first()); }
  __device__ void fetch(const T* matrix, const float* of_rows) { biases = of_rows, fetch(matrix, first()); }

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

// ---- attention

// A part of a head's context, as the lanes found it: its maximum, sum and mixed values into the scratch memory.
// `at` is the part's number among those of all rows and heads.
template <class N> __device__ void join_part(float* scratch, int at, float most, float total, float (&acc)[N::VEC]) {
  __shared__ float maxima[N::W], sums[N::W], mixed[N::W][N::D];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int slot = lane / N::PER_POSITION, d = lane % N::PER_POSITION * N::VEC;
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
    __stcg(scratch + N::MIXED + at * N::D + threadIdx.x, whole);
    if (threadIdx.x == 0) __stcg(scratch + N::MAXIMA + at, highest), __stcg(scratch + N::SUMS + at, sum);
  }
  __syncthreads();
}

// The first `live` parts of all heads together, [R, C], into shared memory.
template <class N> __device__ void gather(float (&xs)[N::R][N::C], const float* scratch, int live = N::S) {
  for (int i = threadIdx.x; i < N::R * N::C / 4; i += N::W * 32) {
    int r = i / (N::C / 4), c = i % (N::C / 4) * 4, head = c / N::D;
    int at = (r * N::H + head) * N::S;
    float most[N::S], highest = NONE, sum = 0;
    float4 part[N::S], y = make_float4(0, 0, 0, 0);
#pragma unroll
    for (int s = 0; s < N::S; ++s) {
      most[s] = NONE;
      if (s >= live) continue;
      most[s] = __ldcg(scratch + N::MAXIMA + at + s);
      part[s] = __ldcg(reinterpret_cast<const float4*>(scratch + N::MIXED + (at + s) * N::D + c % N::D));
      highest = fmaxf(highest, most[s]);
    }
#pragma unroll
    for (int s = 0; s < N::S; ++s) {
      if (s >= live) continue;
      float f = expf(most[s] - highest);
      sum += f * __ldcg(scratch + N::SUMS + at + s);
      y.x += f * part[s].x, y.y += f * part[s].y, y.z += f * part[s].z, y.w += f * part[s].w;
    }
    float f = 1 / sum;
    *reinterpret_cast<float4*>(&xs[r][c]) = make_float4(y.x * f, y.y * f, y.z * f, y.w * f);
  }
  __syncthreads();
}

}  // namespace t2s
