"""A box that answers on a control socket, in a thread of its own: the command line blocks."""

import asyncio
import gc
import json
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from secretaryd.bus import Bus
from secretaryd.call.orders import Order
from secretaryd.cli.main import main
from secretaryd.control.protocol import Event
from secretaryd.control.rights import Rights
from secretaryd.control.server import ControlApp, serve
from secretaryd.desk.box import BoxDesk
from secretaryd.desk.calls import CallsDesk
from secretaryd.desk.content import ContentDesk
from secretaryd.desk.desk import Desk
from secretaryd.desk.legacy import LegacyDesk
from secretaryd.desk.restart import RestartDesk
from secretaryd.desk.second import SecondDesk
from secretaryd.desk.secrets import SecretsDesk
from secretaryd.desk.talking import TalkingDesk
from secretaryd.restarting import Restarter
from secretaryd.run.backup import make_backups
from secretaryd.run.memory import Memory
from storage.records import Latency, TurnRecord
from storage.store import Storage
from tests.fakes.owner_box import OwnerScene
from tests.fakes.well_box import Well

T = TypeVar("T")


class Calls:
    busy = False
    call_id = None

    def __init__(self) -> None:
        self.orders: list[Order] = []

    @property
    def talking(self) -> int | None:
        return 1 if self.busy else None

    def order(self, order: Order) -> bool:
        self.orders.append(order)
        return True

    def hang_up(self, by: str) -> bool:
        return self.busy


class Line:
    state = "idle"

    async def idle(self) -> None:
        assert self.state == "idle"


class Hearing:
    """The second recogniser."""

    current: int | None = None
    model = ""
    hurried = 0

    def hurry(self) -> None:
        self.hurried += 1


class Box:
    """A served desk with a real database."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "control.sock"
        self.well = Well(folder)
        self.calls = Calls()
        self.hearing = Hearing()
        self.anew = False
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        # A daemon: one that never came up ends with us.
        self._thread = threading.Thread(target=self._run, name="box", daemon=True)

    def __enter__(self) -> "Box":
        self._thread.start()
        assert self._up.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self.stop()
        self._thread.join()

    def stop(self) -> None:
        """The box ends."""
        self._loop.call_soon_threadsafe(self._stop.set)

    def _begin_anew(self) -> None:
        self.anew = True
        self._stop.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()
        gc.collect()  # as the end of a process would: what came in while it stopped is not left hanging

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self.bus: Bus = self.well.bus
        self.storage = await Storage.open(f"sqlite:///{self._folder / 'secretary.db'}", self._folder)
        self.owned = OwnerScene(self._folder, self.well.config)
        memory = Memory(self.storage, "ru")
        box = BoxDesk(self.owned.owner, self.well.health)
        calls = CallsDesk(self.calls, self.storage, self.bus, "ru", memory.directory)  # type: ignore[arg-type]
        talking = TalkingDesk(self.calls, self.storage, "ru")  # type: ignore[arg-type]
        content = ContentDesk(self.owned.owner, lambda: self.owned.box.ladder, "ru")
        secrets = SecretsDesk(self.storage.secrets, self.storage, "ru")
        legacy = LegacyDesk(self.owned.owner, self.storage, "ru")
        self.line = Line()
        backups, backup_desk = make_backups(
            lambda: self.well.config, self.storage, self.line, self.bus, self.well.troubles, self._begin_anew
        )
        second = SecondDesk(self.storage.second, self.hearing, "ru")
        self.restarter = Restarter(lambda: self.owned.owner.config, self.line.idle, self._begin_anew, self._folder)
        again = RestartDesk(self.restarter, self.calls, lambda: False, self.storage.audit, "ru")  # type: ignore[arg-type]
        topics = [
            topic.handlers() for topic in (backup_desk, box, calls, secrets, content, legacy, talking, second, again)
        ]
        desk = Desk([*topics, *memory.handlers()], "ru")
        await self.well.health.look()
        app = ControlApp(desk, self.bus, Rights(frozenset({os.getuid()}))).app()
        running = asyncio.create_task(backups.run())
        await serve(app, self.socket, self._up.set, self._stop)
        running.cancel()
        await asyncio.wait({running})
        await self.storage.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs it on the box's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def publish(self, *events: Event) -> None:
        async def all_of_them() -> None:
            for event in events:
                self.bus.publish(event)

        self.do(all_of_them())

    def keep(self, text: str = "когда вы работаете", *, answer: str = "с девяти", message: str = "") -> int:
        """One call that is over."""
        return self.do(self._keep(text, answer, message))

    async def _keep(self, text: str, answer: str, message: str) -> int:
        store, now = self.storage, time.time()
        call = await store.begin("line1", "in", "+79161234567", "presented", now)
        await store.answered(call.id, now + 1, "recordings/x.wav", "default@1")
        await store.add_turn(call.id, TurnRecord("caller", text, 1.0, 2.0, "caller", 0.9))
        latency = Latency(350.0, 100.0, 150.0, 200.0, 150.0, 30.0, 830.0)
        ours = TurnRecord("secretary", answer, 3.0, 4.0, "model", interrupted=True, detail=answer, latency=latency)
        await store.add_turn(call.id, ours)
        if message:
            await store.add_message(call.id, now, message, "+79123456789", message)
        await store.finish(
            call.id, now + 31, "message" if message else "answered", "caller", f"Сказал: «{text}».", 30.0
        )
        return call.id


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with Box(tmp_path) as running:
        yield running


class Ran:
    """What a command came to."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Ctl = Callable[..., Ran]


@pytest.fixture
def ctl(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ctl:
    """Runs secretaryctl on the box in the test's folder."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("SECRETARYD__BOX__DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SECRETARYD__CONTROL__SOCKET", str(tmp_path / "control.sock"))

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run
