// Enough of CUDA on a CPU to run a kernel with barriers: a system thread a block, a fiber a thread.
#pragma once
#include <setjmp.h>
#include <ucontext.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
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
  std::vector<int> there;
};

struct Fiber {
  jmp_buf place;
  ucontext_t start;
  std::vector<char> stack;
  bool begun = false;
};

struct Block {
  int threads, left;
  std::vector<Fiber> fibers;
  std::deque<int> ready;
  jmp_buf scheduler;
  Meeting all;
  std::vector<Meeting> warps;
  std::vector<uint64_t> slots;
};

inline thread_local Block* block = nullptr;
inline thread_local Index thread_index, block_index;
inline void (*body)() = nullptr;

inline void leave() {  // back to the scheduler, which continues whoever is ready
  if (!_setjmp(block->fibers[thread_index.x].place)) _longjmp(block->scheduler, 1);
}

inline void yield() {
  if (block->ready.empty()) {
    std::this_thread::sleep_for(std::chrono::microseconds(10));
    return;
  }
  block->ready.push_back(thread_index.x);
  leave();
}

inline void meet(Meeting& meeting, int count) {
  meeting.there.push_back(thread_index.x);
  if (int(meeting.there.size()) == count) {
    for (int thread : meeting.there) block->ready.push_back(thread);
    meeting.there.clear();
  }
  leave();
}

inline void entry() {
  body();
  --block->left;
  _longjmp(block->scheduler, 1);
}

inline void run_block(unsigned index, int threads) {
  Block mine;
  block = &mine;
  block_index.x = index;
  mine.threads = mine.left = threads;
  mine.fibers.resize(threads);
  mine.warps.resize(threads / 32);
  mine.slots.resize(threads);
  for (int t = 0; t < threads; ++t) {
    Fiber& fiber = mine.fibers[t];
    fiber.stack.resize(64 * 1024);
    getcontext(&fiber.start);
    fiber.start.uc_stack.ss_sp = fiber.stack.data();
    fiber.start.uc_stack.ss_size = fiber.stack.size();
    makecontext(&fiber.start, entry, 0);
    mine.ready.push_back(t);
  }
  while (block->left) {
    int next = block->ready.front();  // never empty: every thread but those that meet is ready
    block->ready.pop_front();
    thread_index.x = next;
    if (_setjmp(block->scheduler)) continue;
    Fiber& fiber = block->fibers[next];
    if (fiber.begun) _longjmp(fiber.place, 1);
    fiber.begun = true;
    setcontext(&fiber.start);
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
inline int __syncthreads_or(int value) {
  static thread_local int any;
  __syncthreads();
  any = 0;
  __syncthreads();
  any |= value;
  __syncthreads();
  return any;
}
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
  emulator::yield();
  return reinterpret_cast<std::atomic<unsigned>*>(counter)->load();
}
inline unsigned long long nanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}
}  // namespace t2s
