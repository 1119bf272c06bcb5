"""Answers what a caller said: prepares while he speaks, bridges the time where the model will be late, and remembers
what was said to whom."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from secretaryd.answer.broker import CallState, Intent, says_goodbye
from secretaryd.answer.patience import Timing
from secretaryd.answer.phrases import Phrase, phrase
from secretaryd.answer.prompt import Exchange
from secretaryd.answer.reply import FILLER, Piece, Reply
from secretaryd.call.english import KEY as ENGLISH_KEY
from secretaryd.call.english import TEXTS as ENGLISH
from secretaryd.call.english import English
from secretaryd.call.ports import TalkParts
from secretaryd.call.speculate import Guess, Speculation
from secretaryd.call.words import Line, line
from voice.conversation import Said
from voice.ended import ended
from voice.turn import Utterance

log = logging.getLogger(__name__)

MAX_HISTORY: Final = 40
UNSURE: Final = 0.45
"""Confidence of a phrase below which it is worth asking for it again."""
EARLY_SECONDS: Final = 0.3
"""A partial is known, and found to be stable, so long after the caller's last sound."""
LOST: Final = str(Phrase.LEAVE_MESSAGE)
"""Beginning of the ids of what is said to phrases without an answer."""
MOST_LOST: Final = 2
MESSAGE_KEY: Final = "1"
ENGLISH_LANGUAGE: Final = "en"
FILLER_SECONDS: Final = 0.3
"""An answer that is predicted to be late is waited for so long before the caller is told that it will be."""
SOUND_SECONDS: Final = 2.3
"""A model whose words cannot be heard so long after the caller's last sound, or after a filler, is waited for no
longer. What a prediction, a token's time limit and the voice's making of a sentence add up to is nobody's but ours to
bound: by two and a half seconds he hears what is known without the model."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an answer: `said` as far as it was heard, and what it causes."""

    said: Said
    marks: tuple[Intent, ...]


class Mouth(Protocol):
    """Says and writes down."""

    async def speak(
        self, utterances: AsyncIterator[Utterance], *, interruptible: bool = True, filler: bool = False
    ) -> Said:
        """Raises VoiceError. With `filler` the caller is still owed his answer."""


