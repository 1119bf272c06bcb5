"""Answers begun while the caller still speaks: used if the final text is the one guessed, else thrown away.

A guess runs the same ladder with the same inputs that the answer itself would have, so a used guess is the answer, only
earlier. What it causes (marks) is looked at after it was said, as ever; a discarded one has caused nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from secretaryd.answer.reply import FILLER, MODEL, Piece, Reply
from secretaryd.answer.words import plain_words
from voice.ended import ended
from voice.errors import VoiceError

log = logging.getLogger(__name__)

STABLE_SECONDS: Final = 0.12
"""A partial that did not change for so long is worth a guess; Vosk's come about every 100 ms while words come."""
GUESSES_A_PHRASE: Final = 4
"""The cap on the work that one phrase can waste."""
AHEAD: Final = 2
"""Sentences a guess thinks ahead; it waits there until it is used."""
MIN_WORDS: Final = 2


@dataclass(slots=True)
class SpeculationCounts:
    """Since the start of the process; `used` + `discarded` is what was `begun`, less those under way."""

    begun: int = 0
    used: int = 0
    discarded: int = 0


class Guess:
    """One answer begun early. Owned by `Speculation` until it is taken; who took it uses `replies` to the end."""

    def __init__(self, text: str, replies: AsyncIterator[Reply], prepare: Callable[[str], Awaitable[None]]) -> None:
        self.text = text
        self._source = replies
        self._prepare = prepare
        self._ready: asyncio.Queue[Reply | None] = asyncio.Queue(AHEAD)
        self._begun = asyncio.Event()  # there is something to say, or there will be nothing
        self._sounds = asyncio.Event()  # ... and its sound needs no more making, as far as that may take long
        self._filler: Piece | None = None
        self._failure: Exception | None = None
        self._task = asyncio.create_task(self._think(), name="speculation")

    async def replies(self) -> AsyncIterator[Reply]:
        """What the ladder answered. Raises what it raised."""
        try:
            while (reply := await self._ready.get()) is not None:
                yield reply
            if self._failure is not None:
                raise self._failure
        finally:
            await self.cancel()

    async def late(self, seconds: float) -> Piece | None:
        """What to say while the answer is waited for: None where it comes within so many seconds, or is not
        predicted to be late."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._begun.wait()
        return None if self._begun.is_set() else self._filler

    async def sounds_within(self, seconds: float) -> bool:
        """Whether the answer can be heard within so many seconds, or there will be none; waits until that is known.
        What no model words is there with its text: saying something else instead would be no sooner."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._sounds.wait()
        return self._sounds.is_set()

    async def cancel(self) -> None:
        """Stops model and voice at once."""
        await ended(self._task)

    async def _think(self) -> None:
        first = True
        try:
            async with aclosing(self._source) as replies:  # type: ignore[type-var]
                async for reply in replies:
                    if isinstance(reply, Piece) and reply.source == FILLER:
                        self._filler = reply
                        continue
                    self._begun.set()
                    if not (isinstance(reply, Piece) and reply.source == MODEL):
                        self._sounds.set()
                    if first and isinstance(reply, Piece):
                        first = False
                        await self._ready.put(reply)
                        await self._make_sound(reply.text)
                        self._sounds.set()
                    else:
                        await self._ready.put(reply)
        except VoiceError as error:
            self._failure = error
        except Exception as error:  # raised again where the answer is used: nobody may wait for it in vain
            log.exception("an answer begun early broke")
            self._failure = error
        self._begun.set()
        self._sounds.set()
        await self._ready.put(None)

    async def _make_sound(self, text: str) -> None:
        try:
            await self._prepare(text)
        except VoiceError as error:  # saying it will meet the same and tell it
            log.debug("no sound made ahead", extra={"reason": str(error)})


class Speculation:
    """Guesses at the answer to the phrase in progress. One a call; `begin` starts the ladder on a text."""

    def __init__(
        self,
        begin: Callable[[str], AsyncIterator[Reply]],
        prepare: Callable[[str], Awaitable[None]],
        counts: SpeculationCounts,
    ) -> None:
        self._begin = begin
        self._prepare = prepare
        self._counts = counts
        self._guess: Guess | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._left = GUESSES_A_PHRASE
        self._retired: set[asyncio.Task[None]] = set()

    def partial(self, text: str) -> None:
        """The hypothesis of the phrase in progress changed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if len(plain_words(text)) < MIN_WORDS or not self._left or self._is(text):
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(STABLE_SECONDS, self._guess_at, text)

    async def take(self, text: str) -> Guess | None:
        """The guess for exactly these words, which then belongs to the caller; None where there is none. Ends the
        phrase: whatever else was guessed is thrown away."""
        guess, self._guess = self._guess, None
        self._new_phrase()
        if guess is None:
            return None
        if plain_words(guess.text) != plain_words(text):
            await self._discard(guess)
            return None
        self._counts.used += 1
        return guess

    async def drop(self) -> None:
        """The phrase is answered by other means: what was guessed is thrown away."""
        self._new_phrase()
        guess, self._guess = self._guess, None
        if guess is not None:
            await self._discard(guess)

    async def close(self) -> None:
        """Throws away what is under way."""
        await self.drop()
        if self._retired:
            await asyncio.wait(self._retired)

    def _is(self, text: str) -> bool:
        return self._guess is not None and plain_words(self._guess.text) == plain_words(text)

    def _new_phrase(self) -> None:
        self._left = GUESSES_A_PHRASE
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _guess_at(self, text: str) -> None:
        self._timer = None
        if self._guess is not None:
            self._retire(self._guess)
        self._left -= 1
        self._counts.begun += 1
        self._guess = Guess(text, self._begin(text), self._prepare)

    def _retire(self, guess: Guess) -> None:
        """Called by a timer, which cannot wait: the discarding task is kept until it is done."""
        task = asyncio.create_task(self._discard(guess), name="speculation.discard")
        self._retired.add(task)
        task.add_done_callback(self._retired.discard)

    async def _discard(self, guess: Guess) -> None:
        self._counts.discarded += 1
        await guess.cancel()
