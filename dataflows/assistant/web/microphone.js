// Collects 32 ms of the microphone and hands it on.
class Microphone extends AudioWorkletProcessor {
  constructor() { super(); this.kept = new Float32Array(512); this.count = 0; }
  process(inputs) {
    for (const sample of inputs[0][0] || []) {
      this.kept[this.count++] = sample;
      if (this.count === this.kept.length) { this.port.postMessage(this.kept.slice()); this.count = 0; }
    }
    return true;
  }
}
registerProcessor("microphone", Microphone);
