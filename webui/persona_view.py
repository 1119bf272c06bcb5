"""What the page of the persona shows: pure, from the core's answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch

MAX_FIELD: Final = 2000
MAX_FACTS: Final = 200


@dataclass(frozen=True, slots=True)
class Fact:
    """What callers may know about one topic."""

    topic: str
    label: str
    value: str
    say: str
    keywords: str


@dataclass(frozen=True, slots=True)
class Persona:
    """Who answers."""

    name: str
    company: str
    style: str
    greeting: str
    version: str
    facts: tuple[Fact, ...]


def persona(answer: Mapping[str, Any]) -> Persona:
    """Of `persona.show`."""
    facts = answer.get("facts")
    return Persona(
        **{name: _long(answer.get(name)) for name in ("name", "company", "style", "greeting", "version")},
        facts=tuple(_fact(one) for one in (facts[:MAX_FACTS] if isinstance(facts, list | tuple) else ())),
    )


def ready(answer: Mapping[str, Any], say: Texts) -> tuple[tuple[str, str], ...]:
    """Ready personas of `persona.list`: id, and what they are called."""
    ids = answer.get("ready")
    listed = ids[:MAX_FACTS] if isinstance(ids, list | tuple) else ()
    return tuple((one, say.known(f"persona.id.{one}") or one) for one in listed if isinstance(one, str) and one)


def _fact(row: object) -> Fact:
    fact = Branch(row)
    words = fact.tree.get("keywords")
    listed = [one for one in words if isinstance(one, str)] if isinstance(words, list | tuple) else []
    return Fact(
        topic=fact.text("topic"),
        label=fact.text("label"),
        value=_long(fact.tree.get("value")),
        say=_long(fact.tree.get("say")),
        keywords=", ".join(listed),
    )


def _long(value: object) -> str:
    return value[:MAX_FIELD] if isinstance(value, str) else ""
