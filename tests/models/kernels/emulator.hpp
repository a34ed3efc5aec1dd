// Enough of CUDA on a CPU to run a kernel with barriers: a system thread a block, a fiber a thread.
#pragma once
#include <ucontext.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#define T2S_EMULATED
#define __device__
#define __shared__ static thread_local
#define __align__(n) __attribute__((aligned(n)))

struct Index { unsigned x; };
struct float4 { float x, y, z, w; };
struct uint4 { unsigned x, y, z, w; };
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
struct __half { _Float16 v; };
struct __half_raw { unsigned short x; operator __half() const { __half h; std::memcpy(&h, &x, 2); return h; } };
struct __nv_bfloat16 { unsigned short x; };
inline float __uint_as_float(unsigned u) { float f; std::memcpy(&f, &u, 4); return f; }
inline unsigned __float_as_uint(float f) { unsigned u; std::memcpy(&u, &f, 4); return u; }
inline float __half2float(__half h) { return float(h.v); }
inline __half __float2half(float f) { return {_Float16(f)}; }
inline float __bfloat162float(__nv_bfloat16 b) { return __uint_as_float(unsigned(b.x) << 16); }
inline __nv_bfloat16 __float2bfloat16(float f) {
  unsigned u = __float_as_uint(f);
  return {(unsigned short)((u + 0x7fff + (u >> 16 & 1)) >> 16)};
}
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
template <class T> T __ldg(const T* p) { return *p; }
template <class T> T __ldcg(const T* p) { return *p; }
template <class T> void __stcg(T* p, T v) { *p = v; }

namespace emulator {

struct Meeting {  // of some threads of a block
  int there = 0, generation = 0;
};

struct Block {
  int threads;
  std::vector<ucontext_t> fibers;
  std::vector<std::vector<char>> stacks;
  std::vector<bool> done;
  ucontext_t scheduler;
  Meeting all;
  std::vector<Meeting> warps;
  std::vector<uint64_t> slots;
};

inline thread_local Block* block = nullptr;
inline thread_local Index thread_index, block_index;
inline void (*body)() = nullptr;

inline void yield() {
  unsigned me = thread_index.x;
  swapcontext(&block->fibers[me], &block->scheduler);
}

inline void meet(Meeting& meeting, int count) {
  int generation = meeting.generation;
  if (++meeting.there == count) {
    meeting.there = 0;
    ++meeting.generation;
    return;
  }
  while (meeting.generation == generation) yield();
}

inline void entry() {
  body();
  block->done[thread_index.x] = true;
  swapcontext(&block->fibers[thread_index.x], &block->scheduler);
}

inline void run_block(unsigned index, int threads) {
  Block mine;
  block = &mine;
  block_index.x = index;
  mine.threads = threads;
  mine.fibers.resize(threads);
  mine.stacks.assign(threads, std::vector<char>(64 * 1024));
  mine.done.assign(threads, false);
  mine.warps.resize(threads / 32);
  mine.slots.resize(threads);
  for (int t = 0; t < threads; ++t) {
    getcontext(&mine.fibers[t]);
    mine.fibers[t].uc_stack.ss_sp = mine.stacks[t].data();
    mine.fibers[t].uc_stack.ss_size = mine.stacks[t].size();
    makecontext(&mine.fibers[t], entry, 0);
  }
  for (bool left = true; left;) {
    left = false;
    for (int t = 0; t < threads; ++t) {
      if (mine.done[t]) continue;
      left = true;
      thread_index.x = t;
      swapcontext(&mine.scheduler, &mine.fibers[t]);
    }
  }
}

inline void launch(void (*kernel)(), int blocks, int threads) {
  body = kernel;
  std::vector<std::thread> workers;
  for (int b = 0; b < blocks; ++b) workers.emplace_back(run_block, b, threads);
  for (auto& worker : workers) worker.join();
}

template <class T, class F> T exchange(T value, F read) {
  unsigned me = thread_index.x, warp = me / 32;
  std::memcpy(&block->slots[me], &value, sizeof value);
  meet(block->warps[warp], 32);
  T result = read(&block->slots[warp * 32], me % 32);
  meet(block->warps[warp], 32);
  return result;
}

}  // namespace emulator

#define threadIdx emulator::thread_index
#define blockIdx emulator::block_index

inline void __syncthreads() { emulator::meet(emulator::block->all, emulator::block->threads); }
template <class T> T __shfl_xor_sync(unsigned, T value, int distance) {
  return emulator::exchange(value, [=](const uint64_t* slots, unsigned lane) {
    T other;
    std::memcpy(&other, &slots[lane ^ distance], sizeof other);
    return other;
  });
}
inline int __reduce_add_sync(unsigned, int value) {
  return emulator::exchange(value, [](const uint64_t* slots, unsigned) {
    int sum = 0;
    for (int i = 0; i < 32; ++i) {
      int one;
      std::memcpy(&one, &slots[i], sizeof one);
      sum += one;
    }
    return sum;
  });
}

namespace t2s {
inline void load_once(const float* p, float (&v)[4]) { std::memcpy(v, p, 16); }
inline void load_once(const void* p, unsigned (&v)[2]) { std::memcpy(v, p, 8); }
inline void arrive(unsigned* counter) { reinterpret_cast<std::atomic<unsigned>*>(counter)->fetch_add(1); }
inline unsigned arrived(unsigned* counter) {
  std::this_thread::yield();
  return reinterpret_cast<std::atomic<unsigned>*>(counter)->load();
}
inline unsigned long long nanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}
}  // namespace t2s
