"""The starter voice through both doors, by the console script."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

openai = pytest.importorskip("openai")
pytest.importorskip("wyoming")

from served import wait_until
from wyoming.client import AsyncClient
from wyoming.tts import Synthesize

COMMAND = [sys.executable, "-m", "dora_mlx_tts", "serve", "--port", "0", "--wyoming-port", "0"]


def test_the_starter_voice_speaks_through_both_doors():
    server = subprocess.Popen(
        [*COMMAND, "--voice", "starter-en"], stderr=subprocess.PIPE, text=True
    )
    try:
        url = re.search(r"http\S+", server.stderr.readline()).group()
        tcp = re.search(r"tcp\S+", server.stderr.readline()).group()
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
        wait_until(lambda: can_speak(client))
        said = client.audio.speech.create(
            model="x", voice="starter-en", input="Good morning.", response_format="pcm"
        ).content
        samples = np.frombuffer(said, "<i2") / 32768
        assert 0.4 < len(samples) / 24000 < 3
        assert 0.01 < np.sqrt(np.mean(samples**2)) < 0.5
        assert asyncio.run(seconds(tcp, "Good morning.")) > 0.4
        client.close()
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.wait()
        server.stderr.close()


def can_speak(client):
    try:
        client.get("/audio/voices", cast_to=object)
    except openai.APIStatusError:
        return False
    return True


async def seconds(uri, text):
    async with AsyncClient.from_uri(uri) as client, asyncio.timeout(60):
        await client.write_event(Synthesize(text).event())
        total = 0.0
        while (event := await client.read_event()).type != "audio-stop":
            assert event.type != "error", event.data
            if event.type == "audio-chunk":
                total += len(event.payload) / 2 / event.data["rate"]
        return total
