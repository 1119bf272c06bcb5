"""A caller who speaks English to a box that does not: he is asked, in English, to leave a message, which is kept as
sound. What his words were is for the owner to hear."""

from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import Final, Protocol

from secretaryd.answer.collect import Fields
from secretaryd.answer.collect_numbers import normalised
from secretaryd.call.requests import Dismissed
from voice.conversation import Keys, Said, Silence, Turned
from voice.turn import Utterance

KEY: Final = "2"
"""Pressed by who wants English."""
LISTEN_SECONDS: Final = 8.0
"""Until his first words ..."""
SILENT_SECONDS: Final = 4.0
"""... and after his last ones: people think while they leave a message."""
LONGEST_SECONDS: Final = 90.0
MIN_KEYED_DIGITS: Final = 5
MATTER: Final = {"ru": "говорит по-английски; см. запись, {}", "en": "speaks English; see the recording, {}"}
UNRECORDED: Final = {"ru": "говорит по-английски; записи нет", "en": "speaks English; there is no recording"}


class English(StrEnum):
    """What is said in English whatever the box speaks; ids of texts."""

    OFFER = "english_offer"
    HINT = "english_hint"
    THANKS = "english_thanks"
    NOTHING = "english_nothing"
    GO_ON = "english_go_on"


TEXTS: Final[dict[English, str]] = {
    English.OFFER: "I am sorry, nobody here speaks English just now. Please leave a message in English: "
    "your name, your number, and what it is about. Press the hash key when you are done.",
    English.HINT: "For English, press two.",
    English.THANKS: "Thank you. Your message will be passed on. Goodbye!",
    English.NOTHING: "I could not hear a message. Please call again. Goodbye!",
    English.GO_ON: "Of course. How can I help you?",
}


class Room(Protocol):
    """The conversation, as far as it is needed here."""

    async def speak(self, utterances: AsyncIterator[Utterance], *, interruptible: bool = True) -> Said:
        """Raises VoiceError."""

    async def listen(self, seconds: float) -> Turned:
        """The caller's next turn, whose words are not written down: they are none."""

    @property
    def now(self) -> float:
        """Seconds of the line."""


class EnglishMessage:
    """One; used once. `keep` keeps it and tells whether that went well; `recorded`: there is a recording."""

    def __init__(
        self,
        room: Room,
        language: str,
        caller: str | None,
        keep: Callable[[Fields], Awaitable[bool]],
        *,
        recorded: bool,
    ) -> None:
        """`language` is the owner's."""
        self._room, self._language = room, language
        self._recorded, self._keep = recorded, keep
        self._number = caller or ""

    async def take(self) -> None:
        """Offers, listens, keeps, says goodbye. Always raises: Dismissed, or VoiceError where nothing can be said."""
        await self._say(English.OFFER)
        began = self._room.now
        spoke = await self._listen(began)
        kept = spoke and await self._keep(Fields("", self._number, self._matter(began)))
        await self._say(English.THANKS if kept else English.NOTHING)
        raise Dismissed("left a message in English" if kept else "spoke English")

    async def _listen(self, began: float) -> bool:
        """Until he is done; whether he said or keyed anything."""
        spoke = False
        while self._room.now - began < LONGEST_SECONDS:
            turned = await self._room.listen(SILENT_SECONDS if spoke else LISTEN_SECONDS)
            if isinstance(turned, Silence):
                break
            if isinstance(turned, Keys):
                digits = turned.digits.rstrip("#")
                if len(digits) >= MIN_KEYED_DIGITS:
                    self._number = normalised(digits)
                elif not digits:
                    break
            spoke = True
        return spoke

    def _matter(self, at: float) -> str:
        if not self._recorded:
            return UNRECORDED[self._language]
        return MATTER[self._language].format(f"{int(at) // 60}:{int(at) % 60:02d}")

    async def _say(self, which: English) -> None:
        await self._room.speak(english(which))


async def english(which: English) -> AsyncIterator[Utterance]:
    """A line as an iterator."""
    yield Utterance(TEXTS[which], "phrase", str(which))
