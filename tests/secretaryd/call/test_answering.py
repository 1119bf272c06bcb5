"""Fillers: said only while an answer is waited for, never in two answers running, and no part of what was answered."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from secretaryd.answer.broker import CallState
from secretaryd.answer.patience import ON_TIME, Timing
from secretaryd.answer.prompt import Exchange
from secretaryd.answer.reply import FILLER, Piece, Reply
from secretaryd.call import answering
from secretaryd.call.answering import Answering
from tests.fakes.leading import FakeStorage, parts
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
