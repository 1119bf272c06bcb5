"""Fillers: said only while an answer is waited for, never in two answers running, and no part of what was answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from secretaryd.answer.broker import CallState
from secretaryd.answer.patience import ON_TIME, Timing
from secretaryd.answer.prompt import Exchange
from secretaryd.answer.reply import FILLER, Piece, Reply
from secretaryd.call import answering
from secretaryd.call.answering import Answering
from tests.fakes.leading import FakeStorage, parts
from tests.fakes.virtual_loop import VirtualLoop
from voice.conversation import Said
from voice.turn import TurnTimes, Utterance

ANSWER = Piece("До двух часов.", "model")


class Slow:
    """A ladder whose model is predicted to be late, and is: until `there`."""

    def __init__(self) -> None:
        self.there = asyncio.Event()
        self.timings: list[Timing] = []
        self.histories: list[tuple[Exchange, ...]] = []

    async def answer(
        self,
        heard: str,
        history: Sequence[Exchange],
        *,
        session: str,
        state: CallState | None = None,
        note: str = "",
        timing: Timing = ON_TIME,
    ) -> AsyncIterator[Reply]:
        self.timings.append(timing)
        self.histories.append(tuple(history))
        if timing.filler:
            yield Piece("Секунду.", FILLER)
        await self.there.wait()
        yield ANSWER

    def note(self) -> str:
        return ""


class Mouth:
    """Says everything at once; what comes behind a filler is thought of while it is said."""

    def __init__(self, ladder: Slow, *, cut: bool = False) -> None:
        self._ladder, self._cut = ladder, cut
        self.said: list[tuple[str, bool]] = []

    async def speak(
        self, utterances: AsyncIterator[Utterance], *, interruptible: bool = True, filler: bool = False
    ) -> Said:
        if filler:
            self._ladder.there.set()
        given = [one async for one in utterances]
        text = " ".join(one.text for one in given)
        self.said.append((text, filler))
        return Said(text, tuple(given), filler and self._cut, 0.0, 1.0, TurnTimes())


async def nothing(_: str) -> None:
    """Prepares nothing."""


@pytest.fixture
def ladder(monkeypatch: pytest.MonkeyPatch) -> Slow:
    monkeypatch.setattr(answering, "FILLER_SECONDS", 0.0)
    return Slow()


def made(ladder: Slow, mouth: Mouth) -> Answering:
    return Answering(parts(FakeStorage(), answers=ladder), "call-7", mouth, nothing, lambda: None)


async def test_a_filler_is_said_first_and_the_answer_behind_it(ladder: Slow) -> None:
    mouth = Mouth(ladder)
    subject = made(ladder, mouth)
    outcome = await subject.answer("сколько ждать", 0.9, 0.4)
    assert mouth.said == [("Секунду.", True), ("До двух часов.", False)]
    assert outcome.said.text == "До двух часов."
    assert ladder.timings[0].waited == pytest.approx(0.4)
    await subject.close()


async def test_two_answers_running_have_no_filler_each_and_none_is_remembered(ladder: Slow) -> None:
    mouth = Mouth(ladder)
    subject = made(ladder, mouth)
    for question in ("сколько ждать", "а до двери", "а вечером"):
        await subject.answer(question, 0.9, 0.4)
        ladder.there.set()
    assert [timing.filler for timing in ladder.timings] == [True, False, True]
    assert ladder.histories[-1] == (
        Exchange("сколько ждать", "До двух часов."),
        Exchange("а до двери", "До двух часов."),
    )
    await subject.close()


async def test_who_speaks_over_a_filler_is_not_answered_what_he_asked_before(ladder: Slow) -> None:
    mouth = Mouth(ladder, cut=True)
    subject = made(ladder, mouth)
    outcome = await subject.answer("сколько ждать", 0.9, 0.4)
    assert mouth.said == [("Секунду.", True)]
    assert outcome.said.interrupted
    assert outcome.marks == ()
    await subject.close()


class Late:
    """A ladder that is asked for more than a model has time for: after `thinks` seconds there are words, with no voice
    yet."""

    def __init__(self, source: str = "model", thinks: float = 0.0) -> None:
        self._source, self._thinks = source, thinks
        self.asked: list[bool] = []

    async def answer(self, heard: str, _: object, *, timing: Timing, **_others: object) -> AsyncIterator[Reply]:
        self.asked.append(timing.ask)
        if timing.filler:
            yield Piece("Секунду.", FILLER)
        if timing.ask:
            await asyncio.sleep(self._thinks)
        yield Piece("Слова.", self._source) if timing.ask else Piece("До двух часов.", "fact")

    def note(self) -> str:
        return ""


class TimedMouth:
    """Says a filler in 1.4 s; notes the silence before everything else that it says."""

    def __init__(self) -> None:
        self._silent_since = asyncio.get_running_loop().time()
        self.said = ""
        self.silent = 0.0

    async def speak(
        self, utterances: AsyncIterator[Utterance], *, interruptible: bool = True, filler: bool = False
    ) -> Said:
        clock = asyncio.get_running_loop().time
        async for one in utterances:
            if filler:
                await asyncio.sleep(1.4)
                self._silent_since = clock()
            else:
                self.said, self.silent = one.text, clock() - self._silent_since
        return Said(self.said, (), False, 0.0, 1.0, TurnTimes())


async def slowly(_: str) -> None:
    await asyncio.sleep(5.0)


@pytest.mark.parametrize(
    ("ladder", "prepare", "waited", "said", "silent"),
    [
        pytest.param(Late(thinks=9.0), nothing, 0.4, "До двух часов.", 2.3, id="no words behind a filler"),
        pytest.param(Late(thinks=3.0), slowly, 0.4, "До двух часов.", 2.3, id="words without sound behind a filler"),
        pytest.param(Late(thinks=3.0), nothing, 0.4, "Слова.", 1.3, id="in time behind a filler"),
        pytest.param(Late(thinks=0.2), slowly, 1.9, "До двух часов.", 0.4, id="words without sound"),
        pytest.param(Late(thinks=0.2), nothing, 1.9, "Слова.", 0.2, id="in time"),
        pytest.param(Late("faq"), slowly, 9.0, "Слова.", 0.0, id="no model's: nothing else is sooner"),
    ],
)
def test_a_model_that_cannot_be_heard_in_time_is_not_waited_for(
    ladder: Late, prepare: Callable[[str], Awaitable[None]], waited: float, said: str, silent: float
) -> None:
    async def scene() -> TimedMouth:
        mouth = TimedMouth()
        subject = Answering(parts(FakeStorage(), answers=ladder), "call-7", mouth, prepare, lambda: None)
        await subject.answer("сколько ждать", 0.9, waited)
        await subject.close()
        return mouth

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        mouth = runner.run(scene())
    assert mouth.said == said
    assert mouth.silent == pytest.approx(silent, abs=0.01)
    assert ladder.asked == ([True] if said == "Слова." else [True, False])
