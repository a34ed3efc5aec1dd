// The page: microphone to the server, its sound to the loudspeaker, and what is worth seeing.
"use strict";
const REPORT_MS = 200;
const $ = (id) => document.getElementById(id);
// texts: what the voice says, by its number; sources: the sounds that are or will be playing.
const player = { context: null, analyser: null, next: 0, sources: new Set(), texts: new Map(), cut: new Set(), isHeld: false, turn: 0 };
let socket = null, microphone = null, coming = null;

function complain(text) { $("problem").textContent = text; }
function show(state) { $("state").textContent = state; }
function send(order) { if (socket?.readyState === 1) socket.send(JSON.stringify(order)); }
function tell(kind, detail) { document.dispatchEvent(new CustomEvent("assistant", { detail: { kind, ...detail } })); } // for tests
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
  socket.onclose = ({ reason }) => {
    complain(`${reason || "The connection is lost."} Trying again.`);
    silence();
    setTimeout(connect, 2000);
  };
  socket.onopen = () => { player.texts.clear(); player.cut.clear(); player.isHeld = false; player.turn = 0; complain(""); };
}

function take(message) {
  ({ audio: (m) => { coming = m; }, words: showWords, activity: heard, question: asked, status: acknowledged,
    problem: (m) => { complain(m.value); show(""); }, segment_complete: ended, voices: showVoices })[message.type]?.(message);
}

function heard({ value, question_id: turn, at_s: detected }) {
  if (turn <= player.turn) return; // dora keeps the order within an input, not between two
  if (value === "speech") {
    const wasPlaying = player.sources.size > 0;
    silence();
    player.isHeld = true;
    tell("speech", { wasPlaying, detected });
    show("You are speaking.");
  } else if (value === "silence") show("Recognising …");
}

function asked({ value, question_id: turn }) {
  player.isHeld = false;
  player.turn = turn;
  show(value ? "Thinking …" : "");
  if (value) line("you", value);
  else if (!player.wasCut) complain("I did not understand that.");
  tell("question", { value });
}

function acknowledged({ value, texts }) {
  if (value === "resumed" && texts) { complain(""); tell("resumed", {}); }
}

function textOf(message) {
  const id = message.text_index;
  if (!player.texts.has(id)) {
    player.context ??= new AudioContext();
    player.context.resume();
    player.texts.set(id, { p: line("answer", message.resumes === undefined ? "" : "… "), sentences: new Map(), pieces: [], end: 0 });
    player.wasCut = false;
  }
  return player.texts.get(id);
}

function play(data) {
  const message = coming, id = message.text_index;
  if (player.isHeld) player.cut.add(id); // left the voice before it heard that the user speaks
  if (player.cut.has(id)) return;
  const one = textOf(message), context = player.context, steps = new Int16Array(data);
  const buffer = context.createBuffer(1, steps.length, message.rate);
  buffer.getChannelData(0).set(Float32Array.from(steps, (step) => step / 32768));
  const source = new AudioBufferSourceNode(context, { buffer });
  const at = Math.max(context.currentTime + 0.02, player.next);
  source.connect(analyser());
  source.start(at);
  player.next = at + buffer.duration;
  player.sources.add(source);
  source.onended = () => { player.sources.delete(source); if (!player.sources.size) show(""); };
  if (!one.pieces.length && message.resumes === undefined) showTimes(one, message, 1000 * (at - context.currentTime));
  one.pieces.push({ at, start: message.start_s, end: message.start_s + buffer.duration });
  show("Speaking …");
  if (message.text) showSentence(one, message);
}

// Of a sentence that is still being written, a message has what is known of it.
function showSentence(one, { sentence_index: number, text }) {
  const known = one.sentences.get(number);
  if (known?.text === text) return;
  const sentence = known ?? { span: document.createElement("span"), words: [] };
  if (!known) one.p.append(sentence.span);
  one.sentences.set(number, sentence);
  sentence.text = text;
  drawSentence(sentence);
}

function analyser() {
  const { context } = player;
  if (!player.analyser) {
    player.analyser = new AnalyserNode(context, { fftSize: 1024 });
    player.analyser.connect(context.destination);
  }
  return player.analyser;
}

// How many seconds of a text came out of the loudspeaker.
function position(one) {
  const now = player.context.currentTime - (player.context.outputLatency || 0);
  const piece = one.pieces.findLast((p) => p.at <= now);
  return piece ? Math.min(piece.end, piece.start + now - piece.at) : 0;
}

function report(id, one, stopped) { send({ type: "played", text_index: id, seconds: position(one), stopped }); }

