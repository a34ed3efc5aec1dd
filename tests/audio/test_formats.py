"""Formats that people give and want, and what is said of files that are none."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from audio_signals import sine

from dora_mlx_tts.audio.io import FORMATS, decode_audio, encode_file, read_audio, write_audio
from dora_mlx_tts.audio.wav_header import streamed
from dora_mlx_tts.errors import AudioError


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("rate", [24000, 32000])
def test_every_format_comes_back(tmp_path: Path, suffix: str, rate: int) -> None:
    samples = sine(440, 1.0, rate) * 0.5
    path = tmp_path / f"a{suffix}"
    write_audio(path, samples, rate)
    got = read_audio(path)
    assert got.duration_s == pytest.approx(1.0, abs=0.06)
    spectrum = np.abs(np.fft.rfft(got.mono()))
    assert np.fft.rfftfreq(len(got.samples), 1 / got.rate)[spectrum.argmax()] == pytest.approx(
        440, abs=3
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x00\x00\x00\x20ftypM4A isom" + bytes(99), ["MPEG-4", "ffmpeg"]),
        (b"\x1aE\xdf\xa3" + bytes(99), ["WebM", "ffmpeg"]),
        (b"<!DOCTYPE html><html></html>", ["web page", "download"]),
        (b"  <html>", ["web page"]),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            ["Git LFS", "git lfs pull"],
        ),
        (b"no sound at all", ["not audio that can be decoded", "WAV", "OPUS"]),
    ],
)
def test_what_is_no_audio_is_called_what_it_is(data: bytes, words: list[str]) -> None:
    with pytest.raises(AudioError) as error:
        decode_audio(data, "in.x")
    assert all(word in str(error.value) for word in ["in.x", *words]), error.value
    assert "0x" not in str(error.value)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_wav_whose_writer_could_not_seek_back(size: int) -> None:
    data = bytearray(encode_file(sine(200, 0.5, 16000), 16000, ".wav"))
    place = data.index(b"data") + 4
    struct.pack_into("<I", data, place, size)
    assert decode_audio(bytes(data), "pipe.wav").duration_s == 0.5


def test_a_wav_that_is_empty_stays_empty() -> None:
    with pytest.raises(AudioError, match="no samples"):
        decode_audio(encode_file(np.zeros(0, np.float32), 16000, ".wav"), "empty.wav")
    with_list = encode_file(np.zeros(0, np.float32), 16000, ".wav") + b"LIST\x04\x00\x00\x00abcd"
    with pytest.raises(AudioError, match="no samples"):
        decode_audio(with_list, "empty.wav")


def test_a_wav_for_a_pipe() -> None:
    data = streamed(24000) + np.zeros(2400, "<i2").tobytes()
    assert decode_audio(data, "stdin").duration_s == 0.1
