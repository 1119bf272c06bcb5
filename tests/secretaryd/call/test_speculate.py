"""Guesses: used when the final is the text guessed, thrown away at no cost otherwise."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from secretaryd.answer.broker import Intent
from secretaryd.answer.reply import FILLER, Piece
from secretaryd.call import speculate
from secretaryd.call.speculate import GUESSES_A_PHRASE, Guess, Speculation, SpeculationCounts
from voice.errors import SpeechUnavailable


class Ladder:
    """Counts what it was asked, and whether it was closed."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed: list[str] = []
        self.prepared: list[str] = []
        self.thought = asyncio.Event()

    async def begin(self, text: str) -> AsyncIterator[Piece | Intent]:
        self.asked.append(text)
        self.thought.set()
        try:
            for n in range(5):
                yield Piece(f"{text} {n}", "model")
            yield Intent.TAKE_MESSAGE
        finally:
            self.closed.append(text)

    async def prepare(self, text: str) -> None:
        self.prepared.append(text)


@pytest.fixture
def counts() -> SpeculationCounts:
    return SpeculationCounts()


@pytest.fixture
def ladder() -> Ladder:
    return Ladder()


@pytest.fixture
def subject(ladder, counts, monkeypatch) -> Speculation:
    monkeypatch.setattr(speculate, "STABLE_SECONDS", 0.0)
    return Speculation(ladder.begin, ladder.prepare, counts)


async def guessed(ladder: Ladder) -> None:
    await asyncio.wait_for(ladder.thought.wait(), 2)
    ladder.thought.clear()
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_stable_partial_that_is_the_final_gives_the_answer_early(subject, ladder, counts) -> None:
    subject.partial("когда вы работаете")
    await guessed(ladder)
    assert ladder.prepared == ["когда вы работаете 0"]
    guess = await subject.take("когда вы работаете")
    assert guess is not None
    replies = [reply async for reply in guess.replies()]
    assert [r.text for r in replies[:5]] == [f"когда вы работаете {n}" for n in range(5)]
    assert replies[5] is Intent.TAKE_MESSAGE
    assert (counts.begun, counts.used, counts.discarded) == (1, 1, 0)


async def test_another_final_throws_it_away_and_stops_the_model(subject, ladder, counts) -> None:
    subject.partial("когда вы работаете")
    await guessed(ladder)
    assert await subject.take("когда вы работаете завтра") is None
    assert ladder.closed == ["когда вы работаете"]
    assert (counts.begun, counts.used, counts.discarded) == (1, 0, 1)


async def test_a_new_stable_partial_replaces_the_guess(subject, ladder, counts) -> None:
    subject.partial("когда вы")
    await guessed(ladder)
    subject.partial("когда вы работаете")
    await guessed(ladder)
    assert await subject.take("когда вы работаете") is not None
    await subject.close()
    assert ladder.closed[0] == "когда вы"
    assert (counts.begun, counts.discarded) == (2, 1)


async def test_the_same_partial_again_is_not_guessed_twice(subject, ladder) -> None:
    subject.partial("когда вы работаете")
    await guessed(ladder)
    subject.partial("когда  вы работаете")
    await asyncio.sleep(0.01)
    assert ladder.asked == ["когда вы работаете"]
    await subject.close()


async def test_one_word_is_no_reason_to_think(subject, ladder) -> None:
    subject.partial("алло")
    await asyncio.sleep(0.01)
    assert ladder.asked == []


async def test_the_work_that_a_phrase_can_waste_is_capped(subject, ladder) -> None:
    for n in range(GUESSES_A_PHRASE + 3):
        subject.partial(f"слово {n}")
        await asyncio.sleep(0.01)
    assert len(ladder.asked) == GUESSES_A_PHRASE
    assert await subject.take("другое") is None
    subject.partial("новая фраза")
    await guessed(ladder)
    assert ladder.asked[-1] == "новая фраза"
    await subject.close()


async def test_a_guess_thinks_only_a_little_ahead(subject, ladder) -> None:
    subject.partial("когда вы работаете")
    await guessed(ladder)
    assert ladder.closed == []
    await subject.close()
    assert ladder.closed == ["когда вы работаете"]
    assert len(asyncio.all_tasks()) == 1


async def test_a_failure_is_told_when_the_guess_is_used(counts, monkeypatch) -> None:
    monkeypatch.setattr(speculate, "STABLE_SECONDS", 0.0)

    async def begin(text: str) -> AsyncIterator[Piece | Intent]:
        yield Piece("раз", "model")
        raise SpeechUnavailable("gone")

    async def prepare(text: str) -> None:
        return None

    subject = Speculation(begin, prepare, counts)
    subject.partial("когда вы работаете")
    await asyncio.sleep(0.01)
    guess = await subject.take("когда вы работаете")
    assert guess is not None
    with pytest.raises(SpeechUnavailable):
        [reply async for reply in guess.replies()]


async def late(*replies: Piece, after: float = 0.0) -> AsyncIterator[Piece]:
    yield Piece("Секунду.", FILLER)
    await asyncio.sleep(after)
    for reply in replies:
        yield reply


async def unprepared(_: str) -> None:
    """Prepares nothing."""


async def test_a_filler_is_offered_where_the_answer_is_not_there_in_time() -> None:
    guess = Guess("x", late(Piece("Да.", "model"), after=60), unprepared)
    assert await guess.late(0.01) == Piece("Секунду.", FILLER)
    await guess.cancel()


async def test_an_answer_that_is_there_needs_no_filler_and_never_holds_one() -> None:
    guess = Guess("x", late(Piece("Да.", "model")), unprepared)
    assert await guess.late(1.0) is None
    assert [reply async for reply in guess.replies()] == [Piece("Да.", "model")]


async def test_an_answer_that_is_not_predicted_to_be_late_has_no_filler(subject, ladder) -> None:
    waiting = asyncio.Event()

    async def slow(_: str) -> AsyncIterator[Piece]:
        await waiting.wait()
        yield Piece("Да.", "model")

    guess = Guess("x", slow("x"), unprepared)
    assert await guess.late(0.01) is None
    await guess.cancel()
