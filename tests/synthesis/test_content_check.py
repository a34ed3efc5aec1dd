"""Whether codes say their phones, and what the guard does where they do not."""

from __future__ import annotations

import numpy as np
import pytest
import spoken
from test_token_guard import NoCache, Script

from dora_mlx_tts.errors import PackError, SynthesisError
from dora_mlx_tts.models.t2s.decoding import End
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.synthesis import guarded_tokens as stream_module
from dora_mlx_tts.synthesis.checks.audio_check import AudioCheck
from dora_mlx_tts.synthesis.checks.content_check import ContentCheck, Fault, Flaw
from dora_mlx_tts.synthesis.checks.token_guard import Kind, TokenGuard
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneCodes
from dora_mlx_tts.synthesis.guarded_tokens import DecodeTask, GuardedTokens
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

TABLE = spoken.table()
SENTENCE = spoken.sentence()
GOOD = spoken.codes(SENTENCE.ids)
SWALLOWED = [*GOOD[:20], *GOOD[32:]]
SKIPPED = [*GOOD[:30], *GOOD[40:]]
TWICE = [*GOOD[:30], *GOOD[18:]]


def judged(codes: list[int], phonemes=SENTENCE) -> tuple[Flaw | None, int, Flaw | None]:
    """What is found while codes come, how many had come, and what the end shows."""
    check, early, count = ContentCheck(TABLE, phonemes), None, 0
    for code in codes:
        check.add(code)
        count += early is None
        early = early or check.ahead()
    return early, count, check.ended()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_said_in_full_passes(seed: int) -> None:
    phonemes = spoken.sentence(24, seed)
    early, _, end = judged(spoken.codes(phonemes.ids, seed + 1), phonemes)
    assert early is None
    assert end is None


def test_pauses_between_phones_pass() -> None:
    pause = [3, 4, 5, 3, 2, 6, 1, 0]
    assert judged([*pause, *GOOD[:20], *pause, *GOOD[20:], *pause])[::2] == (None, None)


def test_words_left_out_are_found_soon_and_named() -> None:
    early, count, end = judged(SWALLOWED)
    assert early.fault is end.fault is Fault.MISSING
    assert abs(early.since - 20) <= 1
    assert count <= 20 + 12
    left_out = SENTENCE.text.split()[4]
    assert left_out in early.detail
    assert left_out in end.detail


def test_words_said_twice_are_found() -> None:
    early, count, end = judged(TWICE)
    assert early.fault is end.fault is Fault.INVENTED
    assert "again" in early.detail
    assert abs(early.since - 30) <= 3
    assert count < 46


def test_codes_that_are_no_phone_of_the_sentence_are_found() -> None:
    said = set(SENTENCE.ids.tolist())
    others = [phone for phone in range(1, spoken.PHONES) if phone not in said]
    foreign = spoken.codes(np.resize(others, 10), 5)
    early, _, end = judged([*GOOD[:20], *foreign, *GOOD[20:]])
    assert early.fault is end.fault is Fault.INVENTED
    assert "not in the text" in end.detail
    assert abs(end.since - 20) <= 2


def test_an_early_end_is_found_at_the_end_only() -> None:
    early, _, end = judged(GOOD[:36])
    assert early is None
    assert end.fault is Fault.MISSING
    assert end.since == 36
    assert SENTENCE.text.split()[6] in end.detail


def test_another_text_is_found() -> None:
    other = spoken.codes(spoken.sentence(24, 9).ids)
    early, _, end = judged(other)
    assert early is not None
    assert end is not None


def test_codes_that_say_nothing_clear_are_garbled() -> None:
    nothing = [int(c) for c in np.random.default_rng(3).permutation(spoken.CODES)[:48]]
    vague = PhoneCodes(
        np.zeros((spoken.PHONES, spoken.CODES)),
        np.arange(spoken.PHONES),
        np.full(spoken.PHONES, 2.2),
        np.zeros(spoken.PHONES),
    )
    check = ContentCheck(vague, SENTENCE)
    check.begin(nothing)
    assert check.ended().fault is Fault.GARBLED


