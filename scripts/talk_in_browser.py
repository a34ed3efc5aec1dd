"""Talk to the assistant through a real browser whose microphone is a recording.

    python scripts/talk_in_browser.py [--turns 10] [--screenshot FILE.png] [--small]

Starts a scripted language model, `dataflows/assistant.yml` and headless Chromium (CHROMIUM names another program), and checks the
whole chain: the starter voice's question is recognised, the answer is played, understood by the recogniser and marked word
by word, "mhm" into it only makes it pause, a question ends it, and a second page hears nothing of all this. Each further question is
asked when the last answer has been played. Prints medians by stage, and how soon playback stops after speech is detected.
`--small` asks the small model in the process instead. Needs the group `assistant`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from websockets.sync.client import connect

from dora_mlx_tts import Synthesizer

ROOT = Path(__file__).parents[1]
QUESTION = "Good morning, how is the weather today?"
ASSENT = "Mhm."
LONG = " ".join(["The weather is fine today, and the sun will shine until the evening."] * 8)
SHORT = "The sun is shining today."
MICROPHONE_S = 900  # after which Chromium plays the recording again
PATIENCE_S = 180.0
PORT, DEBUGGING_PORT = 8199, 9333
WATCH = """
window.seen = [];
document.addEventListener("assistant", ({ detail }) => {
  seen.push(detail);
  if (detail.kind !== "speech" || !detail.wasPlaying) return;
  const values = new Float32Array(1024), handled = Date.now();
  const look = () => {
    player.analyser.getFloatTimeDomainData(values);
    if (values.some((value) => Math.abs(value) > 1e-4)) return setTimeout(look, 2);
    const since = Date.now() - 1000 * detail.detected;
    seen.push({ kind: "silent", since, reached: handled - 1000 * detail.detected });
  };
  look();
});
window.of = (kind) => seen.filter((one) => one.kind === kind);
"""
"""Notes what the page says of itself, and when its output is silent after speech."""
RECORD = """
window.played = [];
const tap = player.context.createScriptProcessor(4096, 1, 1);
analyser().connect(tap).connect(player.context.destination);
tap.onaudioprocess = ({ inputBuffer }) => played.push(...inputBuffer.getChannelData(0));
"""
"""Keeps what the page plays."""
SPEAK = """
(async () => {
  const bytes = Uint8Array.from(atob("%s"), (one) => one.charCodeAt(0));
  const source = microphone.context.createBufferSource();
  source.buffer = await microphone.context.decodeAudioData(bytes.buffer);
  source.connect(microphone.node);
  source.start();
})()
"""
"""Says something into the page's microphone."""
ANSWERS = "[...document.querySelectorAll('.answer')].map((one) => one.textContent)"


class Model(BaseHTTPRequestHandler):
    """A language model whose first answer is long and whose others are short."""

    asked: list[list[dict[str, str]]] = []  # noqa: RUF012  one server a process

    def do_POST(self) -> None:
        """Stream an answer as OpenAI does."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body["messages"])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for token in re.findall(r"\S+\s*", LONG if len(self.asked) == 1 else SHORT):
            part = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "x"}
            part["choices"] = [{"index": 0, "delta": {"content": token}, "finish_reason": None}]
            self.wfile.write(f"data: {json.dumps(part)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Tab:
    """A page of the browser, by its debugging protocol."""

    def __init__(self, address: str) -> None:
        self._socket = connect(address, max_size=None, legacy=True)
        self._number = 0

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
        """One call."""
        self._number += 1
        order = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(order))
        while (answer := json.loads(self._socket.recv(timeout=60))).get("id") != self._number:
            pass
        return answer["result"]

    def value(self, expression: str) -> Any:  # noqa: ANN401  whatever the page has
        """What an expression is worth in the page."""
        found = self.ask(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        if "exceptionDetails" in found:
            raise RuntimeError(f"{expression[:100]}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until the expression is true; one that fails, as in a page that is still loading, is not."""
        end = time.monotonic() + PATIENCE_S
        while not self.value(
            f"(() => {{ try {{ return {expression}; }} catch {{ return false; }} }})()"
        ):
            if time.monotonic() > end:
                page = self.value("document.body.innerText")
                raise TimeoutError(f"never true: {expression}\n{page}")
            time.sleep(0.25)


@contextmanager
def running(command: list[str], log: Path, **environment: str) -> Iterator[None]:
    """A program with all its children, stopped at the end."""
    with log.open("wb") as out:
        program = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            env=os.environ | environment,
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        program.send_signal(signal.SIGINT)
        try:
            program.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()


def spoken(text: str) -> tuple[NDArray[np.float32], int]:
    """A text in the starter voice, at 48 kHz."""
    speech = Synthesizer.load("starter-en").speak(text, seed=3)
    return soxr.resample(speech.samples, speech.sample_rate, 48000), 48000


def record_question(file: Path) -> None:
    """The question after a second, then silence."""
    speech, rate = spoken(QUESTION)
    whole = np.zeros(MICROPHONE_S * rate, np.int16)
    whole[rate : rate + len(speech)] = np.clip(speech, -1, 1) * 32767
    soundfile.write(file, whole, rate, subtype="PCM_16")


def saying(text: str) -> str:
    """A script that says a text into the page's microphone."""
    speech, rate = spoken(text)
    file = io.BytesIO()
    soundfile.write(file, speech, rate, format="WAV", subtype="PCM_16")
    return SPEAK % b64encode(file.getvalue()).decode()


