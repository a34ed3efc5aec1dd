"""What the contract of docs/node.md says must come out, told by somebody who knows which piece belongs to which text."""

from __future__ import annotations

from dataclasses import dataclass, field

from rude_world import IDLE_S, TIMEOUT_S

IDS = ("session_id", "question_id", "segment_id", "request_id")


@dataclass(eq=False)
class Sender:
    """A text as its sender means it; if he is too slow, several texts come of it."""

    ids: dict
    has_seq: bool
    has_fin: bool
    base: int = 0
    voice: str | None = None
    sent: list = field(default_factory=list)  # (number, metadata, words)
    number: int = 0
    is_over: bool = False
    texts: list = field(default_factory=list)

    @property
    def session(self):
        return str(self.ids.get("session_id", ""))


@dataclass(eq=False)
class Text:
    """One text of the node: what was accepted of it, and what must become of it."""

    index: int
    sender: Sender | None
    ids: dict
    last_s: float
    words: list = field(default_factory=list)
    numbers: set = field(default_factory=set)
    has_fin: bool = False
    first_refused: int | None = (
        None  # the number of a first piece that was wrong; put right it is new
    )
    is_whole: bool = False  # its last piece came
    is_whole_late: bool = False  # it came after the node had gone on without it
    is_closed: bool = False  # no more pieces are waited for
    verdict: tuple | None = None  # (outcome, reason or stage)
    reply: dict | None = None
    fragments: list = field(default_factory=list)

    @property
    def session(self):
        return str(self.ids.get("session_id", ""))

    @property
    def is_silenced(self):
        if self.verdict is not None:
            return True
        return self.reply is not None and self.reply["error_stage"] in {"voice", "settings"}

    @property
    def lacks_fin(self):
        return self.has_fin and not self.is_whole

    @property
    def is_open(self):
        return self.reply is None and self.verdict is None

    def matches(self, wanted):
        return all(
            str(self.ids.get(key, "" if key == "session_id" else None)) == str(value)
            for key, value in wanted.items()
        )


