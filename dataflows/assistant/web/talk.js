// The page: microphone to the server, its sound to the loudspeaker, and what is worth seeing.
"use strict";
const $ = (id) => document.getElementById(id);
const player = { context: null, next: 0, sources: new Set(), answers: new Map(), muted: new Set() };
let socket = null, microphone = null, coming = null;

function complain(text) { $("problem").textContent = text; }
function send(order) { if (socket?.readyState === 1) socket.send(JSON.stringify(order)); }
function line(kind, text) {
  const p = document.createElement("p");
  p.className = kind;
  p.textContent = text;
  $("transcript").append(p);
  p.scrollIntoView({ block: "nearest" });
  return p;
}

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/talk`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => (typeof data === "string" ? take(JSON.parse(data)) : play(data));
  socket.onclose = () => { complain("The connection is lost; trying again."); silence(); setTimeout(connect, 2000); };
  socket.onopen = () => complain("");
}

function take(message) {
  ({ audio: (m) => { coming = m; }, words: showWords, activity: heard, question: asked, problem: (m) => complain(m.value),
    segment_complete: ended, voices: showVoices })[message.type]?.(message);
}

function heard({ value, question_id: turn }) {
  if (value === "speech") { silence(); player.turn = turn; }
  $("talk").dataset.activity = value;
}

function asked({ value }) { value ? line("you", value) : complain("I did not understand that."); }

function answer(id) {
  if (!player.answers.has(id)) {
    player.answers.set(id, { p: line("answer", ""), sentences: new Map(), pieces: [] });
    player.context ??= new AudioContext();
    player.context.resume();
  }
  return player.answers.get(id);
}

function play(data) {
  const message = coming, id = message.question_id;
  if (player.muted.has(id) || id < player.turn) return; // of a turn that the user ended
  const one = answer(id), context = player.context, steps = new Int16Array(data);
  const buffer = context.createBuffer(1, steps.length, message.rate);
  buffer.getChannelData(0).set(Float32Array.from(steps, (step) => step / 32768));
  const source = new AudioBufferSourceNode(context, { buffer });
  const at = Math.max(context.currentTime + 0.02, player.next);
  source.connect(analyser());
  source.start(at);
  player.next = at + buffer.duration;
  player.sources.add(source);
  source.onended = () => player.sources.delete(source);
  if (!one.pieces.length) showTimes(one, message);
  one.pieces.push({ at, start: message.start_s });
  if (message.text && !one.sentences.has(message.sentence_index)) {
    const span = document.createElement("span");
    span.textContent = message.text + " ";
    one.p.append(span);
    one.sentences.set(message.sentence_index, { span, text: message.text, words: [] });
  }
  window.heardSound = (window.heardSound || []).concat(Array.from(steps)); // for the browser test
  window.heardRate = message.rate;
}

function analyser() {
  const { context } = player;
  if (!player.analyser) {
    player.analyser = new AnalyserNode(context, { fftSize: 1024 });
    player.analyser.connect(context.destination);
  }
  return player.analyser;
}

function silence() {
  for (const source of player.sources) source.stop();
  player.sources.clear();
  player.next = 0;
  for (const [id, one] of player.answers) {
    if (!one.over) one.p.classList.add("cut");
    one.over = true;
    player.muted.add(id);
  }
}

function showWords({ question_id: id, sentence_index: number, words, starts_s: starts, chars }) {
  const one = player.answers.get(id), sentence = one?.sentences.get(number);
  if (!sentence) return;
  words.forEach((word, at) => sentence.words.push({ start: starts[at], from: chars[at], to: chars[at] + word.length }));
  const parts = [];
  let done = 0;
  for (const word of sentence.words) {
    word.element = document.createElement("span");
    word.element.textContent = sentence.text.slice(word.from, word.to);
    parts.push(sentence.text.slice(done, word.from), word.element);
    done = word.to;
  }
  sentence.span.replaceChildren(...parts, sentence.text.slice(done) + " ");
}

function follow() {
  for (const one of player.answers.values()) {
    const now = player.context.currentTime, piece = one.pieces.findLast((p) => p.at <= now);
    const place = piece && !one.over && player.sources.size ? piece.start + now - piece.at : -1;
    const words = [...one.sentences.values()].flatMap((sentence) => sentence.words);
    const said = words.findLast((word) => word.start <= place);
    for (const word of words) {
      const wanted = word === said ? "MARK" : "SPAN";
      if (word.element.tagName === wanted) continue;
      const fresh = document.createElement(wanted.toLowerCase());
      fresh.textContent = word.element.textContent;
      word.element.replaceWith(fresh);
      word.element = fresh;
      if (wanted === "MARK") window.markedWords = (window.markedWords || []).concat(fresh.textContent);
    }
  }
  draw();
}

function draw() {
  if (!player.analyser) return;
  const canvas = $("wave"), pen = canvas.getContext("2d"), values = new Float32Array(1024);
  player.analyser.getFloatTimeDomainData(values);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.strokeStyle = "#0b5cad";
  pen.beginPath();
  values.forEach((value, at) => pen.lineTo(at * canvas.width / 1024, canvas.height * (0.5 - value / 2)));
  pen.stroke();
}

function showTimes(one, message) {
  if (!message.ended_s) return;
  const since = (key) => Math.round(1000 * (message[key] - message.ended_s));
  const times = { heard: since("heard_s"), recognised: since("recognised_s"), "first token": since("token_s"), "first sound": since("now_s") };
  one.times = times;
  window.turnTimes = (window.turnTimes || []).concat(times);
  line("times", "ms after the end of speech: " + Object.entries(times).map(([name, ms]) => `${name} ${ms}`).join(", "));
}

function ended(message) {
  const one = player.answers.get(message.question_id);
  if (message.value === "error") complain(`The voice could not say that: ${message.error}`);
  if (one && message.value === "cancelled" && message.spoken_text !== undefined) one.p.title = `heard: ${message.spoken_text}`;
  window.replies = (window.replies || []).concat(message.value);
}

function showVoices({ voices }) {
  if (!voices.length) return;
  const chosen = $("voice").value;
  $("voice").replaceChildren(new Option("as configured", ""), ...voices.map((name) => new Option(name, name)));
  $("voice").value = voices.includes(chosen) ? chosen : "";
}

async function listen() {
  let stream;
  try {
    if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 } });
  } catch (error) {
    const why = { NotAllowedError: "The browser was not allowed to use the microphone; allow it in the address bar and press Talk again.",
      NotFoundError: "There is no microphone.", SecurityError: "Browsers give the microphone only to https pages and to localhost." };
    complain(why[error.name] || `The microphone cannot be used: ${error.message || error.name}`);
    return;
  }
  const context = new AudioContext({ sampleRate: 16000 });
  await context.audioWorklet.addModule("microphone.js");
  const node = new AudioWorkletNode(context, "microphone");
  context.createMediaStreamSource(stream).connect(node);
  node.port.onmessage = ({ data }) => {
    $("level").value = Math.min(1, 4 * Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length));
    if (socket.readyState === 1 && socket.bufferedAmount < 1e6) {
      socket.send(Int16Array.from(data, (value) => Math.max(-1, Math.min(1, value)) * 32767));
    }
  };
  microphone = { stream, context };
  player.context ??= new AudioContext();
  await player.context.resume();
  $("talk").textContent = "Stop listening";
  $("talk").setAttribute("aria-pressed", "true");
  complain("");
}

function deafen() {
  for (const track of microphone.stream.getTracks()) track.stop();
  microphone.context.close();
  microphone = null;
  $("level").value = 0;
  $("talk").textContent = "Talk";
  $("talk").setAttribute("aria-pressed", "false");
}

const choose = () => send({ type: "manner", voice: $("voice").value, speed: Number($("speed").value) });
$("talk").onclick = () => (microphone ? deafen() : listen());
$("stop").onclick = () => { silence(); send({ type: "stop" }); };
$("voice").onchange = $("speed").onchange = choose;
$("audition").onsubmit = (event) => { event.preventDefault(); silence(); send({ type: "say", text: $("said").value }); };
setInterval(follow, 50);
connect();