def open_tab(port: int, url: str) -> Tab:
    """A new page."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?{url}", method="PUT")
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310  this machine
                return Tab(json.load(answer)["webSocketDebuggerUrl"])
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def understood(tab: Tab) -> str:
    """What a recogniser hears in what the page played last."""
    sys.path.insert(0, str(ROOT / "dataflows" / "assistant"))
    from recogniser import model  # noqa: PLC0415  beside, not installed

    rate = int(tab.value("player.context.sampleRate"))
    samples = np.array(tab.value(f"played.slice(-{5 * rate})"), np.float32)
    wave = soxr.resample(samples, rate, 16000)
    return " ".join(part.text for part in model().transcribe(wave, language="en")[0])


def chromium(profile: Path, port: int, *options: str) -> list[str]:
    """How a headless Chromium is started whose pages may play sound."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
    return [
        *(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--autoplay-policy=no-user-gesture-required", "--window-size=800,900"),
        *(f"--remote-debugging-port={port}", f"--user-data-dir={profile}"),
        *(*options, "about:blank"),
    ]


@contextmanager
def assistant(folder: Path, url: str | None) -> Iterator[tuple[Tab, Tab]]:
    """The dataflow and a browser with two of its pages."""
    record_question(folder / "question.wav")
    browser = chromium(
        folder / "profile",
        DEBUGGING_PORT,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={folder / 'question.wav'}",
    )
    settings = {"PORT": str(PORT), "VOICE_NAME": "starter-en", "SEED": "3", "LLM_URL": url or ""}
    dataflow, address = ["dora", "run", "dataflows/assistant.yml"], f"http://127.0.0.1:{PORT}/"
    with (
        running(dataflow, folder / "dora.log", **settings),
        running(browser, folder / "browser.log"),
    ):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(address).close()
                break
            except OSError:
                time.sleep(0.5)
        tab, other = (open_tab(DEBUGGING_PORT, address) for _ in range(2))
        for one in (tab, other):
            one.wait("document.querySelectorAll('#voice option').length > 1")
            one.value(WATCH)
        yield tab, other


def interrupt(tab: Tab, assent: str, screenshot: Path | None) -> None:
    """The first turn: a long answer, and "mhm" into it."""
    tab.wait("of('marked').length > 5")
    tab.value(assent)
    tab.wait("of('question').length > 1")
    tab.wait("of('resumed').length > 0")
    tab.value("resumedAt = seen.length")
    tab.wait("seen.slice(resumedAt).filter((one) => one.kind === 'marked').length > 3")
    if screenshot is not None:
        shot = tab.ask("Page.captureScreenshot", format="png")
        screenshot.write_bytes(b64decode(shot["data"]))


def talk(folder: Path, turns: int, screenshot: Path | None, *, small: bool) -> None:
    """The whole conversation."""
    language_model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=language_model.serve_forever, daemon=True).start()
    url = None if small else f"http://127.0.0.1:{language_model.server_port}/v1"
    question, assent = saying(QUESTION), saying(ASSENT)
    with assistant(folder, url) as (tab, other):
        tab.value("document.querySelector('#talk').click()")
        tab.wait("!!player.context")
        tab.value(RECORD)
        if not small:
            interrupt(tab, assent, screenshot)
        for turn in range(1, turns):
            if turn > 1 or small:
                tab.wait(f"of('played').length >= {turn if small else turn - 1}")
            tab.value(question)
            tab.wait(f"of('times').length > {turn}")
        tab.wait("player.sources.size === 0")
        report(tab, other, small=small)
    language_model.shutdown()


def report(tab: Tab, other: Tab, *, small: bool) -> None:
    """Print what happened, and check it."""
    questions = [one["value"] for one in tab.value("of('question')")]
    heard, silent = understood(tab), tab.value("of('silent')")
    cuts = [one["wasPlaying"] for one in tab.value("of('speech')")]
    print(f"questions: {questions}\nlast words played: {heard}")
    print(f"answers: {tab.value(ANSWERS)}")
    print(f"marked: {[one['word'] for one in tab.value('of(`marked`)')][:8]}")
    times = [one["times"] for one in tab.value("of('times')")]
    for stage in times[0]:
        values = [one[stage] for one in times]
        print(
            f"{stage}: median {statistics.median(values):.0f} ms of {len(values)}, {min(values)} to {max(values)}"
        )
    print(f"ms from speech to silence: {[round(one['since']) for one in silent]}")
    checks = {
        "the question was not recognised": "weather" in questions[0].lower(),
        "the second page heard something": not other.value("seen.length"),
    }
    if not small:
        told = [one["content"] for one in Model.asked[1] if one["role"] == "assistant"]
        print(f"the model was told: {told}")
        checks |= {
            "the answer was not understood": "shining" in heard.lower(),
            "the model was not told of the interruption": "interrupted" in "".join(told),
            "the answer was not told as one": len(told) == 1,
            "the assent was taken for a question": len(Model.asked) == len(times),
            "an interruption did not silence the page": 0 < len(silent) == sum(cuts),
        }
    if wrong := [what for what, is_right in checks.items() if not is_right]:
        raise SystemExit("; ".join(wrong))


def main() -> None:
    """Parse the command line and talk."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--screenshot", type=Path)
    parser.add_argument("--small", action="store_true", help="ask the small model in the process")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        talk(folder, options.turns, options.screenshot, small=options.small)
    except BaseException:
        print((folder / "dora.log").read_text("utf-8", "replace")[-3000:], file=sys.stderr)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
