"""The owner's persona, as a text that is edited: persona.toml in the data folder, formed as the ready ones. PURE."""

from collections.abc import Mapping
from typing import Any, Final, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from secretaryd.answer.errors import BadContent
from secretaryd.answer.persona import Persona, persona_of
from secretaryd.reasons import Reason

FILE: Final = "persona.toml"
FIELDS: Final = ("name", "company", "style", "greeting")


def own_persona(text: str, language: str) -> Persona:
    """Raises BadContent with every problem at once."""
    return persona_of(cast(Mapping[str, Any], _document(text).unwrap()), FILE, language)


def with_fields(text: str, language: str, values: Mapping[str, str]) -> str:
    """With these of `FIELDS` set in one language; empty values change nothing."""
    document = _document(text)
    table = _table(document, language)
    facts = table.get("fact")
    for key, value in values.items():
        if not value:
            continue
        if key not in table and facts is not None:
            # A plain key must stand before the tables within its table.
            del table["fact"]
            table[key] = value
            table["fact"] = facts
        else:
            table[key] = value
    return tomlkit.dumps(document)


def with_fact(text: str, language: str, fact: Mapping[str, Any]) -> str:
    """With this fact ({topic, label, value, say, keywords, ask}) in the place of the one on its topic, else at the end.
    Empty `label` and `keywords` keep what is there; `say` and `ask` are taken as they come, since a sentence about
    the old value must not outlive it."""
    document = _document(text)
    table = _table(document, language)
    listed = table.setdefault("fact", tomlkit.aot())
    known = next((one for one in listed if one.get("topic") == fact["topic"]), None)
    into = known if known is not None else tomlkit.table()
    into["topic"] = str(fact["topic"])
    for key in ("label", "value"):
        if fact.get(key) or key not in into:
            into[key] = str(fact.get(key) or fact["topic"])
    for key in ("say", "ask"):
        if fact.get(key):
            into[key] = str(fact[key])
        elif key == "say" and key in into:
            del into[key]
    if fact.get("keywords"):
        into["keywords"] = [str(one) for one in fact["keywords"]]
    if known is None:
        listed.append(into)
    return tomlkit.dumps(document)


def without_fact(text: str, language: str, topic: str) -> str:
    """Raises KeyError where there is none on that topic."""
    document = _document(text)
    table = _table(document, language)
    listed = table.get("fact", [])
    places = [i for i, one in enumerate(listed) if one.get("topic") == topic]
    if not places:
        raise KeyError(topic)
    del listed[places[0]]
    if not len(listed):
        del table["fact"]
    return tomlkit.dumps(document)


def _table(document: tomlkit.TOMLDocument, language: str) -> Any:
    table = document.get(language)
    if not isinstance(table, dict):
        raise BadContent((Reason("no_part", language=language).at(FILE),))
    return table


def _document(text: str) -> tomlkit.TOMLDocument:
    try:
        document = tomlkit.parse(text)
        document.unwrap()
    except TOMLKitError as error:
        raise BadContent((Reason("not_toml", why=error).at(f"{FILE}: file"),)) from error
    return document
