"""What the box writes by itself, and the owner's commands. A caller's words go to the owner alone; whoever rang gets an
answer only at the number that the network presented, and only a text that the owner wrote."""

import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn, Protocol

from hw.at.numbers import normalised
from hw.sms.segment import count
from secretaryd.bus import Bus
from secretaryd.config.schema import Config
from secretaryd.control.protocol import CallEnded, MessageTaken
from secretaryd.sms.courier import TextRefused
from secretaryd.sms.policy import NotAllowed, is_mobile, midnight
from secretaryd.sms.words import ANSWERS, NOTICE, command_of, word
from storage.errors import StorageError
from storage.records import CallRecord, DayStats
from storage.sms.records import RECEIVED, SmsRecord

log = logging.getLogger(__name__)

PRESENTED: Final = "presented"
FRESH_SECONDS: Final = 2 * 3600.0
"""A command that was on its way for longer is not obeyed: the owner has forgotten it."""
COMMANDS_AN_HOUR: Final = 20
NOTICE_PARTS: Final = 3
LOOKED_AT: Final = 50
"""Calls that are looked through for one to call back."""


class Writer(Protocol):
    """Who sends."""

    async def write(self, number: str, text: str, purpose: str) -> SmsRecord:
        """Raises NotAllowed, TextRefused, StorageError."""


class Records(Protocol):
    """What was kept."""

    async def call(self, call_id: int) -> CallRecord:
        """Raises NotFound."""

    async def recent(self, limit: int) -> tuple[CallRecord, ...]:
        """Newest first."""

    async def stats(self, since: float) -> DayStats:
        """Counts since then."""

    async def last_sms(self, number: str, purpose: str) -> float | None:
        """When such a message was queued last."""

    async def call_back(self, call_id: int, made: float) -> int:
        """Makes a task of it; returns its number."""


class Uses:
    """Reads the bus for what callers left, and messages for commands."""

    def __init__(
        self,
        writer: Writer,
        records: Records,
        bus: Bus,
        config: Callable[[], Config],
        state: Callable[[], dict[str, str]],
        set_recording: Callable[[bool], Awaitable[None]],
        zone: dt.tzinfo,
        now: Callable[[], float],
    ) -> None:
        """`state` gives line, operator and bars in words; `set_recording` raises an Exception with words for people."""
        self._writer, self._records, self._bus, self._config = writer, records, bus, config
        self._state, self._set_recording, self._zone, self._now = state, set_recording, zone, now
        self._obeyed: list[float] = []

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            with self._bus.reader() as reader:
                async for stamped in reader:
                    await self._heard(stamped.event)

    async def received(self, sms: SmsRecord) -> None:
        """A message came: perhaps a command."""
        settings, now = self._config().sms, self._now()
        boss = next((number for number in settings.commands if normalised(number) == sms.number), None)
        command = command_of(sms.text) if sms.state == RECEIVED and not sms.named and boss is not None else None
        if boss is None or command is None:
            return
        moment = sms.sent if sms.sent is not None else sms.at
        self._obeyed = [at for at in self._obeyed if now - at < 3600.0]
        if not 0.0 <= now - moment + 600.0 <= FRESH_SECONDS + 600.0 or len(self._obeyed) >= COMMANDS_AN_HOUR:
            log.warning("a command by SMS is too old, or one too many", extra={"sms": sms.id, "age": now - moment})
            return
        self._obeyed.append(now)
        log.info("a command by SMS", extra={"sms": sms.id, "command": command})
        await self._write(boss, await self._obey(command), "command")

    async def _heard(self, event: object) -> None:
        if not self._config().sms.enabled:
            return
        try:
            match event:
                case MessageTaken():
                    await self._notice(event)
                    await self._confirm(event)
                case CallEnded(call=call, outcome="missed", cause=cause):
                    await self._reply(call, "busy" if cause == "waiting" else "missed")
        except StorageError as error:
            log.error("a message was not written", extra={"reason": str(error)})

    async def _notice(self, event: MessageTaken) -> None:
        """To the owner, what a caller left."""
        owners = self._config().sms.owner
        if not owners:
            return
        who = ", ".join(filter(None, (_plain(event.name), _plain(event.number))))
        begin = NOTICE[self._config().box.language == "en"]
        text = _fitted(begin.format(f" ({who})" if who else "", "{}"), _plain(event.matter))
        for number in owners:
            await self._write(number, text, "notice")

    async def _confirm(self, event: MessageTaken) -> None:
        """To the caller, that the number he left was understood."""
        template = self._config().sms.confirm_text
        if template and event.number and (number := await self._presented(event.call)) is not None:
            await self._answer(number, template, "confirm", event.number)

    async def _reply(self, call_id: int, purpose: str) -> None:
        settings = self._config().sms
        template = settings.busy_text if purpose == "busy" else settings.missed_text
        if template and (number := await self._presented(call_id)) is not None:
            await self._answer(number, template, purpose, number)

    async def _answer(self, to: str, template: str, purpose: str, number: str) -> None:
        """One such message to one number in `reply_hours`, whatever its purpose."""
        since = self._now() - self._config().sms.reply_hours * 3600.0
        for each in ("missed", "busy") if purpose != "confirm" else ("confirm",):
            last = await self._records.last_sms(to, each)
            if last is not None and last > since:
                return
        box = self._config().box
        fields = {"{company}": box.company, "{name}": box.name, "{number}": _plain(number)}
        text = template
        for field, value in fields.items():
            text = text.replace(field, value)
        await self._write(to, text, purpose)

    async def _presented(self, call_id: int) -> str | None:
        """The number that the network presented, where it is a mobile one: never one that was told."""
        call = await self._records.call(call_id)
        shown = call.direction == "in" and call.presentation == PRESENTED and call.number is not None
        return call.number if shown and call.number is not None and is_mobile(call.number) else None

    async def _obey(self, command: str) -> str:
        language = self._config().box.language
        match command:
            case "status":
                return await self._status(language)
            case "recording_on" | "recording_off":
                try:
                    await self._set_recording(command == "recording_on")
                except Exception as error:
                    log.exception("recording could not be switched by SMS")
                    return word(ANSWERS, "failed", language).format(error)
                return word(ANSWERS, command, language)
            case "call_back":
                for call in await self._records.recent(LOOKED_AT):
                    if call.direction == "in" and call.presentation == PRESENTED and call.number:
                        task = await self._records.call_back(call.id, self._now())
                        return word(ANSWERS, "call_back", language).format(task, call.number)
                return word(ANSWERS, "nobody", language)
        return word(ANSWERS, "help", language)

    async def _status(self, language: str) -> str:
        here = dt.datetime.fromtimestamp(self._now(), self._zone)
        stats = await self._records.stats(midnight(here).timestamp())
        counts = {"calls": stats.calls, "messages": stats.messages, "open": stats.unhandled}
        return word(ANSWERS, "status", language).format(name=self._config().box.name, **self._state(), **counts)

    async def _write(self, number: str, text: str, purpose: str) -> None:
        try:
            await self._writer.write(number, text, purpose)
        except (NotAllowed, TextRefused) as error:
            log.warning("a message was not written", extra={"purpose": purpose, "reason": error.code})


def _plain(text: str) -> str:
    """One line of what somebody else said: no control characters, no marks that turn the writing."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _fitted(frame: str, words: str) -> str:
    """`words` in `frame`, cut so that the message stays within NOTICE_PARTS parts."""
    text = frame.replace("{}", words)
    while count(text) > NOTICE_PARTS:
        words = words[: len(words) - max(1, len(words) // 20)]
        text = frame.replace("{}", words + "…")
    return text
