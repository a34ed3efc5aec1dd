// Decoding steps of the text-to-semantic network on Metal, two kernels a layer.
//
// Metal promises no progress between threadgroups, so there is no barrier across them: a kernel ends
// where every group needs what all others made. Two such places a layer are enough, because a product
// whose inputs lie in different groups is cut along its inputs: each group multiplies its own, and the
// next kernel adds the parts up, with bias and residual, and normalises the sum in every group again.
//
//   sample    one group a row: choose the token, embed it
//   attend    one group a head: [norm of the layer before] projection, attention, part of the output
//   feed      some groups: norm, part of the inner width up and down
//   predict   some groups: norm, logits
//
// Nothing is written in place: keys and values of a launch's positions go to a short tail, which every
// step copies and extends, and which the host adds to the cache after the launch.
//
// A row of a matrix belongs to one simdgroup in products over a whole input, to one thread in products
// over a group's part of it. All sums are float32.

namespace t2s {

using namespace metal;

// Numbers that the host gives each step.
enum At { LENGTH, TAIL, CAPACITY, STEP, PLACE, PREVIOUS, DRAWN, MIN_TOKENS, TOP_K, END };

// Where a thread is: its index in its group, its lane in its simdgroup; which simdgroup, which group.
struct Where {
  int index, lane, simd, group;
};

// SIMDS simdgroups a group; ROWS texts side by side; SLOTS positions of the tail.
template <typename T_, int C_, int H_, int ROWS_, int SLOTS_, int SIMDS_> struct Net {
  typedef T_ T;
  static constant constexpr int C = C_, H = H_, ROWS = ROWS_, SLOTS = SLOTS_, SIMDS = SIMDS_;
  static constant constexpr int THREADS = SIMDS * 32, D = C / H;
  static constant constexpr int LANES = D / 4, TOGETHER = 32 / LANES;  // lanes of a position, positions of a simdgroup
  static constant constexpr int SIDE = H * SLOTS * D;                  // of a tail: keys or values of a row
};

template <typename T> inline float4 four(const device T* p) {
  return float4(*reinterpret_cast<const device vec<T, 4>*>(p));
}

template <typename T> inline float4 four_at(const threadgroup T* p) { return float4(p[0], p[1], p[2], p[3]); }

// Sum up the parts that groups made, with bias and residual, and normalise: x [ROWS, C]. Group 0 keeps x for the
// residual of the next kernel.
template <class N>
void join(threadgroup float* x, const device float* parts, int count, const device float* residual,
          const device typename N::T* bias, const device typename N::T* gain, const device typename N::T* shift,
          device float* kept, Where w) {
  for (int i = w.index; i < N::ROWS * N::C; i += N::THREADS) {
    int r = i / N::C, c = i % N::C;
    float sum = residual[i] + float(bias[c]);
    for (int p = 0; p < count; ++p) sum += parts[(r * count + p) * N::C + c];
    x[i] = sum;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (int r = w.simd; r < N::ROWS; r += N::SIMDS) {
    threadgroup float* row = x + r * N::C;
    float sum = 0, square = 0;
    for (int c = w.lane; c < N::C; c += 32) sum += row[c];
    float mean = simd_sum(sum) / N::C;
    for (int c = w.lane; c < N::C; c += 32) square += (row[c] - mean) * (row[c] - mean);
    float scale = rsqrt(simd_sum(square) / N::C + 1e-5f);
    for (int c = w.lane; c < N::C; c += 32) {
      float y = (row[c] - mean) * scale * float(gain[c]) + float(shift[c]);
      row[c] = y;
      if (w.group == 0) kept[r * N::C + c] = y;
    }
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
}

// The same for the first layer, whose input is embedded already.
template <class N> void take(threadgroup float* x, const device float* given, device float* kept, Where w) {
  for (int i = w.index; i < N::ROWS * N::C; i += N::THREADS) {
    x[i] = given[i];
    if (w.group == 0) kept[i] = given[i];
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
}

// One row of a matrix times x [ROWS, C]; all lanes get the sums.
template <class N>
void product(const device typename N::T* row, const threadgroup float* x, thread float* sums, int lane) {
  for (int r = 0; r < N::ROWS; ++r) sums[r] = 0;
  for (int c = lane * 4; c < N::C; c += 128) {
    float4 weight = four(row + c);
    for (int r = 0; r < N::ROWS; ++r) sums[r] += dot(weight, four_at(x + r * N::C + c));
  }
  for (int r = 0; r < N::ROWS; ++r) sums[r] = simd_sum(sums[r]);
}

// A group's part of a product: out [ROWS, parts, C] at `part` of the columns that begin at `matrix`, `width` of them,
// times inner [ROWS, width]. `stride` is the matrix's width.
template <class N>
void part_of(const device typename N::T* matrix, int stride, int width, const threadgroup float* inner,
             device float* out, int part, int parts, Where w) {
  for (int c = w.index; c < N::C; c += N::THREADS) {
    const device typename N::T* row = matrix + long(c) * stride;
    float sums[N::ROWS];
    for (int r = 0; r < N::ROWS; ++r) sums[r] = 0;
    for (int i = 0; i < width; i += 4) {
      float4 weight = four(row + i);
      for (int r = 0; r < N::ROWS; ++r) sums[r] += dot(weight, four_at(inner + r * width + i));
    }
    for (int r = 0; r < N::ROWS; ++r) out[(r * parts + part) * N::C + c] = sums[r];
  }
}

// ---- attend

// Query, key and value of this group's head: merged [ROWS, 3, D]. Keys and values are rounded as the cache holds them.
template <class N>
void project(threadgroup float* merged, const threadgroup float* x, const device typename N::T* matrix,
             const device typename N::T* bias, Where w) {
  for (int j = w.simd; j < 3 * N::D; j += N::SIMDS) {
    int row = j / N::D * N::C + w.group * N::D + j % N::D;
    float sums[N::ROWS];
    product<N>(matrix + long(row) * N::C, x, sums, w.lane);
    if (w.lane == 0)
      for (int r = 0; r < N::ROWS; ++r) {
        float y = sums[r] + float(bias[row]);
        merged[r * 3 * N::D + j] = j < N::D ? y : float(typename N::T(y));
      }
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
}

// Copy this head's part of the tail and add the new position.
template <class N>
void extend(const device typename N::T* tail, device typename N::T* longer, const threadgroup float* merged, int used,
            Where w) {
  for (int i = w.index; i < 2 * N::ROWS * (used + 1) * N::D; i += N::THREADS) {
    int d = i % N::D, slot = i / N::D % (used + 1), r = i / N::D / (used + 1) % N::ROWS;
    int side = i / N::D / (used + 1) / N::ROWS;
    long at = long(side * N::ROWS + r) * N::SIDE + (w.group * N::SLOTS + slot) * N::D + d;
    longer[at] = slot < used ? tail[at] : typename N::T(merged[(r * 3 + 1 + side) * N::D + d]);
  }
}

// A softmax that is being made: its largest score, the sum of its powers, and four mixed values.
struct Mixed {
  float most, total;
  float4 values;
};

inline Mixed joined(Mixed a, Mixed b) {
  float most = max(a.most, b.most), old = exp(a.most - most), now = exp(b.most - most);
  Mixed both;
  both.most = most, both.total = a.total * old + b.total * now, both.values = a.values * old + b.values * now;
  return both;
}

// One more position for the lanes that share it; `live` says whether there is one.
template <class N> Mixed attended(Mixed mixed, float4 query, float4 key, float4 value, bool live) {
  float score = dot(query, key);
  for (int o = N::LANES / 2; o > 0; o /= 2) score += simd_shuffle_xor(score, ushort(o));
  if (!live) return mixed;
  Mixed one;
  one.most = score, one.total = 1, one.values = value;
  return joined(mixed, one);
}

// What this simdgroup sees of a row's positions: every SIMDS-th stretch of the cache, then of the tail, then, the first
// one only, the new position.
template <class N>
Mixed look(const device typename N::T* cache, const device typename N::T* tail, const threadgroup float* merged,
           const device int* at, int padding, int r, Where w) {
  typedef typename N::T T;
  int slot = w.lane / N::LANES, d = w.lane % N::LANES * 4;
  int length = at[LENGTH], used = at[TAIL];
  long capacity = at[CAPACITY];
  const device T* keys = cache + (long(r) * N::H + w.group) * capacity * N::D + d;
  const device T* values = keys + long(N::ROWS) * N::H * capacity * N::D;
  const device T* late_keys = tail + long(r) * N::SIDE + w.group * N::SLOTS * N::D + d;
  const device T* late_values = late_keys + long(N::ROWS) * N::SIDE;
  const threadgroup float* mine = merged + r * 3 * N::D + d;
  float4 query = four_at(mine) * rsqrt(float(N::D));
  Mixed mixed;
  mixed.most = -1e30f, mixed.total = 0, mixed.values = float4(0);
  for (int start = w.simd * N::TOGETHER; start < length; start += N::SIMDS * N::TOGETHER) {
    int p = start + slot;
    bool live = p < length && p >= padding;
    float4 key = live ? four(keys + long(p) * N::D) : float4(0), value = live ? four(values + long(p) * N::D) : float4(0);
    mixed = attended<N>(mixed, query, key, value, live);
  }
  for (int start = w.simd * N::TOGETHER; start < used; start += N::SIMDS * N::TOGETHER) {
    int p = start + slot;
    bool live = p < used;
    float4 key = live ? four(late_keys + p * N::D) : float4(0), value = live ? four(late_values + p * N::D) : float4(0);
    mixed = attended<N>(mixed, query, key, value, live);
  }
  bool live = w.simd == 0 && slot == 0;
  mixed = attended<N>(mixed, query, four_at(mine + N::D), four_at(mine + 2 * N::D), live);
  for (int o = N::LANES; o < 32; o *= 2) {
    Mixed other;
    other.most = simd_shuffle_xor(mixed.most, ushort(o)), other.total = simd_shuffle_xor(mixed.total, ushort(o));
    for (int i = 0; i < 4; ++i) other.values[i] = simd_shuffle_xor(mixed.values[i], ushort(o));
    mixed = joined(mixed, other);
  }
  return mixed;
}

// Attention of this group's head: heads [ROWS, D]. `seen` [SIMDS, D + 2] is for the simdgroups to meet in.
template <class N>
void attention(threadgroup float* heads, threadgroup float* seen, const device typename N::T* cache,
               const device typename N::T* tail, const threadgroup float* merged, const device int* at,
               const device int* padding, Where w) {
  for (int r = 0; r < N::ROWS; ++r) {
    Mixed mixed = look<N>(cache, tail, merged, at, padding[r], r, w);
    threadgroup float* mine = seen + w.simd * (N::D + 2);
    if (w.lane < N::LANES)
      for (int i = 0; i < 4; ++i) mine[w.lane * 4 + i] = mixed.values[i];
    if (w.lane == 0) mine[N::D] = mixed.most, mine[N::D + 1] = mixed.total;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (int d = w.index; d < N::D; d += N::THREADS) {
      float most = -1e30f, total = 0, value = 0;
      for (int s = 0; s < N::SIMDS; ++s) most = max(most, seen[s * (N::D + 2) + N::D]);
      for (int s = 0; s < N::SIMDS; ++s) {
        float factor = exp(seen[s * (N::D + 2) + N::D] - most);
        total += factor * seen[s * (N::D + 2) + N::D + 1], value += factor * seen[s * (N::D + 2) + d];
      }
      heads[r * N::D + d] = value / total;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
}

// ---- feed

// inner [ROWS, width]: this group's part of the inner width.
template <class N>
void widen(threadgroup float* inner, const threadgroup float* x, const device typename N::T* matrix,
           const device typename N::T* bias, int width, Where w) {
  for (int j = w.simd; j < width; j += N::SIMDS) {
    int row = w.group * width + j;
    float sums[N::ROWS];
    product<N>(matrix + long(row) * N::C, x, sums, w.lane);
    if (w.lane == 0)
      for (int r = 0; r < N::ROWS; ++r) inner[r * width + j] = max(sums[r] + float(bias[row]), 0.0f);
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
}

// ---- predict

template <class N>
void predict(const threadgroup float* x, const device typename N::T* matrix, device float* logits, int vocabulary,
             int groups, Where w) {
  for (int row = w.group * N::SIMDS + w.simd; row < vocabulary; row += groups * N::SIMDS) {
    float sums[N::ROWS];
    product<N>(matrix + long(row) * N::C, x, sums, w.lane);
    if (w.lane == 0)
      for (int r = 0; r < N::ROWS; ++r) logits[r * vocabulary + row] = sums[r];
  }
}

// ---- sample

// The first place of the largest value of all threads, for all of them; `values` and `places` [SIMDS].
template <class N>
int first_largest(float value, int place, threadgroup float* values, threadgroup int* places, thread float* largest,
                  Where w) {
  for (int o = 16; o > 0; o /= 2) {
    float v = simd_shuffle_xor(value, ushort(o));
    int p = simd_shuffle_xor(place, ushort(o));
    if (comes_first(v, p, value, place)) value = v, place = p;
  }
  if (w.lane == 0) values[w.simd] = value, places[w.simd] = place;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (int s = 0; s < N::SIMDS; ++s)
    if (comes_first(values[s], places[s], value, place)) value = values[s], place = places[s];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  *largest = value;
  return place;
}

// The k-th largest of all threads' values; `counts` [2, SIMDS].
template <class N, int EACH> unsigned kth_largest(const thread unsigned* keys, int k, threadgroup int* counts, Where w) {
  unsigned found = 0;
  for (int bit = 31; bit >= 0; --bit) {
    unsigned trial = found | (1u << bit);
    int mine = 0, all = 0;
    for (int i = 0; i < EACH; ++i) mine += keys[i] >= trial;
    mine = simd_sum(mine);
    if (w.lane == 0) counts[bit % 2 * N::SIMDS + w.simd] = mine;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (int s = 0; s < N::SIMDS; ++s) all += counts[bit % 2 * N::SIMDS + s];
    if (all >= k) found = trial;
  }
  return found;
}

// This group's row: its token, and 1 in *ended where it has ended with it or before.
template <class N, int V>
int choose(const device float* logits, const device uint8_t* seen, const device float* times, const device int* at,
           const device float* rates, threadgroup float* values, threadgroup int* places, threadgroup int* counts,
           thread int* ended, Where w) {
  constexpr int EACH = (V + N::THREADS - 1) / N::THREADS;
  const float temperature = rates[0], penalty = rates[1];
  const int size = at[DRAWN] >= at[MIN_TOKENS] ? V : V - 1;
  float x[EACH], mine = -INFINITY, highest, unused;
  unsigned keys[EACH];
  int place = V;
  for (int i = 0; i < EACH; ++i) {
    int id = i * N::THREADS + w.index;
    x[i] = id < size ? penalised(logits[id], seen[id] != 0, penalty) : -INFINITY;
    if (x[i] > mine) mine = x[i], place = id;
    if (temperature != 1.0f) x[i] /= temperature;
    keys[i] = id < size ? ordered(as_type<uint>(x[i])) : 0;
  }
  int best = first_largest<N>(mine, place, values, places, &highest, w), token = best;
  if (temperature != 1.0f) highest /= temperature;
  if (at[TOP_K] > 1) {
    unsigned least = at[TOP_K] >= size ? 1 : kth_largest<N, EACH>(keys, at[TOP_K], counts, w);
    mine = -1, place = V;
    for (int i = 0; i < EACH; ++i) {
      int id = i * N::THREADS + w.index;
      if (id >= size) continue;
      float score = keys[i] >= least ? chance(x[i], highest, times[id]) : 0;
      if (score > mine) mine = score, place = id;
    }
    token = first_largest<N>(mine, place, values, places, &unused, w);
  }
  *ended = token == at[END] || best == at[END];
  return token;
}

// One group a row: choose its token unless it has ended, note it, and embed it for the first layer. `pairs` [SLOTS + 1,
// ROWS, 2] are tokens and ends of a launch's steps, behind the ones before it.
template <class N, int V>
void sample(const device float* logits, const device uint8_t* seen, const device float* draws,
            const device float* rates, const device int* at, const device int* pairs, const device typename N::T* table,
            const device float* places_of, device int* pairs_out, device uint8_t* seen_out, device float* x,
            threadgroup float* values, threadgroup int* places, threadgroup int* counts, Where w) {
  const int r = w.group, step = at[STEP];
  const device int* before = pairs + ((step == 0 ? at[PREVIOUS] : step) * N::ROWS + r) * 2;
  int token = at[END], ended = before[1];
  if (!ended)
    token = choose<N, V>(logits + r * V, seen + r * V, draws + (long(step) * N::ROWS + r) * V, at, rates, values,
                         places, counts, &ended, w);
  for (int s = w.index; s <= step; s += N::THREADS) {
    const device int* old = s == step ? before : pairs + (s * N::ROWS + r) * 2;
    pairs_out[(s * N::ROWS + r) * 2] = old[0], pairs_out[(s * N::ROWS + r) * 2 + 1] = old[1];
  }
  if (w.index == 0) {
    device int* now = pairs_out + ((step + 1) * N::ROWS + r) * 2;
    now[0] = token, now[1] = ended;
  }
  for (int id = w.index; id < V; id += N::THREADS) seen_out[r * V + id] = id == token ? 1 : seen[r * V + id];
  for (int c = w.index; c < N::C; c += N::THREADS)
    x[r * N::C + c] = float(table[long(token) * N::C + c]) + places_of[long(at[PLACE]) * N::C + c];
}

}  // namespace t2s
