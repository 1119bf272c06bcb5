"""Who gets the engine next: one loop, one step (at most a batch of the prompt, or one token) at a time.

A job is its list of tokens; the context is a list of tokens too. Before each step the context is made a prefix of the
job's list, from what is in it or from a saved state, so pre-emption, resumption and the reuse of prompts are one rule.
"""

import asyncio
import functools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from voice.busy import Busy
from voice.errors import ModelUnavailable, VoiceError
from voice.llm.job import Handle, Job, Request
from voice.llm.pace import Clock, MonotonicClock
from voice.llm.ports import BATCH, Engine
from voice.llm.prompt import ChatTemplate, fit
from voice.llm.protocol import EngineHealth, LlmSettings, ModelState, Work
from voice.llm.sessions import Saved, Sessions, common

log = logging.getLogger(__name__)

MAX_JOBS = 16
SMOOTHING = 0.2

P = ParamSpec("P")
T = TypeVar("T")

Load = Callable[[LlmSettings, Callable[[], bool]], Engine]
"""Makes the engine, on its thread; the second argument tells whether loading is still wanted."""


class QueueFull(ModelUnavailable):
    """MAX_JOBS are waiting already."""


def load_llama(settings: LlmSettings, given_up: Callable[[], bool]) -> Engine:
    """The true engine. llama.cpp is imported here, on the engine's thread: a machine without it still has a node that
    says so. Raises ModelFileError, ImportError."""
    from voice.llm.engine import LlamaEngine

    assert settings.model is not None
    return LlamaEngine(settings.model, context=settings.context, threads=settings.threads, given_up=given_up)


