"""The spoken part of a call: opens sound and recording, then lets the flow lead the conversation."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Final

from hw.audio.dtmf import DtmfDetector
from hw.audio.progress import Verdict
from hw.errors import HardwareError, SoundError
from secretaryd.call.ending import to_the_end
from secretaryd.call.gate import Gate
from secretaryd.call.keys import Keys
from secretaryd.call.lead import Lead
from secretaryd.call.manner import CallVoice
from secretaryd.call.meter import Meter
from secretaryd.call.orders import Order
from secretaryd.call.ports import CallLine, TalkParts, session_name
from secretaryd.call.report import Remark, Report
from secretaryd.call.scribe import Scribe
from secretaryd.call.sides import Sides
from secretaryd.call.words import Line
from secretaryd.control.protocol import CallAnswered
from storage.errors import StorageError
from storage.recordings import Recorder
from storage.records import CallRecord
from voice.conversation import Conversation
from voice.ears import EarEvent
from voice.turn import Utterance

log = logging.getLogger(__name__)

RELEASE_SECONDS: Final = 0.5
KEEP_SECONDS: Final = 10.0
TAIL_SECONDS: Final = 0.3
"""From the last word of ours to the hang-up, so that the network's delay does not cut it off."""


class Talk:
    """One call's conversation; used once. Everything opened is closed in reverse, whatever ends it."""

    def __init__(self, parts: TalkParts, record: CallRecord, report: Report) -> None:
        self._parts = parts
        self._record = record
        self._report = report
        self._scribe = Scribe(record.id, parts.storage, parts.bus, report)
        self._conversation: Conversation | None = None
        self._sides = Sides(None)
        self._meter = Meter(record.id, parts.bus)
        self._leader: Lead | None = None
        self._loop = asyncio.get_running_loop()
        self._failed: asyncio.Future[SoundError] = self._loop.create_future()
        self._early_digits = ""
        self._voice = CallVoice(parts.voice)
        self._recorder: Recorder | None = None
        self._keys = Keys()
        self._dtmf = DtmfDetector()
        self._gate: Gate | None = None
        self._first = 0

    def expect_answer(self, picked_up: Callable[[], None]) -> None:
        """Of a call that we make: says nothing until somebody is there, and then `picked_up`."""
        self._gate = Gate(self._loop, picked_up)

    def digit(self, digit: str) -> None:
        """The modem tells of a key pressed by the caller."""
        if self._keys.told(digit, self._loop.time()):
            self._press(digit)

    def _press(self, digit: str) -> None:
        if self._conversation is None:
            self._early_digits += digit
        else:
            self._conversation.digit(digit)

    def order(self, order: Order) -> bool:
        """What the owner wants done in this call. False where nobody leads it yet, or too many wait."""
        return self._leader is not None and self._leader.order(order)

    async def run(self) -> str:
        """Talks until the flow hangs up; returns who ended it. Cancelled when the call is gone."""
        stack = AsyncExitStack()
        try:
            return await self._run(stack)
        finally:
            await to_the_end(stack.aclose(), f"call.{self._record.id}.closing")

    async def _run(self, stack: AsyncExitStack) -> str:
        if self._gate is None:
            await self._open_recording(stack)
        # Also where opening fails or is cancelled half-way: the modem may have switched its sound on already.
        stack.push_async_callback(self._parts.sound.close)
        try:
            device, how = await self._parts.sound.open()
        except HardwareError as error:
            # Nobody hears anything: end it honestly instead of holding a silent line.
            log.error("no sound", extra={"call": self._record.id, "reason": str(error)})
            self._report.trouble = f"no sound: {error}"
            return "no sound"
        self._sides = Sides(self._recorder.write if self._recorder is not None else None)
        line = self._parts.make_line(
            device,
            on_heard=self._on_heard,
            on_begun=self._on_begun,
            tap=self._sides.tap,
            on_failed=self._on_failed,
            loop=self._loop,
        )
        stack.push_async_callback(self._stop_line, line)
        if self._gate is not None and (ended := await self._until_picked_up(self._gate, line, stack)):
            return ended
        conversation = Conversation(self._parts.make_ears, self._voice, line, self._watch, self._parts.clock)
        self._conversation = conversation
        for digit in self._early_digits:
            conversation.digit(digit)
        if self._gate is None:
            self._start(line)
        self._parts.bus.publish(CallAnswered(call=self._record.id, sound=how))
        return await self._lead(conversation)

    async def _until_picked_up(self, gate: Gate, line: CallLine, stack: AsyncExitStack) -> str:
        """Listens until somebody is there, then records; who ended it where nobody will be."""
        self._start(line)
        ends: set[asyncio.Future[Any]] = {gate.verdict, self._failed}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if self._failed.done():
            self._report.trouble = str(self._failed.result())
            return "line lost"
        if gate.verdict.result() is Verdict.BUSY:
            return "busy"
        gate.picked_up()
        await self._open_recording(stack)
        if self._recorder is not None:
            self._sides.onward(self._recorder.write)
        return ""

    async def _lead(self, conversation: Conversation) -> str:
        lead = self._leader = Lead(
            self._parts,
            self._record,
            self._scribe,
            self._report,
            conversation,
            voice=self._voice,
            forget_recording=self._forget_recording,
        )
        async with AsyncExitStack() as tasks:
            tasks.push_async_callback(self._release)
            writing = self._task(self._scribe.run(), "scribe")
            tasks.push_async_callback(self._finish_writing, writing)
            hearing = self._task(conversation.ears.run(), "ears")
            tasks.push_async_callback(_end, hearing)
            tasks.callback(self._write_what_is_left, conversation)
            leading = self._task(lead.run(), "lead")
            tasks.push_async_callback(_end, leading)
            return await self._until_over(leading, writing, hearing)

    async def _until_over(self, leading: "asyncio.Task[None]", *background: "asyncio.Task[None]") -> str:
        ends: set[asyncio.Future[Any]] = {leading, self._failed, *background}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in background:
            if task.done():
                task.result()
        # A line that broke may be noticed first by whoever wanted to speak on it.
        if not self._failed.done() and leading.done() and isinstance(error := leading.exception(), SoundError):
            self._on_failed(error)
        if self._failed.done():
            self._report.trouble = str(self._failed.result())
            return "line lost"
        await leading
        await asyncio.sleep(TAIL_SECONDS)
        return "secretary"

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        return asyncio.create_task(work, name=f"call.{self._record.id}.{name}")

    def _write_what_is_left(self, conversation: Conversation) -> None:
        for phrase in conversation.left():
            self._scribe.heard(phrase)

    async def _finish_writing(self, writing: "asyncio.Task[None]") -> None:
        """Waits until every turn is kept; not for a disk that hangs, and not for a writer that broke."""
        closing = self._task(self._scribe.close(), "scribe.close")
        await asyncio.wait({closing, writing}, timeout=KEEP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not closing.done():
            log.error("the last turns were not kept", extra={"call": self._record.id})
        await _end(closing)
        await _end(writing)

    async def _release(self) -> None:
        """The model may forget this call; a node that does not listen forgets by itself."""
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._parts.release(session_name(self._record))
        except TimeoutError:
            log.info("model session not released", extra={"call": self._record.id})

    async def _open_recording(self, stack: AsyncExitStack) -> None:
        now = time.time()
        storage, recorder = self._parts.storage, None
        if self._parts.record:
            recorder = storage.recorder(
                now, self._record.number, self._parts.zone, on_failure=self._on_recording_failed
            )
            stack.push_async_callback(self._close_recording, recorder)
        pinned = self._parts.interpreter.flow.pin
        try:
            await storage.answered(self._record.id, now, recorder.path if recorder is not None else None, pinned)
        except StorageError as error:
            log.error("the answer was not noted", extra={"call": self._record.id, "reason": str(error)})
        self._recorder = recorder

    async def _forget_recording(self) -> Line:
        """The caller does not want to be recorded: stops it and deletes what there is. Returns what to tell him."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return Line.NOT_RECORDED
        try:
            await asyncio.to_thread(recorder.discard)
            self._report.remark(Remark.UNRECORDED)
            await self._parts.storage.forget_recording(self._record.id)
        except StorageError as error:
            log.error("a recording was not forgotten", extra={"call": self._record.id, "reason": str(error)})
            gone = Remark.UNRECORDED in self._report.remarks
            return Line.RECORDING_STOPPED if gone else Line.RECORDING_KEPT
        return Line.RECORDING_STOPPED

    async def _close_recording(self, recorder: Recorder) -> None:
        summary = await asyncio.to_thread(recorder.close)
        self._report.recorded_seconds = summary.seconds
        if not summary.failed:
            self._parts.troubles.clear("recording.failed")
        if summary.dropped_frames:
            log.warning(
                "frames lost in the recording", extra={"call": self._record.id, "frames": summary.dropped_frames}
            )

    def _start(self, line: CallLine) -> None:
        line.start()
        self._parts.beat.tick()

    async def _stop_line(self, line: CallLine) -> None:
        self._parts.beat.stop()
        counters = await line.stop()
        log.info(
            "line",
            extra={
                "call": self._record.id,
                "frames_in": counters.frames_in,
                "underruns": counters.underruns,
                "overruns": counters.overruns,
                "late": counters.late_frames,
                "dropped": counters.dropped_out,
                "missed": counters.missed_frames,
                "max_late_ms": counters.max_late_ms,
                # No text: that would be masked for telephone numbers.
                "late_at": [round(at, 2) for at in counters.late_at],
                "jitter_ms": counters.jitter_ms,
                "stalls": counters.stalls,
                "max_gap_ms": counters.max_gap_ms,
                "scheduler": counters.scheduler,
            },
        )

    def _watch(self, event: EarEvent | Utterance) -> None:
        self._scribe.watch(event)
        if self._leader is not None:
            self._leader.watch(event)

    def _on_heard(self, index: int, frame: bytes) -> None:
        self._parts.beat.tick()
        said = self._sides.said_before(index)
        self._meter.frame(frame, said)
        if self._conversation is None:
            if self._gate is not None:
                self._gate.frame(frame)
                self._first = index + 1
            return
        for digit in self._dtmf.feed(frame):
            if self._keys.heard(digit, self._loop.time()):
                self._press(digit)
        self._conversation.frame(index - self._first, frame, said)

    def _on_begun(self, index: int, part: bytes) -> None:
        if self._conversation is not None:
            self._conversation.begun(index - self._first, part)

    def _on_failed(self, error: SoundError) -> None:
        if not self._failed.done():
            self._failed.set_result(error)

    def _on_recording_failed(self, reason: str) -> None:
        """Called by the recorder's own thread."""
        self._loop.call_soon_threadsafe(self._parts.troubles.note, "recording.failed", reason)


async def _end(task: "asyncio.Task[None]") -> None:
    """Cancels AND awaits."""
    task.cancel()
    await asyncio.wait({task})
