"""The assistant in a real browser; `scripts/talk_in_browser.py` says what a conversation checks."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

pytestmark = pytest.mark.browser


def test_a_conversation_in_chromium():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "talk_in_browser.py"],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def tab_of(outputs, tmp_path, *options):
    """The page in a browser, with nothing behind it."""
    import page as pages
    from talk_in_browser import Tab, chromium, open_tab, running

    listening = socket.create_server(("127.0.0.1", 0))
    page = pages.Page(outputs)
    server = pages.server(page, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    command = chromium(tmp_path / "profile", 9334, *options)
    with running(command, tmp_path / "browser.log"):
        tab: Tab = open_tab(9334, f"http://127.0.0.1:{listening.getsockname()[1]}/")
        yield tab, page
    server.should_exit = True
    thread.join(20)


@pytest.mark.parametrize(
    ("options", "refusal", "told"),
    [
        ((), "NotFoundError", "There is no microphone."),
        (
            ("--use-fake-device-for-media-stream", "--deny-permission-prompts"),
            "NotAllowedError",
            "was not allowed to use the microphone",
        ),
    ],
)
def test_a_microphone_that_cannot_be_had(options, refusal, told, outputs, tmp_path):
    with tab_of(outputs, tmp_path, *options) as (tab, _):
        tab.wait("document.querySelector('#problem').textContent === ''")
        tab.value(
            "navigator.mediaDevices.getUserMedia({ audio: true }).catch((one) => { why = one.name; })"
        )
        assert tab.value("why") == refusal  # the browser does what this test is about
        tab.value("document.querySelector('#talk').click()")
        tab.wait(f"document.querySelector('#problem').textContent.includes({json.dumps(told)})")
        assert tab.value("document.querySelector('#talk').textContent") == "Talk"


def test_the_page_says_what_is_wrong_and_connects_again(outputs, tmp_path):
    import pyarrow as pa

    with tab_of(outputs, tmp_path) as (tab, page):
        tab.wait("socket.readyState === 1")
        session = next(iter(page._browsers))
        told = {"session_id": session, "question_id": 1}
        problem = {"id": "problem", "value": pa.array(["<b>The model is down.</b>"])}
        page.show({**problem, "metadata": told})
        tab.wait("document.querySelector('#problem').textContent === '<b>The model is down.</b>'")
        page.show({"id": "question", "value": pa.array([""]), "metadata": told})
        tab.wait("document.querySelector('#problem').textContent === 'I did not understand that.'")
        tab.value("socket.send('no json')")
        tab.wait("document.querySelector('#problem').textContent.startsWith('not understood')")
        tab.wait("socket.readyState === 1 && document.querySelector('#problem').textContent === ''")
        assert len(page._browsers) == 1
        assert session not in page._browsers


def test_two_pages_and_one_closed_in_the_middle(outputs, tmp_path):
    assert shutil.which("chromium"), "Debian: apt install chromium"
    with tab_of(outputs, tmp_path) as (tab, page):
        tab.wait("socket.readyState === 1")
        tab.ask("Page.close")
        outputs.wait(lambda _: outputs.on("microphone"))
        assert outputs.on("microphone")[0][1]["gone"]
        assert page._browsers == {}
