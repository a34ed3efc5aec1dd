from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from dora_mlx_tts.runtime import blas, elf

linux = pytest.mark.skipif(sys.platform != "linux", reason="MLX brings a slow BLAS on Linux only")

SPEED = """
import time
from dora_mlx_tts.runtime import blas
status = blas.accelerate({choice!r})
import mlx.core as mx
a = mx.random.normal((256, 256), stream=mx.cpu); mx.eval(a)
print(status.library, "|", status.reason)
"""


def accelerated(choice: str) -> str:
    """Run in a process of its own: what is put in place stays for the process's life."""
    command = [sys.executable, "-c", SPEED.format(choice=choice)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@linux
def test_auto_puts_openblas_in_place() -> None:
    pytest.importorskip("scipy_openblas32")
    library, reason = accelerated("auto").split(" | ")
    assert "openblas" in library
    assert reason == "in place"


def test_off_changes_nothing() -> None:
    assert blas.accelerate("off") == blas.BlasStatus(None, None, "switched off")


@linux
def test_a_library_that_is_none_is_named() -> None:
    status = blas.accelerate("/nowhere/libblas.so")
    assert status.library is None
    assert "/nowhere/libblas.so" in status.reason


@linux
def test_a_library_without_cblas_is_refused() -> None:
    assert "cblas_sgemm" in blas.accelerate("libm.so.6").reason


@linux
def test_wrong_products_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scipy_openblas32")
    monkeypatch.setattr(blas._Library, "multiplies_right", lambda _: False)
    assert "wrong products" in blas.accelerate("auto").reason


@linux
def test_a_bad_redirection_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scipy_openblas32")
    import mlx.core  # noqa: F401

    library = elf.loaded_library("libmlx.so")
    slot = library.base + elf.call_slots(library.path)["cblas_sgemm"]
    before = ctypes.c_void_p.from_address(slot).value
    monkeypatch.setattr(blas, "_mlx_multiplies_right", lambda: False)
    assert "undone" in blas.accelerate("auto").reason
    assert ctypes.c_void_p.from_address(slot).value == before


def test_trial_product_is_exact() -> None:
    a, b, product = blas._trial(2, 3, 4)
    assert product[4] == sum(x * y for x, y in zip(a[4:8], b[4:8], strict=True))


@pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF\x02\x01" + bytes(58)])
def test_other_files_are_no_libraries(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "library.so"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"ELF|empty|dynamic"):
        elf.call_slots(path)


@linux
def test_slots_of_a_real_library() -> None:
    import mlx.core  # noqa: F401

    library = elf.loaded_library("libmlx.so")
    assert library is not None
    slots = elf.call_slots(library.path)
    assert "cblas_sgemm" in slots
    assert elf.is_writable(library.base + slots["cblas_sgemm"])
    assert not elf.is_writable(8)
    assert elf.loaded_library("libnothing.so") is None
