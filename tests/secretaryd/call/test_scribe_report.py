"""What a call leaves: turns in order, the split of each answer, the outcome and its words."""

import asyncio
from dataclasses import replace

import pytest

from secretaryd.bus import Bus
from secretaryd.call.report import QUOTED_LENGTH, TEXTS, Report
from secretaryd.call.scribe import WAITING_TURNS, Scribe, split
from secretaryd.control.protocol import DigitsPressed, MessageTaken, PartialHeard, PhraseHeard, SayingStarted, TurnSaid
from storage.errors import StorageError
from storage.records import Latency, MessageRecord, TurnRecord
from tests.fakes.leading import FakeStorage
from voice.conversation import Said
from voice.ears import Deafened, PartialText, SpeechBegan
from voice.ears import PhraseHeard as Heard
from voice.events import Word
from voice.turn import TurnTimes, Utterance


def heard(text: str = "когда вы работаете", *, last_sound: float = 10.0) -> Heard:
    words = (Word("когда", 1.0, 1.2, 0.9),)
    return Heard(text, 1.0, 2.0, last_sound, last_sound + 0.35, last_sound + 0.45, 0.8, words)


def said(text: str = "с девяти", times: TurnTimes | None = None, **more) -> Said:
    given = {"sources": (Utterance(text, "faq", "hours exact 100"),), "interrupted": False, "start": 3.0, "end": 4.0}
    return Said(text=text, times=times or TurnTimes(), **(given | more))


TIMES = TurnTimes(first_sentence=10.65, first_audio=10.8, first_frame=10.83)

SPLITS = [
    # what was said, what it answers, first token, the split
    (TIMES, True, 10.6, Latency(350.0, 100.0, 150.0, 200.0, 150.0, 30.0, 830.0)),
    (TIMES, True, None, Latency(350.0, 100.0, None, 200.0, 150.0, 30.0, 830.0)),
    (TIMES, False, None, None),
    (TurnTimes(), True, None, None),
    (TurnTimes(10.65, 10.8, None), True, None, None),
    # an answer begun before the phrase was over: nothing is negative
    (TurnTimes(10.2, 10.3, 10.47), True, 10.1, Latency(350.0, 100.0, 0.0, 0.0, 100.0, 170.0, 470.0)),
]


@pytest.mark.parametrize(("times", "answers", "token", "wanted"), SPLITS)
def test_the_split_of_an_answer(times: TurnTimes, answers: bool, token: float | None, wanted: Latency | None) -> None:
    assert split(said(times=times), heard() if answers else None, token) == wanted


def test_the_parts_of_an_answer_add_up_to_its_total() -> None:
    parts = split(said(times=TIMES), heard(), 10.6)
    assert parts is not None
    given = (parts.endpoint, parts.stt, parts.first_sentence, parts.first_audio, parts.queue)
    assert sum(part or 0.0 for part in given) == pytest.approx(parts.total)


class Desk:
    """A scribe at work; `events` is what the bus told."""

    def __init__(self) -> None:
        self.storage, self.bus, self.report = FakeStorage(), Bus(), Report(answered=1.0)
        self.scribe = Scribe(7, self.storage, self.bus, self.report)  # type: ignore[arg-type]

    @property
    def events(self) -> list[object]:
        return [stamped.event for stamped in self.bus._ring]

    async def finish(self) -> None:
        writing = asyncio.create_task(self.scribe.run())
        await asyncio.wait_for(self.scribe.close(), 5)
        writing.cancel()
        await asyncio.wait({writing})


async def test_turns_are_kept_in_the_order_in_which_they_came() -> None:
    desk = Desk()
    desk.scribe.heard(heard())
    desk.scribe.said(said(times=TIMES), heard(), 10.6)
    desk.scribe.keys("12", 5.0)
    desk.scribe.said(said("до", interrupted=True), None)
    await desk.finish()
    assert [replace(turn, words=()) for turn in desk.storage.turns] == desk.report.turns
    assert [(t.who, t.text, t.source, t.interrupted) for t in desk.storage.turns] == [
        ("caller", "когда вы работаете", "caller", False),
        ("secretary", "с девяти", "faq", False),
        ("caller", "12", "keys", False),
        ("secretary", "до", "faq", True),
    ]
    assert desk.storage.turns[1].latency is not None
    assert desk.storage.turns[1].detail == "hours exact 100"
    assert desk.storage.turns[0].words[0].start == 1.0
    kinds = [type(event) for event in desk.events]
    assert kinds == [PhraseHeard, TurnSaid, DigitsPressed, TurnSaid]
    shown = desk.events[1]
    assert isinstance(shown, TurnSaid)
    assert shown.latency is not None
    assert shown.latency["total"] == 830.0


