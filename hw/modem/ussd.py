"""Questions to the operator (USSD): one at a time, never while a call is there.

The answer comes as a URC of its own, up to half a minute after OK, over several lines where the operator's text has
them, in UCS2 as hexadecimal digits where it is Cyrillic, in plain text where it is not; or it never comes.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hw.at.channel import AtChannel
from hw.at.commands_service import CancelUssd, SendUssd
from hw.errors import CommandRefused, CommandTimeout, ModemError

logger = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 45.0
"""From OK to the answer; over LTE the module first falls back to 3G."""
MORE_SECONDS: Final = 1.5
"""Lines of one text come within that."""
MAX_LINES: Final = 16
MAX_TEXT: Final = 1000
"""Characters kept."""

_WHOLE: Final = re.compile(r'\+CUSD:\s*(\d)(?:\s*,\s*"(.*)"\s*(?:,\s*(\d{1,3})\s*)?)?', re.DOTALL)
_BEGUN: Final = re.compile(r'\+CUSD:\s*\d\s*,\s*"', re.DOTALL)
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{4})+")


class UssdStatus(StrEnum):
    """3GPP TS 27.007, 7.15."""

    DONE = "done"
    REPLY_WANTED = "reply_wanted"
    TERMINATED = "terminated"
    OTHER_CLIENT = "other_client"
    UNSUPPORTED = "unsupported"
    TIMEOUT = "timeout"


STATUSES: Final = tuple(UssdStatus)


class UssdSilent(ModemError):
    """The operator did not answer in time."""


class UssdBusy(ModemError):
    """A question is being asked already, or a call is there."""


@dataclass(frozen=True, slots=True)
class UssdAnswer:
    """What the operator said; `text` is "" where it said nothing."""

    status: UssdStatus
    text: str


def parse_ussd(line: str) -> UssdAnswer | None:
    """A whole `+CUSD:` line (line breaks within the text as they came); None where it is none or not whole. Pure."""
    match = _WHOLE.fullmatch(line.strip())
    if match is None or int(match[1]) >= len(STATUSES):
        return None
    scheme = int(match[3]) if match[3] else None
    return UssdAnswer(STATUSES[int(match[1])], _plain(match[2] or "", scheme))


def is_begun(line: str) -> bool:
    """Whether a line is the beginning of a text that goes on. Pure."""
    return bool(_BEGUN.match(line)) and parse_ussd(line) is None


def _plain(text: str, scheme: int | None) -> str:
    """The words of a text in that coding scheme (3GPP TS 23.038, 5: 72 is UCS2, 15 the default alphabet)."""
    compact = re.sub(r"\s", "", text)
    wide = scheme is not None and (scheme == 72 or scheme & 0xCC == 0x48)
    if _HEX.fullmatch(compact) and (wide or len(compact) >= 8):
        decoded = bytes.fromhex(compact).decode("utf-16-be", "replace")
        # Without the scheme's word a number made of digits would look like hexadecimal too.
        if wide or (decoded.isprintable() and any(letter.isalpha() and ord(letter) < 0x500 for letter in decoded)):
            text = decoded
    kept = "".join(sign for sign in text if sign.isprintable() or sign == "\n")
    return kept.strip()[:MAX_TEXT]


class Ussd:
    """The operator's ear, over one channel; used once. `line` and `stray` get what the modem says, in order."""

    def __init__(self, channel: AtChannel, idle: Callable[[], bool]) -> None:
        """`idle` tells whether no call is there."""
        self._channel, self._idle = channel, idle
        self._asking = False
        self._answer: asyncio.Future[UssdAnswer] | None = None
        self._lines: list[str] = []
        self._until = 0.0

    def line(self, text: str) -> None:
        """A URC."""
        if text.startswith("+CUSD:"):
            self._lines = []
            if is_begun(text):
                self._lines, self._until = [text], self._now() + MORE_SECONDS
            else:
                self._take(text)

    def stray(self, text: str) -> None:
        """A line that belongs to nothing else; perhaps to a text of several lines."""
        if not self._lines or self._now() > self._until or len(self._lines) >= MAX_LINES:
            self._lines = []
            return
        self._lines.append(text)
        whole = "\n".join(self._lines)
        if parse_ussd(whole) is not None:
            self._lines = []
            self._take(whole)

    async def ask(self, code: str) -> UssdAnswer:
        """Asks, and waits for the answer; a dialogue that the operator would go on with is ended. Raises ValueError for
        what is no code, UssdBusy, UssdSilent, CommandRefused (`no network service`), ModemError."""
        command = SendUssd(code)
        if self._asking or not self._idle():
            raise UssdBusy("a question is being asked, or a call is there")
        self._asking = True
        self._answer = asyncio.get_running_loop().create_future()
        try:
            await self._channel.send(command)
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._answer
        except TimeoutError:
            await self._cancel()
            raise UssdSilent(f"no answer within {ANSWER_SECONDS:g} s") from None
        finally:
            self._asking, self._answer = False, None
        if answer.status is UssdStatus.REPLY_WANTED:
            await self._cancel()
        return answer

    async def _cancel(self) -> None:
        try:
            await self._channel.send(CancelUssd())
        except (CommandRefused, CommandTimeout) as error:
            logger.info("the dialogue was not ended", extra={"error": str(error)})

    def _take(self, text: str) -> None:
        answer = parse_ussd(text)
        if answer is None:
            logger.info("an unreadable +CUSD")
        elif self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)
        else:
            logger.info("the operator speaks unasked", extra={"status": answer.status.value})

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
