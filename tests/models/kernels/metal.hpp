// Enough of Metal on a CPU: its words mean nothing, its threadgroups are fibers.
//
// `threadgroup` arrays of a kernel are made static by the tests before this is compiled.
#pragma once
#include "fibers.hpp"

#define __METAL_VERSION__ 310
#define device
#define constant
#define thread
#define threadgroup

typedef _Float16 half;
typedef half float16_t;

struct uint3 { unsigned x, y, z; };

namespace metal {

template <class T, int N> struct vec {
  T v[N];
  vec() = default;
  explicit vec(T all) { for (T& x : v) x = all; }
  vec(T a, T b, T c, T d) : v{a, b, c, d} {}
  template <class U> explicit vec(const vec<U, N>& other) { for (int i = 0; i < N; ++i) v[i] = T(other.v[i]); }
  T& operator[](int i) { return v[i]; }
  T operator[](int i) const { return v[i]; }
};
template <class T, int N> vec<T, N> operator+(vec<T, N> a, const vec<T, N>& b) {
  for (int i = 0; i < N; ++i) a.v[i] += b.v[i];
  return a;
}
template <class T, int N> vec<T, N> operator*(vec<T, N> a, T b) {
  for (int i = 0; i < N; ++i) a.v[i] *= b;
  return a;
}
template <class T, int N> T dot(const vec<T, N>& a, const vec<T, N>& b) {
  T sum = 0;
  for (int i = 0; i < N; ++i) sum += a.v[i] * b.v[i];
  return sum;
}

using std::exp;
inline float max(float a, float b) { return a > b ? a : b; }
inline float rsqrt(float x) { return 1 / std::sqrt(x); }

enum class mem_flags { mem_none, mem_device, mem_threadgroup };
inline void threadgroup_barrier(mem_flags) { emulator::meet(emulator::block->all, emulator::block->threads); }

template <class T> T simd_sum(T value) {
  return emulator::exchange(value, [](const uint64_t* slots, unsigned) {
    T sum = 0;
    for (int i = 0; i < 32; ++i) {
      T one;
      std::memcpy(&one, &slots[i], sizeof one);
      sum += one;
    }
    return sum;
  });
}
template <class T> T simd_shuffle_xor(T value, unsigned short mask) {
  return emulator::exchange(value, [=](const uint64_t* slots, unsigned lane) {
    T other;
    std::memcpy(&other, &slots[lane ^ mask], sizeof other);
    return other;
  });
}

}  // namespace metal

using metal::vec;
typedef metal::vec<float, 4> float4;

template <class To, class From> To as_type(From from) {
  static_assert(sizeof(To) == sizeof(From), "as_type");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

namespace metal_places {
inline unsigned thread_index_in_threadgroup() { return emulator::thread_index.x; }
inline unsigned thread_index_in_simdgroup() { return emulator::thread_index.x % 32; }
inline unsigned simdgroup_index_in_threadgroup() { return emulator::thread_index.x / 32; }
inline uint3 threadgroup_position_in_grid() { return {emulator::block_index.x, 0, 0}; }
}  // namespace metal_places
