"""Who answers: a name, a company, a manner, and what it knows. Ready ones lie in personas/."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from secretaryd.answer.errors import BadContent
from secretaryd.answer.faq import FaqEntry
from secretaryd.answer.template import PERSONA_FIELDS, TOPICS, parse_template
from secretaryd.reasons import Reason

PERSONAS: Final = Path(__file__).parent / "personas"
QUESTIONS: Final = Path(__file__).parent / "questions"
LANGUAGES: Final = ("ru", "en")
DEFAULT: Final = "gulya"
ACTIONS: Final = frozenset({"", "message", "hangup"})
MAX_FACTS: Final = 100
MAX_ENTRIES: Final = 1000
CALLING: Final = {
    "ru": "Здравствуйте! Вам звонит секретарь компании «{company}», {name}.",
    "en": "Hello! This is {name}, the secretary of {company}, calling.",
}
MAX_CHARS: Final = 500
"""Of any one text."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the company wants callers to know. In a prompt it reads "label: value."; `say` is the sentence a caller
    hears when it is said as it stands. `ask` is the question in the words that the bundled starter model knows: a model
    that small understands no other; empty where it knows none."""

    topic: str
    label: str
    value: str
    say: str
    keywords: tuple[str, ...] = ()
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Persona:
    """In one language. `greeting` is ready text; `faq` comes before the general questions."""

    id: str
    language: str
    name: str
    company: str
    style: str
    greeting: str
    calling: str = ""
    """How a call is opened that the box makes."""
    facts: tuple[Fact, ...] = ()
    faq: tuple[FaqEntry, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """What this persona fills into templates."""
        return {"name": self.name, "company": self.company} | {fact.topic: fact.value for fact in self.facts}


@dataclass(slots=True)
class _Problems:
    """Everything that is wrong with one file."""

    where: str
    found: list[str] = field(default_factory=list)

    def add(self, place: str, what: Reason) -> None:
        self.found.append(what.at(f"{self.where}: {place}"))

    def text(self, table: Mapping[str, Any], key: str, place: str, default: str | None = None) -> str:
        """A short string out of a table; a problem and "" where it is missing or is something else."""
        value = table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.add(f"{place}{key}", Reason("needed" if value is None or value == "" else "text"))
            return ""
        if len(value) > MAX_CHARS:
            self.add(f"{place}{key}", Reason("long_text", n=MAX_CHARS))
        return value.strip()

    def texts(self, table: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.add(f"{place}{key}", Reason("texts"))
            return ()
        return tuple(one.strip() for one in value if one.strip())

    def tables(self, table: Mapping[str, Any], key: str, limit: int) -> list[Mapping[str, Any]]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.add(key, Reason("written_as", key=key))
            return []
        if len(value) > limit:
            self.add(key, Reason("more_than", n=limit))
        return value[:limit]

    def unknown(self, table: Mapping[str, Any], known: str, place: str) -> None:
        for key in sorted(set(table) - set(known.split())):
            self.add(f"{place}{key}", Reason("unknown_key_of", known=", ".join(known.split())))


def ready_personas() -> tuple[str, ...]:
    """Ids of the personas that come with the box."""
    return tuple(sorted(path.stem for path in PERSONAS.glob("*.toml")))


def persona_for(name: str = "", company: str = "", greeting: str = "", language: str = "ru") -> Persona:
    """The ready persona of that name or id ("Гуля", "Лидия"); any other name is given to the default persona. Empty
    values keep the persona's own. `greeting` may hold {name} and {company}. Raises BadContent."""
    for persona_id in (DEFAULT, *ready_personas()):
        persona = load_persona(PERSONAS / f"{persona_id}.toml", language, company=company, greeting=greeting)
        russian = _name_in(PERSONAS / f"{persona_id}.toml", "ru")
        if name.strip().lower() in {persona_id, persona.name.lower(), russian.lower()}:
            return persona
    return load_persona(PERSONAS / f"{DEFAULT}.toml", language, name=name, company=company, greeting=greeting)


def load_persona(path: Path, language: str, *, name: str = "", company: str = "", greeting: str = "") -> Persona:
    """Reads a persona file in one of its languages. Raises BadContent with every problem at once."""
    return persona_of(read_content(path), path.name, language, name=name, company=company, greeting=greeting)


