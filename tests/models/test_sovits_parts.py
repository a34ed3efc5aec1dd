"""Parts of SoVITS against their definitions: relative positions, flow, how far samples see."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.models.sovits.attentions import WINDOW, gather_band, spread_band


@pytest.mark.parametrize("length", [1, 3, 5, 12])
def test_bands_are_spread_and_gathered(length):
    width = 2 * WINDOW + 1
    band = np.random.default_rng(0).standard_normal((2, length, width)).astype(np.float32)
    square = np.zeros((2, length, length), np.float32)
    inside = np.zeros_like(band)
    for i in range(length):
        for j in range(length):
            if abs(j - i) <= WINDOW:
                square[:, i, j] = band[:, i, j - i + WINDOW]
                inside[:, i, j - i + WINDOW] = band[:, i, j - i + WINDOW]
    np.testing.assert_array_equal(np.array(spread_band(mx.array(band))), square)
    np.testing.assert_array_equal(np.array(gather_band(mx.array(square))), inside)


def test_relative_attention_matches_its_definition():
    model = tiny.model()
    layer = model.enc_p.encoder_ssl.attn_layers[0]
    x = mx.random.normal((1, 7, tiny.C), key=mx.random.key(0))
    size, heads = tiny.C // 2, 2
    q, k, v = (
        np.array(project(x))[0].reshape(7, heads, size)
        for project in (layer.conv_q, layer.conv_k, layer.conv_v)
    )
    rel_k, rel_v = np.array(layer.emb_rel_k)[0], np.array(layer.emb_rel_v)[0]
    merged = np.zeros((7, heads, size))
    for h in range(heads):
        for i in range(7):
            near = {j: j - i + WINDOW for j in range(7) if abs(j - i) <= WINDOW}
            scores = np.array(
                [q[i, h] @ (k[j, h] + (rel_k[near[j]] if j in near else 0)) for j in range(7)]
            )
            weights = np.exp(scores / np.sqrt(size))
            weights /= weights.sum()
            for j in range(7):
                merged[i, h] += weights[j] * (v[j, h] + (rel_v[near[j]] if j in near else 0))
    want = layer.conv_o(mx.array(merged.reshape(1, 7, -1).astype(np.float32)))
    np.testing.assert_allclose(np.array(layer(x, x)), np.array(want), atol=1e-5)


def test_coupling_keeps_one_half_and_shifts_the_other():
    model = tiny.model()
    z, ge = mx.random.normal((1, 9, tiny.C), key=mx.random.key(2)), mx.ones((1, 1, tiny.STYLE))
    coupling, flip = model.flow.flows[0], model.flow.flows[1]
    out = coupling.inverse(z, ge)
    half = tiny.C // 2
    np.testing.assert_array_equal(np.array(out[..., :half]), np.array(z[..., :half]))
    assert np.abs(np.array(out - z))[..., half:].max() > 1e-3
    np.testing.assert_array_equal(np.array(flip.inverse(z, ge)), np.array(z)[..., ::-1])


def reach(changed: np.ndarray, hop: int, at: int) -> int:
    """Frames between `at` and the farthest frame that changed, `hop` values a frame."""
    frames = np.unique(np.nonzero(changed)[0] // hop)
    return int(np.abs(frames - at).max())


def test_generator_sees_no_farther_than_it_says():
    model = tiny.model()
    ge = mx.ones((1, 1, tiny.STYLE))
    z = mx.random.normal((1, 61, tiny.C), key=mx.random.key(6))
    bump = mx.zeros_like(z).at[:, 30].add(1.0)
    changed = np.array(model.dec(z, ge) - model.dec(z + bump, ge))[0] != 0
    stated = model.dec.receptive_frames
    assert stated - 1 <= reach(changed, tiny.HOP, 30) <= stated


def test_flow_sees_no_farther_than_it_says():
    model = tiny.model()
    ge = mx.ones((1, 1, tiny.STYLE))
    z = mx.random.normal((1, 91, tiny.C), key=mx.random.key(6))
    bump = (
        mx.zeros_like(z).at[:, 45].add(100.0)
    )  # still seen, after rounding, where it hardly counts
    changed = np.array(model.flow(z, ge) - model.flow(z + bump, ge))[0].any(-1)
    stated = model.flow.receptive_frames
    assert stated - 4 <= reach(changed, 1, 45) <= stated


@pytest.mark.parametrize(("begin", "end"), [(0, 9), (20, 33), (52, 61)])
def test_a_window_with_its_context_gives_the_samples_of_the_whole(begin, end):
    model = tiny.model()
    ge = mx.ones((1, 1, tiny.STYLE))
    z = mx.random.normal((1, 61, tiny.C), key=mx.random.key(8))
    context = model.dec.receptive_frames
    start, stop = max(0, begin - context), min(61, end + context)
    window = np.array(model.dec(z[:, start:stop], ge))[0]
    window = window[(begin - start) * tiny.HOP : (end - start) * tiny.HOP]
    whole = np.array(model.dec(z, ge))[0, begin * tiny.HOP : end * tiny.HOP]
    np.testing.assert_allclose(window, whole, atol=1e-6)
