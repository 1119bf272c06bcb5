"""A whole box of real processes in a folder of its own: started, watched from both sides, stopped and inspected.

`async with running(folder) as box` starts `secretaryd all --simulate`, waits until the box says that it is ready, and
at the end asserts that SIGTERM ended everything in time, with exit code 0 and nothing left behind.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from hw.simulator.client import SimulatorClient, SimulatorError
from secretaryd.control.client import AsyncControlClient, ControlError
from secretaryd.control.protocol import CallEnded, CallRang, Event, SayingStarted, ShowCall, Stamped, Status

ROOT: Final = Path(__file__).parents[2]
STOP_SECONDS: Final = 20.0
READY_SECONDS: Final = 90.0
POLL_SECONDS: Final = 0.05  # where there is nothing yet that could tell of itself
T = TypeVar("T")


class Journal(Generic[T]):
    """What was told, in order; anybody may wait for something in it."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._news = asyncio.Condition()

    async def add(self, item: T) -> None:
        """The next item."""
        async with self._news:
            self.items.append(item)
            self._news.notify_all()

    async def first(self, wanted: Callable[[T], bool], *, since: int = 0, seconds: float = 30.0) -> T:
        """The first such item from number `since` on, waiting for it. Raises TimeoutError with what was told."""
        async with self._news:
            looked = since
            try:
                async with asyncio.timeout(seconds):
                    while True:
                        for item in self.items[looked:]:
                            if wanted(item):
                                return item
                        looked = len(self.items)
                        await self._news.wait()
            except TimeoutError:
                told = "\n  ".join(str(item)[:200] for item in self.items[since:][-40:])
                raise TimeoutError(f"not told within {seconds} s; there were:\n  {told}") from None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A call that is over, from both sides."""

    record: dict[str, Any]
    """The simulator's: what the network and the caller saw."""
    call: dict[str, Any]
    """The box's row with its turns."""
    messages: list[dict[str, Any]]
    events: list[Event]
    """What the box told while it ran, in order."""

    @property
    def heard(self) -> Path:
        """What the caller heard."""
        return Path(self.record["recordings"]["heard"])

    @property
    def recording(self) -> Path:
        """What the box kept."""
        return Path(self.call["recording_path"])

    def turns(self, who: str) -> list[dict[str, Any]]:
        """Those of `caller` or `secretary`."""
        return [turn for turn in self.call["turns"] if turn["who"] == who]


@dataclass(slots=True)
class Ringing:
    """A call under way: its id at the simulator, and where both journals stood when it began."""

    id: str
    told: int
    noticed: int


