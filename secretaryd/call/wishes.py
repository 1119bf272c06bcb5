"""What a caller wants that leads out of the order in progress, and his replies to what he was offered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from secretaryd.answer.collect import Collector, Fields
from secretaryd.answer.phrases import Phrase, phrase
from secretaryd.call.commands import Command, command
from secretaryd.call.messages import asks_to_call_back
from secretaryd.call.replies import Meant, meant
from secretaryd.call.words import Line, line


@dataclass(frozen=True, slots=True)
class Led:
    """Out of the order in progress to where the flow's `mark` leads, whatever node it stands at; "" stays."""

    mark: str


STAY: Final = Led("")
TO_MESSAGE: Final = Led("message")
REPLIES: Final[dict[Meant, tuple[Led, Line | None]]] = {
    Meant.DICTATES: (TO_MESSAGE, None),
    Meant.ACCEPTS: (TO_MESSAGE, None),
    Meant.DECLINES: (STAY, Line.AS_YOU_WISH),
    Meant.NOTHING_MORE: (Led("hangup"), None),
    Meant.SOMETHING_MORE: (STAY, Line.NOTHING_SAID),
}
"""A reply to an offer -> (where it leads, what is said first)."""


class Wishes:
    """One call's. `say` says a ready sentence (text, id) in answer to what was heard; `keep` keeps a message and tells
    whether that went well."""

    def __init__(
        self,
        language: str,
        caller: str | None,
        collector: Collector,
        say: Callable[[str, str], Awaitable[None]],
        keep: Callable[[Fields], Awaitable[bool]],
    ) -> None:
        self._language, self._caller, self._collector = language, caller, collector
        self._say, self._keep = say, keep
        self._called_back = False
        self.offered = False
        """A message was offered just now."""
        self.told: Fields | None = None
        """What was told of the message that is to be taken."""

    async def asked_for(self, heard: str) -> Led | None:
        """Where a wish leads that no flow need know of; None where the phrase is none."""
        which = command(heard, self._language)
        if which is Command.HUMAN:
            await self._say(phrase(Phrase.CANNOT_TRANSFER, self._language), str(Phrase.CANNOT_TRANSFER))
            return TO_MESSAGE
        return await self._call_back(heard) if which is Command.CALL_BACK else None

    async def reply(self, heard: str, last: str) -> Led | None:
        """Where a reply to our own question leads, `last` being what we said last; None where it is none."""
        offered, self.offered = self.offered, False
        asked_more = last.endswith(phrase(Phrase.ANYTHING_ELSE, self._language))
        meaning = meant(heard, offered=offered, asked_more=asked_more)
        if meaning is None:
            return None
        if meaning is Meant.DICTATES:
            self.told = self._collector.add(Fields(), heard)
        led, words = REPLIES[meaning]
        if words is not None:
            await self._say(line(words, self._language), str(words))
        return led

    async def _call_back(self, heard: str) -> Led:
        """A message with the number that the call comes from; any other is asked for or confirmed as in any message."""
        told = asks_to_call_back(heard, Fields(), self._collector, self._language)
        known = bool(self._caller) and told.callback in ("", self._caller)
        if not known or not (self._called_back or await self._keep(replace(told, number=self._caller or ""))):
            self.told = told
            return TO_MESSAGE
        self._called_back = True
        await self._say(line(Line.WILL_CALL_BACK, self._language), str(Line.WILL_CALL_BACK))
        return STAY