def test_a_flaw_is_not_believed_before_more_has_come() -> None:
    check = ContentCheck(TABLE, SENTENCE)
    check.begin(SWALLOWED[: 20 + check.limits.lag - 2])
    assert check.ahead() is None


def partly_known(known: int) -> PhoneCodes:
    """A table that never heard phones from number `known` on."""
    tensors = TABLE.tensors()
    rows = np.where(np.arange(spoken.PHONES) < known, tensors["rows"], -1)
    return PhoneCodes.read({**tensors, "rows": rows}, "x")


def test_phones_that_the_table_does_not_know_may_sound_like_anything() -> None:
    rare = int(np.unique(SENTENCE.ids)[-1])
    assert 0 < (SENTENCE.ids == rare).sum() <= 2
    check = ContentCheck(partly_known(rare), SENTENCE)
    check.begin(GOOD)
    assert check.ended() is None
    check.begin(SWALLOWED)
    assert check.ended() is not None


def test_a_language_that_the_table_does_not_know_is_not_judged() -> None:
    check = ContentCheck(partly_known(8), SENTENCE)
    check.begin(SWALLOWED)
    assert check.ahead() is None
    assert check.ended() is None


def test_beginning_again_forgets() -> None:
    check = ContentCheck(TABLE, SENTENCE)
    check.begin(TWICE)
    check.begin(GOOD[:20])
    for code in GOOD[20:]:
        check.add(code)
        assert check.ahead() is None
    assert check.ended() is None


def test_any_codes_and_texts_are_taken() -> None:
    for count in (0, 3):
        check = ContentCheck(TABLE, spoken.sentence(count))
        assert check.ahead() is None
        assert check.ended() is None
        check.begin([7])
        check.ended()
        check.begin([7] * 300)
        check.ahead()
        check.ended()


def test_a_table_survives_its_storage_and_knows_what_it_does_not() -> None:
    stored = PhoneCodes.read(TABLE.tensors(), "pack")
    phones, codes = np.array([3, 19, 77]), np.array([31, 5, 195])
    np.testing.assert_allclose(stored.evidence(phones, codes), TABLE.evidence(phones, codes))
    assert (stored.evidence(phones, codes)[:, 2] == 0).all()
    assert (stored.evidence(phones, codes)[:, :2] != 0).all()
    assert all(np.isfinite(move).all() for move in stored.moves(phones))
    assert stored.codes == spoken.CODES
    assert sum(one.nbytes for one in TABLE.tensors().values()) < 5000


@pytest.mark.parametrize(
    "change",
    [
        {"rows": None},
        {"evidence": np.zeros(9, np.int8)},
        {"rows": np.array([0, 99])},
        {"pace": np.full(spoken.PHONES, np.nan)},
        {"marks": np.zeros(3, np.uint8)},
        {"evidence": np.zeros((0, 9), np.int8)},
    ],
)
def test_a_damaged_table_is_named(change: dict[str, np.ndarray | None]) -> None:
    tensors = {**TABLE.tensors(), **change}
    with pytest.raises(PackError, match=r"some pack.*'codes' is damaged"):
        PhoneCodes.read({k: v for k, v in tensors.items() if v is not None}, "some pack")


def guarded(
    script: Script, monkeypatch: pytest.MonkeyPatch, *, phonemes=SENTENCE, limits=None, **changes
):
    monkeypatch.setattr(stream_module, "generate", script)
    meter = SynthesisMeter()
    task = {
        "text": T2SText(SENTENCE.ids),
        "prompt": np.zeros(0, np.int32),
        "sampling": SamplingSettings(top_k=3, temperature=0.5, repetition_penalty=1.0),
        "seed": 5,
        "attempts": 3,
        "label": SENTENCE.text,
    }
    guard = TokenGuard(phonemes.ids, content=ContentCheck(TABLE, phonemes, limits))
    task = DecodeTask(**{**task, **changes})
    return GuardedTokens(None, task, guard, SpeechSession(NoCache(), meter)), meter


