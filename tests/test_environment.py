"""A node's environment is written for many programs, and by people who never heard of this one."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import yaml

from dora_mlx_tts.config.environment import PREFIX, dataflow_variables, environment_names
from dora_mlx_tts.config.settings import Settings, SpeechSettings
from dora_mlx_tts.errors import SettingError


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def node(environ: dict[str, str], inherited: dict[str, str] | None = None, **extra: object) -> dict:
    """The environment that dora starts a node with whose dataflow says `environ`."""
    nodes = [{"id": "other", "env": {"LANGUAGE": "en"}}, {"id": "tts", "env": environ}]
    config = {"node_id": "tts", "dataflow_descriptor": {"nodes": nodes, **extra}}
    return {**(inherited or {}), **environ, "DORA_NODE_CONFIG": yaml.safe_dump(config)}


def remarks(environ: dict[str, str]) -> str:
    return "\n".join(Settings.load(environ=environ).remarks)


NAMES = [
    (model, setting, variable)
    for model in (Settings, SpeechSettings)
    for setting, variables in environment_names(model).items()
    for variable in (PREFIX + setting.upper(), *variables)
]


@pytest.mark.parametrize("blank", ["", "  "])
def test_empty_means_not_set_in_every_variable(blank: str) -> None:
    environ = {variable: blank for _, _, variable in NAMES} | {"DORA_MLX_TTS_CONFIG": blank}
    assert Settings.load(environ=environ) == Settings.load(environ={})
    assert remarks(environ) == ""


def test_an_empty_variable_gives_way_to_the_next_one() -> None:
    assert Settings.load(environ={"VOICE_NAME": "", "VOICE": "starter-zh"}).voice == "starter-zh"


@pytest.mark.parametrize(
    ("variable", "value", "setting", "want"),
    [
        ("DEVICE", "cuda:0", "device", "gpu"),
        ("DEVICE", "mps:0", "device", "gpu"),
        ("DEVICE", "CPU:1", "device", "cpu"),
        ("LOG_LEVEL", "warn", "log_level", "WARNING"),
        ("LOG_LEVEL", "critical", "log_level", "ERROR"),
        ("LOG_LEVEL", "10", "log_level", "DEBUG"),
        ("AUDIO_LAYOUT", "Nested", "audio_layout", "nested"),
        ("TEXT_COMMANDS", "True", "text_commands", True),
        ("VOICE_ALIASES", "Anna = starter-en; af_*=x", "voice_aliases", {"Anna": "starter-en", "af_*": "x"}),
    ],
)  # fmt: skip
def test_words_of_other_programs_are_understood(
    variable: str, value: str, setting: str, want: object
) -> None:
    assert getattr(Settings.load(environ={variable: value}), setting) == want


@pytest.mark.parametrize("word", ["none", "None", "NULL"])
def test_none_is_no_value_wherever_a_setting_may_have_none(word: str) -> None:
    environ = {
        variable: word
        for model, setting, variable in NAMES
        if type(None) in get_args(model.model_fields[setting].annotation)
    }
    assert {"SEED", "SAMPLE_RATE", "VOICE_FALLBACK", "LEXICON", "PAUSE_COMMA"} < set(environ)
    settings = Settings.load(environ=environ)
    speech = settings.speech()
    assert (speech.seed, speech.loudness, speech.pause_comma) == (None, None, None)
    assert (settings.sample_rate, settings.voice_fallback, settings.lexicon) == (None, None, None)
    assert Settings.load(environ={"VOICE": word}).voice == word  # a voice must have a name


@pytest.mark.parametrize(("written", "want"), [("off", "off"), ("false", "off"), ("No", "off")])
def test_off_is_off_however_it_is_written(tmp_path: Path, written: str, want: str) -> None:
    """YAML reads `off` as a boolean."""
    file = tmp_path / "settings.yml"
    words = ("kernels", "speech_markup", "blas")
    lines = [f"{name}: {written}" for name in words]
    file.write_text(
        "\n".join([*lines, f"speech: {{content_check: {written}, loudness: {written}}}"])
    )
    environ = {f"{PREFIX}{name.upper()}": written for name in (*words, "content_check", "loudness")}
    for settings in (Settings.load(file, {}), Settings.load(environ=environ)):
        assert {getattr(settings, name) for name in words} == {want}
        assert settings.speech().content_check == want
        assert settings.speech().loudness is None
    file.write_text("kernels: on")
    assert Settings.load(file, {}).kernels == "on"


def test_every_number_has_an_upper_bound() -> None:
    """What sleeps, allocates or counts by it must not overflow."""
    numbers = [
        (name, variable)
        for model, name, variable in NAMES
        if {int, float}
        & {model.model_fields[name].annotation, *get_args(model.model_fields[name].annotation)}
    ]
    assert len(numbers) > 30
    for name, variable in numbers:
        settings = Settings.load(environ={variable: "1" + "0" * 30})
        value = {**settings.model_dump(), **settings.speech().model_dump()}[name]
        assert value is not None, name
        assert value < 2**33, name


def test_a_file_names_a_known_language(tmp_path: Path) -> None:
    file = tmp_path / "settings.yml"
    file.write_text("voice: x\nspeech:\n  language: klingon\n")
    with pytest.raises(SettingError, match=r"yml, line 3: unknown language 'klingon'; available"):
        Settings.load(file, {})


@pytest.mark.parametrize("name", ["pyaudio", "PyAudio", " PYAUDIO "])
def test_a_player_is_known_in_any_case(name: str) -> None:
    settings = Settings.load(environ={"PLAYER": name})
    assert (settings.player, settings.max_ahead, settings.peak_limit) == ("pyaudio", 2.0, 0.46)


@pytest.mark.parametrize(
    ("variable", "value", "setting", "want"),
    [
        ("TEMPERATURE", "0", "temperature", 0.01),
        ("BATCH_SIZE", "100", "batch_size", 64),
        ("SPEED_FACTOR", "2.5", "speed", 2),
        ("SPEED", "0.1", "speed", 0.5),
        ("TOP_P", "0", "top_p", 1.0),
        ("SEED", str(2**40), "seed", 2**32 - 1),
        ("SEED", "-7", "seed", 0),
    ],
)
def test_numbers_out_of_range_become_the_nearest(
    variable: str, value: str, setting: str, want: float
) -> None:
    settings = Settings.load(environ={variable: value})
    assert getattr(settings.speech(), setting) == want
    (remark,) = settings.remarks
    assert variable in remark
    assert value in remark
    assert str(want) in remark
    with pytest.raises(SettingError):
        settings.speech(request={setting: value})


@pytest.mark.parametrize("value", ["0", "-1"])
def test_no_top_k_means_any_token(value: str) -> None:
    assert Settings.load(environ={"TOP_K": value}).speech().top_k == 1025


def test_marks_of_the_buffer_that_cross_are_put_in_order() -> None:
    settings = Settings.load(environ={"AUDIO_BUFFER_HIGH_WATER_MARK": "20"})
    assert settings.buffer_low < settings.buffer_high == 20
    assert "buffer_low must be below" in settings.remarks[0]


def test_home_is_understood_in_every_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "c.yml").write_text("lexicon: ~/lexicon.yml\nstate: ~/state\n", encoding="utf-8")
    settings = Settings.load(
        environ={
            "DORA_MLX_TTS_CONFIG": "~/c.yml",
            "VOICE_FOLDERS": "~/a:/b",
            "DORA_MLX_TTS_CACHE": "~/cache",
            "POLYPHONE_MODEL": "~/g2pw",
            "DORA_MLX_TTS_BLAS": "~/lib.so",
        }
    )
    paths = [
        settings.lexicon,
        settings.state,
        settings.cache,
        settings.polyphone_model,
        settings.blas,
    ]
    assert all(str(path).startswith(str(tmp_path)) for path in [*paths, settings.voices[0]])
    assert settings.voices[1] == Path("/b")


class TestNamesThatOthersUse:
    @pytest.mark.parametrize("value", ["de", "C", "", "en_US:en", "de_DE.UTF-8", "fr:en"])
    def test_gettexts_language_is_not_ours(self, value: str) -> None:
        settings = Settings.load(environ={"LANGUAGE": value, "LANG": "en_US.UTF-8"})
        assert settings.speech().language == "auto"
        assert settings.remarks == ()

    def test_a_language_beside_the_same_locale_is_the_desktops(self) -> None:
        assert (
            Settings.load(environ={"LANGUAGE": "en", "LANG": "en_US.UTF-8"}).speech().language
            == "auto"
        )
        assert Settings.load(environ={"LANGUAGE": "en"}).speech().language == "en"

    def test_what_the_dataflow_says_is_ours(self) -> None:
        inherited = {"LANG": "en_US.UTF-8"}
        assert Settings.load(environ=node({"LANGUAGE": "en"}, inherited)).speech().language == "en"
        outside = node({"SEED": "1"}, {"LANGUAGE": "zh", "WINDOW": "3"})
        assert Settings.load(environ=outside).speech().language == "auto"
        assert Settings.load(environ=outside).speech().window == 1.6

    def test_the_window_of_gnu_screen_is_not_ours(self) -> None:
        settings = Settings.load(environ={"WINDOW": "0", "STY": "1.tty"})
        assert (settings.speech().window, settings.remarks) == (1.6, ())

    def test_an_inherited_value_that_says_nothing_does_not_stop_the_node(self) -> None:
        environ = node(
            {"VOICE": "starter-zh"}, {"DEVICE": "generic", "SEED": "x", "TRANSPORT": "stdio"}
        )
        settings = Settings.load(environ=environ)
        assert (settings.device, settings.transport, settings.voice) == (
            "auto",
            "daemon",
            "starter-zh",
        )
        assert "DEVICE" in "\n".join(settings.remarks)
        with pytest.raises(SettingError, match="environment variable DEVICE"):
            Settings.load(environ=node({"DEVICE": "generic"}))

    def test_the_prefix_wins(self) -> None:
        settings = Settings.load(
            environ={"LANGUAGE": "en", "MLX_TTS_LANGUAGE": "zh", "MLX_TTS_VOICE": "x"}
        )
        assert (settings.speech().language, settings.voice) == ("zh", "x")

    def test_a_language_that_nobody_speaks_is_said_and_not_fatal(self) -> None:
        settings = Settings.load(environ=node({"LANGUAGE": "tlh"}))
        assert settings.speech().language == "auto"
        assert "unknown language 'tlh'" in settings.remarks[0]


def test_variables_of_the_dataflow_are_found() -> None:
    environ = node({"A": "1"}, {"B": "2", "C": "3"}, env={"C": "3"})
    assert dataflow_variables(environ) == {"A": "1", "C": "3"}
    for config in ("", "[", "a: b", "node_id: tts", "&a [*a]"):
        assert dataflow_variables({"DORA_NODE_CONFIG": config}) is None


PRIMESPEECH = {
    "TRANSFORMERS_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "VOICE_NAME": "Doubao",
    "PRIMESPEECH_MODEL_DIR": "/home/me/.dora/models/primespeech", "TEXT_LANG": "zh", "PROMPT_LANG": "zh",
    "TOP_K": "5", "TOP_P": "1.0", "TEMPERATURE": "1.0", "SPEED_FACTOR": "1.1", "FRAGMENT_INTERVAL": "0.1",
    "USE_GPU": "false", "NUM_THREADS": "4", "RETURN_FRAGMENT": "false", "LOG_LEVEL": "DEBUG",
    "ENABLE_INTERNAL_SEGMENTATION": "true", "TTS_MAX_SEGMENT_LENGTH": "100",
}  # fmt: skip


class TestProfiles:
    def test_primespeech_is_recognised(self) -> None:
        settings = Settings.load(environ=node(PRIMESPEECH))
        assert settings.profile == "primespeech"
        assert (settings.audio_layout, settings.sample_rate, settings.return_fragment) == (
            "nested",
            32000,
            False,
        )
        assert settings.text_commands
        assert settings.voice_aliases["Doubao"] == "starter-zh"
        told = "\n".join(settings.remarks)
        for name in (
            "PRIMESPEECH_MODEL_DIR",
            "NUM_THREADS",
            "PROMPT_LANG",
            "TTS_MAX_SEGMENT_LENGTH",
        ):
            assert told.count(name) == 1

    @pytest.mark.parametrize(
        "environ", [{"VOICE": "am_fenrir"}, {"LANGUAGE": "a"}, {"VOICE": "zf_xiaobei"}]
    )
    def test_kokoro_is_recognised(self, environ: dict[str, str]) -> None:
        settings = Settings.load(environ=node(environ))
        assert (settings.profile, settings.sample_rate, settings.audio_layout) == (
            "kokoro",
            24000,
            "flat",
        )
        assert settings.speech().language == "auto"
        assert settings.speech().speed == 1.2

    @pytest.mark.parametrize(("code", "want"), [("a", "en"), ("b", "en"), ("z", "zh"), ("j", "ja")])
    def test_codes_of_kokoro_are_languages(self, code: str, want: str) -> None:
        from dora_mlx_tts.text.schemes import scheme_of

        assert scheme_of(code).code == want

    def test_one_value_sets_all_and_each_can_be_changed(self) -> None:
        settings = Settings.load(environ={"PROFILE": "primespeech", "AUDIO_LAYOUT": "flat"})
        assert (settings.audio_layout, settings.return_fragment) == ("flat", False)
        Path("dora-mlx-tts.yml").write_text(
            "profile: kokoro\nsample_rate: 16000\n", encoding="utf-8"
        )
        settings = Settings.load(environ={})
        assert (settings.profile, settings.sample_rate, settings.voice) == (
            "kokoro",
            16000,
            "af_heart",
        )

    def test_none_undoes_it(self) -> None:
        settings = Settings.load(environ=node({**PRIMESPEECH, "PROFILE": "none"}))
        assert (settings.profile, settings.audio_layout) == ("none", "flat")

    def test_our_own_dataflows_are_nobody_elses(self) -> None:
        for environ in ({"VOICE_NAME": "starter-en"}, {"LANGUAGE": "en"}, {}):
            assert Settings.load(environ=node(environ)).profile == "none"
