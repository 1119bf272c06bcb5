"""What the owner wants in the middle of a call: his words said next, or a message taken."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from secretaryd.call.wishes import TO_MESSAGE, Led
from voice.errors import VoiceError
from voice.speakable.sentences import sentences
from voice.turn import Utterance

log = logging.getLogger(__name__)

WAITING: Final = 4
"""Orders that wait for the end of what is being said; further ones are refused."""
LONGEST: Final = 500
"""Characters of one order: about half a minute of speech."""
OWNER: Final = "owner"
MESSAGE: Final = TO_MESSAGE.mark


@dataclass(frozen=True, slots=True)
class SayThis:
    """His words, said as the next sentences."""

    text: str

    def utterances(self) -> tuple[Utterance, ...]:
        """Sentence by sentence, as a voice takes them."""
        return tuple(Utterance(sentence, OWNER) for sentence in sentences(self.text[:LONGEST]))


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """The caller is asked for a message, wherever the call stands."""


Order = SayThis | TakeMessage


class Orders:
    """One call's, first come first served; `say` says the owner's words and raises VoiceError."""

    def __init__(self, say: Callable[[tuple[Utterance, ...]], Awaitable[None]]) -> None:
        self._say = say
        self._waiting: deque[Order] = deque()
        self._led: Led | None = None

    def put(self, order: Order) -> bool:
        """False where too many wait."""
        if len(self._waiting) >= WAITING:
            return False
        self._waiting.append(order)
        return True

    async def obey(self, *, asking: bool) -> bool:
        """Does what waits. True where that leads out of the order in progress, to `led`; `asking`: whether a message
        may be asked for here."""
        while self._waiting:
            order = self._waiting.popleft()
            if isinstance(order, SayThis):
                try:
                    await self._say(order.utterances())
                except VoiceError as error:
                    log.warning("the owner's words were not said", extra={"reason": str(error)})
            elif asking:
                self._led = TO_MESSAGE
                return True
        return False

    def led(self) -> Led | None:
        """Where an order led to; told once."""
        led, self._led = self._led, None
        return led