def test_a_swallowed_word_is_spoken_again_before_anything_left(monkeypatch) -> None:
    script = Script((SWALLOWED, End.EOS), (GOOD, End.EOS))
    tokens, meter = guarded(script, monkeypatch)
    assert tokens.take(30) == (GOOD[:30], False)
    assert tokens.take(None) == (GOOD[30:], True)
    assert (meter.stats().problems, meter.stats().restarts) == ({"missing": 1}, 1)


def test_a_flaw_behind_what_has_left_is_mended_from_its_beginning(monkeypatch) -> None:
    script = Script((SKIPPED, End.EOS), (GOOD[30:], End.EOS))
    tokens, meter = guarded(script, monkeypatch)
    assert tokens.take(20) == (GOOD[:20], False)
    new, last = tokens.take(None)
    assert last
    kept = len(script.calls[1]["prompt"])
    assert 27 <= kept <= 33
    assert new == [*SKIPPED[20:kept], *GOOD[30:]]
    assert meter.stats().continuations == 1


def test_each_further_attempt_goes_on_from_an_earlier_place(monkeypatch) -> None:
    script = Script(*((SKIPPED[start:], End.EOS) for start in (0, 30, 22)), (GOOD[14:], End.EOS))
    tokens, _ = guarded(script, monkeypatch, attempts=4)
    assert tokens.take(6) == (GOOD[:6], False)
    assert tokens.take(None) == (GOOD[6:], True)
    assert [len(call["prompt"]) for call in script.calls[1:]] == [30, 22, 14]


def test_a_flaw_that_was_heard_is_an_error_at_once(monkeypatch) -> None:
    foreign = [*GOOD[:4], *spoken.codes(spoken.sentence(24, 9).ids)]
    script = Script((foreign, End.EOS))
    tokens, _ = guarded(script, monkeypatch)
    tokens.take(6)
    with pytest.raises(SynthesisError, match="was heard"):
        tokens.take(None)
    assert not script.attempts


def test_holding_judges_all_before_the_first_is_taken(monkeypatch) -> None:
    script = Script((GOOD[:36], End.EOS), (GOOD, End.EOS))
    tokens, meter = guarded(script, monkeypatch)
    tokens.hold()
    assert tokens.take(8) == (GOOD[:8], False)
    assert meter.stats().restarts == 1


def test_attempts_end_with_what_is_wrong_and_repeat_less(monkeypatch) -> None:
    script = Script(*[(SWALLOWED, End.EOS)] * 3)
    tokens, meter = guarded(script, monkeypatch)
    with pytest.raises(SynthesisError, match=r"was left out .*3 attempts"):
        tokens.take(None)
    assert meter.stats().problems == {Kind.MISSING.value: 3}
    first, second, third = [call["settings"].sampling for call in script.calls]
    asked = {"top_k": 3, "temperature": 0.5}
    assert first == SamplingSettings(**asked, repetition_penalty=1.0)
    assert second == third == SamplingSettings(**asked, repetition_penalty=1.35)


def test_the_references_own_tokens_may_say_the_text() -> None:
    for content, kind in ((ContentCheck(TABLE, SENTENCE), None), (None, Kind.LEAK)):
        guard = TokenGuard(SENTENCE.ids, [9, 9, *GOOD], np.arange(30), content=content)
        found = [guard.token(GOOD[: n + 1]) for n in range(len(GOOD))]
        kinds = {problem.kind for problem in found if problem}
        assert kinds == ({kind} if kind else set())


