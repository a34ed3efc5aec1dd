"""The faults that `seed_faults.py` seeds: at least one in every package, one line each."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "dora_mlx_tts"


class Fault(NamedTuple):
    """A fault: in `file` the text `old`, which is there once, becomes `new`; `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def _fault(name: str, file: str, old: str, new: str, *tests: str) -> Fault:
    return Fault(name, f"{PACKAGE}/{file}", old, new, tuple(f"tests/{test}" for test in tests))


FAULTS = (
    _fault("most tokens", "models/t2s/decoding.py", "MAX_TOKENS = 1500", "MAX_TOKENS = 1400", "models/test_decoding.py"),
    _fault("least tokens", "models/t2s/decoding.py", "MIN_TOKENS = 11", "MIN_TOKENS = 10", "models/test_decoding.py"),
    _fault("cache not freed", "models/t2s/decoding.py", "                self._cache.free()", "                pass", "models/test_decoding.py"),
    _fault("large cache kept", "synthesis/loading/loaded_pack.py", "self._cache.capacity > _LONGEST_KEPT", "False", "synthesis/test_loaded_pack.py"),
    _fault("mask one too few", "models/t2s/layers.py", "np.arange(end) > last_seen[:, None]", "np.arange(end) >= last_seen[:, None]", "models/test_prefill_mask.py"),
    _fault("attention scale", "models/core/attention.py", "split(query * size**-0.5)", "split(query * channels**-0.5)", "parity/test_bert_parity.py"),
    _fault("one more turn", "models/sovits/attentions.py", "return q @ k.swapaxes(2, 3)", "return (k @ q.swapaxes(2, 3)).swapaxes(2, 3)", "models/test_sovits_operations.py"),
    _fault("penalty of negatives", "models/t2s/sampling.py", "logits * penalty, logits / penalty", "logits / penalty, logits / penalty", "models/test_sampling.py", "parity/test_sampling_parity.py"),
    _fault("unsafe YAML", "yaml_reader.py", "yaml.SafeLoader(text)", "yaml.UnsafeLoader(text)", "voices/test_nothing_runs.py"),
    _fault("clipped samples wrap", "audio/finish.py", "np.clip(steps, -_FULL_SCALE, _FULL_SCALE - 1)", "steps.astype(np.int64)", "audio/test_finish.py"),
    _fault("join without a search", "audio/sola.py", "following[best_offset(tail, following, search) :]", "following", "parity/test_glue.py"),
    _fault("checkpoints unchecked", "checkpoints/fit.py", "        check_weights(built[part.name], weights, source)", "        pass", "checkpoints/test_damaged_checkpoints.py"),
    _fault("paths climb out", "checkpoints/read/archive.py", '".." in parts or ', "", "checkpoints/test_hostile_files.py"),
    _fault("hash not compared", "packs/pack.py", "file_sha256(path) != entry.sha256", "False", "packs/test_pack.py"),
    _fault("six bits shifted", "packs/six_bits.py", "words, 2 * place, out", "words, 3 * place, out", "packs/test_quantize.py"),
    _fault("left-over weights pass", "packs/load.py", '_listed("unexpected", over)', '_listed("unexpected", [])', "packs/test_load_weights.py"),
    _fault("last reason wins", "runtime/cancel.py", "            if self._flag:\n                return False\n", "", "runtime/test_cancel.py"),
    _fault("environment first to last", "config/environment.py", "            ):\n                break\n", "            ):\n                continue\n", "test_config.py"),
    _fault("voice leaves its folder", "voices/voice.py", "if any(c.is_relative_to(root) for root in resolved_roots)", "if True", "voices/test_voice_files.py", "voices/test_voices.py"),
    _fault("clipping unnoticed", "tools/voices/recording_check.py", "if clipped > _CLIPPED_SHARE:", "if clipped > 1:", "voices/test_voice_making.py"),
    _fault("no time limit", "synthesis/timed_token.py", "self._worked() > self._end_s", "False", "synthesis/test_work_clock.py"),
    _fault("foreign errors pass", "synthesis/fragment_stream.py", "raise untyped(f", "raise ValueError(f", "synthesis/test_typed_errors.py"),
    _fault("cause lost", "synthesis/fragment_stream.py", "{doing} failed: {_named(error)}\") from error", "{doing} failed: {_named(error)}\") from None", "synthesis/test_typed_errors.py"),
    _fault("edges cut too far", "synthesis/edges.py", "quiet * step - self._kept", "quiet * step", "synthesis/test_edges.py"),
    _fault("peak of each fragment", "node/delivery.py", "samples * self._peak", "samples", "node/test_delivery.py"),
    _fault("sound after a cancel", "node/sender.py", "            if utterance.cancelled:\n                return False\n", "", "node/test_cancel_and_control.py"),
    _fault("errors not counted", "node/metrics.py", 'errors=counts.get("error", 0)', "errors=0", "node/test_speech_metrics.py"),
    _fault("bad line ends all", "cli/jsonl.py", "        except TtsError as error:\n            reply", "        except ZeroDivisionError as error:\n            reply", "cli/test_text_commands.py"),
    _fault("noon is at night", "text/en/normalize/times.py", 'half = "A M" if hour == 2 * NOON else "P M"', 'half = "P M"', "text/test_en_normalizer.py", "text/test_truths.py"),
    _fault("third tones stay", "text/zh/tones/third.py", "word.toned(at, 2) if word.all_third(at, at + 2)", "word.toned(at, 3) if word.all_third(at, at + 2)", "text/test_zh_tones.py"),
    _fault("not before a fourth", "text/zh/tones/bu_yi.py", '            word = word.toned(i, 2)\n    return word\n\n\ndef _asks', '            word = word.toned(i, 4)\n    return word\n\n\ndef _asks', "text/test_zh_tones.py"),
    _fault("Korean tens", "text/ko/normalize/numbers.py", 'if char == "1" and place else', 'if place else', "text/test_ko_rules.py"),
    _fault("Japanese thousands", "text/ja/normalize.py", "    read_thousands,  # before commas are pauses\n", "", "text/test_ja_rules.py"),
    _fault("Cantonese corrections", "text/yue/jyutping.py", "{**(CORRECTIONS if corrected else {}), **pronunciations}", "{**pronunciations}", "text/test_yue_rules.py"),
    _fault("sentences end in brackets", "text/sentences/boundaries.py", "self._boundary is not None or self._depth:", "self._boundary is not None:", "text/test_sentences.py", "text/test_truths.py"),
    _fault("values not shown", "messages.py", "got {brief(got)}", "got something", "test_messages.py"),
)  # fmt: skip
