"""Requests that try the box out. A call goes first: the machine is the caller's."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from secretaryd.bus import Bus
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.trial import AskModel, BenchChanged, RunBench, ShowBench
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers, Line
from secretaryd.doctor.bench import FAILED, STEPS, BenchFailed
from secretaryd.nodes.ports import ModelPool
from secretaryd.reasons import in_language
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
        **FAILED["ru"],
        "empty": ("Вопрос пуст.", ""),
        "too_long": (f"Вопрос длиннее {MAX_TEXT} знаков.", ""),
        "model_away": ("Модель не отвечает: {}.", "secretaryctl doctor llm"),
        "says": "Отвечай кратко, по-русски, одним-двумя предложениями.",
    },
    "en": {
        "call_running": ("A call is on the line: the machine is busy with it.", "Try again after the call."),
        "call_came": ("A call came, and the measurement was broken off.", "Try again after the call."),
        "busy": ("A measurement is under way already.", "Wait for its end."),
        **FAILED["en"],
        "empty": ("The question is empty.", ""),
        "too_long": (f"The question is longer than {MAX_TEXT} characters.", ""),
        "model_away": ("The model does not answer: {}.", "secretaryctl doctor llm"),
        "says": "Answer briefly, in English, in one or two sentences.",
    },
}


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
    failure: tuple[str, str] | None = None
    """Code, and the reason from below."""


class TrialDesk:
    """One measurement at a time, done by `run`."""

    def __init__(
        self,
        measure: Measure,
        model: ModelPool,
        line: Line,
        bus: Bus,
        language: str,
        now: Callable[[], float] = time.time,
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
            log.info("measured", extra={"state": job.state, "reason": ": ".join(job.failure or ())})

    async def _begin(self, _: RunBench, peer: Peer) -> Any:
        self._free()
        if self._job is not None and self._job.state == "running":
            raise DeskError(self._problem("busy"), 409)
        self._job = Job(peer.actor or f"uid {peer.uid}", self._now())
        self._orders.put_nowait(self._job)
        return {"job": self._plain(self._job)}

    async def _show(self, _: ShowBench, __: Peer) -> Any:
        return {"job": self._plain(self._job) if self._job is not None else None}

    async def _do(self, job: Job) -> None:
        def step(name: str) -> None:
            job.step, job.part = name, STEPS.index(name) / len(STEPS)
            self._tell(job)

        work = asyncio.ensure_future(self._measure(step))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=LOOK_SECONDS)
                if self._line.busy and not work.done():
                    job.state, job.failure = "failed", ("call_came", "")
                    return
            job.result = work.result()
            job.state, job.part = "done", 1.0
        except BenchFailed as error:
            job.state, job.failure = "failed", (error.part, str(error))
        finally:
            work.cancel()
            await asyncio.wait({work})

    def _plain(self, job: Job) -> dict[str, Any]:
        told, language = asdict(job), self._texts.language
        if away := (told["result"].get("llm") or {}).get("away"):
            told["result"]["llm"] = {"away": in_language(away, language)}
        code, why = told.pop("failure") or ("", "")
        if not code:
            return {**told, "problem": {}}
        problem = self._problem(code, in_language(why, language))
        return {**told, "problem": {"code": problem.code, "text": problem.text, "remedy": problem.remedy}}

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
            raise DeskError(self._problem("model_away", self._why(error)), 503) from error
        finally:
            await self._model.release(SESSION)
        return {"text": answer.strip(), "first": round(first, 3), "took": round(time.monotonic() - began, 3)}

    def _free(self) -> None:
        if self._line.busy:
            raise DeskError(self._problem("call_running"), 409)

    def _why(self, error: Exception) -> str:
        return in_language(str(error) or f"no answer within {ANSWER_SECONDS:g} s", self._texts.language)

    def _problem(self, code: str, *what: str) -> Problem:
        text, remedy = self._texts[code]
        return Problem(code=code, text=text.format(*what), remedy=remedy)

    def _tell(self, job: Job) -> None:
        reason = self._plain(job)["problem"].get("text", "")
        self._bus.publish(BenchChanged(state=job.state, step=job.step, part=job.part, reason=reason))
