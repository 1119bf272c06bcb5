"""Does what callers ask of the conversation itself, wherever it stands: say it again, slower, without a recording; and
ends a call that holds nothing but abuse or advertising."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from secretaryd.call.commands import Command
from secretaryd.call.manner import CallVoice
from secretaryd.call.report import Remark, Report
from secretaryd.call.words import Line, line
from voice.turn import Utterance

log = logging.getLogger(__name__)

WARNINGS: Final = 1
"""So often a caller is asked to be polite, or told that we buy nothing."""
AGAIN: Final = "repeat"
Say = Callable[[tuple[Utterance, ...]], Awaitable[None]]


class Dismissed(Exception):
    """The caller was told goodbye."""


class Switched(Exception):
    """The call goes on in another language."""


class Requests:
    """One call's. `last` is what was said last, kept by whoever speaks."""

    def __init__(
        self,
        language: str,
        voice: CallVoice,
        say: Say,
        forget_recording: Callable[[], Awaitable[Line]],
        report: Report,
        in_english: Callable[[], Awaitable[None]],
    ) -> None:
        """`in_english` does what an English caller wants; it raises Dismissed or Switched."""
        self._language = language
        self._voice = voice
        self._say = say
        self._forget_recording = forget_recording
        self._report = report
        self._warned = 0
        self.last: tuple[Utterance, ...] = ()
        self._performers: dict[Command, Callable[[], Awaitable[None]]] = {
            Command.REPEAT: self._repeat,
            Command.SLOWER: self._slower,
            Command.LOUDER: self._louder,
            Command.STOP_RECORDING: self._stop_recording,
            Command.ENGLISH: in_english,
            Command.ABUSE: lambda: self._warn(Line.NO_ABUSE, Remark.ABUSE),
            Command.ADVERT: lambda: self._warn(Line.NO_ADVERTS, Remark.ADVERT),
        }

    def handles(self, which: Command | None) -> bool:
        """Whether `perform` does it."""
        return which in self._performers

    async def perform(self, which: Command) -> None:
        """Does it and answers. Raises VoiceError, Dismissed where the call ends with it, and Switched."""
        log.info("asked of the conversation", extra={"command": str(which)})
        await self._performers[which]()

    async def _repeat(self) -> None:
        if not self.last:
            await self._line(Line.NOTHING_SAID)
            return
        again = (replace(one, detail=f"{AGAIN} {one.detail}".strip()) for one in self.last)
        await self._say(tuple(again))

    async def _slower(self) -> None:
        self._voice.slow_down()
        await self._repeat()

    async def _louder(self) -> None:
        self._voice.speak_up()
        await self._repeat()

    async def _stop_recording(self) -> None:
        await self._line(await self._forget_recording())

    async def _warn(self, words: Line, remark: Remark) -> None:
        self._report.remark(remark)
        self._warned += 1
        if self._warned > WARNINGS:
            await self._line(Line.DISMISSED)
            raise Dismissed(str(remark))
        await self._line(words)

    async def _line(self, which: Line) -> None:
        await self._say((Utterance(line(which, self._language), "phrase", str(which)),))
