"""Runs calls one after the other and keeps the account."""

import asyncio
import ctypes
import gc
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any, Final

from hw.simulator.profile import BUILT_IN
from secretaryd.call.report import Report
from storage.records import CallRecord
from tests.fakes.virtual_loop import InlineLoop, machine_clock
from tests.fakes.virtual_modem import Offered, VirtualModem
from tests.soak.box import Box, ShortTalk, Wish
from tests.soak.full import FullTalk, FullTalks
from tests.soak.messages import SmsBook, plain, received
from tests.soak.plan import ENGINES, Kind, Mishap, Plan, plan
from tests.soak.tally import Resources, Tally

SETTLE_SECONDS: Final = 180.0
"""After a call everything is as before it within that: a hung modem takes a minute, and may hang in the last moment."""
HELPERS: Final = 1
MESSAGES_SECONDS: Final = 30 * 3600.0
"""All messages have come and gone within that at the end: one that is refused over and over waits for hours, and what
is over the cap of a day waits for midnight."""
UNRELATED: Final = frozenset({"write", "letter", "knock", "keys", "bytes", "kill", "power_cut", *ENGINES})
EPOCH: Final = 1_764_000_000.0
"""The wall clock at virtual second 0."""


class Soak:
    """A run that can be stopped and gone on with: `state.json` and the box's data lie in `folder`."""

    def __init__(self, folder: Path, seed: int, *, profile: str = "nasty") -> None:
        self._state = folder / "state.json"
        self._data = folder / "data"
        self._data.mkdir(parents=True, exist_ok=True)
        self.tally = Tally.load(json.loads(self._state.read_text())) if self._state.exists() else Tally(seed)
        self._profile = BUILT_IN[profile]
        self._wish, self._kind = Wish(), Kind.SHORT
        self._full = FullTalks(self._data)
        self._seen_rows = 0
        self._hurt = False
        self._book = SmsBook(folder)
        self._before = self.tally.seconds
        """The modem's time of the earlier parts of the run."""

    @property
    def seed(self) -> int:
        """A run that is gone on with keeps the seed that it began with."""
        return self.tally.seed

    async def run(self, calls: int, progress: Callable[[int], None] = lambda _: None) -> Tally:
        """Up to call number `calls`."""
        loop = asyncio.get_running_loop()
        began, first = loop.time(), self.tally.done
        loop.set_default_executor(ThreadPoolExecutor(HELPERS, "helper"))  # else their number grows at leisure
        modem = VirtualModem(self._profile, seed=self.seed + first, on_effect=self._book.effect).start()
        self._box = await self._open(modem)
        self._seen_rows = await self._newest_row()
        try:
            await self._until(lambda: self._box.keeper.status.up, 120.0)
            while self.tally.done < calls:
                await self._one(modem, plan(self.seed, self.tally.done + 1))
                self.tally.done += 1
                if self.tally.done == first + max(1, (calls - first) // 3):
                    self.tally.early, self.tally.calls_between = resources(), calls - self.tally.done
                progress(self.tally.done)
                if self.tally.done % 100 == 0:
                    self._keep(loop.time() - began)
                    began = loop.time()
            if self.tally.done > first:  # else this process has done nothing that could be held against the early look
                self.tally.late = resources()
            await self._last_messages()
            self.tally.sms_in_call += modem.module.messages.counts.while_calling
            self.tally.sms_crossing += modem.module.messages.counts.crossing
            self.tally.open_rows += len(await self._box.storage.run(self._box.storage._calls.still_open))
            await self._box.close()
        finally:
            modem.stop()
            self._keep(loop.time() - began)
        return self.tally

    async def _one(self, modem: VirtualModem, what: Plan) -> None:
        self._wish = Wish(what.talk if what.box_ends else what.talk + 60.0, what.message)
        self._hurt, self._kind = False, what.kind
        await asyncio.sleep(what.gap)
        for mishap in what.mishaps:
            self.tally.faults[mishap.name] = self.tally.faults.get(mishap.name, 0) + 1
        writing = [Mishap("write", at, {"text": text}) for at, text in what.sms]
        writing += [Mishap("letter", at, {"to": to, "text": text}) for at, to, text in what.letters]
        pending = sorted([*what.mishaps, *writing], key=lambda each: each.at)
        while pending and pending[0].at <= 0.0:
            await self._befall(modem, pending.pop(0), what)
        call = modem.ring(what.caller, patience=what.patience)
        began = modem.now
        caller = asyncio.create_task(self._caller(modem, call, what))
        try:
            while pending:
                await asyncio.sleep(max(0.0, began + pending[0].at - modem.now))
                await self._befall(modem, pending.pop(0), what)
            await caller
        finally:
            caller.cancel()
            await asyncio.wait({caller})
        for name in modem.faults.all():
            if name != "hung":  # that ends with its power alone
                modem.clear(name)
        await self._settle(modem, what)
        await self._account(modem, what, call)

    async def _caller(self, modem: VirtualModem, call: Offered, what: Plan) -> None:
        """Talks and hangs up, or waits for the box to."""
        while call.ended is None:
            await asyncio.sleep(0.5)
            if call.answered is not None and modem.now - call.answered > self._most_seconds(what):
                modem.hang_up()

    @staticmethod
    def _most_seconds(what: Plan) -> float:
        """How long the caller stays at the most; in a full call his script says when he goes."""
        return 300.0 if what.box_ends or what.kind is Kind.FULL else what.talk

    async def _befall(self, modem: VirtualModem, mishap: Mishap, what: Plan) -> None:
        name, options = mishap.name, mishap.options
        self._hurt = self._hurt or not (name in UNRELATED or name.startswith("sms_"))
        match name:
            case "letter":
                await self._box.courier.write(options["to"], options["text"], "owner")
                self._book.asked(options["to"], options["text"])
            case "hang":
                if modem.there:
                    modem.hang(self._box.command_grace())
            case "kill_speech" | "kill_llm":
                self._full.strike(name)
            case "kill" | "power_cut":
                await self._kill(modem, Random(f"{self.seed}:{what.number}:cut") if name != "kill" else None)
            case _:
                _befall_modem(modem, name, options)

    async def _kill(self, modem: VirtualModem, cut: Random | None) -> None:
        self._hurt = True  # the core is away for as long as it takes to start
        modem.hinder()
        self._count_rungs()
        promised = list(self._box.messages_kept)
        await self._box.kill(cut)
        self.tally.kills += cut is None
        self.tally.power_cuts += cut is not None
        await asyncio.sleep(1.5)
        self._box = await self._open(modem)
        modem.hinder()
        for message in promised:
            if await self._missing(message):
                self.tally.messages_lost += 1
                self.tally.trouble(f"message {message} was kept before a crash and is gone")

    async def _open(self, modem: VirtualModem) -> Box:
        return await Box.open(self._data, modem, self.wall, self._make_talk)

    def wall(self) -> float:
        """UTC epoch seconds of the virtual machine."""
        return EPOCH + self._before + asyncio.get_running_loop().time()

    async def _last_messages(self) -> None:
        """Waits until nothing is under way any more, and takes the account of all messages."""
        storage, loop = self._box.storage, asyncio.get_running_loop()
        end = loop.time() + MESSAGES_SECONDS
        while loop.time() < end:
            there = await storage.run(lambda: received(storage._db))
            nothing_goes = await storage.sms.next_due() is None and not await storage.sms.owed()
            if nothing_goes and not self._book.given() - there.keys():
                break
            await asyncio.sleep(30.0)
        account = await storage.run(lambda: self._book.audit(storage._db))
        self.tally.sms = plain(account)
        for example in account.examples:
            self.tally.trouble(f"message {example}")

    def _make_talk(self, box: Box, record: CallRecord, report: Report) -> ShortTalk | FullTalk:
        if self._kind is Kind.FULL:
            self.tally.full += 1
            return self._full.make(box, record, report, self.tally.done)
        return ShortTalk(box, record, report, self._wish)

    async def _settle(self, modem: VirtualModem, what: Plan) -> None:
        """Everything is as it was before the call."""

        def quiet() -> bool:
            box = self._box
            state = modem.module.state
            return box.calls.state == "idle" and box.keeper.status.up and not state.calls and modem.there

        if not await self._until(quiet, SETTLE_SECONDS):
            self.tally.stuck += 1
            status = self._box.keeper.status
            self.tally.trouble(
                f"stuck after call {what.number} {[each.name for each in what.mishaps]}: line {self._box.calls.state}, "
                f"modem up {status.up} {status.down_reason} {status.detail}, calls {modem.module.state.calls}"
            )
            modem.module.calls.remote_hang_up(modem.now)
        if problem := self._box.check():
            raise AssertionError(f"call {what.number}: {problem}")

    async def _account(self, modem: VirtualModem, what: Plan, call: Offered) -> None:
        offered, modem.calls = modem.calls, []
        for each in offered:
            self.tally.add_call(each, could_answer=not self._hurt, patience=what.patience)
        storage = self._box.storage
        rows = [row for row in await storage.recent(50) if row.id > self._seen_rows]
        self._seen_rows = max([self._seen_rows, *(row.id for row in rows)])
        self.tally.compare(offered, [row.number for row in rows], f" (call {what.number})")
        self.tally.messages += len(self._box.messages_kept)
        for message in self._box.messages_kept:
            if await self._missing(message):
                self.tally.messages_lost += 1
        self._box.messages_kept.clear()
        self.tally.add_outages(modem.outages)
        modem.outages = [outage for outage in modem.outages if outage.mended is None]
        self._count_rungs()

    async def _missing(self, message: int) -> bool:
        return all(kept.id != message for kept in await self._box.storage.messages(20, message + 1))

    async def _newest_row(self) -> int:
        newest = await self._box.storage.recent(1)
        return newest[0].id if newest else 0

    def _count_rungs(self) -> None:
        for rung, times in self._box.rungs.items():
            self.tally.rungs[rung] = self.tally.rungs.get(rung, 0) + times
        self._box.rungs.clear()
        for rung, seconds in self._box.cured:
            self.tally.cured.setdefault(rung, []).append(seconds)
        self._box.cured.clear()

    async def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not condition():
            if loop.time() >= end:
                return False
            await asyncio.sleep(0.5)
        return True

    def _keep(self, seconds: float) -> None:
        self.tally.seconds += seconds
        new = self._state.with_suffix(".new")
        new.write_text(json.dumps(self.tally.dump(), ensure_ascii=False))
        new.replace(self._state)


def _befall_modem(modem: VirtualModem, name: str, options: dict[str, Any]) -> None:
    match name:
        case "replug":
            modem.unplug(options["seconds"], reset=options["reset"])
        case "reset":
            modem.unplug(15.0, reset=True)
        case "reboot":
            if modem.there:
                modem.reboot()
        case "write":
            modem.write(options["text"])
        case "knock":
            modem.knock(options["number"], options["seconds"])
        case "keys":
            for digit in options["digits"]:
                modem.press_key(digit)
        case _:
            modem.fault(name, **options)


def resources() -> Resources:
    """What this process holds now. What was freed, and the allocator only keeps for later between what is in use, is
    given back first: it comes to some 10 MB after a few hundred calls, while what is held stays the same."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Resources(
        memory=pages * os.sysconf("SC_PAGE_SIZE"),
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        threads=threading.active_count(),
    )


def soak(folder: Path, seed: int, calls: int, progress: Callable[[int], None] = lambda _: None) -> Tally:
    """Runs in virtual time, up to call number `calls`."""
    run = Soak(folder, seed)
    with asyncio.Runner(loop_factory=InlineLoop) as runner:
        loop = runner.get_loop()
        with machine_clock(lambda: EPOCH + run._before + loop.time()):
            return runner.run(run.run(calls, progress))
