// Sound of the microphone as 16-bit samples, in pieces of a twelfth of a second or so, each with how loud it is.
"use strict";
class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.samples = new Int16Array(4096);
    this.used = 0;
    this.power = 0;
  }

  process([input]) {
    for (const value of input[0] ?? []) {
      const clipped = Math.max(-1, Math.min(1, value));
      this.samples[this.used++] = clipped * 32767;
      this.power += clipped * clipped;
      if (this.used === this.samples.length) {
        const pcm = this.samples.slice().buffer;
        this.port.postMessage({ pcm, level: Math.sqrt(this.power / this.used) }, [pcm]);
        this.used = this.power = 0;
      }
    }
    return true;
  }
}
registerProcessor("capture", Capture);