@dataclass(slots=True)
class Box:
    """A running box. Made by `running`."""

    folder: Path
    environ: dict[str, str]
    web_port: int
    process: asyncio.subprocess.Process
    control: AsyncControlClient
    simulator: SimulatorClient
    told: Journal[Stamped] = field(default_factory=Journal)
    noticed: Journal[dict[str, Any]] = field(default_factory=Journal)
    taken: int = 0

    @property
    def data_dir(self) -> Path:
        """Database, recordings, phrases."""
        return self.folder / "data"

    @property
    def log(self) -> str:
        """What all processes wrote."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    async def status(self) -> dict[str, Any]:
        """The box's own word. Raises ControlError."""
        status: dict[str, Any] = await self.control.ask(Status())
        return status

    async def until(self, wanted: Callable[[dict[str, Any]], bool], *, seconds: float = 30.0) -> dict[str, Any]:
        """The first status that is as wanted. Raises TimeoutError with the last one."""
        last: Any = "no status at all"
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        last = await self.status()
                    except ControlError as error:
                        last = error
                    else:
                        if wanted(last):
                            return last
                    assert self.process.returncode is None, f"the box ended: {self.process.returncode}\n{self.log}"
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"not so within {seconds} s; the status is {last}\n{self.log[-4000:]}") from None

    def pids(self) -> dict[str, int]:
        """The supervisor's children by name: simulator, speech, llm, core, web."""
        return children(self.process.pid)

    def signal(self, name: str, number: signal.Signals) -> int:
        """Sends a signal to a child; returns its pid."""
        pid = self.pids()[name]
        os.kill(pid, number)
        return pid

    async def ring(self, scenario: str | None = None, **given: Any) -> Ringing:
        """The simulated caller rings."""
        marks = len(self.told.items), len(self.noticed.items)
        return Ringing(await self.simulator.call(scenario, **given), *marks)

    async def event(self, ringing: Ringing, kind: type[T], seconds: float = 60.0, **fields: Any) -> tuple[T, float]:
        """The first event of the box of that kind and with these fields since it rang, and when (UTC epoch)."""

        def wanted(stamped: Stamped) -> bool:
            return isinstance(stamped.event, kind) and all(getattr(stamped.event, k) == v for k, v in fields.items())

        stamped = await self.told.first(wanted, since=ringing.told, seconds=seconds)
        assert isinstance(stamped.event, kind)
        return stamped.event, stamped.at

    async def notices(self, ringing: Ringing, kind: str, seconds: float = 60.0, **fields: Any) -> dict[str, Any]:
        """The first event of the simulator of that kind since it rang."""
        return await self.noticed.first(
            lambda event: event["kind"] == kind and all(event.get(k) == v for k, v in fields.items()),
            since=ringing.noticed,
            seconds=seconds,
        )

    async def speaks(self, ringing: Ringing, seconds: float = 60.0, **fields: Any) -> tuple[int, float]:
        """Waits until the caller hears such an answer begin; returns the call's id at the box, and when (UTC epoch)."""
        saying, at = await self.event(ringing, SayingStarted, seconds, **fields)
        began = await self.noticed.first(
            # Not the greeting before it: the two streams tell of things in their own time, but by one clock.
            lambda event: event["kind"] == "box_started" and epoch(event["at"]) >= at,
            since=ringing.noticed,
        )
        return saying.call, epoch(began["at"])

    async def over(self, ringing: Ringing, seconds: float = 120.0) -> Evidence:
        """Waits for the end of the call on both sides."""
        async with asyncio.timeout(seconds):
            record = await self.simulator.wait(ringing.id)
        rang, _ = await self.event(ringing, CallRang, 1.0)
        ended, _ = await self.event(ringing, CallEnded, 30.0, call=rang.call)
        events = [stamped.event for stamped in self.told.items[ringing.told :]]
        shown = await self.control.ask(ShowCall(id=ended.call))
        return Evidence(record, shown["call"], shown["messages"], events)

    async def call(self, scenario: str | None = None, **given: Any) -> Evidence:
        """A whole call."""
        return await self.over(await self.ring(scenario, **given))

    async def page(self, path: str) -> tuple[int, str]:
        """HTTP status and body of a page of the web process. Raises OSError while it does not listen."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.web_port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            head, _, body = (await asyncio.wait_for(reader.read(), 10.0)).partition(b"\r\n\r\n")
        finally:
            writer.close()
        return int(head.split()[1]), body.decode()

    async def stop(self) -> float:
        """SIGTERM; returns how long it took, and asserts a clean end."""
        before = self.pids()
        began = time.monotonic()
        self.process.terminate()
        try:
            code = await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            raise AssertionError(f"still there {STOP_SECONDS} s after SIGTERM\n{self.log[-6000:]}") from None
        took = time.monotonic() - began
        assert code == 0, f"exit code {code}\n{self.log[-6000:]}"
        assert not (left := ours(self.folder)), f"left behind: {left}; the children were {before}\n{self.log[-6000:]}"
        assert not (left_files := sockets_and_links(self.folder)), left_files
        return took

    async def watch_control(self) -> None:
        """Writes the control stream into `told`, across restarts of the core."""
        while True:
            try:
                async with self.control.events() as events:
                    async for stamped in events:
                        await self.told.add(stamped)
            except ControlError:
                pass
            await asyncio.sleep(POLL_SECONDS)

    async def watch_simulator(self) -> None:
        """Writes the simulator's stream into `noticed`."""
        while True:
            try:
                async for event in self.simulator.events(0):
                    await self.noticed.add(event)
            except SimulatorError:
                pass
            await asyncio.sleep(POLL_SECONDS)