class Answering:
    """One call's. `cut` tells what was heard of an answer whose voice failed."""

    def __init__(
        self,
        parts: TalkParts,
        session: str,
        mouth: Mouth,
        prepare: Callable[[str], Awaitable[None]],
        cut: Callable[[], Said | None],
    ) -> None:
        self._parts, self._session = parts, session
        self._mouth, self._prepare, self._cut = mouth, prepare, cut
        self._history: list[Exchange] = []
        self._note = ""
        self._prefill: asyncio.Task[None] | None = None
        self._speculation = Speculation(self._ask_early, prepare, parts.speculated)
        self._misheard = False
        self._lost = 0  # phrases in a row that led nowhere
        self._filled = False  # the answer before this one had a filler
        self.phrases = 0
        """How many the caller has said."""

    def partial(self, text: str) -> None:
        """What the caller seems to be saying: the answer to it is begun early."""
        self._speculation.partial(text)

    async def drop(self) -> None:
        """What was said is answered by other means."""
        await self._speculation.drop()

    async def close(self) -> None:
        """Stops everything under way."""
        await self._speculation.close()
        await self._stop_prefill()

    def remember(self, heard: str, said: str, note: str = "") -> None:
        """An exchange that took place."""
        self._history.append(Exchange(heard, said, note))
        del self._history[:-MAX_HISTORY]

    async def answer(self, heard: str, sure: float, waited: float) -> Outcome:
        """Says the answer to a phrase heard with confidence `sure` (0 says nothing), whose last sound is `waited`
        seconds ago. Raises VoiceError."""
        clock = asyncio.get_running_loop().time
        silent_since = clock() - waited
        marks: list[Intent] = []
        note = self._note
        guess = await self._speculation.take(heard)
        if guess is None:
            await self._stop_prefill()
            guess = Guess(heard, self._ask(heard, self.phrases, waited), self._prepare)
        try:
            said = await self._bridge(guess)
            if said is None or not said.interrupted:
                by = (silent_since if said is None else clock()) + SOUND_SECONDS
                replies = self._in_time(guess, by)
                said = await self._mouth.speak(self._sentences(self._asked_again(replies, sure), marks))
        except BaseException:
            # The voice failed, or the call is gone: what was heard until then took place all the same.
            if (cut := self._cut()) is not None:
                self.remember(heard, cut.text, note)
            raise
        finally:
            await guess.cancel()
        self.remember(heard, said.text if all(one.source != FILLER for one in said.sources) else "", note)
        # What was not heard has no consequence: an answer that was talked over ends no call.
        return Outcome(said, () if said.interrupted else tuple(marks))

    async def _bridge(self, guess: Guess) -> Said | None:
        """Says a filler where the answer will be late; None where none was said."""
        filler = await guess.late(FILLER_SECONDS)
        self._filled = filler is not None
        if filler is None:
            return None
        return await self._mouth.speak(_one(filler), filler=True)

    async def _in_time(self, guess: Guess, by: float) -> AsyncIterator[Reply]:
        """The replies; where the model's could not be heard by then (loop time), those that are known without it."""
        if await guess.sounds_within(by - asyncio.get_running_loop().time()):
            replies = guess.replies()
        else:
            await guess.cancel()
            log.info("the model is not waited for", extra={"session": self._session})
            replies = self._ask(guess.text, self.phrases, 0.0, ask=False)
        async with aclosing(replies) as each:  # type: ignore[type-var]
            async for reply in each:
                yield reply

    def _ask(self, heard: str, phrases: int, waited: float, *, ask: bool = True) -> AsyncIterator[Reply]:
        """The ladder's answer to `heard`, the caller's phrase number `phrases`; with `ask` a model may be asked."""
        return self._parts.answers.answer(
            heard,
            tuple(self._history),
            session=self._session,
            state=CallState(phrases, says_goodbye(heard)),
            note=self._note,
            timing=Timing(waited, filler=ask and not self._filled, ask=ask),
        )

    def _ask_early(self, partial: str) -> AsyncIterator[Reply]:
        """The same for a phrase that is still being said."""
        return self._ask(partial, self.phrases + 1, EARLY_SECONDS)

    async def _asked_again(self, replies: AsyncIterator[Reply], sure: float) -> AsyncIterator[Reply]:
        """The replies; where there would be none to a phrase that was hardly heard, it is asked for again, once a
        call."""
        misheard = 0.0 < sure < UNSURE and not self._misheard
        async with aclosing(replies) as each:  # type: ignore[type-var]
            async for reply in each:
                if misheard and isinstance(reply, Piece) and reply.detail.startswith(str(Phrase.LEAVE_MESSAGE)):
                    self._misheard = True
                    text = phrase(Phrase.DID_NOT_HEAR, self._parts.language)
                    self._lost += 1
                    yield Piece(text, "phrase", f"{Phrase.DID_NOT_HEAR} {sure:.2f}")
                    return
                yield reply
                if isinstance(reply, Piece) and (hints := self._hints(reply)):
                    for hint in hints:
                        yield hint

    def _hints(self, piece: Piece) -> tuple[Piece, ...]:
        """What else a caller may do who was not understood twice: press a key."""
        lost = piece.source == "phrase" and piece.detail.startswith(LOST)
        self._lost = self._lost + 1 if lost else 0
        if self._lost != MOST_LOST:
            return ()
        language, keys = self._parts.language, []
        if self._parts.interpreter.has_key(MESSAGE_KEY):
            keys.append(Piece(line(Line.OR_PRESS_ONE, language), "phrase", str(Line.OR_PRESS_ONE)))
        if language != ENGLISH_LANGUAGE and not self._parts.interpreter.has_key(ENGLISH_KEY):
            keys.append(Piece(ENGLISH[English.HINT], "phrase", str(English.HINT)))
        return tuple(keys)

    async def _sentences(self, replies: AsyncIterator[Reply], marks: list[Intent]) -> AsyncIterator[Utterance]:
        """What is said of it; what it causes is put aside until it was heard."""
        async with aclosing(replies) as each:  # type: ignore[type-var]
            async for reply in each:
                if isinstance(reply, Piece):
                    yield Utterance(reply.text, reply.source, reply.detail)
                else:
                    marks.append(reply)

    def start_prefill(self) -> None:
        """Lets the model read what is known of the prompt while we speak or listen. The note that goes before the
        caller's next words is taken here, once, so that the prompt only ever grows at its end."""
        if self._prefill is not None and not self._prefill.done():
            return
        self._note = self._parts.answers.note()
        self._prefill = asyncio.create_task(
            self._parts.answers.prefill(tuple(self._history), session=self._session, partial="", note=self._note),
            name=f"{self._session}.prefill",
        )

    async def _stop_prefill(self) -> None:
        if self._prefill is not None:
            await ended(self._prefill)
            self._prefill = None


async def _one(piece: Piece) -> AsyncIterator[Utterance]:
    yield Utterance(piece.text, piece.source, piece.detail)
