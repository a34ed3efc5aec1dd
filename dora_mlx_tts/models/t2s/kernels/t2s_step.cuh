// Decoding steps of the text-to-semantic network in one kernel that stays on the GPU.
//
// A step is a chain of phases: sample a token, then for each layer project, attend, project out, feed
// forward up and down, and last the logits. Every phase is spread over all blocks, so between two of
// them lies a barrier of the whole grid.
//
// A barrier empties the first-level cache, so whatever a phase reads is slow to come, and a block is late if its
// first warp still waits for loads. So
// - a block announces itself first, and then loads what the next phase needs: weights, biases, gains, and
//   the keys and values of older positions;
// - every block keeps every row's residual in registers, and all its warps normalise together;
// - parts of a context that have no positions are not read.
//
// t2s_phases.cuh comes before this.

namespace t2s {

template <class N, bool SAMPLES> struct Step {
  using T = typename N::Type;
  static constexpr int THREADS = N::W * 32, PAIRS = N::R * N::C / 2, HELD = (PAIRS + THREADS - 1) / THREADS;
  static constexpr int CHUNK = N::W * N::POSITIONS;  // positions that a block reads at once
  static constexpr long OUT_AT = 3L * N::C * N::C, UP_AT = 4L * N::C * N::C, DOWN_AT = UP_AT + long(N::C) * N::F;
  static constexpr int OUT_BIAS = 3 * N::C, NORM1 = 4 * N::C, UP_BIAS = 6 * N::C;
  static constexpr int DOWN_BIAS = UP_BIAS + N::F, NORM2 = DOWN_BIAS + N::C;

  struct Shared {
    float xs[N::R][N::C];                  // inputs of the next product
    float spread[2][N::R * N::C / 64];     // sums and squares of 64 channels each
  };

  const Arguments& a;
  Shared& shared;
  const T *weights, *predict;
  T* cache;
  float* scratch;
  int capacity;
  Product<N, 3 * N::C, N::C> project;
  Product<N, N::C, N::C> out;
  Product<N, N::F, N::C> up;
  Product<N, N::C, N::F> down;
  Product<N, N::V, N::C> last;
  float x[HELD][2], gain[HELD][2], shift[HELD][2];  // pairs of channels of all rows, spread over the threads
  uint4 key, value;                                 // of this thread's first position

  __device__ Step(const Arguments& arguments, Shared& of_block)
      : a(arguments), shared(of_block), weights(static_cast<const T*>(a.weights)), predict(static_cast<const T*>(a.predict)),
        cache(static_cast<T*>(a.cache)), scratch(a.scratch), capacity(a.settings[CAPACITY]) {}

  __device__ float4 input(int r, int c) const { return *reinterpret_cast<const float4*>(&shared.xs[r][c]); }
  __device__ const T* matrix(int index) const { return weights + index * N::LAYER_WEIGHTS; }
  __device__ const float* vector(int index) const { return a.vectors + index * N::LAYER_VECTORS; }
  __device__ void begin() { project.fetch(matrix(0), vector(0)); }

  // False when the barrier broke; *over when no row goes on, which every block sees alike.
  __device__ bool choose(int done, int drawn, Grid<N>& grid, bool* over) {
    for (int r = blockIdx.x; r < N::R; r += N::G) {
      bool ended = __ldcg(a.tokens + 2 * r + 1);
      int token = a.settings[END];
      auto logits = [&](auto at, auto& y) {
        for (int i = 0; i < int(sizeof y / sizeof *y); ++i) y[i] = __ldcg(scratch + N::LOGITS + r * N::V + at(i));
      };
      if (!ended)
        token = sample<N>(logits, a.seen + r * N::V, a.draws + (long(done) * N::R + r) * N::V, a.settings, a.rates,
                          drawn + done + 1, &ended);
      __syncthreads();
      if (threadIdx.x == 0) {
        a.out[(done * N::R + r) * 2] = token, a.out[(done * N::R + r) * 2 + 1] = ended;
        __stcg(a.tokens + 2 * r, token), __stcg(a.tokens + 2 * r + 1, int(ended));
      }
    }
    grid.enter();
    begin();
    if (!grid.pass()) return false;
    *over = true;
    for (int r = 0; r < N::R; ++r) *over = *over && __ldcg(a.tokens + 2 * r + 1);
    return true;
  }

  __device__ void embed(int position) {
    const T* table = static_cast<const T*>(a.table);
    const float* place = a.places + long(position - a.settings[TEXT]) * N::C;
#pragma unroll
    for (int i = 0; i < HELD; ++i) {
      int pair = pair_of(i), r = pair / (N::C / 2), c = pair % (N::C / 2) * 2;
      if (pair >= PAIRS) continue;
      long token = __ldcg(a.tokens + 2 * r);
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        x[i][k] = widen(table[token * N::C + c + k]) + place[c + k];
        shared.xs[r][c + k] = x[i][k];
      }
    }
    __syncthreads();
  }

