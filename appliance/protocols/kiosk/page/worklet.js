// Runs in the audio thread: hands the microphone's samples over, and plays what has come.
class Microphone extends AudioWorkletProcessor {
  constructor() { super(); this.kept = new Float32Array(960); this.filled = 0; }
  process(inputs) {
    const channel = inputs[0][0];
    if (!channel) return true;
    for (const sample of channel) {
      this.kept[this.filled++] = sample;
      if (this.filled === this.kept.length) { this.port.postMessage(this.kept.slice()); this.filled = 0; }
    }
    return true;
  }
}

class Player extends AudioWorkletProcessor {
  constructor() {
    super();
    this.pieces = [];
    this.at = 0;
    this.port.onmessage = ({ data }) => {
      if (data === null) { this.pieces = []; this.at = 0; } else { this.pieces.push(data); }
    };
  }
  process(_, outputs) {
    const out = outputs[0][0];
    for (let n = 0; n < out.length && this.pieces.length; n++) {
      out[n] = this.pieces[0][this.at++];
      if (this.at === this.pieces[0].length) { this.pieces.shift(); this.at = 0; }
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("player", Player);
