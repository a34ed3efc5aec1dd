  using Network = ::t2s::Net<T, REAL, C, H, F, L, V, R, G, W>;
  ::t2s::Arguments a;
  a.weights = weights, a.table = table, a.predict = predict;
  a.vectors = vectors, a.places = places, a.draws = draws, a.rates = rates;
  a.padding = padding, a.settings = settings, a.steps = steps;
  // These inputs are written in place; the next launch takes this one's output, so it comes after.
  a.cache = const_cast<T*>(cache), a.scratch = const_cast<float*>(scratch);
  a.state = const_cast<int*>(state), a.sync = const_cast<int*>(sync);
  a.tokens = const_cast<int*>(tokens), a.seen = const_cast<uint8_t*>(seen);
  a.out = out, a.logits = logits;
  ::t2s::steps<Network, SAMPLES>(a);
