"""Runs the steps on a modem, writes down what the driver believed, and judges it."""

import asyncio
import logging
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from hw.acceptance.script import STEPS, Act, Report, Seen, Sound, Step, Verdict, judge
from hw.acceptance.sound import measure
from hw.at.dial import DialPolicy, DialRules, DialUsage
from hw.at.port import open_serial
from hw.audio.modem_pcm import open_modem_pcm
from hw.errors import HardwareError
from hw.modem.capture import RecordingPort
from hw.modem.events import Fact, ModemUp
from hw.modem.keeper import ModemKeeper, ModemSettings
from hw.modem.transcript import TranscriptWriter
from hw.ports import BytePort, RawMessage

log = logging.getLogger(__name__)

UP_SECONDS: Final = 90.0
ANSWER_SECONDS: Final = 25.0
OVER_SECONDS: Final = 15.0
TALK_SECONDS: Final = 3.0
LEFT_OUT: Final = frozenset({"MemoryChanged", "SignalChanged", "NetworkChanged", "SimChanged", "NetworkTime"})
"""Facts that come at any time and say nothing of a step."""


class Helper(Protocol):
    """Who makes the other telephone do things."""

    async def begin(self, step: Step) -> bool:
        """Asks for the step; False where it is to be skipped."""

    async def heard(self, step: Step) -> bool | None:
        """Whether the tone was heard at the other end; None where nobody can tell."""

    def told(self, step: Step, verdict: Verdict) -> None:
        """What came of it."""