function silence() {
  const playing = [...player.texts].filter(([, one]) => !one.isOver);
  for (const source of player.sources) source.stop();
  player.sources.clear();
  for (const [id, one] of playing) {
    report(id, one, true);
    one.p.classList.add("cut");
    player.wasCut = true;
    player.cut.add(id);
    close(id, one);
  }
  player.next = 0;
}

function showWords({ text_index: id, sentence_index: number, words, starts_s: starts, chars }) {
  const sentence = player.texts.get(id)?.sentences.get(number);
  if (!sentence) return;
  words.forEach((word, at) => sentence.words.push({ start: starts[at], from: chars[at], to: chars[at] + word.length }));
  drawSentence(sentence);
}

function drawSentence(sentence) {
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

// Marks the word being said, and tells the voice how far each text has come.
let reported = 0;
function follow() {
  const isTime = Date.now() - reported >= REPORT_MS;
  if (isTime) reported = Date.now();
  for (const [id, one] of player.texts) {
    if (one.isOver || !one.pieces.length) continue;
    const place = position(one), isAtEnd = one.isComplete && place >= one.pieces.at(-1).end - 0.001;
    if (isTime || isAtEnd) report(id, one, isAtEnd);
    mark(one, place);
    if (isAtEnd) { close(id, one); tell("played", {}); }
  }
  draw();
}

function close(id, one) {
  one.isOver = true;
  mark(one, -1);
  setTimeout(() => player.texts.delete(id), 60000); // its reply may still come
}

function mark(one, place) {
  const words = [...one.sentences.values()].flatMap((sentence) => sentence.words);
  const said = words.findLast((word) => word.start <= place);
  for (const word of words) {
    const wanted = word === said ? "MARK" : "SPAN";
    if (word.element.tagName === wanted) continue;
    const fresh = document.createElement(wanted.toLowerCase());
    fresh.textContent = word.element.textContent;
    word.element.replaceWith(fresh);
    word.element = fresh;
    if (wanted === "MARK") tell("marked", { word: fresh.textContent });
  }
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

function showTimes(one, message, waiting) {
  if (!message.ended_s) return;
  const since = (seconds) => Math.round(1000 * (seconds - message.ended_s));
  one.token = since(message.token_s);
  one.times = { heard: since(message.heard_s), recognised: since(message.recognised_s), "first token": one.token,
    "first sound": Math.round(since(message.now_s) + waiting) };
  one.timesLine = line("times", timesText(one.times));
}

function timesText(times) {
  const stages = Object.entries(times).sort(([, a], [, b]) => a - b);
  return "ms after the end of speech: " + stages.map(([name, ms]) => `${name} ${ms}`).join(", ");
}

function ended(message) {
  const one = player.texts.get(message.text_index);
  if (message.value === "error") complain(`The voice could not say that: ${message.error}`);
  tell("reply", { value: message.value });
  if (!one) return;
  one.isComplete = true;
  if (message.value === "cancelled" && message.spoken_text !== undefined) one.p.title = `heard: ${message.spoken_text}`;
  if (!one.times) return;
  one.times["first sentence"] = Math.round(one.token + message.aggregation_ms);
  one.timesLine.textContent = timesText(one.times);
  tell("times", { times: one.times });
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
      NotFoundError: "There is no microphone.", NotReadableError: "Another program uses the microphone.",
      SecurityError: "Browsers give the microphone only to https pages and to localhost." };
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
  stream.getTracks()[0].onended = () => { deafen(); complain("The microphone is gone."); };
  microphone = { stream, context, node };
  player.context ??= new AudioContext();
  await player.context.resume();
  $("talk").textContent = "Stop listening";
  $("talk").setAttribute("aria-pressed", "true");
  show("Listening.");
  complain("");
}

function deafen() {
  if (!microphone) return;
  for (const track of microphone.stream.getTracks()) track.stop();
  microphone.context.close();
  microphone = null;
  $("level").value = 0;
  $("talk").textContent = "Talk";
  $("talk").setAttribute("aria-pressed", "false");
  show("");
}

const choose = () => send({ type: "manner", voice: $("voice").value, speed: Number($("speed").value) });
$("talk").onclick = () => (microphone ? deafen() : listen());
$("stop").onclick = () => { silence(); send({ type: "stop" }); };
$("voice").onchange = $("speed").onchange = choose;
$("audition").onsubmit = (event) => { event.preventDefault(); silence(); player.isHeld = false; send({ type: "say", text: $("said").value }); };
setInterval(follow, 50);
connect();