class Model:
    """Beside the node: is told what is sent, and checks what comes back."""

    def __init__(self, world):
        self.world = world
        self.texts = []
        self.commands = self.answers = 0
        self.gaps = 0
        self._current = {}  # session -> the text that is coming in
        self._seen = 0
        self._last_audio = {}  # session -> text_index
        self.expected_count = None
        self.swallowed = 0

    # ---------------------------------------------------------------------------------- what is sent

    def _now(self):
        return self.world.clock.now

    def current(self, session):
        text = self._current.get(session)
        if text is None or text.is_closed or text.is_silenced:
            return None
        if self._is_over(text) and not self.world.is_coming_in(session):
            text.is_closed = True  # while the engine speaks, nobody is in a hurry to end it
            text.last_s = self.world.last_sign_s(session, text.index, text.last_s)
            return None
        return text if text.reply is None else None

    def _new(self, sender, ids):
        text = Text(len(self.texts), sender, dict(ids), self._now())
        self.texts.append(text)
        if sender is not None:
            sender.texts.append(text)
        return text

    def piece(self, sender, number, words, metadata, *, bad=None, is_full=False):
        """A piece is about to be sent. `bad` is the stage of what is wrong with it."""
        fin = metadata.get("fin") is True or metadata.get("session_status") == "ended"
        number = None if bad == "seq" else number
        open_text = self.current(sender.session)
        if open_text is not None and open_text.sender is sender:
            if number is not None and (
                number in open_text.numbers or self._was_before(sender, number)
            ):
                open_text.last_s = self._now() if number in open_text.numbers else open_text.last_s
                if number in open_text.numbers and fin:
                    open_text.is_closed = open_text.is_whole = True
                self.swallowed += 1
                return
            self._add(open_text, number, words, metadata, fin)
            if bad:
                open_text.verdict = ("error", "settings" if bad == "settings" else "protocol")
            return
        if self._belongs_to_the_past(sender, number, fin):
            self.swallowed += 1
            return
        if metadata.get("flush") and not bad:
            self.cancel({"session_id": sender.session}, "flush")
        if is_full and not bad:
            bad = "queue"
        text = self._new(sender, sender.ids)
        self._add(text, number, words, metadata, fin)
        if bad:
            text.first_refused = number if bad != "queue" else None
            text.verdict = (
                "error",
                {"settings": "settings", "queue": "queue"}.get(bad, "protocol"),
            )
            return
        if open_text is not None:
            open_text.is_closed = True
        self._current[sender.session] = text

    def _add(self, text, number, words, metadata, fin):
        text.last_s = self._now()
        text.words += words
        text.has_fin |= "fin" in metadata
        if number is not None:
            text.numbers.add(number)
        if fin:
            text.is_whole = text.is_closed = True

    def _was_before(self, sender, number):
        return any(
            number in text.numbers and number != text.first_refused and self._is_remembered(text)
            for text in sender.texts
        )

    def _is_remembered(self, text):
        last_s = text.last_s
        if text.reply is not None and not text.is_closed and text.verdict is None:
            last_s = self.world.last_sign_s(text.session, text.index, last_s)  # it failed just then
        return self._now() - last_s < TIMEOUT_S

    def _belongs_to_the_past(self, sender, number, fin):
        for text in reversed(sender.texts):
            if not self._is_remembered(text):
                continue
            if number is not None and number == text.first_refused:
                continue
            if number is not None and number in text.numbers:
                return True
            before = number is not None and text.numbers and number < max(text.numbers)
            inside = before and number > min(text.numbers)
            if not (text.is_silenced or text.lacks_fin or inside):
                continue
            if not text.is_whole or before:
                text.last_s = self._now()
                text.is_whole_late |= fin and not text.is_whole
                text.is_whole |= fin
                if number is not None:
                    text.numbers.add(number)
                return True
        return False

    def whole(self, ids, words, *, bad=None, is_full=False, flush=False):
        """A message that is a text of its own is about to be sent."""
        session = str(ids.get("session_id", ""))
        open_text = self.current(session)
        if flush and not bad:
            self.cancel({"session_id": session}, "flush")
        text = self._new(None, ids)
        text.words, text.is_closed = words, True
        if bad or is_full:
            text.verdict = ("error", bad or "queue")
        elif open_text is not None:
            open_text.is_closed = True

    def cancel(self, wanted, reason):
        """What matches is not to be heard any more."""
        self._notice_ends()
        found = [text for text in self.texts if text.is_open and text.matches(wanted)]
        for text in found:
            text.verdict, text.is_closed = ("cancelled", reason), True
        return len(found)

    def _notice_ends(self):
        """What the node gave up waiting for was over before what comes now."""
        for session in self._current:
            self.current(session)

    def reset(self, question, session):
        self._notice_ends()
        found = [
            text
            for text in self.texts
            if text.is_open
            and (session is None or text.session == session)
            and (question is None or str(text.ids.get("question_id")) != str(question))
        ]
        for text in found:
            text.verdict, text.is_closed = ("cancelled", "reset"), True
        return len(found)

    def flush(self, session):
        """The command: texts whose sender says no `fin` are over."""
        count = 0
        for name in list(self._current):
            text = self.current(name) if session is None or name == session else None
            if text is not None:
                count += 1
                text.is_closed |= not text.has_fin
        return count

    # ------------------------------------------------------------------------------ what comes back

    def check(self):
        """Look at everything that was sent since the last time."""
        sent = self.world.node.sent
        for port, value, metadata in sent[self._seen :]:
            if port == "audio":
                self._audio(value, metadata)
            elif port == "segment_complete":
                self._reply(value[0], metadata)
            elif port == "words":
                self._told(metadata)
            else:
                self._status(value[0], metadata)
        self._seen = len(sent)

    def _audio(self, samples, metadata):
        text = self.texts[metadata["text_index"]]
        assert text.reply is None, "audio after the reply"
        assert text.verdict is None or text.verdict[1] in {"settings", "protocol"}, (
            "audio after the cancel"
        )
        assert metadata["seq"] == len(text.fragments)
        before = sum(fragment["duration_s"] for fragment in text.fragments)
        assert abs(metadata["start_s"] - before) < 1e-6
        assert abs(metadata["duration_s"] - samples / metadata["sample_rate"]) < 1e-9
        assert not any(fragment["fin"] for fragment in text.fragments)
        assert metadata["text_index"] >= self._last_audio.get(text.session, 0), "out of order"
        self._last_audio[text.session] = metadata["text_index"]
        for key, item in text.ids.items():
            assert metadata.get(key) == item
        text.fragments.append(metadata)

    def _told(self, metadata):
        text = self.texts[metadata["text_index"]]
        assert text.reply is None, "words after the reply"
        assert text.verdict is None, "words after the cancel"
        assert metadata["seq"] == text.fragments[-1]["seq"]

    def _reply(self, outcome, metadata):
        text = self.texts[metadata["text_index"]]
        assert text.reply is None, "answered twice"
        text.reply = metadata
        assert metadata["outcome"] == outcome
        assert metadata["fragments"] == len(text.fragments)
        seconds = sum(fragment["duration_s"] for fragment in text.fragments)
        assert abs(metadata["audio_s"] - seconds) < 1e-3
        assert metadata["played_s"] <= seconds + 1e-3
        said, meant = metadata["spoken_text"].split(), text.words
        voice = text.sender.voice if text.sender else None
        if text.verdict is not None:
            kind, detail = text.verdict
            assert outcome == kind, (outcome, metadata, text)
            details = {detail}
            if kind == "error" and any("fail" in word for word in meant):
                details.add("synthesis")  # its first error may have been that one
            assert details & {metadata["reason"], metadata["error_stage"]}, (metadata, text)
        elif voice == "ghost" and any(any(c.isalnum() for c in word) for word in meant):
            assert (outcome, metadata["error_stage"]) == ("error", "voice")
        elif outcome == "error" and metadata["error_stage"] == "queue":
            assert self.world.settings.queue_limit < 100
        else:
            assert text.is_closed or self._is_over(text), "answered while its sender goes on"
            speakable = [word for word in meant if any(c.isalnum() for c in word)]
            if not speakable:
                assert outcome == "skipped"
            elif any("fail" in word for word in meant):
                assert (outcome, metadata["error_stage"]) == ("error", "synthesis"), (
                    metadata,
                    text,
                )
            else:
                assert outcome == "completed", metadata
                assert said == speakable, (said, speakable)
                assert text.fragments[-1]["fin"]
                lacks_fin = text.lacks_fin or (text.has_fin and text.is_whole_late)
                assert bool(metadata["reason"]) == lacks_fin, (metadata, text)
        if outcome == "cancelled" or not any("fail" in word for word in meant):
            speakable = [word for word in meant if any(c.isalnum() for c in word)]
            assert said == speakable[: len(said)], (said, speakable)

    def _is_over(self, text):
        return self._now() >= text.last_s + (TIMEOUT_S if text.has_fin else IDLE_S)

    def _status(self, state, metadata):
        if state == "gap":
            assert metadata["missing"] > 0
            self.gaps += metadata["missing"]
            return
        self.answers += 1
        if self.expected_count is not None and "texts" in metadata:
            assert metadata["texts"] == self.expected_count, (metadata, self.expected_count)
        if state == "stats":
            ended = sum(metadata[key] for key in ("completed", "skipped", "cancelled", "errors"))
            assert metadata["received"] == ended + metadata["open_texts"] == len(self.texts)
            assert metadata["missing"] == self.gaps
            assert metadata["late"] <= self.swallowed

    def check_all_answered(self):
        missing = [text for text in self.texts if text.reply is None]
        assert not missing, missing
        assert self.answers == self.commands, (self.answers, self.commands)
