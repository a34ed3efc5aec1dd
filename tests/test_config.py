from __future__ import annotations

from pathlib import Path

import pytest

from dora_mlx_tts.cli.settings_table import settings_table
from dora_mlx_tts.config.settings import Settings, SpeechSettings
from dora_mlx_tts.errors import SettingError


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def config(text: str) -> Path:
    file = Path("settings.yml")
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults() -> None:
    settings = Settings.load(environ={})
    assert settings.voice == "starter-en"
    assert settings.return_fragment
    assert settings.speech() == SpeechSettings()


def test_each_layer_wins_over_the_one_before() -> None:
    file = config(
        "voice: from-file\nspeech: {top_k: 2, speed: 1.2, top_p: 0.5, temperature: 0.5}\n"
    )
    settings = Settings.load(file, {"VOICE": "from-env", "TOP_P": "0.7", "TEMPERATURE": "0.7"})
    speech = settings.speech({"speed": 1.3, "top_p": 0.6}, {"temperature": "0.9"})
    assert settings.voice == "from-env"
    assert (speech.top_k, speech.speed, speech.top_p, speech.temperature) == (2, 1.3, 0.7, 0.9)


def test_first_environment_name_wins() -> None:
    settings = Settings.load(environ={"VOICE_NAME": "a", "VOICE": "b", "SPEED": "1.1"})
    assert settings.voice == "a"
    assert settings.speech().speed == 1.1


def test_the_local_file_is_found() -> None:
    Path("dora-mlx-tts.yml").write_text("voice: here\n", encoding="utf-8")
    assert Settings.load(environ={}).voice == "here"
    other = config("voice: there\n")
    assert Settings.load(environ={"DORA_MLX_TTS_CONFIG": str(other)}).voice == "there"


@pytest.mark.parametrize(
    ("value", "want"), [("cuda", "gpu"), ("MPS", "gpu"), ("CPU", "cpu"), ("", "auto")]
)
def test_device_names_of_the_ecosystem(value: str, want: str) -> None:
    assert Settings.load(environ={"DEVICE": value}).device == want


@pytest.mark.parametrize("value", ["-1", ""])
def test_any_seed(value: str) -> None:
    assert Settings.load(environ={"SEED": value}).speech().seed is None


@pytest.mark.parametrize(("value", "want"), [("en_US:en", "auto"), ("zh_CN", "auto"), ("zh", "zh")])
def test_language_may_be_a_list_of_locales(value: str, want: str) -> None:
    assert Settings.load(environ={"LANGUAGE": value}).speech().language == want


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TOP_K": "many"}, ["environment", "top_k", "'many'", "integer"]),
        ({"SPEED": "nan"}, ["speed", "'nan'", "finite"]),
        ({"TEXT_LANG": "tlh"}, ["environment variable TEXT_LANG", "unknown language 'tlh'", "zh"]),
        ({"DEVICE": "tpu"}, ["device", "'auto', 'cpu' or 'gpu'"]),
        ({"LOG_LEVEL": "loud"}, ["log_level", "'LOUD'", "'DEBUG'"]),
        ({"VOICE_ALIASES": "Anna"}, ["environment variable VOICE_ALIASES", "name=voice", "'Anna'"]),
        (
            {"DORA_MLX_TTS_CONFIG": "nowhere.yml"},
            ["nowhere.yml: cannot be read: No such file or directory"],
        ),
    ],
)
def test_errors_name_setting_value_and_what_is_allowed(
    environ: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(SettingError) as error:
        Settings.load(environ=environ)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("voyce: x", "unknown setting 'voyce'; available: voice,"),
        ("speech: {shininess: 3}", "unknown setting 'shininess'; available: language,"),
        ("speech: 3", "settings.yml"),
        ("- a list", "name: value"),
        ("a: [", "not YAML"),
        ("file_speech: {}", "unknown setting 'file_speech'"),
        ("speech: {speed: .nan}", "finite"),
        ("&a [*a, *a]", "contains itself"),
    ],
)
def test_bad_files_are_refused(text: str, word: str) -> None:
    with pytest.raises(SettingError, match=r".+") as error:
        Settings.load(config(text), {})
    assert word in str(error.value)


def test_files_that_are_not_text_are_refused() -> None:
    file = Path("settings.yml")
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match="cannot be read"):
        Settings.load(file, {})
    file.write_bytes(b"#" * (1 << 20) + b"##")
    with pytest.raises(SettingError, match="at most"):
        Settings.load(file, {})


@pytest.mark.parametrize(
    "request_",
    [{"speed": float("nan")}, {"speed": "fast"}, {"top_k": 0}, {"pitch": 1}, {"seed": -2}],
)
def test_request_values_are_checked(request_: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="request"):
        Settings.load(environ={}).speech(request=request_)


def test_every_setting_has_a_row_with_an_environment_name() -> None:
    rows = settings_table()
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.environment and row.allowed and row.meaning.endswith(".") for row in rows)
    seen = [name for row in rows for name in row.environment.split(", ")]
    assert len(seen) == len(set(seen))


def test_the_document_is_current() -> None:
    root = Path(__file__).resolve().parents[1]
    document = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    for row in settings_table():
        assert f"| `{row.name}` |" in document
        assert row.meaning in document
        assert f"| {row.allowed} |" in document


def test_a_pack_stands_between_the_file_and_the_voice() -> None:
    file = config("speech: {top_k: 2, speed: 1.2, top_p: 0.5, temperature: 0.5}\n")
    settings = Settings.load(file, {"TEMPERATURE": "0.7"})
    pack = {"speed": 1.1, "top_p": 0.6, "temperature": 0.6, "attempts": 5, "noise_scale": 0.1}
    voice, request = {"top_p": 0.8}, {"noise_scale": 0.3}
    speech = settings.speech(voice, request, pack)
    assert (speech.top_k, speech.speed, speech.top_p) == (2, 1.1, 0.8)
    assert (speech.temperature, speech.attempts, speech.noise_scale) == (0.7, 5, 0.3)
    origins = settings.speech_layers(voice, request, pack).origins()
    assert origins == {
        "top_k": "configuration",
        "speed": "pack",
        "attempts": "pack",
        "top_p": "voice",
        "temperature": "environment",
        "noise_scale": "request",
    }
    with pytest.raises(SettingError, match="pack: top_k"):
        settings.speech(pack={"top_k": 0})
