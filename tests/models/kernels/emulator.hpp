// Enough of CUDA on a CPU to run a kernel with barriers: a system thread a block, a fiber a thread.
#pragma once
#include <atomic>

#include "fibers.hpp"

#define T2S_EMULATED
#define __device__
#define __shared__ static thread_local
#define __align__(n) __attribute__((aligned(n)))

struct float2 { float x, y; };
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
inline void load_two(const float* p, float (&v)[2]) { std::memcpy(v, p, 8); }
inline float load_one(const float* p) { return *p; }
inline uint4 load_old(const void* p) { return *static_cast<const uint4*>(p); }
inline unsigned long long nanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}
}  // namespace t2s
