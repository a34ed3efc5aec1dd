"""Talk to the assistant through a real browser whose microphone is a recording.

    python scripts/talk_in_browser.py [--turns 10] [--screenshot FILE.png]

Starts a scripted language model, `dataflows/assistant.yml` and headless Chromium (CHROMIUM names another program), and checks the
whole chain: the starter voice's question is recognised, the answer's sound arrives and is understood by the recogniser,
words are marked, a question into an answer cuts it, and a second page hears nothing of all this. Prints medians by stage.
Needs the groups `assistant` and `listen`.
"""

from __future__ import annotations

import argparse
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
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from websockets.sync.client import connect

from dora_mlx_tts import Synthesizer

ROOT = Path(__file__).parents[1]
QUESTION = "Good morning, how is the weather today?"
LONG = " ".join(["The weather is fine today, and the sun will shine until the evening."] * 8)
SHORT = "The sun is shining today."
PERIOD_S = 14.0
PATIENCE_S = 240.0


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
            "Runtime.evaluate", expression=expression, returnByValue=True, userGesture=True
        )
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until the expression is true."""
        end = time.monotonic() + PATIENCE_S
        while not self.value(expression):
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


def record_question(file: Path) -> None:
    """The question in the starter voice, with silence up to the period."""
    speech = Synthesizer.load("starter-en").speak(QUESTION, seed=3)
    samples = soxr.resample(speech.samples, speech.sample_rate, 48000)
    whole = np.zeros(int(PERIOD_S * 48000), np.float32)
    whole[48000 : 48000 + len(samples)] = samples
    soundfile.write(file, whole, 48000, subtype="PCM_16")


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
    """What a recogniser hears in the sound that came to the page last."""
    sys.path.insert(0, str(ROOT / "dataflows" / "assistant"))
    from recogniser import model  # noqa: PLC0415  beside, not installed

    rate = tab.value("heardRate")
    samples = np.array(tab.value("heardSound"), np.float32)[-3 * rate :] / 32768
    wave = soxr.resample(samples, rate, 16000)
    return " ".join(part.text for part in model().transcribe(wave, language="en")[0])


def talk(folder: Path, turns: int, screenshot: Path | None) -> None:
    """The whole conversation."""
    question = folder / "question.wav"
    record_question(question)
    language_model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=language_model.serve_forever, daemon=True).start()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
    browser = [
        *(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
        f"--use-file-for-fake-audio-capture={question}",
        "--autoplay-policy=no-user-gesture-required",
        *("--remote-debugging-port=9333", f"--user-data-dir={folder / 'profile'}"),
        "--window-size=800,900",
        "about:blank",
    ]
    model_url = f"http://127.0.0.1:{language_model.server_port}/v1"
    page = {"PORT": "8199", "LLM_URL": model_url, "VOICE_NAME": "starter-en", "SEED": "3"}
    dataflow = ["dora", "run", "dataflows/assistant.yml"]
    with running(dataflow, folder / "dora.log", **page), running(browser, folder / "browser.log"):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                urllib.request.urlopen("http://127.0.0.1:8199/").close()
                break
            except OSError:
                time.sleep(0.5)
        tab, other = (open_tab(9333, "http://127.0.0.1:8199/") for _ in range(2))
        tab.wait("document.querySelectorAll('#voice option').length > 1")
        tab.value("document.querySelector('#talk').click()")
        tab.wait("(window.markedWords || []).length > 2")
        if screenshot is not None:
            shot = tab.ask("Page.captureScreenshot", format="png")
            screenshot.write_bytes(b64decode(shot["data"]))
        tab.wait("(window.replies || []).includes('cancelled')")
        tab.wait("(window.replies || []).includes('completed')")
        tab.wait(f"(window.turnTimes || []).length >= {turns}")
        report(tab, other)
    language_model.shutdown()


def report(tab: Tab, other: Tab) -> None:
    """Check what happened, and print it."""
    questions = tab.value("[...document.querySelectorAll('.you')].map((one) => one.textContent)")
    heard, times = understood(tab), tab.value("turnTimes")
    print(f"questions: {questions}\nanswer understood: {heard}")
    print(f"marked: {tab.value('markedWords')[:8]}")
    for stage in times[0]:
        values = [one[stage] for one in times]
        print(
            f"{stage}: median {statistics.median(values):.0f} ms of {len(values)}, {min(values)} to {max(values)}"
        )
    told = [one["content"] for one in Model.asked[1] if one["role"] == "assistant"]
    print(f"the model was told: {told}")
    checks = {
        "the question was not recognised": "weather" in questions[0].lower(),
        "the answer was not understood": "shining" in heard.lower(),
        "the model was not told of the interruption": "interrupted" in "".join(told),
        "the second page heard something": other.value("window.heardSound") is None,
    }
    if wrong := [what for what, is_right in checks.items() if not is_right]:
        raise SystemExit("; ".join(wrong))


def main() -> None:
    """Parse the command line and talk."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--screenshot", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        talk(folder, options.turns, options.screenshot)
    except BaseException:
        print((folder / "dora.log").read_text("utf-8", "replace")[-3000:], file=sys.stderr)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
