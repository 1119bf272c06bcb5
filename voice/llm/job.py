"""One piece of work for the engine, and the handle its asker holds."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from voice.llm.ports import TokenSampler
from voice.llm.protocol import ChatMessage, Priority, Usage, Work
from voice.llm.text import TextStream

STREAM_AHEAD = 32
"""Pieces of text that may wait for a slow reader; its generation then rests and others go on."""

Rank = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the model. `partial` (prefill only) is the user's unfinished message."""

    messages: tuple[ChatMessage, ...]
    session: str = ""
    priority: Priority = Priority.CALL
    work: Work = Work.GENERATE
    partial: str = ""
    max_tokens: int = 120
    temperature: float = 0.2
    stop: tuple[str, ...] = ()
    seed: int = 0


@dataclass(slots=True, eq=False)
class Job:
    """A request on its way. Only the runner writes here; the asker's handle reads and cancels."""

    request: Request
    number: int
    asked_at: float
    tokens: list[int] = field(default_factory=list)
    """The prompt and what was generated; the last one generated is not evaluated yet."""
    prompt: int = 0
    cached: int | None = None
    evaluated: int = 0
    started_at: float | None = None
    first_at: float | None = None
    ended_at: float | None = None
    preemptions: int = 0
    finish_reason: str = ""
    error: Exception | None = None
    sampler: TokenSampler | None = None
    pieces: deque[str] = field(default_factory=deque)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    text: TextStream = field(init=False)

    def __post_init__(self) -> None:
        self.text = TextStream(self.request.stop)

    @property
    def rank(self) -> Rank:
        """The lowest goes first."""
        return (self.request.priority.rank, self.request.work, self.number)

    @property
    def key(self) -> str:
        """Whose evaluated prompt it is; a request without a session has a private one while it lives."""
        return self.request.session or f"\x00{self.number}"

    @property
    def ended(self) -> bool:
        """Nothing more will come."""
        return self.ended_at is not None

    @property
    def blocked(self) -> bool:
        """Its reader is slow."""
        return len(self.pieces) >= STREAM_AHEAD

    @property
    def prepared(self) -> bool:
        """Its prompt is known to be good."""
        return self.prompt > 0

    @property
    def generated(self) -> int:
        """Tokens generated so far."""
        return len(self.tokens) - self.prompt

    def emit(self, text: str) -> None:
        """Text for the reader."""
        if text:
            self.pieces.append(text)
            self.changed.set()

    def usage(self, now: float) -> Usage:
        """What it has cost so far."""
        return Usage(
            prompt_tokens=self.prompt,
            cached_tokens=self.cached or 0,
            evaluated_tokens=self.evaluated,
            completion_tokens=self.generated,
            queued_s=(self.started_at or now) - self.asked_at,
            first_token_s=self.first_at - self.asked_at if self.first_at is not None else 0.0,
            total_s=(self.ended_at or now) - self.asked_at,
            preemptions=self.preemptions,
        )


class Handle:
    """What the asker holds: an asynchronous iterator of text. Leaving it open keeps the engine busy: close it."""

    def __init__(self, job: Job, cancel: Callable[[Job], None], wake: Callable[[], None], now: Callable[[], float]):
        self._job, self._cancel, self._wake, self._now = job, cancel, wake, now

    def __aiter__(self) -> "Handle":
        return self

    async def __anext__(self) -> str:
        """The next piece of text; raises what ended the job, PromptError and EngineError among them."""
        job = self._job
        while not job.pieces:
            if job.ended:
                if job.error is not None:
                    raise job.error
                raise StopAsyncIteration
            await self._change()
        full = job.blocked
        piece = job.pieces.popleft()
        if full:
            self._wake()
        return piece

    async def prepared(self) -> None:
        """Returns when the prompt is known to fit; raises PromptError, or what else ended the job."""
        while not (self._job.prepared or self._job.ended):
            await self._change()
        if self._job.error is not None:
            raise self._job.error

    async def done(self) -> Usage:
        """Waits for the end and returns what it cost; raises what ended the job."""
        while not self._job.ended:
            await self._change()
        if self._job.error is not None:
            raise self._job.error
        return self.usage

    async def _change(self) -> None:
        self._job.changed.clear()
        await self._job.changed.wait()

    def close(self) -> None:
        """Cancels what is left, within one token."""
        self._cancel(self._job)

    @property
    def usage(self) -> Usage:
        """What it has cost so far."""
        return self._job.usage(self._now())

    @property
    def finish_reason(self) -> str:
        """ "stop", "length", "cancelled" or "superseded"; "" while it runs."""
        return self._job.finish_reason

    @property
    def tokens(self) -> Sequence[int]:
        """Prompt and generated tokens, for tests and traces."""
        return tuple(self._job.tokens)