class Acceptance:
    """One run; used once. `writer` gets every byte of the AT line, in the form that tests replay."""

    def __init__(
        self, settings: ModemSettings, helper: Helper, number: str, balance_code: str, writer: TranscriptWriter
    ) -> None:
        """`number` is the other telephone's, for the calls that the modem makes; "" skips them."""
        self._helper, self._number, self._code, self._writer = helper, number, balance_code, writer
        self._policy = DialPolicy(DialRules(enabled=True, calls_a_day=10, minutes_a_day=20))
        self._facts: list[tuple[float, str, str]] = []
        self._news = asyncio.Event()
        self._began = 0.0
        self._ready = asyncio.Event()
        self._keeper = ModemKeeper(settings, self._hear, open_port=self._open, inbox=self)
        self._done_by = {
            Act.WATCH: self._watch,
            Act.ANSWER: self._answer,
            Act.ANSWER_AND_HANG_UP: self._answer_and_hang_up,
            Act.DIAL: self._dial,
            Act.MESSAGE: self._message,
            Act.ASK: self._ask,
        }

    async def run(self, steps: tuple[Step, ...] = STEPS) -> Report:
        """All of them, in order. Raises HardwareError where the modem never comes up."""
        began = datetime.now(UTC).isoformat(timespec="seconds")
        keeping = asyncio.create_task(self._keeper.run(), name="modem")
        try:
            try:
                async with asyncio.timeout(UP_SECONDS):
                    await self._ready.wait()
            except TimeoutError:
                raise HardwareError(f"no modem: {self._keeper.status.detail or 'it does not answer'}") from None
            done = [(step.id, *(await self._step(step))) for step in steps]
            info = self._keeper.status.info
            modem = {name: getattr(info, name) for name in ("manufacturer", "model", "firmware")} if info else {}
            remarks = tuple(self._keeper.status.troubles)
            return Report(modem | {"operator": self._keeper.status.operator}, began, tuple(done), remarks)
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})

    async def keep(self, message: RawMessage) -> None:
        """hw.ports.Inbox: a message that was received; it is deleted from the SIM after this."""
        self._note("Message", f"{len(message.pdu)} digits of PDU")

    async def _open(self, path: Path) -> BytePort:
        return RecordingPort(await open_serial(path), self._writer)

    def _hear(self, fact: Fact) -> None:
        if isinstance(fact, ModemUp):
            self._writer.header("model", fact.info.model)
            self._writer.header("firmware", fact.info.firmware)
            self._ready.set()
        kind = type(fact).__name__
        if kind not in LEFT_OUT:
            # No numbers: a report is made to be sent to somebody.
            detail = getattr(fact, "digit", "") or getattr(fact, "cause", "") or str(getattr(fact, "presentation", ""))
            self._note(kind, detail)

    def _note(self, kind: str, detail: str) -> None:
        at = asyncio.get_running_loop().time() - self._began
        self._facts.append((round(at, 2), kind, detail))
        self._news.set()

    async def _step(self, step: Step) -> tuple[Seen, Verdict]:
        skipped = (step.act is Act.DIAL and not self._number) or (step.act is Act.ASK and not self._code)
        self._facts, self._began = [], asyncio.get_running_loop().time()
        if skipped or not await self._helper.begin(step):
            seen = Seen(done=False)
        else:
            seen = await self._do(step)
        verdict = judge(step, seen)
        self._helper.told(step, verdict)
        return seen, verdict

    async def _do(self, step: Step) -> Seen:
        sound, error = None, ""
        try:
            sound = await self._done_by[step.act](step)
        except (HardwareError, TimeoutError, ValueError) as reason:
            error = str(reason) or "nothing happened in time"
        with suppress(HardwareError):
            await self._keeper.hang_up()  # whatever is left
        heard = await self._helper.heard(step) if step.sound else None
        return Seen(tuple(self._facts), sound, heard=heard, error=error)

    async def _until(self, kind: str, seconds: float) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not any(told == kind for _, told, _ in self._facts):
                self._news.clear()
                await self._news.wait()

    async def _watch(self, step: Step) -> None:
        await self._until("Ringing", step.seconds)
        await self._until("CallOver", step.seconds)

    async def _answer(self, step: Step) -> Sound | None:
        await self._until("Ringing", step.seconds)
        await asyncio.sleep(1.0)  # for the number
        await self._keeper.answer()
        await self._until("CallUp", ANSWER_SECONDS)
        sound = await self._listen(step.seconds) if step.sound else None
        await self._until("CallOver", step.seconds)
        return sound

    async def _answer_and_hang_up(self, step: Step) -> None:
        await self._until("Ringing", step.seconds)
        await self._keeper.answer()
        await self._until("CallUp", ANSWER_SECONDS)
        await asyncio.sleep(TALK_SECONDS)
        await self._keeper.hang_up()
        await self._until("CallOver", OVER_SECONDS)

    async def _dial(self, step: Step) -> Sound | None:
        await self._keeper.dial(self._policy.permit(self._number, DialUsage()))
        sound = None
        with suppress(TimeoutError):
            if step.sound:
                await self._until("CallUp", step.seconds)
                sound = await self._listen(step.seconds)
            await self._until("CallOver", step.seconds)
        if not any(kind == "CallOver" for _, kind, _ in self._facts):
            await self._keeper.hang_up()
            await self._until("CallOver", OVER_SECONDS)
        return sound

    async def _message(self, step: Step) -> None:
        await self._until("Message", step.seconds)

    async def _ask(self, _: Step) -> None:
        answer = await self._keeper.ask_operator(self._code)
        self._note("Answer", answer.status.value)

    async def _listen(self, most: float) -> Sound:
        """Until the call is over."""
        path = self._keeper.pcm_path
        if path is None:
            return Sound(trouble="no PCM port")
        device = open_modem_pcm(str(path))
        stop = threading.Event()
        try:
            opened = await self._keeper.open_sound()
            measuring = asyncio.create_task(asyncio.to_thread(measure, device, stop, opened.tries, most))
            over = asyncio.create_task(self._until("CallOver", most))
            await asyncio.wait({measuring, over}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            over.cancel()
            await asyncio.wait({over})
            return await measuring
        except HardwareError as error:
            return Sound(trouble=str(error))
        finally:
            stop.set()
            device.close()
            with suppress(HardwareError):
                await self._keeper.close_sound()
