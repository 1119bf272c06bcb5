"""The box under the soak: the true keeper, arbiter, drivers, call machine and storage on the simulator's own module, in
virtual time. Recogniser, voice and language model are scripted; most calls are talked without frames (plan.Kind)."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from hw.at.commands import PLAIN_SECONDS
from hw.errors import HardwareError, SoundError
from hw.modem.events import CallOver, Fact, ModemUp, Recovered
from hw.modem.events import RungTaken as Rung
from hw.modem.keeper import ModemKeeper, ModemSettings
from secretaryd.bus import Bus
from secretaryd.call.calls import Calls
from secretaryd.call.driver import CallDriver, Caller, CallSettings
from secretaryd.call.ending import to_the_end
from secretaryd.call.report import Report
from secretaryd.call.sound import ModemSound
from secretaryd.config.schema import Config, Sms
from secretaryd.control.protocol import CallAnswered, MessageTaken
from secretaryd.run.sms import StoredRecords
from secretaryd.sms.courier import Courier
from secretaryd.sms.uses import Uses
from storage.recordings import Recorder
from storage.records import CallRecord, TurnRecord
from storage.store import Storage
from tests.fakes.virtual_modem import VirtualModem

ZONE: Final = ZoneInfo("Europe/Moscow")
LINE: Final = "line1"
FRAME: Final = b"\x10\x00" * 160
RECORDED_FRAMES: Final = 20
OWNER: Final = "+79990000001"
CONFIG: Final = Config(
    sms=Sms(
        owner=(OWNER,),
        missed_text="Мы вам перезвоним.",
        busy_text="Линия была занята, мы перезвоним.",
        broken_text="Связь прервалась, позвоните ещё раз.",
        reply_hours=1,
        quiet_hours="",
        daily_cap=1000,
    )
)
STATE: Final = {"line": "idle", "operator": "-", "bars": "0"}


class VirtualPcm:
    """The PCM port of the virtual modem: open while its ports are there."""

    def __init__(self, modem: VirtualModem) -> None:
        if not modem.there:
            raise SoundError("no such port")
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


@dataclass(slots=True)
class Wish:
    """How the next call is to be talked."""

    talk: float = 10.0
    message: bool = False


class ShortTalk:
    """A call's talk without its frames: sound and recording are opened and closed as ever, turns and a message kept."""

    def __init__(self, box: "Box", record: CallRecord, report: Report, wish: Wish) -> None:
        self._box, self._record, self._report, self._wish = box, record, report, wish
        self._sound = ModemSound(box.keeper, lambda _: VirtualPcm(box.modem))  # type: ignore[arg-type,return-value]
        self.digits = ""

    def digit(self, digit: str) -> None:
        self.digits += digit

    async def run(self) -> str:
        stack = contextlib.AsyncExitStack()
        try:
            return await self._run(stack)
        finally:
            await to_the_end(stack.aclose(), "closing")

    async def _run(self, stack: contextlib.AsyncExitStack) -> str:
        storage, record = self._box.storage, self._record
        recorder = storage.recorder(self._box.wall(), record.number, ZONE)
        stack.push_async_callback(self._close_recording, recorder)
        await storage.answered(record.id, self._box.wall(), recorder.path, "soak@1")
        stack.push_async_callback(self._sound.close)
        try:
            device, how = await self._sound.open()
        except HardwareError as error:
            self._report.trouble = f"no sound: {error}"
            return "no sound"
        stack.callback(device.close)
        self._box.bus.publish(CallAnswered(call=record.id, sound=how))
        for _ in range(RECORDED_FRAMES):
            recorder.write(FRAME, FRAME)
        await self._talk()
        return "secretary"

    async def _close_recording(self, recorder: Recorder) -> None:
        summary = await asyncio.to_thread(recorder.close)
        self._report.recorded_seconds = summary.seconds

    async def _talk(self) -> None:
        storage, record = self._box.storage, self._record
        await self._turn(TurnRecord("secretary", "Здравствуйте.", 0.5, 2.0, "flow"))
        await asyncio.sleep(self._wish.talk / 2)
        await self._turn(TurnRecord("caller", "когда вы работаете", 3.0, 4.0, "caller"))
        if self._wish.message:
            number = record.number or ""
            kept = await storage.add_message(record.id, self._box.wall(), "Анна", number, f"перезвонить, {record.id}")
            self._report.message = kept
            self._box.bus.publish(MessageTaken(call=record.id, name="Анна", number=number, matter=kept.matter))
            self._box.messages_kept.append(kept.id)
        await asyncio.sleep(self._wish.talk / 2)

    async def _turn(self, turn: TurnRecord) -> None:
        await self._box.storage.add_turn(self._record.id, turn)
        self._report.turns.append(turn)


