"""Measurements and a question to the model: one at a time, and a call goes first."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from secretaryd.bus import Bus
from secretaryd.control.protocol.trial import AskModel, BenchChanged, RunBench, ShowBench
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.desk import Desk
from secretaryd.desk.trial import TrialDesk
from secretaryd.doctor.bench import BenchFailed
from voice.errors import ModelUnavailable
from voice.llm.protocol import ChatMessage

ANNA = Peer(1, "anna")


class Line:
    busy = False


class Model:
    """Says its words, or why not."""

    def __init__(self) -> None:
        self.words: list[str] = ["С девяти ", "до шести."]
        self.error = ""
        self.heard: list[Sequence[ChatMessage]] = []
        self.released: list[str] = []
        self.after_word: Callable[[], None] = lambda: None

    async def stream(self, messages: Sequence[ChatMessage], **_: Any) -> AsyncGenerator[str, None]:
        self.heard.append(messages)
        if self.error:
            raise ModelUnavailable(self.error)
        for word in self.words:
            yield word
            self.after_word()

    async def release(self, session: str) -> None:
        self.released.append(session)


class Scene:
    def __init__(self, language: str = "ru") -> None:
        self.line, self.model, self.bus = Line(), Model(), Bus()
        self.go_on, self.measured = asyncio.Event(), asyncio.Event()
        self.failure: BenchFailed | None = None
        self.trial = TrialDesk(self._measure, self.model, self.line, self.bus, language, lambda: 5.0)
        self.desk = Desk([self.trial.handlers()], "ru")

    async def _measure(self, step: Callable[[str], None]) -> dict[str, Any]:
        step("disk")
        step("voice")
        self.measured.set()
        await self.go_on.wait()
        if self.failure is not None:
            raise self.failure
        return {"recommended": "m"}

    async def ask(self, request: Any) -> Any:
        return await self.desk(request, ANNA)

    async def refused(self, request: Any) -> tuple[str, int]:
        with pytest.raises(DeskError) as caught:
            await self.ask(request)
        return caught.value.problem.code, caught.value.status

    async def over(self) -> dict[str, Any]:
        """The job once it has ended."""
        with self.bus.reader(0) as reader:
            async with asyncio.timeout(5):
                async for stamped in reader:
                    if isinstance(stamped.event, BenchChanged) and stamped.event.state != "running":
                        break
        job: dict[str, Any] = (await self.ask(ShowBench()))["job"]
        return job


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    s = Scene()
    task = asyncio.create_task(s.trial.run())
    try:
        yield s
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_measurement_tells_how_far_it_is_and_keeps_its_result() -> None:
    async with scene() as s:
        assert (await s.ask(ShowBench()))["job"] is None
        assert (await s.ask(RunBench()))["job"]["state"] == "running"
        await s.measured.wait()
        going = (await s.ask(ShowBench()))["job"]
        assert (going["step"], going["part"], going["who"], going["at"]) == ("voice", 0.25, "anna", 5.0)
        assert await s.refused(RunBench()) == ("busy", 409)
        s.go_on.set()
        job = await s.over()
        assert (job["state"], job["part"], job["result"]) == ("done", 1.0, {"recommended": "m"})
        await s.ask(RunBench())


async def test_a_call_breaks_a_measurement_off_and_none_begins_during_one() -> None:
    async with scene() as s:
        await s.ask(RunBench())
        await s.measured.wait()
        s.line.busy = True
        job = await s.over()
        assert (job["state"], job["problem"]["code"]) == ("failed", "call_came")
        assert await s.refused(RunBench()) == ("call_running", 409)


@pytest.mark.parametrize("part", ["speech", "disk"])
async def test_what_could_not_be_measured_is_told(part: str) -> None:
    async with scene() as s:
        s.failure = BenchFailed(part, "it is away")
        s.go_on.set()
        await s.ask(RunBench())
        job = await s.over()
        assert job["problem"]["code"] == part
        assert "it is away" in job["problem"]["text"]


async def test_the_model_answers_one_question_and_nothing_is_kept() -> None:
    async with scene() as s:
        answer = await s.ask(AskModel(text="  Когда вы\nработаете? "))
        assert answer["text"] == "С девяти до шести."
        assert 0 <= answer["first"] <= answer["took"]
        assert [message.content for message in s.model.heard[0]][-1] == "Когда вы работаете?"
        assert s.model.released == ["trial"]


@pytest.mark.parametrize(
    ("text", "refusal"), [(" ", ("empty", 400)), ("а" * 1001, ("too_long", 400)), ("ау", ("model_away", 503))]
)
async def test_a_question_that_cannot_be_answered_is_refused(text: str, refusal: tuple[str, int]) -> None:
    async with scene() as s:
        s.model.error = "no node"
        assert await s.refused(AskModel(text=text)) == refusal


async def test_a_call_goes_before_a_question() -> None:
    async with scene() as s:
        s.line.busy = True
        assert await s.refused(AskModel(text="ау")) == ("call_running", 409)
        s.line.busy = False
        s.model.after_word = lambda: setattr(s.line, "busy", True)
        assert (await s.ask(AskModel(text="ау")))["text"] == "С девяти", "what came after the call is left out"
