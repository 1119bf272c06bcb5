"""A box that answers on a real Unix socket on the test's own loop, with a real database and a desk of tables; it can be
stopped and started again. And a console in front of it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from textual.pilot import Pilot

from hw.at.dial import DialPolicy, DialRules
from hw.modem.keeper import ModemStatus
from hw.modem.ussd import UssdAnswer, UssdStatus
from secretaryd.bus import Bus
from secretaryd.call.driver import Outward
from secretaryd.call.orders import Order
from secretaryd.call.outgoing import Outgoing, Wanted
from secretaryd.config.schema import Sim
from secretaryd.control.client import AsyncControlClient
from secretaryd.control.rights import Rights
from secretaryd.control.roles import Actors
from secretaryd.control.server import ControlApp, serve
from secretaryd.desk.box import BoxDesk
from secretaryd.desk.calls import CallsDesk
from secretaryd.desk.content import ContentDesk
from secretaryd.desk.desk import Desk
from secretaryd.desk.dial import DialDesk
from secretaryd.desk.models import ModelsDesk
from secretaryd.desk.parts import Handlers
from secretaryd.desk.secrets import SecretsDesk
from secretaryd.desk.sim import SimDesk
from secretaryd.desk.sms import SmsDesk
from secretaryd.desk.talking import TalkingDesk
from secretaryd.desk.users import UsersDesk
from secretaryd.run.backup import make_backups
from secretaryd.run.memory import Memory
from secretaryd.shop.keeper import Shop
from secretaryd.sim.service import SimService
from secretaryd.sms.courier import Courier
from storage.records import Latency, TurnRecord
from storage.secrets import Secrets
from storage.store import Storage
from tests.fakes.owner_box import OwnerScene
from tests.fakes.well_box import Well
from tui.app import ConsoleApp
from tui.i18n.texts import load
from tui.kit import Tools
from tui.ports import ExportFailed, Finding

WAIT_SECONDS = 10
LATENCY = Latency(350.0, 100.0, 150.0, 200.0, 150.0, 30.0, 830.0)


class Calls:
    """The line, as far as the desk orders it about."""

    def __init__(self) -> None:
        self.busy = False
        self.hung_up = 0
        self.orders: list[Order] = []
        self.call_id = 1
        self.dialled: list[tuple[str, str]] = []
        self.pressed: list[str] = []

    @property
    def talking(self) -> int | None:
        return 1 if self.busy else None

    def order(self, order: Order) -> bool:
        assert self.busy
        self.orders.append(order)
        return True

    def driver(self, outward: Outward, wanted: Wanted) -> tuple[str, str]:
        """In a driver's place: what is dialled, and what is said there."""
        return outward.permit.number, wanted.say

    def dial(self, driver: tuple[str, str], over: object) -> None:
        assert not self.busy
        self.dialled.append(driver)

    async def press(self, keys: str) -> None:
        if not keys.isdigit():
            raise ValueError(keys)
        self.pressed.append(keys)

    def hang_up(self, by: str) -> bool:
        assert by == "owner"
        self.hung_up += self.busy
        return self.busy


class Operator:
    """The SIM's; tells the balance in its own words."""

    def __init__(self) -> None:
        self.status = ModemStatus(up=True, down_reason=None, registered=True, operator="MTS RUS")
        self.asked: list[str] = []

    async def ask_operator(self, code: str) -> UssdAnswer:
        self.asked.append(code)
        return UssdAnswer(UssdStatus.DONE, f"{code}: Баланс 152.30 руб.\nСпасибо")


class Line:
    """Nobody calls."""

    state = "idle"

    async def idle(self) -> None:
        """At once."""