def persona_of(
    document: Mapping[str, Any], where: str, language: str, *, name: str = "", company: str = "", greeting: str = ""
) -> Persona:
    """The persona in such a document; its id is `where` without its ending. Raises BadContent with every problem at
    once."""
    problems = _Problems(where)
    table = document.get(language, {})
    if not isinstance(table, dict) or not table:
        raise BadContent((Reason("no_part", language=language).at(where),))
    problems.unknown(document, " ".join(LANGUAGES), "")
    problems.unknown(table, "name company style greeting calling fact faq", f"{language}.")
    persona = Persona(
        id=Path(where).stem,
        language=language,
        name=name.strip() or problems.text(table, "name", f"{language}."),
        company=company.strip() or problems.text(table, "company", f"{language}."),
        style=problems.text(table, "style", f"{language}.", ""),
        greeting=greeting.strip() or problems.text(table, "greeting", f"{language}."),
        calling=problems.text(table, "calling", f"{language}.", CALLING[language]),
        facts=_facts(table, problems),
        faq=_entries(table, "faq", problems),
    )
    values = {key: persona.values[key] for key in PERSONA_FIELDS}
    try:
        template = parse_template(persona.greeting)
        if extra := template.fields - PERSONA_FIELDS:
            raise ValueError(Reason("not_in_greeting", field=min(extra)))
        persona = replace(persona, greeting=template.fill(values))
    except ValueError as error:
        problems.add(f"{language}.greeting", error.args[0])
    try:
        calling = parse_template(persona.calling)
        if extra := calling.fields - PERSONA_FIELDS:
            raise ValueError(Reason("not_in_it", field=min(extra)))
        persona = replace(persona, calling=calling.fill(values))
    except ValueError as error:
        problems.add(f"{language}.calling", error.args[0])
    if problems.found:
        raise BadContent(tuple(problems.found))
    return persona


def load_questions(language: str, path: Path | None = None) -> tuple[FaqEntry, ...]:
    """The general questions of a language (or those of a file). Raises BadContent with every problem at once."""
    path = QUESTIONS / f"{language}.toml" if path is None else path
    return entries_of(read_content(path), path.name)


def entries_of(document: Mapping[str, Any], where: str, known: str = "entry") -> tuple[FaqEntry, ...]:
    """The [[entry]] tables of a document that may have the keys `known`. Raises BadContent with every problem."""
    problems = _Problems(where)
    problems.unknown(document, known, "")
    entries = _entries(document, "entry", problems)
    if problems.found:
        raise BadContent(tuple(problems.found))
    return entries


def faq_entries(persona: Persona, general: tuple[FaqEntry, ...]) -> tuple[FaqEntry, ...]:
    """The persona's own entries, then the general ones that it does not replace (by id) and whose facts it knows."""
    own = {entry.id for entry in persona.faq}
    missing = TOPICS - persona.values.keys()
    every = persona.faq + tuple(entry for entry in general if entry.id not in own)
    return tuple(entry for entry in every if not entry.answer.fields & missing)


def read_content(path: Path) -> dict[str, Any]:
    """A file of content. Raises BadContent where it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadContent((Reason("unread", why=error.strerror).at(f"{path.name}: file"),)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadContent((Reason("not_toml", why=error).at(f"{path.name}: file"),)) from error


def _name_in(path: Path, language: str) -> str:
    table = tomllib.loads(path.read_text(encoding="utf-8")).get(language, {})
    return str(table.get("name", "")) if isinstance(table, dict) else ""


def _facts(table: Mapping[str, Any], problems: _Problems) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    for number, one in enumerate(problems.tables(table, "fact", MAX_FACTS), 1):
        place = f"fact {number}: "
        problems.unknown(one, "topic label value say keywords ask", place)
        topic = problems.text(one, "topic", place)
        label, value = problems.text(one, "label", place), problems.text(one, "value", place)
        if topic and topic not in TOPICS:
            problems.add(f"{place}topic", Reason("unknown_word", word=topic, known=", ".join(sorted(TOPICS))))
        if topic in {fact.topic for fact in facts}:
            problems.add(f"{place}topic", Reason("twice", word=topic))
        say = problems.text(one, "say", place, "") or f"{label}: {value}."
        ask = problems.text(one, "ask", place, "")
        facts.append(Fact(topic, label, value, say, problems.texts(one, "keywords", place), ask))
    return tuple(facts)


def _entries(table: Mapping[str, Any], key: str, problems: _Problems) -> tuple[FaqEntry, ...]:
    entries: list[FaqEntry] = []
    for number, one in enumerate(problems.tables(table, key, MAX_ENTRIES), 1):
        place = f"{key} {number}: "
        problems.unknown(one, "id variants answer action", place)
        entry_id = problems.text(one, "id", place)
        if entry_id and entry_id in {entry.id for entry in entries}:
            problems.add(f"{place}id", Reason("twice", word=entry_id))
        variants = problems.texts(one, "variants", place)
        if not variants:
            problems.add(f"{place}variants", Reason("wording"))
        action = problems.text(one, "action", place, "")
        if action not in ACTIONS:
            problems.add(f"{place}action", Reason("unknown_word", word=action, known="message, hangup"))
        try:
            answer = parse_template(problems.text(one, "answer", place))
        except ValueError as error:
            problems.add(f"{place}answer", error.args[0])
            continue
        entries.append(FaqEntry(entry_id, variants, answer, action))
    return tuple(entries)