@dataclass
class Box:
    """One life of the core process; `kill` ends it as a kill would, and a new one is made on what is left."""

    folder: Path
    modem: VirtualModem
    storage: Storage
    wall: Callable[[], float]
    make_talk: Callable[["Box", CallRecord, Report], object]
    messages_kept: list[int] = field(default_factory=list)
    rungs: dict[str, int] = field(default_factory=dict)
    cured: list[tuple[str, float]] = field(default_factory=list)
    up: bool = False

    def __post_init__(self) -> None:
        self.bus = Bus()
        self.courier = Courier(LINE, self.storage.sms, self.bus, lambda: CONFIG.sms, ZONE, self.wall)
        records = StoredRecords(self.storage)
        self.uses = Uses(
            self.courier, records, self.bus, lambda: CONFIG, lambda: STATE, self._set_recording, ZONE, self.wall
        )
        self.keeper = ModemKeeper(
            ModemSettings(state_dir=self.folder),
            self._fact,
            find=self.modem.find,
            open_port=self.modem.open_port,
            power_key=self.modem,
            inbox=self.courier,
        )
        self.calls = Calls(LINE, 1, self._make_driver, self.storage, self.bus)
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(
        cls,
        folder: Path,
        modem: VirtualModem,
        wall: Callable[[], float],
        make_talk: Callable[["Box", CallRecord, Report], object],
    ) -> "Box":
        """Opens the storage as core does, ends what a crash left open, and starts."""
        storage = await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder)
        await storage.close_open(wall(), ZONE)
        box = cls(folder, modem, storage, wall, make_talk)
        box._tasks = [
            asyncio.create_task(box.calls.run(), name="calls"),
            asyncio.create_task(box.keeper.run(), name="keeper"),
            asyncio.create_task(box.courier.follow(box.uses.received), name="sms.follow"),
            asyncio.create_task(box.courier.deliver(box.keeper, box.calls), name="sms.deliver"),
            asyncio.create_task(box.uses.run(), name="sms.uses"),
        ]
        return box

    async def close(self) -> None:
        """A clean stop."""
        await self.calls.finish(12.0)
        await self._end()
        await self.storage.close()

    async def kill(self, chance: Random | None = None) -> None:
        """As `kill -9`: what was not on the disk at this moment is gone. With `chance` the power goes too: what was
        written and not synced is torn. (What the disk may do to unsynced writes is tried harder by the power cuts of
        tests/storage.)"""
        kept = {name: _bytes(self.folder / name) for name in ("secretary.db", "secretary.db-wal", ".lock")}
        await self._end()
        await self.storage.close()
        for name, data in kept.items():
            (self.folder / name).write_bytes(data)
        (self.folder / "secretary.db-shm").unlink(missing_ok=True)
        if chance is not None:
            with (self.folder / "secretary.db-wal").open("ab") as wal:
                wal.write(chance.randbytes(chance.randint(0, 5000)))

    async def _end(self) -> None:
        for task in reversed(self._tasks):
            task.cancel()
        await asyncio.wait(self._tasks)
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                task.result()  # a bug of ours, if any

    async def _set_recording(self, on: bool) -> None:
        raise AssertionError(f"nobody here may switch the recording {on}")

    def command_grace(self) -> float:
        """Seconds that the command under way may take beyond those of an ordinary one; also one that was given up for a
        call, with which the module may be busy."""
        session = self.keeper._session
        if session is None:
            return 0.0
        channel = session.channel
        left = channel._busy_until - asyncio.get_running_loop().time() if channel._poisoned.is_set() else 0.0
        whole = channel.in_flight.timeout if channel.in_flight is not None else 0.0
        return max(0.0, left, whole - PLAIN_SECONDS)

    def check(self) -> str:
        """Why a task of the core is not running; "" when all do."""
        return "; ".join(f"{task.get_name()} ended: {task}" for task in self._tasks if task.done())

    def _make_driver(self, caller: Caller) -> CallDriver:
        settings = CallSettings(LINE, ZONE, 600.0)
        make = lambda record, report: self.make_talk(self, record, report)  # noqa: E731
        return CallDriver(settings, self.keeper, self.storage, self.bus, make, caller, Report())  # type: ignore[arg-type]

    def _fact(self, fact: Fact) -> None:
        if isinstance(fact, ModemUp):
            self.modem.mended()
        elif isinstance(fact, Rung):
            self.rungs[fact.rung] = self.rungs.get(fact.rung, 0) + 1
        elif isinstance(fact, Recovered):
            self.cured.append((str(fact.rung), round(fact.seconds, 1)))
        elif isinstance(fact, CallOver):
            self.up = False
        self.calls.fact(fact)


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def empty(folder: Path) -> Path:
    """A new folder in the place of an old one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
