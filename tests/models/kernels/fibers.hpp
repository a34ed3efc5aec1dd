// A group of a GPU's threads on a CPU: a fiber a thread, and places where they meet.
#pragma once
#include <setjmp.h>
#include <ucontext.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

struct Index { unsigned x; };

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
  std::vector<Fiber>& fibers;
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

inline unsigned chance = 0;  // 0: threads go on in the order in which they became ready

// Any ready thread may go on first: what needs a barrier, and has none, shows.
inline void shuffle(std::deque<int>& ready) {
  if (chance == 0) return;
  chance = chance * 1664525u + 1013904223u | 1u;
  std::swap(ready.front(), ready[(chance >> 8) % ready.size()]);
}

inline void run_block(unsigned index, int threads) {
  static thread_local std::vector<Fiber> pool;  // stacks are used again
  Block mine{.fibers = pool};
  block = &mine;
  block_index.x = index;
  mine.threads = mine.left = threads;
  if (int(pool.size()) < threads) pool.resize(threads);
  mine.warps.resize(threads / 32);
  mine.slots.resize(threads);
  for (int t = 0; t < threads; ++t) {
    Fiber& fiber = mine.fibers[t];
    fiber.stack.resize(64 * 1024);
    fiber.begun = false;
    getcontext(&fiber.start);
    fiber.start.uc_stack.ss_sp = fiber.stack.data();
    fiber.start.uc_stack.ss_size = fiber.stack.size();
    makecontext(&fiber.start, entry, 0);
    mine.ready.push_back(t);
  }
  while (block->left) {
    shuffle(block->ready);
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

// The same, one block after the other: for kernels whose blocks need nothing of each other.
inline void launch_in_turn(void (*kernel)(), int blocks, int threads, unsigned seed) {
  body = kernel, chance = seed;
  for (int b = 0; b < blocks; ++b) run_block(b, threads);
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