def epoch(at: str) -> float:
    """The simulator's time stamp as UTC epoch seconds."""
    return datetime.fromisoformat(at).timestamp()


def free_port() -> int:
    """A TCP port that nobody has just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def environment(
    folder: Path, web_port: int, extra: Mapping[str, str] | None = None, machine: Mapping[str, str] | None = None
) -> dict[str, str]:
    """For a box in `folder`; `extra` gives configuration keys such as MODEM__AT_PORT, `machine` what the machine has.

    Its processes are not traced for coverage: what they do in real time would no longer be what is shipped.
    """
    left_out = ("SECRETARYD", "COVERAGE_PROCESS")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    own = {
        "BOX__DATA_DIR": str(folder / "data"),
        "CONTROL__SOCKET": str(folder / "control.sock"),
        "WEB__LISTEN": f"127.0.0.1:{web_port}",
        **(extra or {}),
    }
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    ours = {f"SECRETARYD__{key}": value for key, value in own.items()}
    return {**inherited, **(machine or {}), "PYTHONPATH": os.pathsep.join(paths), **ours}


def children(parent: int) -> dict[str, int]:
    """Role to pid of the processes whose parent this is."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, ppid = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(ppid) == parent and state != "Z":
            found[_role(words)] = int(entry.name)
    return found


def _role(words: list[bytes]) -> str:
    if b"hw.simulator" in words:
        return "simulator"
    after = words.index(b"secretaryd") + 1 if b"secretaryd" in words else len(words)
    return words[after].decode() if after < len(words) else b" ".join(words).decode(errors="replace")


def ours(folder: Path) -> dict[int, str]:
    """Processes that were started for a box in this folder, by what stands in their environment."""
    mark = f"SECRETARYD__BOX__DATA_DIR={folder / 'data'}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def sockets_and_links(folder: Path) -> list[Path]:
    """What a process that ended well has removed."""
    return [path for path in folder.rglob("*") if path.is_socket() or path.is_symlink()]


def is_ready(status: dict[str, Any]) -> bool:
    """Modem registered, both engines and the model up."""
    modem = status["modem"]
    return bool(modem["up"] and modem["registered"] and status["speech"]["up"] and status["llm"]["up"])


async def start(
    folder: Path,
    *,
    simulate: bool = True,
    extra: Mapping[str, str] | None = None,
    machine: Mapping[str, str] | None = None,
) -> Box:
    """Starts the processes and returns at once."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environ = environment(folder, port, extra, machine)
    command = [sys.executable, "-m", "secretaryd", "all", *(["--simulate"] if simulate else [])]
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=environ, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
    control = AsyncControlClient(folder / "control.sock")
    return Box(folder, environ, port, process, control, SimulatorClient(folder / "simulator" / "simulator.sock"))


@asynccontextmanager
async def running(
    folder: Path,
    *,
    simulate: bool = True,
    extra: Mapping[str, str] | None = None,
    machine: Mapping[str, str] | None = None,
    ready: Callable[[dict[str, Any]], bool] = is_ready,
    started: Callable[[int], None] = lambda _: None,
) -> AsyncIterator[Box]:
    """A box that is ready; ended and inspected at the end. What the body raises goes on after the processes' end.
    `started` is told the supervisor's pid before it has any children."""
    box = await start(folder, simulate=simulate, extra=extra, machine=machine)
    started(box.process.pid)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_kill, box)
        stack.push_async_callback(box.control.close)
        for watch in (box.watch_control(), box.watch_simulator()):
            stack.push_async_callback(_cancel, asyncio.create_task(watch, name="box.watch"))
        await box.until(ready, seconds=READY_SECONDS)
        async with asyncio.timeout(READY_SECONDS):  # a box that has just started makes its phrases' sound first
            while "phrases warmed" not in box.log:  # noqa: ASYNC110 (another process has no event of ours)
                await asyncio.sleep(POLL_SECONDS)
        yield box
        if box.process.returncode is None:
            await box.stop()


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})


async def _kill(box: Box) -> None:
    """For a test that failed: nothing of it may go on."""
    if box.process.returncode is None:
        box.process.kill()
        await box.process.wait()
    for pid in ours(box.folder):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
