// The kiosk's page. The address may end in #apart (this device brings microphone and loudspeaker) and #token=…; what
// follows a # is never sent, so a token in it is in no log.
const RATE_HZ = 24000;
const options = new URLSearchParams(location.hash.slice(1).replace(/^apart$/, "apart=1"));
const apart = options.has("apart");
const part = (id) => document.getElementById(id);
const page = document.documentElement;

let texts = {};
let socket = null;
let muted = false;
let waitMs = 500;
let sound = null;
let open = null; // the caption that grows

function show(state) {
  page.dataset.state = state;
  part("state").textContent = texts[state] ?? "";
}

function send(type, fields = {}) {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, ...fields }));
}

// --- captions ----------------------------------------------------------------------------------------------------

function caption(who, text, { key = null, open: isOpen = false } = {}) {
  const list = part("captions");
  let item = key === null ? null : list.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!item) {
    item = document.createElement("li");
    item.className = who === "visitor" ? "visitor" : "box";
    if (key !== null) item.dataset.key = key;
    const name = document.createElement("span");
    name.className = "who";
    name.textContent = who === "visitor" ? texts.visitor : part("name").textContent;
    item.append(name, document.createElement("span"));
    list.append(item);
    while (list.children.length > 60) list.firstChild.remove();
  }
  item.lastChild.textContent = text;
  item.lastChild.className = isOpen ? "open" : "";
  list.scrollTop = list.scrollHeight;
  return item;
}

function begin(talking) {
  part("attract").hidden = talking;
  part("talk").hidden = !talking;
}

// --- what the box tells ----------------------------------------------------------------------------------------------

let turn = 0;
const told = {
  hello(message) {
    texts = message.texts;
    page.lang = message.language;
    document.title = message.name;
    part("name").textContent = message.persona;
    part("attract-name").textContent = message.name;
    for (const [id, key] of Object.entries({
      "attract-start": "start", "captions-title": "captions", "questions-title": "questions", "write-label": "write",
      send: "send", stop: "stop", repeat: "repeat", mute: "mute", contrast: "contrast", larger: "larger",
      smaller: "smaller", aloud: "aloud", settings: "settings", "emergency-title": "emergency", "emergency-close": "close",
    })) part(id).textContent = texts[key];
    part("level").setAttribute("aria-label", texts.level);
    part("level").hidden = false;
    part("questions").replaceChildren(...message.questions.map((question) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = question;
      button.onclick = () => { begin(true); send("text", { text: question }); };
      item.append(button);
      return item;
    }));
    part("captions").replaceChildren();
    if (!message.captions) caption("box", texts.captions_off);
    begin(message.talking);
    show(muted ? "muted" : message.state);
    if (muted) send("mute", { on: true });
  },
  state(message) { if (!muted) show(message.state); },
  level(message) { part("level").value = Math.max(-60, message.dbfs); },
  opened() { part("captions").replaceChildren(); begin(true); },
  closed() { begin(false); },
  heard(message) { caption("visitor", message.text, { key: `v${turn}`, open: !message.final }); if (message.final) turn += 1; },
  said(message) { caption("box", message.text, { key: `b${message.turn}` }); },
  interrupted() { if (sound) sound.player.port.postMessage(null); },
  emergency(message) { part("emergency-text").textContent = message.text; if (!part("emergency").open) part("emergency").showModal(); },
  refused(message) { show(message.why); },
};

// --- sound ---------------------------------------------------------------------------------------------------------

async function openSound() {
  if (!apart || sound) return;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: false, autoGainControl: false, channelCount: 1 },
    });
    const context = new AudioContext({ sampleRate: RATE_HZ });
    await context.audioWorklet.addModule("/kiosk/worklet.js");
    const microphone = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
    const player = new AudioWorkletNode(context, "player", { numberOfInputs: 0, outputChannelCount: [1] });
    context.createMediaStreamSource(stream).connect(microphone);
    player.connect(context.destination);
    microphone.port.onmessage = ({ data }) => {
      let power = 0;
      const pcm = new Int16Array(data.length);
      for (let n = 0; n < data.length; n++) {
        power += data[n] * data[n];
        pcm[n] = muted ? 0 : Math.max(-32768, Math.min(32767, Math.round(data[n] * 32768)));
      }
      told.level({ dbfs: muted ? -60 : 10 * Math.log10(power / data.length + 1e-9) });
      if (socket && socket.readyState === WebSocket.OPEN && socket.bufferedAmount < 200000) socket.send(pcm.buffer);
    };
    sound = { context, player };
    await context.resume();
  } catch {
    part("state").textContent = texts.no_microphone;
  }
}

function play(buffer) {
  if (!sound) return;
  const pcm = new Int16Array(buffer);
  sound.player.port.postMessage(Float32Array.from(pcm, (sample) => sample / 32768));
}

// --- the connection ----------------------------------------------------------------------------------------------------

function connect() {
  const token = options.get("token");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const address = `${scheme}://${location.host}/kiosk/session?mode=${apart ? "apart" : "here"}`;
  socket = new WebSocket(address, token ? ["bearer", token] : []);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { waitMs = 500; };
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") { play(data); return; }
    const message = JSON.parse(data);
    told[message.type]?.(message);
  };
  socket.onclose = ({ code }) => {
    show(code === 1013 ? "busy" : "lost");
    setTimeout(connect, waitMs);
    waitMs = Math.min(waitMs * 2, 5000);
  };
}

// --- touch and keys ------------------------------------------------------------------------------------------------------

function pressed(id, on) { part(id).setAttribute("aria-pressed", String(on)); }

part("attract").onclick = async () => { begin(true); await openSound(); send("greet"); part("line").focus(); };
part("write").onsubmit = (event) => {
  event.preventDefault();
  const text = part("line").value.trim();
  if (text) { begin(true); send("text", { text }); part("line").value = ""; }
};
part("stop").onclick = () => { if (sound) sound.player.port.postMessage(null); send("stop"); };
part("repeat").onclick = () => send("text", { text: texts.again });
part("mute").onclick = () => {
  muted = !muted;
  pressed("mute", muted);
  part("mute").textContent = muted ? texts.unmute : texts.mute;
  send("mute", { on: muted });
  show(muted ? "muted" : "listening");
};
part("contrast").onclick = () => { pressed("contrast", page.classList.toggle("contrast")); };
let scale = 1;
const resize = (factor) => { scale = Math.max(0.8, Math.min(2, scale * factor)); page.style.setProperty("--scale", scale); };
part("larger").onclick = () => resize(1.2);
part("smaller").onclick = () => resize(1 / 1.2);
part("aloud").onclick = () => {
  // Off by default: over the voice of the box a reader would say everything twice, and the microphone would hear it.
  const on = part("captions").getAttribute("aria-live") !== "polite";
  if (on) part("captions").setAttribute("aria-live", "polite"); else part("captions").removeAttribute("aria-live");
  pressed("aloud", on);
};
part("emergency-close").onclick = () => part("emergency").close();
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !part("emergency").open) part("stop").click(); });

connect();
