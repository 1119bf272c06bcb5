"""What one call came to: filled while it runs, told to the owner at its end. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from secretaryd.people.screening import BLOCKED, Verdict
from storage.records import MessageRecord, TurnRecord

QUOTED_PHRASES: Final = 2
QUOTED_LENGTH: Final = 90


class Remark(StrEnum):
    """What the owner should know of the caller; ids of texts."""

    ABUSE = "abuse"
    ADVERT = "advert"
    UNRECORDED = "unrecorded"
    ENGLISH = "english"
    CALL_BACK = "call_back"


UNANSWERED: Final = {"busy": "busy", "not dialled": "failed", "unreachable": "failed", "line lost": "failed"}
"""Cause of the end of a call of ours that nobody took -> outcome; any other is "no_answer"."""
TEXTS: Final[dict[str, dict[str, str]]] = {
    "ru": {
        "missed": "Не дождался ответа.",
        Verdict.DECLINE: "Номер заблокирован: звонок отклонён.",
        Verdict.GOODBYE: "Номер заблокирован: звонок окончен прощанием.",
        "continues": "Продолжение звонка №{} после сбоя.",
        "found": "Продолжение звонка, начало которого не записано.",
        "silent": "Ничего не сказал.",
        "message": "Оставил сообщение",
        "asked": "Сказал: {}.",
        "keys": "Нажал: {}.",
        "trouble": "Разговор прервался из-за сбоя: {}.",
        "unheard": "Речь не распознавалась; послушайте запись.",
        Remark.ABUSE: "Грубил.",
        Remark.ADVERT: "Похоже на рекламу.",
        Remark.UNRECORDED: "Просил не записывать: запись удалена.",
        Remark.ENGLISH: "Говорил по-английски.",
        Remark.CALL_BACK: "Просил перезвонить.",
        "busy": "Занято.",
        "no_answer": "Никто не ответил.",
        "failed": "Дозвониться не удалось.",
    },
    "en": {
        "missed": "Gave up before the answer.",
        Verdict.DECLINE: "The number is blocked: declined.",
        Verdict.GOODBYE: "The number is blocked: ended with a goodbye.",
        "continues": "Goes on with call {} after a fault.",
        "found": "Goes on with a call whose beginning was not kept.",
        "silent": "Said nothing.",
        "message": "Left a message",
        "asked": "Said: {}.",
        "keys": "Pressed: {}.",
        "trouble": "The conversation broke off: {}.",
        "unheard": "Speech could not be recognised; listen to the recording.",
        Remark.ABUSE: "Was abusive.",
        Remark.ADVERT: "Looks like advertising.",
        Remark.UNRECORDED: "Asked not to be recorded: the recording is deleted.",
        Remark.ENGLISH: "Spoke English.",
        Remark.CALL_BACK: "Asked to be called back.",
        "busy": "Busy.",
        "no_answer": "Nobody answered.",
        "failed": "The call did not get through.",
    },
}


@dataclass(slots=True)
class Report:
    """Owned by the call; the talk writes, the driver reads at the end."""

    language: str = "ru"
    answered: float | None = None
    turns: list[TurnRecord] = field(default_factory=list)
    message: MessageRecord | None = None
    unheard: bool = False
    trouble: str = ""
    recorded_seconds: float = 0.0
    found: bool = False
    """The call was up already when it was first seen."""
    continues: int | None = None
    """The row that broke off and that this call goes on with."""
    remarks: list[Remark] = field(default_factory=list)
    screened: Verdict = Verdict.TAKE
    _unanswered: str = "missed"

    def remark(self, which: Remark) -> None:
        """Notes it, once."""
        if which not in self.remarks:
            self.remarks.append(which)

    def outcome(self, called: str = "") -> str:
        """One of storage's outcomes. `called`: of a call of ours, the cause of its end."""
        if self.screened is not Verdict.TAKE:
            return BLOCKED
        if self.answered is None:
            self._unanswered = UNANSWERED.get(called, "no_answer") if called else "missed"
            return self._unanswered
        if self.message is not None:
            return "message"
        return "failed" if self.trouble and not self.turns else "answered"

    def summary(self) -> str:
        """Two or three short sentences for the owner."""
        text = TEXTS[self.language]
        if self.screened is not Verdict.TAKE:
            return text[self.screened]
        if self.answered is None:
            return text[self._unanswered]
        parts = []
        if self.found:
            parts.append(text["found"] if self.continues is None else text["continues"].format(self.continues))
        if self.message is not None:
            fields = [part for part in (self.message.name, self.message.number, self.message.matter) if part]
            parts.append(f"{text['message']}{': ' if fields else ''}{', '.join(fields)}.")
        caller = [turn for turn in self.turns if turn.who == "caller"]
        phrases = [_short(turn.text) for turn in caller if turn.text and turn.source == "caller"]
        keys = "".join(turn.text for turn in caller if turn.source == "keys")
        if phrases and self.message is None:
            parts.append(text["asked"].format("; ".join(f"«{phrase}»" for phrase in phrases[:QUOTED_PHRASES])))
        if keys:
            parts.append(text["keys"].format(keys))
        if self.unheard:
            parts.append(text["unheard"])
        parts += [text[remark] for remark in self.remarks]
        if self.trouble:
            parts.append(text["trouble"].format(self.trouble))
        return " ".join(parts) or text["silent"]


def _short(text: str) -> str:
    if len(text) <= QUOTED_LENGTH:
        return text
    return text[:QUOTED_LENGTH].rsplit(" ", 1)[0] + "…"