  // False when the barrier broke.
  __device__ bool layer(int index, int position, Grid<N>& grid) {
    const T* m = matrix(index);
    const float* v = vector(index);
    const int live = live_parts(position + 1);
    auto inputs = [&](int r, int c) { return input(r, c); };

    if (index > 0) settle();
    project.run(m, inputs, [&](int r, int row, float y) { keep(index, position, r, row, y + project.bias); });
    grid.enter();
    out.fetch(m + OUT_AT, v + OUT_BIAS);
    fetch_first(index, position);
    if (!grid.pass()) return false;

    for (int item = blockIdx.x; item < N::R * N::H * N::S; item += N::G)
      if (item % N::S < live) attend(index, position, item, item == int(blockIdx.x));
    if (!grid.wait()) return false;

    gather<N>(shared.xs, scratch, live);
    out.run(m + OUT_AT, inputs, [&](int r, int row, float y) { __stcg(scratch + N::PRE + r * N::C + row, y + out.bias); });
    grid.enter();
    up.fetch(m + UP_AT, v + UP_BIAS);
    fetch_norm(v + NORM1);
    if (!grid.pass()) return false;

    settle();
    up.run(m + UP_AT, inputs, [&](int r, int row, float y) {
      __stcg(scratch + N::INNER + r * N::F + row, fmaxf(y + up.bias, 0.0f));
    });
    grid.enter();
    down.fetch(m + DOWN_AT, v + DOWN_BIAS);
    if (!grid.pass()) return false;

    auto inner = [&](int r, int c) { return __ldcg(reinterpret_cast<const float4*>(scratch + N::INNER + r * N::F + c)); };
    down.run(m + DOWN_AT, inner, [&](int r, int row, float y) { __stcg(scratch + N::PRE + r * N::C + row, y + down.bias); });
    grid.enter();
    if (index + 1 < N::L) project.fetch(matrix(index + 1), vector(index + 1));
    else last.fetch(predict);
    fetch_norm(v + NORM2);
    return grid.pass();
  }