def test_tokens_that_were_decoded_together_are_judged_too(monkeypatch) -> None:
    tokens, meter = guarded(Script((GOOD, End.EOS)), monkeypatch)
    tokens.begin_with(SWALLOWED, End.EOS)
    assert tokens.take(None) == (GOOD, True)
    assert meter.stats().problems == {"missing": 1}


TEXT = "I would like to know what time it is."


def blank(synthesizer: Synthesizer) -> PhoneCodes:
    """A table by which nothing says anything."""
    phones = synthesizer.prepare("starter-en").networks.t2s.config.phones
    rows = np.zeros(phones, np.int16)
    return PhoneCodes(np.zeros((1, 1024)), rows, np.full(1, 2.2), np.zeros(1))


def test_a_pack_with_a_table_judges_and_one_can_switch_it_off(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = synthesizer.prepare("starter-en").networks
    monkeypatch.setitem(networks.__dict__, "phone_codes", blank(synthesizer))
    before = synthesizer.stats
    with pytest.raises(SynthesisError, match="is unclear"):
        synthesizer.speak(TEXT, seed=1, attempts=3)
    after = synthesizer.stats
    assert after.problems["garbled"] == before.problems.get("garbled", 0) + 3
    assert after.windows == before.windows
    spoken_text = synthesizer.speak(TEXT, seed=1, content_check="off")
    assert spoken_text.duration_s > 1
    assert len(spoken_text.words) == 9


def test_streaming_finds_at_the_end_what_only_the_end_shows(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = synthesizer.prepare("starter-en").networks
    monkeypatch.setitem(networks.__dict__, "phone_codes", blank(synthesizer))
    pieces = []
    with pytest.raises(SynthesisError, match="was heard"):
        pieces.extend(synthesizer.stream(TEXT, seed=1))
    with pytest.raises(SynthesisError, match="3 attempts"):
        next(synthesizer.stream(TEXT, seed=1, content_check="whole", attempts=3))


def test_a_table_of_another_tokenizer_is_named(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = synthesizer.prepare("starter-en").networks
    monkeypatch.delitem(networks.__dict__, "phone_codes", raising=False)
    monkeypatch.setattr(networks.pack, "has", lambda part: True)
    monkeypatch.setattr(networks.pack, "part", lambda part: ({}, TABLE.tensors()))
    with pytest.raises(PackError, match="knows 200 codes"):
        _ = networks.phone_codes


def test_the_sound_is_heard_before_any_of_it_leaves(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The acoustic network is made to say nothing clear, though the codes pass."""
    networks = synthesizer.prepare("starter-en").networks
    monkeypatch.setitem(networks.__dict__, "phone_codes", blank(synthesizer))
    monkeypatch.setattr(ContentCheck, "ended", lambda self: None)
    heard: list[int] = []
    verdicts = iter([Flaw(Fault.GARBLED, 0, "noise"), None])

    def flaw(self, phonemes, samples):
        heard.append(len(self.codes(samples)))
        return next(verdicts)

    monkeypatch.setattr(AudioCheck, "flaw", flaw)
    before = synthesizer.stats
    fragments = list(synthesizer.stream(TEXT, seed=1, content_check="sound"))
    after = synthesizer.stats
    assert after.problems["garbled"] == before.problems.get("garbled", 0) + 1
    assert after.restarts == before.restarts + 1
    assert len(fragments) > 1
    assert sum(fragment.tokens for fragment in fragments) == pytest.approx(heard[1], abs=2)


def test_own_ear_hears_what_was_said(synthesizer: Synthesizer) -> None:
    """Twenty-five codes a second, and none of what is too short."""
    ready = synthesizer.prepare("starter-en")
    ear = AudioCheck(ready.networks, TABLE, ready.networks.pack.manifest.sample_rate)
    speech = synthesizer.speak(TEXT, seed=1, fragment_interval=0)
    codes = ear.codes(speech.samples)
    assert len(codes) == pytest.approx(25 * speech.duration_s, abs=2)
    assert len(set(codes)) > 10
    assert ear.codes(speech.samples[:100]) == []
