"""One loaded starter voice for all tests of synthesis."""

from __future__ import annotations

import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.synthesis.synthesizer import Synthesizer


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.load(environ={"DORA_MLX_TTS_CACHE": str(tmp_path_factory.mktemp("cache"))})


@pytest.fixture(scope="session")
def synthesizer(settings: Settings) -> Synthesizer:
    return Synthesizer.load(settings=settings, warm_up=False)
