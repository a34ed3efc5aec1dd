// The decoding kernel for the tests' small network, callable from Python.
#include "emulator.hpp"

#include "t2s_rules.h"

#include "t2s_parts.cuh"

#include "t2s_phases.cuh"

#include "t2s_step.cuh"

#ifndef ELEMENT
#define ELEMENT float
#endif

namespace {
t2s::Arguments arguments;
using Network = t2s::Net<ELEMENT, NET>;
void sampling() { t2s::steps<Network, true>(arguments); }
void stepping() { t2s::steps<Network, false>(arguments); }
}  // namespace

extern "C" void run(void** pointers, int samples) {
  t2s::Arguments& a = arguments;
  auto ints = [&](int i) { return static_cast<int*>(pointers[i]); };
  auto floats = [&](int i) { return static_cast<float*>(pointers[i]); };
  a.weights = pointers[0], a.table = pointers[1], a.predict = pointers[2];
  a.vectors = floats(3), a.places = floats(4), a.draws = floats(5), a.rates = floats(6);
  a.padding = ints(7), a.settings = ints(8), a.steps = ints(9);
  a.cache = pointers[10], a.scratch = floats(11), a.state = ints(12), a.sync = ints(13);
  a.tokens = ints(14), a.seen = static_cast<unsigned char*>(pointers[15]);
  a.out = ints(17), a.logits = floats(18);
  emulator::launch(samples ? sampling : stepping, Network::G, Network::W * 32);
}