async def test_what_nobody_heard_is_told_but_not_kept() -> None:
    desk = Desk()
    desk.scribe.said(said("", interrupted=True), None)
    desk.scribe.said(Said("", (), False, 0.0, 0.0, TurnTimes()), None)
    await desk.finish()
    assert desk.storage.turns == []
    assert len(desk.events) == 2


async def test_ear_events_that_are_for_nobody_pass_silently() -> None:
    desk = Desk()
    for event in (SpeechBegan(1.0), Deafened("x"), heard(), PartialText("ко"), Utterance("да", "faq", "d")):
        desk.scribe.watch(event)
    assert desk.events == [PartialHeard(call=7, text="ко"), SayingStarted(call=7, text="да", source="faq", detail="d")]


async def test_a_disk_that_refuses_loses_no_turn_from_the_report() -> None:
    desk = Desk()
    desk.storage.broken = True
    desk.scribe.heard(heard("первая"))
    desk.scribe.heard(heard("вторая"))
    await desk.finish()
    assert [turn.text for turn in desk.report.turns] == ["первая", "вторая"]
    with pytest.raises(StorageError):
        await desk.scribe.message("Анна", "", "вода")
    assert desk.report.message is None
    assert not any(isinstance(event, MessageTaken) for event in desk.events)


async def test_a_disk_that_does_not_keep_up_is_bounded() -> None:
    desk = Desk()
    for number in range(WAITING_TURNS + 5):
        desk.scribe.heard(heard(str(number)))
    await desk.finish()
    assert len(desk.storage.turns) == WAITING_TURNS
    assert len(desk.report.turns) == WAITING_TURNS + 5


def turn(text: str, source: str = "caller", who: str = "caller") -> TurnRecord:
    return TurnRecord(who, text, 0.0, 1.0, source)


MESSAGE = MessageRecord(1, 7, "line1", 0.0, "Анна", "+79123456789", "привезите воду")
BARE = MessageRecord(1, 7, "line1", 0.0, "", "", "")
OURS = turn("здравствуйте", "flow", "secretary")

REPORTS = [
    (Report("ru"), "missed", "Не дождался ответа."),
    (Report("en"), "missed", "Gave up before the answer."),
    (Report("ru", 1.0, [OURS]), "answered", "Ничего не сказал."),
    (Report("en", 1.0, [OURS]), "answered", "Said nothing."),
    (Report("ru", 1.0, [OURS, turn("сколько стоит")]), "answered", "Сказал: «сколько стоит»."),
    (Report("ru", 1.0, [turn("раз"), turn("два"), turn("три")]), "answered", "Сказал: «раз»; «два»."),
    (Report("ru", 1.0, [turn("раз"), turn("12", "keys"), turn("3", "keys")]), "answered", "Сказал: «раз». Нажал: 123."),
    (Report("ru", 1.0, [turn("раз")], MESSAGE), "message",
     "Оставил сообщение: Анна, +79123456789, привезите воду."),
    (Report("en", 1.0, [], BARE), "message", "Left a message."),
    (Report("ru", 1.0, [OURS], unheard=True), "answered", "Речь не распознавалась; послушайте запись."),
    (Report("ru", 1.0, [], trouble="no sound"), "failed", "Разговор прервался из-за сбоя: no sound."),
    (Report("ru", 1.0, [turn("раз")], trouble="EIO"), "answered",
     "Сказал: «раз». Разговор прервался из-за сбоя: EIO."),
    (Report("ru", 1.0, [], MESSAGE, trouble="EIO"), "message",
     "Оставил сообщение: Анна, +79123456789, привезите воду. Разговор прервался из-за сбоя: EIO."),
]  # fmt: skip


@pytest.mark.parametrize(("report", "outcome", "summary"), REPORTS)
def test_outcome_and_summary(report: Report, outcome: str, summary: str) -> None:
    assert (report.outcome(), report.summary()) == (outcome, summary)


def test_a_long_story_is_cut_between_words() -> None:
    summary = Report("ru", 1.0, [turn("слово " * 100)]).summary()
    assert len(summary) < QUOTED_LENGTH + 20
    assert summary.endswith("слово…».")


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS["ru"].keys() == TEXTS["en"].keys()
    for key in TEXTS["ru"]:
        assert TEXTS["ru"][key].count("{}") == TEXTS["en"][key].count("{}")
