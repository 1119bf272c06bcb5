"""What a language model is told. PURE.

Two forms of one format. The bundled starter model was trained on a short system prompt of lines "key: value." and can
copy one thing: it gets the few facts that fit the question ("focused"). A real model gets everything once, so that the
prompt only ever grows at its end within a call and what was evaluated stays so ("full"); the time comes with the
caller's words, last.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from secretaryd.answer.persona import Fact, Persona
from secretaryd.answer.template import clock_values
from voice.llm.protocol import ChatMessage

FOCUSED_EXCHANGES: Final = 2
MAX_EXCHANGES: Final = 40
MAX_HEARD: Final = 600
_NOT_WORDS = re.compile(r"[<>{}\[\]|\x00-\x1f\x7f]+")

_HEAD = {
    "ru": "Ты — {name}, секретарь компании «{company}». {style}",
    "en": "You are {name}, the phone secretary of {company}. {style}",
}
_NO_TRANSFER = {"ru": "Соединять ни с кем нельзя.", "en": ""}
_RULES = {
    "ru": (
        "Это разговор по телефону: отвечай одной-двумя короткими фразами, без списков и разметки, на «вы».\n"
        "Говори только то, что есть в фактах. Если ответа там нет, скажи это и предложи передать вопрос сотруднику.\n"
        "Если после слов звонящего в скобках стоит факт, отвечай по нему, ничего не меняя в числах и названиях.\n"
        "Когда звонящий хочет оставить сообщение или просит перезвонить, закончи ответ меткой <message>.\n"
        "Когда звонящий попрощался, попрощайся и закончи ответ меткой <hangup>."
    ),
    "en": (
        "This is a phone call: answer in one or two short sentences, without lists or markup.\n"
        "Say only what the facts say. If the answer is not there, say so and offer to take a message.\n"
        "Where a fact stands in brackets behind the caller's words, answer by it and change no number and no name.\n"
        "When the caller wants to leave a message or to be called back, end your answer with the mark <message>.\n"
        "When the caller has said goodbye, say goodbye and end your answer with the mark <hangup>."
    ),
}
_NOW = {"ru": "Сейчас: {weekday}, {current_time}.", "en": "Now: {weekday}, {current_time}."}


class Form(StrEnum):
    """How much goes into the system prompt."""

    FOCUSED = "focused"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the caller said and what the caller then heard of the answer; either may be empty. `note` is what was sent
    before the caller's words at the time: it must be sent again unchanged."""

    heard: str
    said: str
    note: str = ""


def now_note(now: datetime, language: str) -> str:
    """The line that tells a model the time (local)."""
    return _NOW.get(language, _NOW["en"]).format(**clock_values(now, language))


def clean_words(heard: str) -> str:
    """A caller's words with nothing in them that could be read as a mark or as the model's own syntax."""
    return " ".join(_NOT_WORDS.sub(" ", heard).split())[:MAX_HEARD]


def system_text(persona: Persona, facts: Sequence[Fact], form: Form, note: str = "") -> str:
    """The system prompt; `note` stands last."""
    head = _HEAD.get(persona.language, _HEAD["en"]).format(
        name=persona.name, company=persona.company, style=persona.style
    )
    lines = [head.strip(), *(f"{fact.label}: {fact.value}." for fact in facts)]
    if closing := _NO_TRANSFER.get(persona.language, ""):
        lines.append(closing)
    if form is Form.FULL:
        lines.append(_RULES.get(persona.language, _RULES["en"]))
    return "\n".join([*lines, note] if note else lines)


def build(
    persona: Persona,
    facts: Sequence[Fact],
    history: Sequence[Exchange],
    heard: str,
    *,
    form: Form,
    note: str = "",
    hint: Callable[[str], str] | None = None,
) -> tuple[ChatMessage, ...]:
    """The messages for one answer. `facts`: those that fit (focused) or all of them, in a fixed order (full). `hint`
    (full only) gives the fact that is put behind a caller's words, or ""; the same for the same words, always. With an
    empty `heard`, the messages before the caller's next words, for a prefill."""
    focused = form is Form.FOCUSED
    messages = [ChatMessage("system", system_text(persona, facts, form, note if focused else ""))]
    for exchange in history[-FOCUSED_EXCHANGES:] if focused else history[-MAX_EXCHANGES:]:
        if words := clean_words(exchange.heard):
            messages.append(ChatMessage("user", words if focused else _noted(exchange.heard, exchange.note, hint)))
        if exchange.said:
            messages.append(ChatMessage("assistant", exchange.said))
    if words := clean_words(heard):
        messages.append(ChatMessage("user", words if focused else _noted(heard, note, hint)))
    return tuple(messages)


def _noted(heard: str, note: str, hint: Callable[[str], str] | None) -> str:
    """A caller's words between the note and the fact that fits. The fact stands last: the words are read by the model
    while they are still being spoken."""
    words = clean_words(heard)
    fact = hint(heard) if hint is not None else ""
    return "\n".join([*([f"({note})"] if note else []), words, *([f"({fact})"] if fact else [])])