class ConsoleBox:
    """Start it with `up`."""

    def __init__(self, folder: Path, language: str = "ru", *, backups: bool = False) -> None:
        self.folder = folder
        self.socket = folder / "control.sock"
        self.calls = Calls()
        self.well = Well(folder, language)
        self.admins = frozenset({os.getuid()})
        self._task: asyncio.Task[None] | None = None
        self._jobs: list[asyncio.Task[None]] = []
        self._with_backups = backups

    @property
    def bus(self) -> Bus:
        return self.well.bus

    async def open(self) -> None:
        self.storage = await Storage.open(f"sqlite:///{self.folder / 'secretary.db'}", self.folder)
        self.owned = OwnerScene(self.folder, self.well.config)
        zone = ZoneInfo("Europe/Moscow")
        self.secrets = Secrets(self.folder / "secrets")
        self.operator = Operator()
        self.courier = Courier("line1", self.storage.sms, self.bus, lambda: self.well.config.sms, zone, time.time)

    async def up(self) -> None:
        """Serves; after `down` with a bus as new as a restarted core's."""
        assert self._task is None
        await self.well.health.look()
        self._stop, ready = asyncio.Event(), asyncio.Event()
        topics = self._topics()
        if self._with_backups:
            backups, desk = make_backups(
                lambda: self.well.config, self.storage, Line(), self.bus, self.well.troubles, lambda: None
            )
            topics.append(desk.handlers())
            self._jobs.append(asyncio.create_task(backups.run()))
        shop = Shop(self.folder / "models", self.folder, self.bus, self.storage.audit, spawn=True)
        self._jobs.append(asyncio.create_task(shop.run()))
        language, owned, audit = self.well.config.box.language, self.owned, self.storage.audit
        content = ContentDesk(owned.owner, lambda: owned.box.ladder, language)
        models = ModelsDesk(shop, lambda: owned.box.config, content.set_config, audit, language)
        topics += [content.handlers(), models.handlers()]
        app = ControlApp(Desk(topics, self.well.config.box.language), self.bus, Rights(self.admins)).app()
        self._task = asyncio.create_task(serve(app, self.socket, ready.set, self._stop))
        async with asyncio.timeout(WAIT_SECONDS):
            await ready.wait()

    def _topics(self) -> list[Handlers]:
        language, calls = self.well.config.box.language, self.calls
        memory = Memory(self.storage, language)
        self.erasing = memory.housekeeper(lambda: self.well.config, Line(), self.well.troubles, lambda: True)  # type: ignore[arg-type]
        rules = DialRules(True, (), 20, 60, 600)
        outgoing = Outgoing(
            "line1", lambda: DialPolicy(rules), lambda: 50.0, ZoneInfo("Europe/Moscow"), self.storage, calls, self.bus,  # type: ignore[arg-type]
            calls.driver, lambda: True,  # type: ignore[arg-type]
        )  # fmt: skip
        sim = SimService(self.operator, self.storage.outgoing, self.well.troubles, lambda: Sim(balance_every_hours=0))
        topics = (
            BoxDesk(self.owned.owner, self.well.health),
            CallsDesk(calls, self.storage, self.bus, language, memory.directory),  # type: ignore[arg-type]
            TalkingDesk(calls, self.storage, language),  # type: ignore[arg-type]
            SmsDesk(self.courier, self.storage.sms, language),
            DialDesk(outgoing, self.storage, language, calls.press),
            SimDesk(sim, self.storage, language),
            UsersDesk(
                self.storage.users,
                self.storage.audit,
                Actors(),
                language,
                lambda token, _: f"http://box/welcome?token={token}",
                self.bus.publish,
            ),
            SecretsDesk(self.secrets, self.storage, language),
        )
        return [*(topic.handlers() for topic in topics), *memory.handlers()]

    async def down(self) -> None:
        if self._task is not None:
            for job in self._jobs:
                job.cancel()
            await asyncio.wait(self._jobs)
            self._jobs.clear()
            self.bus.close()
            self._stop.set()
            async with asyncio.timeout(WAIT_SECONDS):
                await self._task
            self._task = None
            self.well = Well(self.folder, self.well.config.box.language)

    async def close(self) -> None:
        await self.down()
        await self.storage.close()

    async def keep(self, number: str | None = "+79161234567", **told: Any) -> int:
        """One call that is over; `told`: heard, answer, outcome, summary, message (name, number, matter), recording."""
        store, now = self.storage, time.time()
        call = await store.begin("line1", "in", number, "presented" if number else "withheld", now - 40)
        outcome = told.get("outcome", "answered")
        if outcome != "missed":
            await store.answered(call.id, now - 39, told.get("recording"), "default@1")
            heard = TurnRecord("caller", told.get("heard", "когда вы работаете"), 1.0, 2.0, "caller", 0.9)
            await store.add_turn(call.id, heard)
            ours = TurnRecord(
                "secretary", told.get("answer", "С девяти."), 3.0, 4.0, "faq", interrupted=True, latency=LATENCY
            )
            await store.add_turn(call.id, ours)
        if "message" in told:
            await store.add_message(call.id, now, *told["message"])
        await store.finish(call.id, now, outcome, "caller", told.get("summary", "Спросил о часах работы."), 30.0)
        return call.id

    async def fill(self, count: int) -> None:
        """So many calls, by the database's own means: through the door it would take minutes."""
        began = time.time() - count * 60
        rows = ((f"Звонок {n}", began + n * 60) for n in range(1, count + 1))

        def insert() -> None:
            database = self.storage._db
            with database.atomic():
                database.connection().executemany(
                    "INSERT INTO call (line, direction, number, presentation, began, answered, ended, outcome,"
                    " end_cause, summary, recorded_seconds, flow)"
                    " VALUES ('line1', 'in', '+79161234567', 'presented', ?2, ?2, ?2, 'answered', 'caller', ?1, 0, '')",
                    rows,
                )

        await self.storage.run(insert)


