"""What the box writes by itself, and the owner's commands. A caller's words go to the owner alone; whoever rang gets an
answer only at the number that the network presented, and only a text that the owner wrote."""

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NoReturn, Protocol

from hw.at.numbers import normalised
from hw.sms.segment import count
from secretaryd.bus import Bus
from secretaryd.call.earlier import BROKEN_OFF
from secretaryd.config.schema import Config
from secretaryd.control.protocol import CallEnded, MessageTaken
from secretaryd.reasons import in_language
from secretaryd.sms.courier import TextRefused
from secretaryd.sms.policy import NotAllowed, is_mobile, midnight
from secretaryd.sms.ports import Letter
from secretaryd.sms.words import ANSWERS, NOTICES, command_of, word
from storage.errors import NotFound, StorageError
from storage.records import CallRecord, DayStats, MessageRecord
from storage.sms.records import RECEIVED, FollowUp, SmsRecord

log = logging.getLogger(__name__)

PRESENTED: Final = "presented"
BROKEN: Final = BROKEN_OFF | {"no sound"}
"""Ends of a call that are nobody's wish: ours or the modem's failure."""
TAKEN_OVER_SECONDS: Final = 60.0
"""A caller cut off so may still be in the modem, and be talked to again; whoever is gets no message."""
REPLIES: Final = ("missed", "busy", "broken")
LOOK_SECONDS: Final = 20.0
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

    async def follow_up(self, owed: int, letters: Sequence[Letter]) -> None:
        """Queues these, perhaps none, and crosses off what they were owed for. Raises StorageError."""


class Records(Protocol):
    """What was kept."""

    async def owed(self) -> tuple[FollowUp, ...]:
        """What may want a message, oldest first."""

    async def message(self, message_id: int) -> MessageRecord:
        """Raises NotFound."""

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
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. What is owed is written down with the message or the call (storage), so that nothing is
        forgotten by a crash and nothing is told twice; the bus only says when to look."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(), name="sms.listen")
            group.create_task(self._follow_up(), name="sms.owed")

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

    async def _listen(self) -> None:
        """Until the bus is closed: then the box goes down, and whoever asked again would never wait for anything."""
        with self._bus.reader() as reader:
            async for stamped in reader:
                if isinstance(stamped.event, MessageTaken | CallEnded):
                    self._news.set()

    async def _follow_up(self) -> NoReturn:
        while True:
            self._news.clear()
            try:
                for owed in await self._records.owed():
                    if (letters := await self._letters(owed)) is not None:
                        await self._writer.follow_up(owed.id, letters)
            except StorageError as error:
                log.error("messages were not written", extra={"reason": str(error)})
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _letters(self, owed: FollowUp) -> list[Letter] | None:
        """What is to be sent for it; None: it is not known yet."""
        if not self._config().sms.enabled:
            return []
        try:
            if owed.kind == "message":
                message = await self._records.message(owed.ref)
                return [*self._notices(message), *await self._confirmation(message)]
            call = await self._records.call(owed.ref)
        except NotFound:
            return []  # deleted meanwhile
        if call.outcome == "missed" and call.end_cause not in BROKEN_OFF:
            return await self._reply(call, "busy" if call.end_cause == "waiting" else "missed")
        if call.end_cause not in BROKEN:
            return []
        if self._now() - owed.at < TAKEN_OVER_SECONDS:
            return None
        if await self._is_back(call):
            return []
        return [*self._broken_notices(call), *await self._reply(call, "broken")]

    def _notices(self, message: MessageRecord) -> list[Letter]:
        """To the owner, what a caller left."""
        who = ", ".join(filter(None, (_plain(message.name), _plain(message.number))))
        begin = word(NOTICES, "message", self._config().box.language)
        text = _fitted(begin.format(f" ({who})" if who else "", "{}"), _plain(message.matter))
        return [Letter(number, text, "notice") for number in self._config().sms.owner]

    def _broken_notices(self, call: CallRecord) -> list[Letter]:
        """To the owner, that a call broke off by our or the modem's doing."""
        language = self._config().box.language
        begun = dt.datetime.fromtimestamp(call.began, self._zone)
        why = word(NOTICES, call.end_cause, language)
        number = call.number or word(NOTICES, "nobody", language)
        text = word(NOTICES, "broken", language).format(number=number, at=f"{begun:%H:%M}", why=why)
        return [Letter(number, text, "notice") for number in self._config().sms.owner]

    async def _confirmation(self, message: MessageRecord) -> list[Letter]:
        """To the caller, that the number he left was understood."""
        template = self._config().sms.confirm_text
        to = _presented(await self._records.call(message.call_id))
        if not template or not message.number or to is None:
            return []
        return await self._answer(to, template, "confirm", message.number)

    async def _reply(self, call: CallRecord, purpose: str) -> list[Letter]:
        settings, to = self._config().sms, _presented(call)
        template = {"busy": settings.busy_text, "missed": settings.missed_text, "broken": settings.broken_text}[purpose]
        too_late = self._now() - call.began > settings.reply_hours * 3600.0
        if not template or to is None or too_late or await self._is_back(call):
            return []
        return await self._answer(to, template, purpose, to)

    async def _is_back(self, call: CallRecord) -> bool:
        """Whether the same caller has been talked to since, or is being; of one without a number, soon after."""
        soon = (call.ended or call.began) + TAKEN_OVER_SECONDS
        return any(
            row.id > call.id
            and row.number == call.number
            and (row.answered is not None or row.ended is None)
            and (call.number is not None or row.began < soon)
            for row in await self._records.recent(LOOKED_AT)
        )

    async def _answer(self, to: str, template: str, purpose: str, number: str) -> list[Letter]:
        """One such message to one number in `reply_hours`, whatever its purpose."""
        since = self._now() - self._config().sms.reply_hours * 3600.0
        for each in REPLIES if purpose != "confirm" else ("confirm",):
            last = await self._records.last_sms(to, each)
            if last is not None and last > since:
                return []
        box = self._config().box
        fields = {"{company}": box.company, "{name}": box.name, "{number}": _plain(number)}
        text = template
        for field, value in fields.items():
            text = text.replace(field, value)
        return [Letter(to, text, purpose)]

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
                    return word(ANSWERS, "failed", language).format(in_language(error, language))
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


def _presented(call: CallRecord) -> str | None:
    """The number that the network presented, where it is a mobile one: never one that was told."""
    shown = call.direction == "in" and call.presentation == PRESENTED and call.number is not None
    return call.number if shown and call.number is not None and is_mobile(call.number) else None


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
