"""What the pages of chats show: pure, from the core's rows, and as tolerant of another version as `webui.view`. What a
model said is hostile text: it is cut, shown as it stands, and never more than words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webui.calls_view import Piece
from webui.i18n import Texts
from webui.persona_view import ready
from webui.view import Branch

MAX_TEXT: Final = 20_000
AROUND: Final = 70
"""Characters shown on either side of what was looked for."""
SPOKEN: Final = 400
"""Characters of a part that is spoken at once; the core takes 600."""
SENTENCE: Final = re.compile(r"(?<=[.!?…])\s+|\n+")
HARD: Final = re.compile(rf".{{1,{SPOKEN}}}(?:\s|$)|\S{{{SPOKEN}}}", re.DOTALL)
UNSAID: Final = re.compile(r"[*_#`>|~]+")
"""Marks of Markdown that a model may write: nothing to be spoken."""


@dataclass(frozen=True, slots=True)
class Session:
    """A chat in the list, and the head of its page."""

    id: int
    name: str
    when: str
    changed: float
    count: int
    persona: str
    prompt: str
    node: str
    found: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A message. `ours`: the model's. `trouble`: why there is no (whole) answer, "" where there is; `starter`: because
    no real model is installed. `parts`: how many pieces it is spoken in. `answer_by`: the model, for the summary."""

    id: int
    ours: bool
    text: str
    when: str
    trouble: str
    starter: bool
    detail: str
    parts: int
    by: str
    seconds: str
    entry: str
    why: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen for a chat: the usual prompt, (id, name) of personas, (name, words) of models. `ready`:
    some model would answer now."""

    prompt: str
    personas: tuple[tuple[str, str], ...]
    nodes: tuple[tuple[str, str], ...]
    ready: bool


def session(row: Mapping[str, Any], say: Texts, words: str = "") -> Session:
    """A row of chats; with the place where `words` stand in it."""
    chat, found = Branch(row), row.get("found")
    text = Branch(found).tree.get("text")
    prompt = row.get("prompt")
    return Session(
        id=int(chat.number("id") or 0),
        name=chat.text("name") or say("chat.nameless"),
        when=say.moment(chat.number("changed")),
        changed=chat.number("changed") or 0.0,
        count=int(chat.number("messages") or 0),
        persona=chat.text("persona"),
        prompt=prompt[:MAX_TEXT] if isinstance(prompt, str) else "",
        node=chat.text("node"),
        found=snippet(text, words) if isinstance(text, str) and words else (),
    )


def snippet(text: str, words: str) -> tuple[Piece, ...]:
    """The first place of `words` in the text, marked, with some of what stands around."""
    text = " ".join(text.split())[:MAX_TEXT]
    place = re.search(re.escape(" ".join(words.split())), text, re.IGNORECASE)
    if place is None:
        return (Piece(text[: 2 * AROUND], found=False),) if text else ()
    start, end = max(0, place.start() - AROUND), min(len(text), place.end() + AROUND)
    before = ("…" if start else "") + text[start : place.start()]
    after = text[place.end() : end] + ("…" if end < len(text) else "")
    parts = (Piece(before, found=False), Piece(place[0], found=True), Piece(after, found=False))
    return tuple(part for part in parts if part.text)


def said(row: Mapping[str, Any], say: Texts) -> Said:
    """A message of a chat."""
    message, why = Branch(row), Branch(row).part("why")
    ours, state = message.text("role") == "assistant", message.text("state")
    text = row.get("text")
    text = text[:MAX_TEXT] if isinstance(text, str) else ""
    starter = state == "failed" and why.text("failed") == "starter"
    trouble = ""
    if state == "failed":
        trouble = say("chat.failed.starter") if starter else say("chat.failed")
    elif state == "stopped":
        trouble = say("chat.stopped")
    model, node, seconds = why.text("model"), why.text("node"), why.number("seconds")
    return Said(
        id=int(message.number("id") or 0),
        ours=ours,
        text=text,
        when=say.time(message.number("at")),
        trouble=trouble,
        starter=starter,
        detail=message.text("detail") if state == "failed" else "",
        parts=len(spoken(text)) if ours else 0,
        by=model or node,
        seconds=say.number(seconds, 1) if seconds is not None and ours else "",
        entry=why.part("entry").text("id"),
        why=_why(why, say) if ours else (),
    )


def _why(why: Branch, say: Texts) -> tuple[tuple[str, str], ...]:
    """What an answer rests on, in pairs."""
    pairs = []
    model, node = why.text("model"), why.text("node")
    if model or node:
        pairs.append((say("chat.why.model"), f"{model} ({node})" if model and node else model or node))
    entry, how = why.part("entry"), why.text("how")
    if entry.text("id"):
        score, fits = say.number(entry.number("score") or 0.0, 0), say.known(f"faq.how.{how}") or how
        pairs.append((say("chat.why.entry"), f"{entry.text('id')} · {score} · {fits}"))
    facts = [f"{one.text('id')} {say.number(one.number('score') or 0.0, 2)}" for one in why.parts("facts")]
    if facts:
        pairs.append((say("chat.why.facts"), ", ".join(facts)))
    if why.text("ready"):
        pairs.append((say("chat.why.ready"), why.text("ready")))
    for name, key in (("first", "chat.why.first"), ("seconds", "chat.why.whole")):
        if (seconds := why.number(name)) is not None:
            pairs.append((say(key), say("chat.seconds", seconds=say.number(seconds, 2))))
    return tuple(pairs)


def choices(answer: Mapping[str, Any], say: Texts) -> Choices:
    """Of `chat.prompt`."""
    tree, prompt = Branch(answer), answer.get("prompt")
    nodes = []
    for node in tree.parts("nodes"):
        state = node.text("state")
        words = (node.text("model") or node.text("name"), say.known(f"chat.node.{state}") or state)
        nodes.append((node.text("name"), " · ".join(one for one in words if one)))
    return Choices(
        prompt=prompt[:MAX_TEXT] if isinstance(prompt, str) else "",
        personas=ready({"ready": answer.get("personas")}, say),
        nodes=tuple(nodes),
        ready=any(node.text("state") == "ready" for node in tree.parts("nodes")),
    )


def spoken(text: str) -> Sequence[str]:
    """An answer in parts for the voice: the first sentence by itself, so that it is soon heard, then as many together
    as fit."""
    parts: list[str] = []
    for sentence in SENTENCE.split(UNSAID.sub(" ", text)):
        for piece in HARD.findall(" ".join(sentence.split())):
            words = piece.strip()
            if not any(letter.isalnum() for letter in words):
                continue
            if len(parts) > 1 and len(parts[-1]) + len(words) < SPOKEN:
                parts[-1] = f"{parts[-1]} {words}"
            else:
                parts.append(words)
    return parts
