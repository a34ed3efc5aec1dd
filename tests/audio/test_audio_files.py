from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile
from audio_signals import babble, sine

from dora_mlx_tts.audio.io import (
    checked,
    decode_audio,
    encode_file,
    read_audio,
    write_audio,
    write_pcm,
)
from dora_mlx_tts.errors import AudioError


@pytest.mark.parametrize(
    ("suffix", "error"), [("wav", 1 / 32768), ("flac", 1 / 32768), ("OGG", 0.2)]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_write_and_read(tmp_path, suffix, error, channels):
    samples = babble(0.5, 32000)
    if channels == 2:
        samples = np.stack([samples, -samples / 2], axis=1)
    path = tmp_path / f"out.{suffix}"
    write_audio(path, samples, 32000)
    got = read_audio(path)
    assert (got.rate, got.channels, got.duration_s) == (32000, channels, 0.5)
    assert got.samples.dtype == np.float32
    assert np.abs(got.samples - samples.reshape(-1, channels)).max() < error


def test_written_samples_are_clipped(tmp_path):
    path = tmp_path / "loud.wav"
    write_audio(path, np.array([2.0, 1.0, -3.0], np.float32), 16000)
    assert read_audio(path).samples[:, 0].tolist() == [32767 / 32768, 32767 / 32768, -1.0]


def test_long_ogg():
    """libsndfile's Vorbis encoder crashes when it gets minutes of audio at once."""
    samples = np.tile(babble(1.0, 16000), 90)
    assert decode_audio(encode_file(samples, 16000, ".ogg"), "x").duration_s == 90.0


def test_pcm():
    stream = io.BytesIO()
    write_pcm(stream, np.array([0.5, -1.5], np.float32))
    write_pcm(stream, np.array([1.5], np.float32))
    assert stream.getvalue() == struct.pack("<3h", 16384, -32768, 32767)


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_mono_is_the_mean_of_all_channels(tmp_path, channels):
    path = tmp_path / "in.wav"
    values = np.arange(1, channels + 1, dtype=np.float32) / 16
    soundfile.write(path, np.tile(values, (100, 1)), 8000, subtype="FLOAT")
    mono = read_audio(path).mono()
    assert mono.shape == (100,)
    np.testing.assert_allclose(mono, values.mean())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text.wav", b"This is not audio, whatever its name says.\n" * 50, "not audio"),
        ("empty.wav", b"", "the file is empty"),
        ("zeros.flac", bytes(5000), "not audio"),
        ("header.wav", b"RIFF\x24\x00\x00\x00WAVE", "not audio"),
        ("noise.raw", b"abc" * 100, "not audio"),
        ("json.mp3", b'{"a": 1}', "not audio"),
    ],
)
def test_files_that_are_no_audio(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AudioError, match=message) as caught:
        read_audio(path)
    assert name in str(caught.value)


def test_missing_files_and_folders(tmp_path):
    for path in (tmp_path / "missing.wav", tmp_path, tmp_path / "a\0b.wav"):
        with pytest.raises(AudioError, match=r"no such file|must be a file|cannot be read"):
            read_audio(path)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_cut_off_files(suffix, share):
    data = encode_file(babble(2.0), 32000, suffix)
    with pytest.raises(AudioError, match=r"cut off|cannot be decoded|can be decoded"):
        decode_audio(data[: int(len(data) * share)], "half")


def test_wav_of_a_program_that_cannot_seek():
    """Length fields of a pipe's header are not known; the audio counts."""
    data = bytearray(encode_file(sine(200, 0.1, 16000), 16000, ".wav"))
    at = data.index(b"data") + 4
    data[at : at + 4] = b"\xff\xff\xff\xff"
    assert decode_audio(bytes(data), "pipe").duration_s == pytest.approx(0.1)


def test_no_samples():
    with pytest.raises(AudioError, match="holds no samples"):
        decode_audio(encode_file(np.zeros(0, np.float32), 16000, ".wav"), "nothing")


def test_nan_in_a_file(tmp_path):
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.array([0.0, np.nan, np.inf]), 16000, subtype="FLOAT")
    with pytest.raises(AudioError, match="2 of 3 samples are NaN or infinite"):
        read_audio(path)


def test_too_long():
    data = encode_file(np.zeros(16000, np.float32), 8000, ".flac")
    with pytest.raises(AudioError, match="longer than the 1 s"):
        decode_audio(data, "long", max_seconds=1.0)
    assert decode_audio(data, "long", max_seconds=2.0).duration_s == 2.0


@pytest.mark.parametrize(
    ("name", "rate", "message"),
    [
        ("out.aiff", 16000, "unknown suffix '.aiff'; available: .wav, .flac, .ogg"),
        ("out", 16000, "unknown suffix ''"),
        ("missing/out.wav", 16000, "cannot be written"),
        ("out.flac", 0, "FLAC cannot hold 1 channels at 0 Hz"),
    ],
)
def test_files_that_cannot_be_written(tmp_path, name, rate, message):
    with pytest.raises(AudioError, match=message):
        write_audio(tmp_path / name, np.zeros(10, np.float32), rate)
    assert not (tmp_path / name).exists()


def test_too_many_channels_for_the_format():
    with pytest.raises(AudioError, match="cannot hold 9 channels"):
        encode_file(np.zeros((10, 9), np.float32), 16000, ".flac")


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros((2, 2, 2), np.float32), 16000, "must be .N. or .N, C., got"),
        (np.zeros((0, 2), np.float32), 16000, "holds no samples"),
        (np.zeros(5, np.float32), 0, "above 0, got 0"),
        (np.full(5, np.nan, np.float32), 16000, "5 of 5"),
    ],
)
def test_samples_that_are_no_recording(samples, rate, message):
    with pytest.raises(AudioError, match=message):
        checked(samples, rate, "here")
