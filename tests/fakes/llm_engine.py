"""A language model that answers by repeating the user in capitals, one character a token, and holds its runner to the
engine's contract: one thread, positions in order, no more than a batch, a choice only right after an evaluation."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from voice.llm.job import Request
from voice.llm.pace import Clock
from voice.llm.ports import BATCH
from voice.llm.protocol import ChatMessage, LlmSettings, Priority, Work
from voice.llm.runner import ModelRunner
from voice.llm.sessions import Sessions

END = 0
_TURN = re.compile(r"<\|im_start\|>(\w+)\n(.*?)(?:<\|im_end\|>|\Z)", re.DOTALL)


@dataclass(frozen=True)
class FakeInfo:
    context: int = 4096
    chat_template: str | None = None
    bos: str = ""
    eos: str = "<|im_end|>"


class FakeSampler:
    def __init__(self, engine: "FakeEngine") -> None:
        self._engine = engine
        engine.samplers += 1

    def sample(self) -> int:
        return self._engine._next_token()

    def close(self) -> None:
        self._engine._check_thread()
        self._engine.samplers -= 1


@dataclass
class FakeEngine:
    info: FakeInfo = field(default_factory=FakeInfo)
    broken_after: int | None = None
    can_truncate: bool = True

    def __post_init__(self) -> None:
        self.held: list[int] = []
        self.log: list[tuple[int, int]] = []
        """(position, count) of every evaluation that was finished."""
        self.violations: list[str] = []
        self.samplers = 0
        self.closed = False
        self.interrupted = 0
        self._fresh = False
        self._thread: int | None = None
        self._changed = threading.Condition()
        self._abort = False
        self._allowed: int | None = None
        self.entered = threading.Event()

    # -- what a test does -------------------------------------------------------------------------------------------

    def allow(self, evaluations: int | None) -> None:
        """Lets that many more evaluations through; the next one blocks (None: all)."""
        with self._changed:
            self._allowed = evaluations
            self.entered.clear()
            self._changed.notify_all()

    async def blocked(self) -> None:
        """Waits until an evaluation is blocked."""
        await asyncio.to_thread(self.entered.wait, 5)
        assert self.entered.is_set(), "no evaluation came"

    @property
    def evaluated(self) -> int:
        return sum(count for _, count in self.log)

    # -- the engine -------------------------------------------------------------------------------------------------

    def _violated(self, what: str) -> None:
        self.violations.append(what)
        raise AssertionError(what)

    def _check_thread(self) -> None:
        here = threading.get_ident()
        self._thread = self._thread or here
        if self.closed:
            self._violated("used after close")
        if here != self._thread:
            self._violated("a second thread")

    def tokenize(self, text: str) -> list[int]:
        self._check_thread()
        return [ord(char) for char in text]

    def piece(self, token: int) -> bytes:
        return b"" if token == END else chr(token).encode()

    def is_end(self, token: int) -> bool:
        return token == END

    def evaluate(self, tokens: Sequence[int], position: int) -> int:
        self._check_thread()
        if position != len(self.held) or not 0 < len(tokens) <= BATCH:
            self._violated(f"evaluate({len(tokens)} tokens at {position}) with {len(self.held)} held")
        if position + len(tokens) > self.info.context:
            self._violated("beyond the context")
        if self.broken_after is not None and len(self.log) >= self.broken_after:
            self.held, self.broken_after = [], None
            from voice.errors import VoiceError

            raise VoiceError("the engine broke")
        with self._changed:
            while self._allowed == 0 and not self._abort:
                self.entered.set()
                self._changed.wait(5)
            if self._abort:
                return self.truncate(position)
            if self._allowed is not None:
                self._allowed -= 1
        self.held += tokens
        self.log.append((position, len(tokens)))
        self._fresh = True
        return len(self.held)

    def _next_token(self) -> int:
        self._check_thread()
        if not self._fresh:
            self._violated("a choice without an evaluation")
        text = "".join(map(chr, self.held))
        turns = _TURN.findall(text)
        role, said = turns[-1]
        if role != "assistant":
            self._violated(f"asked to speak after {role}")
        wanted = answer(turns[-2][1])
        if not wanted.startswith(said):
            self._violated(f"{said!r} is not what was said, {wanted!r}")
        return ord(wanted[len(said)]) if len(said) < len(wanted) else END

    def truncate(self, length: int) -> int:
        self._check_thread()
        self._fresh = False
        if length > len(self.held):
            self._violated("truncated to more than is held")
        del self.held[length if self.can_truncate else 0 :]
        return len(self.held)

    def clear(self) -> None:
        self.truncate(0)

    def save(self) -> bytes:
        self._check_thread()
        return "".join(map(chr, self.held)).encode()

    def restore(self, state: bytes) -> None:
        self._check_thread()
        self._fresh = False
        self.held = [ord(char) for char in state.decode()]

    def sampler(self, temperature: float, seed: int) -> FakeSampler:
        self._check_thread()
        return FakeSampler(self)

    def interrupt(self) -> None:
        with self._changed:
            self._abort = True
            self.interrupted += 1
            self._changed.notify_all()

    def resume(self) -> None:
        with self._changed:
            self._abort = False

    def close(self) -> None:
        self._check_thread()
        self.closed = True


def answer(said: str) -> str:
    """What the fake model answers."""
    return said.upper()


class FakeClock:
    """Time goes on only where somebody waits for it."""

    def __init__(self) -> None:
        self.time = 100.0
        self.waited: list[float] = []
        self.event: asyncio.Event | None = None
        self.stopped: asyncio.Event | None = None

    def now(self) -> float:
        return self.time

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        assert seconds > 0
        await asyncio.sleep(0)
        if self.stopped is not None:
            # The test holds the time: only the event ends this wait.
            self.stopped.set()
            await event.wait()
        if event.is_set():
            return True
        self.time += seconds
        self.waited.append(seconds)
        return False


def ask(text: str, *, session: str = "", priority: Priority = Priority.CALL, **more: object) -> Request:
    """A request of one user's message."""
    return Request((ChatMessage("user", text),), session=session, priority=priority, **more)  # type: ignore[arg-type]


def prepare(text: str, *, session: str, priority: Priority = Priority.CALL, partial: str = "") -> Request:
    """A prefill of a system prompt."""
    return Request((ChatMessage("system", text),), session, priority, Work.PREFILL, partial)


@asynccontextmanager
async def running(
    engine: FakeEngine,
    *,
    clock: Clock | None = None,
    sessions: Sessions | None = None,
    settings: LlmSettings | None = None,
) -> AsyncIterator[ModelRunner]:
    """A runner over `engine`, loaded; on the way out nothing may be left of any job."""
    settings = settings or LlmSettings(Path("/nowhere"), Path("fake.gguf"))
    runner = ModelRunner(settings, load=lambda _settings, _given_up: engine, clock=clock, sessions=sessions)
    task = asyncio.create_task(runner.run())
    await runner.settled()
    try:
        yield runner
    finally:
        if not task.cancel():
            task.result()
        await asyncio.wait({task})
    assert not engine.violations
    assert engine.samplers == 0
    assert engine.closed
