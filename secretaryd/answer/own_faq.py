"""The owner's own questions and answers, as a text that is edited: faq.toml in the data folder. PURE.

[ru]
off = ["parking"]                 # general questions that this box does not answer

[[ru.entry]]
id = "gift-cards"
variants = ["есть ли подарочные карты"]
answer = "Подарочные карты есть на тысячу и на три тысячи рублей."
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from secretaryd.answer.errors import BadContent
from secretaryd.answer.faq import FaqEntry
from secretaryd.answer.persona import LANGUAGES, Persona, entries_of
from secretaryd.answer.template import TOPICS
from secretaryd.reasons import Reason

FILE: Final = "faq.toml"
KEYS: Final = "entry off"


@dataclass(frozen=True, slots=True)
class OwnFaq:
    """In one language. `off`: ids of the general questions that are not answered."""

    entries: tuple[FaqEntry, ...] = ()
    off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """An entry in force and where it comes from: "own", "persona" or "general"."""

    entry: FaqEntry
    origin: str


def own_faq(text: str, language: str) -> OwnFaq:
    """What the text says for a language. Raises BadContent with every problem at once."""
    document = _document(text)
    unknown = Reason("unknown_key_of", known=", ".join(LANGUAGES))
    problems: list[str] = [unknown.at(f"{FILE}: {key}") for key in document if key not in LANGUAGES]
    table = document.get(language, {})
    if not isinstance(table, Mapping):
        raise BadContent((Reason("plain_table").at(f"{FILE}: {language}"),))
    off = table.get("off", [])
    if not isinstance(off, list) or not all(isinstance(one, str) for one in off):
        problems.append(Reason("ids").at(f"{FILE}: off"))
        off = []
    try:
        entries = entries_of(table, FILE, KEYS)
    except BadContent as error:
        raise BadContent((*problems, *error.problems)) from error
    if problems:
        raise BadContent(tuple(problems))
    return OwnFaq(entries, frozenset(off))


def in_force(own: OwnFaq, persona: Persona, general: Sequence[FaqEntry]) -> tuple[Known, ...]:
    """The owner's entries, the persona's that they do not replace, the general ones that neither replaces and that are
    not switched off. An entry whose answer needs a fact that the persona does not have is left out."""
    missing = TOPICS - persona.values.keys()
    found: dict[str, Known] = {}
    layers = (("own", own.entries), ("persona", persona.faq), ("general", general))
    for origin, entries in layers:
        for entry in entries:
            hidden = origin != "own" and entry.id in own.off
            if entry.id not in found and not hidden and not entry.answer.fields & missing:
                found[entry.id] = Known(entry, origin)
    return tuple(found.values())


def plain_entry(entry: FaqEntry) -> dict[str, Any]:
    """As JSON carries it: {id, variants, answer, action}."""
    parts = entry.answer.parts
    answer = "".join(f"{{{part}}}" if i % 2 else part for i, part in enumerate(parts))
    return {"id": entry.id, "variants": list(entry.variants), "answer": answer, "action": entry.action}


def with_entries(text: str, language: str, entries: Iterable[Mapping[str, Any]], *, only: bool = False) -> str:
    """The text with these entries ({id, variants, answer, action}), each in the place of one with its id, else at the
    end; a general one that was off is on again. `only`: the owner's others go."""
    document = _document(text)
    table = document.setdefault(language, tomlkit.table())
    if only and "entry" in table:
        del table["entry"]
    listed = table.setdefault("entry", tomlkit.aot())
    for entry in entries:
        places = [i for i, one in enumerate(listed) if one.get("id") == entry["id"]]
        if places:
            _fill(listed[places[0]], entry)
        else:
            fresh = tomlkit.table()
            _fill(fresh, entry)
            listed.append(fresh)
        _switch(table, str(entry["id"]), off=False)
    if not listed:
        del table["entry"]
    return tomlkit.dumps(document)


def without_entry(text: str, language: str, entry_id: str, *, general: bool) -> str:
    """The text without the owner's entry of that id; where it is a `general` one (or replaces one), that is switched
    off as well. Raises KeyError where there is neither."""
    document = _document(text)
    table = document.setdefault(language, tomlkit.table())
    listed = table.get("entry", [])
    places = [i for i, one in enumerate(listed) if one.get("id") == entry_id]
    if not places and not general:
        raise KeyError(entry_id)
    for place in places:
        del listed[place]
    if "entry" in table and not len(listed):
        del table["entry"]
    if general:
        _switch(table, entry_id, off=True)
    return tomlkit.dumps(document)


def _switch(table: Any, entry_id: str, *, off: bool) -> None:
    listed = [str(one) for one in table.get("off", []) if one != entry_id]
    if off:
        listed.append(entry_id)
    if listed:
        _put_first(table, "off", listed)
    elif "off" in table:
        del table["off"]


def _put_first(table: Any, key: str, value: list[str]) -> None:
    """A plain key must stand before the tables within its table."""
    if key in table:
        table[key] = value
        return
    entries = table.get("entry")
    if entries is not None:
        del table["entry"]
    table[key] = value
    if entries is not None:
        table["entry"] = entries


def _fill(table: Any, entry: Mapping[str, Any]) -> None:
    table["id"] = str(entry["id"])
    variants = tomlkit.array()
    variants.extend([str(one) for one in entry["variants"]])
    table["variants"] = variants.multiline(len(entry["variants"]) > 1)
    table["answer"] = str(entry["answer"])
    if entry.get("action"):
        table["action"] = str(entry["action"])
    elif "action" in table:
        del table["action"]


def _document(text: str) -> tomlkit.TOMLDocument:
    try:
        document = tomlkit.parse(text)
        document.unwrap()
    except TOMLKitError as error:
        raise BadContent((Reason("not_toml", why=error).at(f"{FILE}: file"),)) from error
    return document
