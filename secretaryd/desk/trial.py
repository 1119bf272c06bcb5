"""Requests that try the box out. A call goes first: the machine is the caller's."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

from secretaryd.bus import Bus
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.trial import AskModel, BenchChanged, RunBench, ShowBench
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers
from secretaryd.doctor.bench import STEPS, BenchFailed
from voice.errors import ModelUnavailable
from voice.llm.protocol import ChatMessage, Priority

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.25
"""How soon a measurement makes way for a call."""
MAX_TEXT: Final = 1000
MAX_TOKENS: Final = 200
FIRST_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 110.0
SESSION: Final = "trial"
TEXTS: Final = {
    "ru": {
        "call_running": ("Идёт звонок: машина занята им.", "Попробуйте после звонка."),
        "call_came": ("Пришёл звонок, измерение прервано.", "Повторите после звонка."),
        "busy": ("Измерение уже идёт.", "Дождитесь конца."),
        "speech": ("Речевой процесс не отвечает: {}.", "secretaryctl doctor speech"),
        "disk": ("На диск не удалось записать: {}.", "secretaryctl doctor disk"),
        "empty": ("Вопрос пуст.", ""),
        "too_long": (f"Вопрос длиннее {MAX_TEXT} знаков.", ""),
        "model_away": ("Модель не отвечает: {}.", "secretaryctl doctor llm"),
        "says": "Отвечай кратко, по-русски, одним-двумя предложениями.",
    },
    "en": {
        "call_running": ("A call is on the line: the machine is busy with it.", "Try again after the call."),
        "call_came": ("A call came, and the measurement was broken off.", "Try again after the call."),
        "busy": ("A measurement is under way already.", "Wait for its end."),
        "speech": ("The speech process does not answer: {}.", "secretaryctl doctor speech"),
        "disk": ("It could not be written to the disk: {}.", "secretaryctl doctor disk"),
        "empty": ("The question is empty.", ""),
        "too_long": (f"The question is longer than {MAX_TEXT} characters.", ""),
        "model_away": ("The model does not answer: {}.", "secretaryctl doctor llm"),
        "says": "Answer briefly, in English, in one or two sentences.",
    },
}


class Line(Protocol):
    """The line's arbiter."""

    @property
    def busy(self) -> bool:
        """A call has the line, or rings."""


class Model(Protocol):
    """The pool of nodes."""

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        session: str,
        priority: Priority,
        max_tokens: int,
        first_token_s: float,
    ) -> AsyncGenerator[str, None]:
        """Raises ModelUnavailable."""

    async def release(self, session: str) -> None:
        """Never fails."""


Measure = Callable[[Callable[[str], None]], Awaitable[dict[str, Any]]]
"""Told each step. Raises BenchFailed."""


@dataclass(slots=True)
class Job:
    """A measurement, or the last one."""

    who: str
    at: float
    state: str = "running"
    step: str = ""
    part: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    problem: dict[str, str] = field(default_factory=dict)


class TrialDesk:
    """One measurement at a time, done by `run`."""

    def __init__(
        self, measure: Measure, model: Model, line: Line, bus: Bus, language: str, now: Callable[[], float] = time.time
    ) -> None:
        self._measure, self._model, self._line, self._bus, self._now = measure, model, line, bus, now
        self._texts: Texts[Any] = Texts(TEXTS, language)
        self._job: Job | None = None
        self._orders: asyncio.Queue[Job] = asyncio.Queue(1)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {RunBench: self._begin, ShowBench: self._show, AskModel: self._try}

    async def run(self) -> None:
        """For ever."""
        while True:
            job = await self._orders.get()
            await self._do(job)
            self._tell(job)
            log.info("measured", extra={"state": job.state, "reason": job.problem.get("text", "")})

    async def _begin(self, _: RunBench, peer: Peer) -> Any:
        self._free()
        if self._job is not None and self._job.state == "running":
            raise DeskError(self._problem("busy"), 409)
        self._job = Job(peer.actor or f"uid {peer.uid}", self._now())
        self._orders.put_nowait(self._job)
        return {"job": asdict(self._job)}

    async def _show(self, _: ShowBench, __: Peer) -> Any:
        return {"job": asdict(self._job) if self._job is not None else None}

    async def _do(self, job: Job) -> None:
        def step(name: str) -> None:
            job.step, job.part = name, STEPS.index(name) / len(STEPS)
            self._tell(job)

        work = asyncio.ensure_future(self._measure(step))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=LOOK_SECONDS)
                if self._line.busy and not work.done():
                    self._failed(job, self._problem("call_came"))
                    return
            job.result = work.result()
            job.state, job.part = "done", 1.0
        except BenchFailed as error:
            self._failed(job, self._problem(error.part, str(error)))
        finally:
            work.cancel()
            await asyncio.wait({work})

    def _failed(self, job: Job, problem: Problem) -> None:
        job.state, job.problem = "failed", {"code": problem.code, "text": problem.text, "remedy": problem.remedy}

    async def _try(self, request: AskModel, _: Peer) -> Any:
        text = " ".join(request.text.split())
        if not text or len(text) > MAX_TEXT:
            raise DeskError(self._problem("too_long" if text else "empty"), 400)
        self._free()
        messages = [ChatMessage("system", self._texts["says"]), ChatMessage("user", text)]
        began, first, answer = time.monotonic(), 0.0, ""
        deltas = self._model.stream(
            messages,
            session=SESSION,
            priority=Priority.BATCH,
            max_tokens=MAX_TOKENS,
            first_token_s=FIRST_SECONDS,
        )
        try:
            async with asyncio.timeout(ANSWER_SECONDS), aclosing(deltas):
                async for delta in deltas:
                    if self._line.busy:
                        break
                    first = first or time.monotonic() - began
                    answer += delta
        except (ModelUnavailable, TimeoutError) as error:
            raise DeskError(self._problem("model_away", str(error) or f"{ANSWER_SECONDS:g} s"), 503) from error
        finally:
            await self._model.release(SESSION)
        return {"text": answer.strip(), "first": round(first, 3), "took": round(time.monotonic() - began, 3)}

    def _free(self) -> None:
        if self._line.busy:
            raise DeskError(self._problem("call_running"), 409)

    def _problem(self, code: str, *what: str) -> Problem:
        text, remedy = self._texts[code]
        return Problem(code=code, text=text.format(*what), remedy=remedy)

    def _tell(self, job: Job) -> None:
        self._bus.publish(
            BenchChanged(state=job.state, step=job.step, part=job.part, reason=job.problem.get("text", ""))
        )