  __device__ void predict_next(bool final) {
    settle();
    last.run(predict, [&](int r, int c) { return input(r, c); }, [&](int r, int row, float y) {
      __stcg(scratch + N::LOGITS + r * N::V + row, y);
      if (final) a.logits[r * N::V + row] = y;
    });
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

  // ---- residual and norm

  __device__ static int pair_of(int i) { return i * THREADS + int(threadIdx.x); }

  // Gain and shift lie one behind the other.
  __device__ void fetch_norm(const float* gains) {
#pragma unroll
    for (int i = 0; i < HELD; ++i) {
      int c = pair_of(i) % (N::C / 2) * 2;
      load_two(gains + c, gain[i]), load_two(gains + N::C + c, shift[i]);
    }
  }

  // Add what the last phase made to the residual and normalise it, into registers and shared memory.
  __device__ void settle() {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < HELD; ++i) {
      int pair = pair_of(i);
      if (pair / 32 * 32 >= PAIRS) continue;  // whole warps
      float2 y = __ldcg(reinterpret_cast<const float2*>(scratch + N::PRE + 2 * pair));
      x[i][0] += y.x, x[i][1] += y.y;
      float sum = warp_sum(x[i][0] + x[i][1]), square = warp_sum(x[i][0] * x[i][0] + x[i][1] * x[i][1]);
      if (lane == 0) shared.spread[0][pair / 32] = sum, shared.spread[1][pair / 32] = square;
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < HELD; ++i) {
      int pair = pair_of(i), r = pair / (N::C / 2), c = pair % (N::C / 2) * 2;
      if (pair >= PAIRS) continue;
      float sum = 0, square = 0;
#pragma unroll
      for (int w = 0; w < N::C / 64; ++w)
        sum += shared.spread[0][r * (N::C / 64) + w], square += shared.spread[1][r * (N::C / 64) + w];
      float mean = sum / N::REAL, scale = rsqrtf(fmaxf(square / N::REAL - mean * mean, 0.0f) + 1e-5f);
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        x[i][k] = (x[i][k] - mean) * scale * gain[i][k] + shift[i][k];
        shared.xs[r][c + k] = x[i][k];
      }
    }
    __syncthreads();
  }

  // ---- attention

  __device__ static int live_parts(int length) {
    int chunks = (length + CHUNK - 1) / CHUNK;
    return chunks < N::S ? chunks : N::S;
  }
  __device__ static int first_position(int item) {
    int warp = threadIdx.x / 32, slot = threadIdx.x % 32 / N::PER_POSITION;
    return (item % N::S * N::W + warp) * N::POSITIONS + slot;
  }
  __device__ static int channel() { return threadIdx.x % 32 % N::PER_POSITION * N::VEC; }

  __device__ void fetch_position(int index, int item, int p) {
    int head = item / N::S % N::H, r = item / (N::S * N::H);
    const T* at = cache + (((long(index) * 2 * N::R + r) * N::H + head) * capacity + p) * N::D + channel();
    key = load_old(at), value = load_old(at + long(N::R) * N::H * capacity * N::D);
  }

  // The first older position of the block's first part.
  __device__ void fetch_first(int index, int position) {
    int item = blockIdx.x, p = first_position(item);
    key = value = uint4{0, 0, 0, 0};
    if (item < N::R * N::H * N::S && p < position) fetch_position(index, item, p);
  }

  // One part of one head's context; its first older positions are here if `fetched`.
  __device__ void attend(int index, int position, int item, bool fetched) {
    const int part_head = item / N::S, head = part_head % N::H, r = part_head / N::H, padding = a.padding[r];
    const float scale = rsqrtf(float(N::D));
    float q[N::VEC], acc[N::VEC], most = NONE, total = 0;
#pragma unroll
    for (int i = 0; i < N::VEC; i += 4) {
      float4 y = __ldcg(reinterpret_cast<const float4*>(scratch + N::Q + r * N::C + head * N::D + channel() + i));
      q[i] = y.x, q[i + 1] = y.y, q[i + 2] = y.z, q[i + 3] = y.w;
    }
#pragma unroll
    for (int i = 0; i < N::VEC; ++i) acc[i] = 0, q[i] *= scale;
    for (int first = first_position(item) / N::POSITIONS * N::POSITIONS; first <= position; first += N::S * CHUNK) {
      int p = first + int(threadIdx.x) % 32 / N::PER_POSITION;
      bool is_live = p <= position && p >= padding;
      if (is_live && (!fetched || p == position)) fetch_position(index, item, p);
      fetched = false;
      const T *k = reinterpret_cast<const T*>(&key), *v = reinterpret_cast<const T*>(&value);
      float score = 0;
#pragma unroll
      for (int i = 0; i < N::VEC; ++i) score += q[i] * widen(k[i]);
#pragma unroll
      for (int o = N::PER_POSITION / 2; o; o /= 2) score += __shfl_xor_sync(~0u, score, o);
      if (is_live) {
        float higher = fmaxf(most, score), old = expf(most - higher), now = expf(score - higher);
        total = total * old + now;
#pragma unroll
        for (int i = 0; i < N::VEC; ++i) acc[i] = acc[i] * old + widen(v[i]) * now;
        most = higher;
      }
    }
    join_part<N>(scratch, item, most, total, acc);
  }
};

template <class N, bool SAMPLES> __device__ void steps(const Arguments& a) {
  __shared__ __align__(16) typename Step<N, SAMPLES>::Shared shared;
  const int count = a.steps[0];
  const bool first = blockIdx.x == 0 && threadIdx.x == 0;
  if (first) a.out[count * N::R * 2] = 0;
  Grid<N> grid(a.sync, a.state);
  const int start = *reinterpret_cast<volatile int*>(a.state + LENGTH);
  const int drawn = *reinterpret_cast<volatile int*>(a.state + COUNT);
  if (*reinterpret_cast<volatile int*>(a.state + BROKEN)) return;
  Step<N, SAMPLES> step(a, shared);
  if (!SAMPLES) step.begin();
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
