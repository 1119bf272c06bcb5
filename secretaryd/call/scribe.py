"""Writes down one call while it runs: turns to the database in the background, everything at once to the bus."""

import asyncio
import logging
import time
from dataclasses import replace
from typing import Final

from secretaryd.bus import Bus
from secretaryd.call.commands import Command, command
from secretaryd.call.report import Remark, Report
from secretaryd.control.protocol import (
    DigitsPressed,
    MessageTaken,
    PartialHeard,
    PhraseHeard,
    SayingStarted,
    TurnSaid,
)
from storage.errors import StorageError
from storage.records import HeardWord, Latency, TurnRecord
from storage.store import Storage
from voice.conversation import Said
from voice.ears import EarEvent, PartialText
from voice.ears import PhraseHeard as HeardPhrase
from voice.turn import Utterance

log = logging.getLogger(__name__)

WAITING_TURNS: Final = 64


class Scribe:
    """Owned by a talk. `run` lives in the call's group; `close` waits until everything is kept."""

    def __init__(self, call: int, storage: Storage, bus: Bus, report: Report) -> None:
        self._call = call
        self._storage = storage
        self._bus = bus
        self._report = report
        self._turns: asyncio.Queue[TurnRecord] = asyncio.Queue(WAITING_TURNS)

    async def run(self) -> None:
        """Keeps turns as they come; a turn that the disk refuses is still in the report and on the bus."""
        while True:
            turn = await self._turns.get()
            try:
                await self._storage.add_turn(self._call, turn)
            except StorageError as error:
                log.error("a turn was not kept", extra={"call": self._call, "reason": str(error)})
            finally:
                self._turns.task_done()

    async def close(self) -> None:
        """Returns when every turn is kept."""
        await self._turns.join()

    def watch(self, event: EarEvent | Utterance) -> None:
        """What the conversation sees while it happens."""
        if isinstance(event, PartialText):
            self._bus.publish(PartialHeard(call=self._call, text=event.text))
        elif isinstance(event, Utterance):
            self._bus.publish(SayingStarted(call=self._call, text=event.text, source=event.source, detail=event.detail))

    def heard(self, phrase: HeardPhrase) -> None:
        """A phrase of the caller's that counts; a wish to be called back is noted, wherever in the call it comes."""
        if command(phrase.text, self._report.language) is Command.CALL_BACK:
            self._report.remark(Remark.CALL_BACK)
        words = tuple(HeardWord(w.text, w.start, w.end, w.confidence) for w in phrase.words)
        self._keep(
            TurnRecord("caller", phrase.text, phrase.start, phrase.end, "caller", phrase.confidence, words=words)
        )
        self._bus.publish(
            PhraseHeard(
                call=self._call,
                text=phrase.text,
                confidence=phrase.confidence,
                start=phrase.start,
                end=phrase.end,
            )
        )

    def keys(self, digits: str, at: float) -> None:
        """Digits pressed by the caller; `at` in seconds of the line."""
        self._keep(TurnRecord("caller", digits, at, at, "keys"))
        self._bus.publish(DigitsPressed(call=self._call, digits=digits))

    def said(self, said: Said, answered: HeardPhrase | None, first_token: float | None = None) -> Latency | None:
        """A turn of ours, as far as it was heard; `answered` is the phrase that it answers. Returns the split."""
        by_model = any(sentence.source == "model" for sentence in said.sources)
        latency = split(said, answered, first_token if by_model else None)
        first = said.sources[0] if said.sources else Utterance("", "flow")
        if said.text:
            self._keep(
                TurnRecord(
                    "secretary",
                    said.text,
                    said.start,
                    said.end,
                    first.source,
                    interrupted=said.interrupted,
                    detail=first.detail,
                    latency=latency,
                )
            )
        self._bus.publish(
            TurnSaid(
                call=self._call,
                text=said.text,
                source=first.source,
                detail=first.detail,
                interrupted=said.interrupted,
                latency=_shown(latency),
            )
        )
        return latency

    async def message(self, name: str, number: str, matter: str) -> None:
        """A message for the owner; durable when this returns. Raises StorageError."""
        self._report.message = await self._storage.add_message(self._call, time.time(), name, number, matter)
        self._bus.publish(MessageTaken(call=self._call, name=name, number=number, matter=matter))

    def _keep(self, turn: TurnRecord) -> None:
        self._report.turns.append(replace(turn, words=()))  # their times are kept, and wanted of the database alone
        try:
            self._turns.put_nowait(turn)
        except asyncio.QueueFull:
            log.error("a turn was not kept: the disk does not keep up", extra={"call": self._call})


def split(said: Said, phrase: HeardPhrase | None, first_token: float | None) -> Latency | None:
    """Where the time went from the caller's last sound to our first frame, milliseconds."""
    times = said.times
    if phrase is None or times.first_frame is None or times.first_sentence is None or times.first_audio is None:
        return None
    return Latency(
        endpoint=_ms(phrase.last_sound, phrase.decided),
        stt=_ms(phrase.decided, phrase.final),
        first_token=None if first_token is None else _ms(phrase.final, first_token),
        first_sentence=_ms(phrase.final, times.first_sentence),
        first_audio=_ms(times.first_sentence, times.first_audio),
        queue=_ms(times.first_audio, times.first_frame),
        total=_ms(phrase.last_sound, times.first_frame),
    )


def _ms(start: float, end: float) -> float:
    return round(max(0.0, end - start) * 1000, 1)


def _shown(latency: Latency | None) -> dict[str, float] | None:
    if latency is None:
        return None
    names = ("endpoint", "stt", "first_token", "first_sentence", "first_audio", "queue", "total")
    return {name: value for name in names if (value := getattr(latency, name)) is not None}
