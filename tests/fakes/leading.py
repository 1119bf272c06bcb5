"""A call's leader among fakes: a conversation that follows a script, and everything that it writes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from secretaryd.answer.broker import CallState, Intent
from secretaryd.answer.collect import Collector
from secretaryd.answer.patience import ON_TIME, Timing
from secretaryd.answer.prompt import Exchange
from secretaryd.answer.reply import Piece, Reply
from secretaryd.answer.words import Lemmas
from secretaryd.bus import Bus
from secretaryd.call.lead import Lead
from secretaryd.call.manner import CallVoice
from secretaryd.call.orders import Order
from secretaryd.call.ports import TalkParts
from secretaryd.call.report import Report
from secretaryd.call.scribe import Scribe
from secretaryd.call.speculate import SpeculationCounts
from secretaryd.call.words import Line
from secretaryd.flow.interpreter import Interpreter
from secretaryd.flow.library import default_flow
from secretaryd.troubles import Troubles
from storage.errors import StorageError
from storage.records import CallRecord, MessageRecord, TurnRecord
from tests.fakes.talking import PlainVoice
from voice.completeness import Expecting
from voice.conversation import Keys, Nudged, Said, Silence, Turned
from voice.ears import PhraseHeard
from voice.errors import SpeechUnavailable
from voice.turn import TurnTimes, Utterance

ZONE = ZoneInfo("Europe/Moscow")
CALLER = "+79161234567"
GREETING = "Здравствуйте, это Гуля!"
LEMMAS = Lemmas()


@dataclass(frozen=True)
class Cut:
    """The caller takes the floor over our next words, after so many of them."""

    words: int = 0


@dataclass(frozen=True)
class Mute:
    """Our next words cannot be said."""


class HangsUp:
    """The caller is gone: whoever listens is cancelled, as by the talk."""


@dataclass(frozen=True)
class Ordered:
    """The owner orders something while we listen."""

    order: Order


Step = str | Ordered | Keys | Silence | Cut | Mute | HangsUp | PhraseHeard


def deaf(start: float = 25.0) -> PhraseHeard:
    return PhraseHeard("", start, start + 1, start, start, start, understood=False)


@dataclass
class FakeEars:
    now: float = 10.0
    partial: str = ""


@dataclass
class ScriptedConversation:
    """Implements what Lead and MessageTaking use of a Conversation. Each `listen` takes the script's next step; Cut and
    Mute before it hold for the next `say`. `last_words` are what was being said when the caller hung up."""

    script: list[Step]
    last_words: tuple[str, ...] = ()
    said: list[str] = field(default_factory=list)
    unstoppable: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    ears: FakeEars = field(default_factory=FakeEars)
    cut: Said | None = None
    expected: list[Expecting] = field(default_factory=list)
    hung_up: bool = False
    nudged: bool = False
    order: Callable[[Order], bool] | None = None

    def nudge(self) -> None:
        self.nudged = True

    async def say(self, utterances: AsyncIterator[Utterance], *, interruptible: bool = True) -> Said:
        self.cut = None
        given = [utterance async for utterance in utterances]
        text = " ".join(utterance.text for utterance in given)
        if self.script and isinstance(self.script[0], Mute):
            self.script.pop(0)
            raise SpeechUnavailable("no voice")
        interrupted = False
        if interruptible and self.script and isinstance(self.script[0], Cut):
            text, interrupted = " ".join(text.split()[: self.script.pop(0).words]), True
        if not interruptible:
            self.unstoppable.append(text)
        self.said.append(text)
        self.phrases += [f"{utterance.source}:{utterance.detail}" for utterance in given]
        self.ears.now += 1.0
        return Said(text, tuple(given), interrupted, self.ears.now - 1, self.ears.now, TurnTimes())

    async def listen(self, timeout: float) -> Turned:
        assert timeout > 0
        assert self.script, "listened beyond the script"
        step = self.script.pop(0)
        assert not isinstance(step, Cut | Mute), "nothing was said that could be cut"
        if isinstance(step, Ordered):
            assert self.order is not None
            self.order(step.order)
            assert self.nudged, "whoever listens was not woken"
            self.nudged = False
            return Nudged()
        if isinstance(step, HangsUp):
            self.hung_up = True
            raise asyncio.CancelledError
        if isinstance(step, str):
            self.ears.now += 1.0
            now = self.ears.now
            return PhraseHeard(step, now - 1, now, now, now, now, 0.9)
        return Silence(timeout) if isinstance(step, Silence) else step

    def expect(self, what: Expecting) -> None:
        self.expected.append(what)

    def left(self) -> list[PhraseHeard]:
        words, self.last_words = self.last_words, ()
        return [PhraseHeard(text, 0.0, 1.0, 0.0, 0.0, 0.0) for text in words]


class ScriptedAnswers:
    """A ladder with a reply for every question; asserts that each is known."""

    def __init__(self, replies: dict[str, Sequence[Reply]]) -> None:
        self._replies = replies
        self.asked: list[tuple[str, tuple[Exchange, ...], CallState]] = []
        self.prefilled = 0

    async def answer(
        self,
        heard: str,
        history: Sequence[Exchange],
        *,
        session: str,
        state: CallState | None = None,
        note: str = "",
        timing: Timing = ON_TIME,
    ) -> AsyncIterator[Reply]:
        assert state is not None
        assert session == "call-7"
        self.asked.append((heard, tuple(history), state))
        for reply in self._replies[heard]:
            yield reply

    def sure_of(self, partial: str) -> Piece | None:
        ready = self._replies.get(partial, ())
        return next((one for one in ready if isinstance(one, Piece) and one.detail.startswith("hours")), None)

    def note(self) -> str:
        return "сейчас полдень"

    async def prefill(self, history: Sequence[Exchange], *, session: str, partial: str = "", note: str = "") -> None:
        self.prefilled += 1


class FakeStorage:
    """What a talk writes; refuses while `broken`."""

    def __init__(self) -> None:
        self.broken = False
        self.turns: list[TurnRecord] = []
        self.messages: list[MessageRecord] = []

    async def add_turn(self, call_id: int, turn: TurnRecord) -> None:
        assert call_id == 7
        if self.broken:
            raise StorageError("disk")
        self.turns.append(turn)

    async def add_message(self, call_id: int, taken: float, name: str, number: str, matter: str) -> MessageRecord:
        assert call_id == 7
        if self.broken:
            raise StorageError("disk")
        self.messages.append(MessageRecord(len(self.messages) + 1, call_id, "line1", taken, name, number, matter))
        return self.messages[-1]


async def nothing(_: str) -> None:
    """Prepares or releases nothing."""


def parts(storage: Any, **changed: Any) -> TalkParts:
    """Everything a call is talked with; what a test does not name is harmless."""
    language = changed.pop("language", "ru")
    record = changed.pop("record", True)
    given: dict[str, Any] = {
        "storage": storage,
        "bus": Bus(),
        "troubles": Troubles(),
        "zone": ZONE,
        "language": language,
        "record": record,
        "interpreter": Interpreter(default_flow(record=record), values={"greeting": GREETING}),
        "answers": ScriptedAnswers({}),
        "voice": None,
        "sound": None,
        "make_ears": None,
        "make_collector": lambda caller: Collector(LEMMAS, caller),
        "speculated": SpeculationCounts(),
        "release": nothing,
        "first_token": lambda _: None,
    }
    return TalkParts(**(given | changed))


def record(number: str | None = CALLER) -> CallRecord:
    return CallRecord(7, "line1", "in", number, "presented" if number else "withheld", 1_790_000_000.0)


class Call:
    """One call led through a script."""

    def __init__(
        self, *script: Step, replies: dict[str, Sequence[Reply]] | None = None, number: str | None = CALLER, **more: Any
    ) -> None:
        last_words = more.pop("last_words", ())
        self.storage = FakeStorage()
        self.answers = ScriptedAnswers(replies or {})
        self.parts = parts(self.storage, answers=self.answers, **more)
        self.report = Report(self.parts.language, answered=1.0)
        self.conversation = ScriptedConversation(list(script), last_words)
        self.record = record(number)
        self.scribe = Scribe(7, self.storage, self.parts.bus, self.report)  # type: ignore[arg-type]
        self.voice = CallVoice(PlainVoice())
        self.forgotten = 0
        self.lead = Lead(
            self.parts,
            self.record,
            self.scribe,
            self.report,
            self.conversation,  # type: ignore[arg-type]
            voice=self.voice,
            forget_recording=self._forget,
        )

        self.conversation.order = self.lead.order

    async def _forget(self) -> Line:
        self.forgotten += 1
        return Line.RECORDING_STOPPED

    async def run(self) -> "Call":
        writing = asyncio.create_task(self.scribe.run())
        leading = asyncio.create_task(self.lead.run())
        await asyncio.wait({leading})
        await self.scribe.close()
        writing.cancel()
        await asyncio.wait({writing})
        if self.conversation.hung_up:
            assert leading.cancelled()
        else:
            leading.result()
        assert not self.conversation.script, f"never came to {self.conversation.script}"
        return self

    @property
    def message(self) -> tuple[str, str, str] | None:
        """(name, number, matter)."""
        assert len(self.storage.messages) < 2
        found = self.storage.messages
        return (found[0].name, found[0].number, found[0].matter) if found else None


def say(text: str, source: str = "faq", detail: str = "x exact 100") -> Piece:
    return Piece(text, source, detail)


__all__ = ["Cut", "HangsUp", "Intent", "Keys", "Mute", "Ordered", "Path", "Silence", "deaf", "say"]
