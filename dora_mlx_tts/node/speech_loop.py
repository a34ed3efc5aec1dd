"""The speaking side of the node: speaks texts in turns, on the thread that owns MLX."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from dora_mlx_tts.errors import EmptyTextError, SynthesisError, TextError, TtsError
from dora_mlx_tts.node.delivery import Delivery
from dora_mlx_tts.node.metrics import NodeMeter, SpeechFigures, SpeechMeter
from dora_mlx_tts.node.protocol.messages import Outcome, Reply
from dora_mlx_tts.node.reply import SendError, circumstances, failure_of, fault_of, reply_of
from dora_mlx_tts.node.sender import OutputSender
from dora_mlx_tts.node.speech_job import SpeechEngine, SpeechOptions, UtteranceJob
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.synthesis.records import Asked, Fragment

logger = logging.getLogger(__name__)


class SpeechLoop:
    """Takes texts from the queue, speaks them in turns, and answers each of them once.

    Args:
        engine: The speech engine.
        queue: The source of the texts.
        outputs: Where audio and replies go.
        meter: The node's counts.
        delivery: How audio is sent.
        options: Returns the run-time settings of a session.
        between: Called between two turns, for housekeeping.
        clock: Seconds.
    """

    def __init__(
        self,
        *,
        engine: SpeechEngine,
        queue: SpeechQueue,
        outputs: OutputSender,
        meter: NodeMeter,
        delivery: Delivery | None = None,
        options: Callable[[str], SpeechOptions] = lambda _: SpeechOptions(),
        between: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._queue = queue
        self._outputs = outputs
        self._meter = meter
        self._delivery = delivery or Delivery()
        self._options = options
        self._between = between
        self._clock = clock
        # Both threads read this; only the speaking one changes it.
        self._jobs: dict[Utterance, UtteranceJob] = {}
        self._has_warned = False

    def run(self) -> None:
        """Speak until the queue is closed and every text is answered."""
        while (utterance := self._queue.take()) is not None:
            job = self._job(utterance)
            try:
                self._turn(job)
            except Exception as error:  # noqa: BLE001  a bug in the node costs one text at most
                self._give_up(job, error)

    def _job(self, utterance: Utterance) -> UtteranceJob:
        job = self._jobs.get(utterance)
        if job is None:
            if not utterance.cancelled:
                self._between()
            job = self._jobs[utterance] = self._new_job(utterance)
        return job

    def _new_job(self, utterance: Utterance) -> UtteranceJob:
        request = utterance.request
        meter = SpeechMeter(request.received_s, utterance.characters, self._clock)
        return UtteranceJob(
            utterance, self._options(request.session), meter, self._delivery.finisher()
        )

    def _turn(self, job: UtteranceJob) -> None:
        """Speak one window of a part, and answer the text if that was the last one."""
        self._attempt(job, self._begin)
        self._gather(job)
        self._attempt(job, self._speak)
        utterance = job.utterance
        if utterance.cancelled:
            utterance.prepared.clear()
            self._end_part(job)
        if utterance.is_finished and not self._queue.awaits_player(utterance):
            with job.sending:  # the reply follows the last fragment, whichever thread sends it
                self._finish(job)

    def _gather(self, job: UtteranceJob) -> None:
        """Prepare other texts' windows that can be batched with that of a job."""
        most = getattr(self._engine, "most_together", 1)
        if most <= 1 or not job.in_part or job.is_primed or job.utterance.cancelled:
            return
        jobs = [job, *map(self._job, self._queue.company(job.utterance, most - 1))]
        for one in jobs:
            self._attempt(one, self._begin)
        for until in Asked:
            for one in jobs:
                self._attempt(one, lambda ready: ready.prime(until))  # noqa: B023  called at once

    def _attempt(self, job: UtteranceJob, work: Callable[[UtteranceJob], None]) -> None:
        """Do a piece of work for a text unless it was cancelled; a failure concerns only that text."""
        utterance = job.utterance
        if utterance.cancelled or utterance.is_finished:
            return
        job.meter.resume()
        try:
            work(job)
        except EmptyTextError as error:
            job.skipped = error
            self._end_part(job)
        except Exception as error:  # noqa: BLE001  a failed text never damages the next one
            self._fail(job, error)
        finally:
            job.meter.pause()

    def _begin(self, job: UtteranceJob) -> None:
        """Hand the next part to the engine unless it is in the middle of one."""
        if job.in_part:
            return
        part = self._queue.next_part(job.utterance)
        if part is not None:
            job.begin_part(self._engine, part, lambda: self._queue.sharing)

    def _speak(self, job: UtteranceJob) -> None:
        utterance = job.utterance
        job.release(self._send, self._queue.may_send)
        is_held = bool(utterance.prepared) and not utterance.awaits_commit  # the player has enough
        if is_held or not job.in_part:
            return
        fragment = job.next_fragment(is_last_part=lambda: self._is_last_part(utterance))
        if job.is_waiting and not utterance.cancelled:
            return
        if fragment is None or utterance.cancelled:
            self._end_part(job)
            return
        self._give(job, fragment)

    @staticmethod
    def _is_last_part(utterance: Utterance) -> bool:
        return utterance.closed and not utterance.parts

    def _give(self, job: UtteranceJob, fragment: Fragment) -> None:
        if self._delivery.whole:
            job.hold(fragment)
        else:
            job.give(fragment, self._send, self._queue.may_send)

    def release(self, utterance: Utterance) -> None:
        """Send the prepared audio of a committed text; called from the listening side, which does not wait."""
        job = self._jobs.get(utterance)
        if job is None:
            return
        try:
            job.release(self._send, self._queue.may_send)
        except Exception as error:  # noqa: BLE001  becomes the reply
            job.failure = job.failure or error

    def _send(self, job: UtteranceJob, fragment: Fragment) -> None:
        for message in map(job.numbered, self._delivery.messages(fragment)):
            if self._outputs.audio(job.utterance, message):
                job.sent(message)
            elif job.utterance.cancelled:
                return
            else:
                raise SendError("dora rejected an audio message; see the log")

    def _end_part(self, job: UtteranceJob) -> None:
        job.end_part()
        self._queue.end_part(job.utterance)

    def _fail(self, job: UtteranceJob, error: Exception) -> None:
        """Record a failure: a faulty sentence does not silence the others; any other error ends the text."""
        job.failure = job.failure or error
        job.utterance.leave_hole()
        if not isinstance(error, TtsError | SendError):
            logger.error("text %d: unexpected error", job.utterance.index, exc_info=error)
        self._end_part(job)
        if not isinstance(error, TextError | SynthesisError):
            self._queue.abandon(job.utterance)

    def _finish(self, job: UtteranceJob) -> None:
        """Send what remains and answer the text."""
        utterance = job.utterance
        try:
            if not utterance.cancelled and failure_of(job) is None:
                last = job.whole() if self._delivery.whole else job.closing()
                if last is not None:
                    self._send(job, last)
        except Exception as error:  # noqa: BLE001  becomes the reply
            job.failure = job.failure or error
        self._answer(job)

    def _give_up(self, job: UtteranceJob, error: Exception) -> None:
        """End a text after a bug in the node, and answer it unless it was already answered."""
        logger.error("text %d: unexpected error", job.utterance.index, exc_info=error)
        job.failure = error
        self._end_part(job)
        self._answer(job)

    def _answer(self, job: UtteranceJob) -> None:
        """Send a text's one reply."""
        utterance = job.utterance
        self._jobs.pop(utterance, None)
        if self._queue.settle(utterance):
            job.meter.characters, job.meter.pieces = utterance.characters, utterance.pieces
            job.meter.first_part_s = utterance.first_part_s
            job.meter.underruns = utterance.underruns
            job.meter.longest_gap_s = utterance.longest_gap_s
            figures = job.meter.figures()
            self._meter.spoken(figures)
            self._warn_of_gaps(figures)
            reply, about = self._reply(job)
            self._outputs.reply(reply, figures, text_index=utterance.index, about=about)

    def _reply(self, job: UtteranceJob) -> tuple[Reply, dict[str, str]]:
        """A text's reply and log details; no error in here may keep the text from its reply."""
        try:
            return reply_of(job, self._queue.rules), circumstances(job)
        except Exception as error:
            logger.exception("text %d: its reply failed", job.utterance.index)
            fault = fault_of(error)
            echo = job.utterance.request.echo
            return Reply(Outcome.ERROR, echo, error=fault.error, stage=fault.stage), {}

    def _warn_of_gaps(self, figures: SpeechFigures) -> None:
        """Warn once that this machine cannot keep up, and say what would help."""
        if not figures.underruns or self._has_warned:
            return
        self._has_warned = True
        logger.warning(
            "playback ran dry %d times in one text (longest gap %.0f ms, %d open texts, rtf %.2f); a smaller"
            " voice, fewer conversations at once or a longer max_ahead would help",
            figures.underruns,
            figures.longest_gap_ms,
            self._queue.open_texts + 1,
            figures.rtf,
        )