class ModelRunner:
    """One model and the queue before it. `run` owns the engine's thread; the rest is called on the same loop."""

    def __init__(
        self,
        settings: LlmSettings,
        *,
        load: Load = load_llama,
        clock: Clock | None = None,
        sessions: Sessions | None = None,
        busy: Busy | None = None,
    ) -> None:
        self._settings, self._load, self._clock = settings, load, clock or MonotonicClock()
        self._sessions = Sessions() if sessions is None else sessions
        self._busy = busy or Busy()
        self._jobs: list[Job] = []
        self._current: Job | None = None
        self._decoding = False
        self._context: list[int] = []
        self._context_of: Job | None = None
        """Whose tokens the context is a prefix of."""
        self._context_key = ""
        """The session under which the context is to be kept; "" for none."""
        self._context_saved = True
        self._count = 0
        self._wake = asyncio.Event()
        self._interrupt = asyncio.Event()
        self._settled = asyncio.Event()
        self._state = ModelState.LOADING if settings.model else ModelState.ABSENT
        self._reason = "" if settings.model else settings.trouble
        self._load_seconds = self._prefill_tps = self._decode_tps = 0.0

    def submit(self, request: Request) -> Handle:
        """Queues a request. Raises ModelUnavailable while there is no model, QueueFull beyond MAX_JOBS."""
        if self._state is not ModelState.READY:
            raise ModelUnavailable(self._reason or "the model is loading")
        if request.session:
            self._supersede(request.session)
        if len(self._jobs) >= MAX_JOBS:
            raise QueueFull(f"{MAX_JOBS} requests are waiting")
        self._count += 1
        job = Job(request, self._count, self._clock.now())
        self._jobs.append(job)
        self._wake.set()
        if self._outranks(job):
            self._stop_step()
        return Handle(job, self._cancel, self._wake.set, self._clock.now)

    def release(self, session: str) -> None:
        """Ends a session: its jobs and its kept prompt."""
        for job in [job for job in self._jobs if job.request.session == session]:
            self._cancel(job)
        self._sessions.forget(session)
        if self._context_key == session:
            self._context_key, self._context_saved = "", True

    async def settled(self) -> ModelState:
        """Waits until the model is loaded, or has failed to."""
        await self._settled.wait()
        return self._state

    @property
    def health(self) -> EngineHealth:
        """For /health."""
        pace = self._settings.pace
        return EngineHealth(
            state=self._state,
            reason=self._reason,
            model=self._settings.name,
            starter=self._settings.starter,
            load_seconds=round(self._load_seconds, 3),
            context=self._engine.info.context if self._state is ModelState.READY else 0,
            queue=len(self._jobs),
            sessions=len(self._sessions),
            session_bytes=self._sessions.size,
            prefill_tps=round(self._prefill_tps, 1),
            decode_tps=round(self._decode_tps, 1),
            paced=str(pace) if pace else "",
        )

    async def run(self) -> None:
        """Loads the model, then works until cancelled; open jobs then end with ModelUnavailable."""
        with ThreadPoolExecutor(1, thread_name_prefix="llm-engine") as self._thread:
            try:
                if not await self._start():
                    await asyncio.Event().wait()
                await self._work()
            finally:
                await self._shut()

    async def _start(self) -> bool:
        if self._state is ModelState.ABSENT:
            self._settled.set()
            return False
        given_up = threading.Event()
        began = self._clock.now()
        loading = asyncio.get_running_loop().run_in_executor(self._thread, self._load, self._settings, given_up.is_set)
        try:
            self._engine = await asyncio.shield(loading)
            self._template = ChatTemplate(
                self._engine.info.chat_template, bos=self._engine.info.bos, eos=self._engine.info.eos
            )
        except asyncio.CancelledError:
            given_up.set()
            await asyncio.wait({loading})
            if loading.exception() is None:
                await asyncio.wrap_future(self._thread.submit(loading.result().close))
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the process stays up and says why
            self._state, self._reason = ModelState.FAILED, str(error) or type(error).__name__
            log.error("model not loaded", extra={"model": self._settings.name, "reason": self._reason})
        else:
            self._load_seconds = self._clock.now() - began
            self._state, self._reason = ModelState.READY, ""
            log.info("model loaded", extra={"model": self._settings.name, "seconds": round(self._load_seconds, 3)})
        self._settled.set()
        return self._state is ModelState.READY

    async def _shut(self) -> None:
        ready, self._state, self._reason = self._state is ModelState.READY, ModelState.ABSENT, "the node is closing"
        for job in list(self._jobs):
            self._end(job, "", ModelUnavailable(self._reason))
        if ready:
            self._engine.interrupt()
            await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.close)

    async def _work(self) -> None:
        while True:
            job = await self._next()
            self._current = job
            self._interrupt.clear()
            self._engine.resume()
            try:
                await self._step(job)
            except VoiceError as error:
                self._context, self._context_of, self._context_key, self._context_saved = [], None, "", True
                self._end(job, "", error)
            finally:
                self._current, self._decoding = None, False
                if job.ended:
                    self._free(job)

    async def _next(self) -> Job:
        while True:
            if ready := [job for job in self._jobs if not job.blocked]:
                return min(ready, key=lambda job: job.rank)
            self._wake.clear()
            await self._wake.wait()

    # -- one step ---------------------------------------------------------------------------------------------------

    async def _step(self, job: Job) -> None:
        if not job.prepared and not await self._prepare(job):
            return
        if self._context_of is not job:
            await self._switch(job)
        if not job.ended:
            await self._advance(job)

    async def _advance(self, job: Job) -> None:
        chunk = job.tokens[len(self._context) : len(self._context) + BATCH]
        last = len(self._context) + len(chunk) == len(job.tokens)
        sampled = await self._evaluate(job, chunk, sample=last and job.request.work is Work.GENERATE)
        if sampled is not None:
            self._take(job, *sampled)
        elif job.request.work is Work.PREFILL and len(self._context) >= len(job.tokens):
            self._end(job, "stop")

    async def _prepare(self, job: Job) -> bool:
        """Prompt to tokens; an unfit prompt ends the job with PromptError and touches nothing."""
        job.started_at = self._clock.now()
        try:
            tokens, dropped = await self._call(self._tokens_of, job.request)
        except VoiceError as error:
            self._end(job, "", error)
            return False
        if job.ended:
            return False
        if dropped:
            log.info("old messages left out", extra={"dropped": dropped, "tokens": len(tokens)})
        job.tokens, job.prompt = tokens, len(tokens)
        job.changed.set()
        return True

    def _tokens_of(self, request: Request) -> tuple[list[int], int]:
        """On the engine's thread."""
        context = self._engine.info.context
        write = self._template.prompt
        if request.work is Work.PREFILL:
            write = functools.partial(self._template.opening, partial=request.partial)
        limit = context - min(request.max_tokens, context // 2)
        return fit(request.messages, limit, lambda messages: self._engine.tokenize(write(messages)))

    async def _switch(self, job: Job) -> None:
        """Makes the context a prefix of the job's tokens, the longest to be had."""
        if self._context_key not in ("", job.key) and not self._context_saved:
            self._sessions.keep(self._context_key, Saved(tuple(self._context), await self._call(self._engine.save)))
            self._context_saved = True
        # An answer needs the logits of the last token: that one is always evaluated anew.
        wanted = job.tokens if job.request.work is Work.PREFILL else job.tokens[:-1]
        length = common(self._context, wanted)
        saved_length, saved = self._sessions.best(job.key, wanted)
        if saved is not None and saved_length > length:
            await self._call(self._engine.restore, saved.state)
            self._context, length = list(saved.tokens), saved_length
        if length < len(self._context):
            length = await self._call(self._engine.truncate, length)
            del self._context[length:]
        if job.cached is None:
            job.cached = length
        else:
            job.preemptions += 1
        self._context_of = job
        # A request without a session may have ended meanwhile: nobody will ask for its context again.
        self._context_key = job.key if job.request.session or not job.ended else ""

    async def _evaluate(self, job: Job, chunk: list[int], *, sample: bool) -> tuple[int, bytes, bool] | None:
        """Evaluates `chunk` and chooses the next token, its text and whether it is the end; None if interrupted, and
        when no token was asked for."""
        self._decoding = job.generated > 0 and len(chunk) == 1
        if not chunk:
            return None
        began = self._clock.now()
        held, sampled = await self._call(self._compute, job, chunk, sample)
        wanted = len(self._context) + len(chunk)
        pace = self._settings.pace
        if held == wanted and pace is not None:
            due = pace.seconds(len(chunk), decoding=self._decoding) - (self._clock.now() - began)
            if due > 0 and await self._clock.wait(self._interrupt, due):
                # The slow machine would have been stopped in the middle, and lost the batch.
                held = await self._call(self._engine.truncate, len(self._context))
        if held != wanted:
            del self._context[held:]
            return None
        self._context.extend(chunk)
        self._context_saved = False
        job.evaluated += len(chunk)
        self._measure(len(chunk), self._clock.now() - began)
        return sampled

    def _compute(self, job: Job, chunk: list[int], sample: bool) -> tuple[int, tuple[int, bytes, bool] | None]:
        """On the engine's thread: one hop a token."""
        engine = self._engine
        held = engine.evaluate(chunk, len(self._context))
        if not sample or held != len(self._context) + len(chunk):
            return held, None
        if job.sampler is None:
            job.sampler = engine.sampler(job.request.temperature, job.request.seed)
        token = job.sampler.sample()
        return held, (token, engine.piece(token), engine.is_end(token))

    def _take(self, job: Job, token: int, piece: bytes, end: bool) -> None:
        if job.ended:
            return
        if job.first_at is None:
            job.first_at = self._clock.now()
        if end:
            self._end(job, "stop")
            return
        job.tokens.append(token)
        job.emit(job.text.feed(piece))
        if job.text.stopped:
            self._end(job, "stop")
        elif job.generated >= job.request.max_tokens or len(job.tokens) >= self._engine.info.context:
            self._end(job, "length")

    def _measure(self, tokens: int, seconds: float) -> None:
        speed = tokens / max(seconds, 1e-6)
        if self._decoding:
            self._decode_tps += (speed - self._decode_tps) * (SMOOTHING if self._decode_tps else 1.0)
        else:
            self._prefill_tps += (speed - self._prefill_tps) * (SMOOTHING if self._prefill_tps else 1.0)

    # -- queue ------------------------------------------------------------------------------------------------------

    def _outranks(self, job: Job) -> bool:
        """Whether `job` is worth throwing away the step under way. One token is let finish, and so is a session's own
        preparation: what it evaluates is what the newcomer needs."""
        current = self._current
        if current is None or self._decoding or current.request.session == job.request.session != "":
            return False
        return current.ended or job.rank < current.rank

    def _supersede(self, session: str) -> None:
        """A session's newer request makes its older preparations pointless."""
        for job in [job for job in self._jobs if job.request.session == session and job.request.work is Work.PREFILL]:
            self._end(job, "superseded")

    def _cancel(self, job: Job) -> None:
        if job.ended:
            return
        if job is self._current and job.request.work is Work.GENERATE:
            self._stop_step()
        self._end(job, "cancelled")

    def _stop_step(self) -> None:
        self._interrupt.set()
        self._engine.interrupt()

    def _end(self, job: Job, reason: str, error: Exception | None = None) -> None:
        if job.ended:
            return
        job.ended_at, job.finish_reason, job.error = self._clock.now(), reason, error
        if reason in ("stop", "length") and not job.text.stopped:
            job.emit(job.text.close())
        self._jobs.remove(job)
        if job is not self._current:
            self._free(job)
        if not job.request.session:
            self._sessions.forget(job.key)
            if self._context_key == job.key:
                self._context_key, self._context_saved = "", True
        job.changed.set()

    def _free(self, job: Job) -> None:
        sampler, job.sampler = job.sampler, None
        if sampler is not None:
            self._thread.submit(sampler.close)

    async def _call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work` on the engine's thread. A cancelled caller interrupts it and still waits for its end."""
        piece = functools.partial(self._busy.run, work, *args, **kwargs)
        future = asyncio.get_running_loop().run_in_executor(self._thread, piece)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self._engine.interrupt()
            await asyncio.wait({future})
            raise
