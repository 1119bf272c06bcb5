"""What the model is told in a chat. PURE."""

from collections.abc import Sequence
from typing import Any, Final

from secretaryd.answer.explain import Explanation
from secretaryd.answer.persona import Persona
from storage.chat.records import ASSISTANT, USER, ChatMessageRecord
from voice.llm.protocol import ChatMessage

MAX_CHARS: Final = 4000
"""Of earlier messages: what does not fit is left out, the oldest first. A context of 2048 tokens holds about that much
Russian beside the prompt."""
MAX_NAME: Final = 60
_RULES: Final = {
    "ru": (
        "Ты — {name}, помощник сотрудников компании «{company}». {style}",
        "С тобой переписывается сотрудник, а не звонящий. Отвечай по делу, на его языке. Чего не знаешь, не выдумывай.",
        "Что известно о компании:",
    ),
    "en": (
        "You are {name}, an assistant to the staff of {company}. {style}",
        "A member of staff writes to you, not a caller. Keep to the point. Do not invent what you do not know.",
        "What is known of the company:",
    ),
}


_READY: Final = {
    "ru": "(Звонящим на такой вопрос секретарь отвечает: «{answer}»)",
    "en": '(To callers who ask this the secretary says: "{answer}")',
}
MAX_FACTS: Final = 3


def usual_prompt(persona: Persona) -> str:
    """What a chat begins with that has no prompt of its own."""
    head, rules, facts = _RULES.get(persona.language, _RULES["en"])
    lines = [head.format(name=persona.name, company=persona.company, style=persona.style).strip(), rules]
    if persona.facts:
        lines += [facts, *(f"{fact.label}: {fact.value}." for fact in persona.facts)]
    return "\n".join(lines)


def grounds_of(found: Explanation) -> dict[str, Any]:
    """What is kept with an answer of how near the owner's questions and facts came, as plain data."""
    facts = [{"id": each.id, "score": each.score} for each in found.facts if each.score > 0][:MAX_FACTS]
    nearest = {"id": found.faq, "score": found.score} if found.faq else None
    if nearest is None and found.entries:
        nearest = {"id": found.entries[0].id, "score": found.entries[0].score}
    return {"how": found.how, "entry": nearest, "facts": facts, "ready": found.answer, "source": found.source}


def ready_note(found: Explanation, language: str) -> str:
    """What stands behind a question that the secretary has a ready answer to; "" where there is none."""
    return _READY.get(language, _READY["en"]).format(answer=found.answer) if found.answer else ""


def messages_for(prompt: str, history: Sequence[ChatMessageRecord], note: str = "") -> tuple[ChatMessage, ...]:
    """The prompt, and the newest of `history` that fit, which ends with the question; `note` stands behind that."""
    kept: list[ChatMessage] = []
    left = MAX_CHARS
    for message in reversed(history):
        if message.role == ASSISTANT and not message.text:
            continue
        if kept and len(message.text) > left:
            break
        left -= len(message.text)
        kept.append(ChatMessage(message.role, message.text))
    if note and kept:
        kept[0] = ChatMessage(kept[0].role, f"{kept[0].content}\n\n{note}")
    while kept and kept[-1].role != USER:  # some models' templates want a user's words first
        kept.pop()
    return (ChatMessage("system", prompt), *reversed(kept))


def name_of(text: str) -> str:
    """A chat's name by its first words."""
    words = " ".join(text.split())
    if len(words) <= MAX_NAME:
        return words
    cut = words[:MAX_NAME].rsplit(" ", 1)[0]
    return f"{cut}…"