@asynccontextmanager
async def running(folder: Path, language: str = "ru", *, backups: bool = False) -> AsyncIterator[ConsoleBox]:
    box = ConsoleBox(folder, language, backups=backups)
    await box.open()
    try:
        await box.up()
        yield box
    finally:
        await box.close()


class Silent:
    """A machine without sound, unless `there`; remembers what it was to play."""

    def __init__(self) -> None:
        self.there = False
        self.played: list[int] = []
        self.fails = ""

    def plays(self, name: str) -> bool:
        return self.there and name.endswith(".wav")

    async def play(self, call: int) -> None:
        assert self.there
        if self.fails:
            raise OSError(self.fails)
        self.played.append(call)


class WellDoctor:
    """Finds what the test puts before it."""

    def __init__(self) -> None:
        self.findings = [Finding("disk.free", "ok", "Место на диске", "84 ГБ")]
        self.mended = 0

    async def examine(self, language: str) -> list[Finding]:
        assert language in ("ru", "en")
        return self.findings

    async def mend(self, language: str) -> list[str]:
        self.mended += 1
        self.findings = [finding for finding in self.findings if not finding.mends]
        return ["chmod 600 secretary.db"]

    async def report(self) -> str:
        return "/home/owner/secretary-diag.tar.gz"


class Folder:
    """Where files of the console go."""

    def __init__(self) -> None:
        self.exported: list[tuple[str, str]] = []

    def place(self, number: str) -> str:
        return f"/home/owner/{number}.zip"

    async def export(self, number: str, file: str) -> str:
        if not file.endswith(".zip"):
            raise ExportFailed(f"cannot write {file}")
        self.exported.append((number, file))
        return file


MANUAL = {"call.max_seconds": "A call is ended politely after so long."}


class Console:
    """A console under test."""

    def __init__(
        self,
        app: ConsoleApp,
        pilot: Pilot[object],
        player: Silent,
        doctor: WellDoctor,
        files: Folder,
    ) -> None:
        self.app, self.pilot, self.player, self.doctor = app, pilot, player, doctor
        self.files = files

    @property
    def text(self) -> str:
        """What is on the screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    @property
    def notes(self) -> str:
        return "\n".join(note.message for note in self.app._notifications)

    async def until(self, true: Callable[[], bool], what: str = "") -> None:
        """Waits for it, or fails with what is on the screen."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not true():
                    await self.pilot.pause(0.02)
        except TimeoutError:
            raise AssertionError(f"never came: {what}\n{self.text}\n{self.notes}") from None

    async def sees(self, *words: str) -> None:
        """All of it on one screen."""
        for word in words:
            await self.until(lambda word=word: word in self.text, word)  # type: ignore[misc]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)


@asynccontextmanager
async def console(
    socket: Path, language: str = "ru", size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[Console]:
    """The true app on the true client."""
    client, player, doctor, files = AsyncControlClient(socket), Silent(), WellDoctor(), Folder()
    app = ConsoleApp(client, load(language), Tools(player, doctor, files, MANUAL), **options)
    async with app.run_test(size=size) as pilot:
        yield Console(app, pilot, player, doctor, files)
    await client.close()
