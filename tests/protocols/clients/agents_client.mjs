// A spoken conversation with the Realtime session of @openai/agents, over its WebSocket.
import { readFileSync } from 'node:fs';
import { RealtimeAgent, RealtimeSession, OpenAIRealtimeWebSocket } from '@openai/agents/realtime';

const [url, question, interruption] = process.argv.slice(2);
const sounds = { question: readFileSync(question), interruption: readFileSync(interruption) };
const CHUNK = (24000 / 25) * 2;
const account = { heard: [], said: [], audio_s: 0, interrupted: false, truncated_ms: null, errors: [] };

const address = url.replace('http', 'ws') + '/realtime?model=cloister';
const transport = new OpenAIRealtimeWebSocket({ url: address });
const session = new RealtimeSession(new RealtimeAgent({ name: 'visitor', instructions: 'Answer.' }), {
  transport,
  tracingDisabled: true,
});

let waiting = Buffer.alloc(0);
const say = (sound) => { waiting = Buffer.concat([waiting, sound]); };
let answers = 0, received = 0, spoke = false;

const ended = new Promise((resolve) => {
  session.on('audio', (event) => {
    const seconds = event.data.byteLength / 2 / 24000;
    account.audio_s += seconds;
    received += seconds;
    if (answers === 1 && received > 0.8 && !spoke) {
      spoke = true;
      say(sounds.interruption);
    }
  });
  session.on('audio_interrupted', () => { account.interrupted = true; });
  session.on('error', (event) => { account.errors.push(JSON.stringify(event).slice(0, 500)); });
  transport.on('*', (event) => {
    switch (event.type) {
      case 'conversation.item.input_audio_transcription.completed': account.heard.push(event.transcript); break;
      case 'response.output_audio_transcript.done': account.said.push(event.transcript); break;
      case 'conversation.item.truncated': account.truncated_ms = event.audio_end_ms; break;
      case 'response.created': received = 0; break;
      case 'response.done':
        answers += 1;
        if (answers === 1) say(sounds.question);
        if (answers === 3) resolve();
    }
  });
});

await session.connect({ apiKey: 'any', url: address });
say(sounds.question);
const clock = setInterval(() => {
  const chunk = Buffer.alloc(CHUNK);
  waiting.copy(chunk, 0, 0, CHUNK);
  waiting = waiting.subarray(CHUNK);
  session.sendAudio(new Uint8Array(chunk).buffer);
}, 40);
await ended;
clearInterval(clock);
session.close();
console.log(JSON.stringify(account));
process.exit(0);
