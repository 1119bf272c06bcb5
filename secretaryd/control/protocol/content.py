"""Requests about what the owner edits: settings, persona, questions and answers."""

from typing import Any, ClassVar

from secretaryd.control.protocol.base import Asking, Message, Right


class SetConfig(Asking, frozen=True, kw_only=True, tag="config.set"):
    """One key of settings.toml. `value` is JSON of the key's type; with `as_text` a word as typed. Answers {key, value,
    restart: [units], hidden_by}."""

    needs: ClassVar[Right] = Right.MANAGE
    key: str
    value: Any = None
    as_text: bool = False


class UnsetConfig(Asking, frozen=True, kw_only=True, tag="config.unset"):
    """Back to what TOML and defaults say; answers as `config.set`."""

    needs: ClassVar[Right] = Right.MANAGE
    key: str


class Entry(Message, frozen=True, kw_only=True):
    """A question in some wordings. `answer` may hold {hours} and other facts; `action`: "", "message" or "hangup"."""

    id: str
    variants: list[str]
    answer: str
    action: str = ""


class ListFaq(Asking, frozen=True, kw_only=True, tag="faq.list"):
    """All in force; answers {"entries": [{id, variants, answer, action, origin}], "off": [ids]}. `origin`: "own",
    "persona" or "general"."""

    needs: ClassVar[Right] = Right.FAQ_READ


class SaveFaq(Asking, frozen=True, kw_only=True, tag="faq.save"):
    """Adds or replaces the owner's entries by id. `fresh`: ids that are in use are refused. `only`: his others go.
    Answers {"saved": n}."""

    needs: ClassVar[Right] = Right.FAQ_WRITE
    entries: list[Entry]
    fresh: bool = False
    only: bool = False


class RemoveFaq(Asking, frozen=True, kw_only=True, tag="faq.remove"):
    """The owner's own goes, a persona's or general one is switched off; answers {"removed": id}."""

    needs: ClassVar[Right] = Right.FAQ_WRITE
    id: str


class ImportFaq(Asking, frozen=True, kw_only=True, tag="faq.import"):
    """Takes over a CSV or JSON file (at most 500 kB), all of it or nothing; `only`: the owner's others go. Answers
    {"saved": n}."""

    needs: ClassVar[Right] = Right.FAQ_WRITE
    content: bytes
    only: bool = False


class ExportFaq(Asking, frozen=True, kw_only=True, tag="faq.export"):
    """As a file to edit and import; answers {"name", "content" (text)}. `format`: "csv" or "json"; `all`: not the
    owner's alone."""

    needs: ClassVar[Right] = Right.FAQ_READ
    format: str = "csv"
    all: bool = False


class TestFaq(Asking, frozen=True, kw_only=True, tag="faq.test"):
    """What a phrase would be answered with; answers {faq, how, score, answer, source, entries: [{id, score}], facts:
    [{id, score}]}."""

    __test__: ClassVar[bool] = False  # no test, whatever pytest makes of its name
    needs: ClassVar[Right] = Right.FAQ_READ
    text: str


class ListPersonas(Asking, frozen=True, kw_only=True, tag="persona.list"):
    """Answers {"ready": [ids], "own": bool, "active": id}."""

    needs: ClassVar[Right] = Right.FAQ_READ


class ShowPersona(Asking, frozen=True, kw_only=True, tag="persona.show"):
    """The one in force; answers {id, own, name, company, style, greeting, facts: [...], text, version}."""

    needs: ClassVar[Right] = Right.FAQ_READ


class UsePersona(Asking, frozen=True, kw_only=True, tag="persona.use"):
    """A ready one becomes the owner's; "" gives the box back to what was shipped. Answers {"active": id}."""

    needs: ClassVar[Right] = Right.PERSONA_WRITE
    id: str


class SavePersona(Asking, frozen=True, kw_only=True, tag="persona.save"):
    """The whole text, as `persona.show` gave it; `version` of that answer guards against another's edit in between."""

    needs: ClassVar[Right] = Right.PERSONA_WRITE
    text: str
    version: str | None = None


class SetPersona(Asking, frozen=True, kw_only=True, tag="persona.set"):
    """What is not empty of name, company, style and greeting (which may hold {name} and {company})."""

    needs: ClassVar[Right] = Right.PERSONA_WRITE
    name: str = ""
    company: str = ""
    style: str = ""
    greeting: str = ""


class SaveFact(Asking, frozen=True, kw_only=True, tag="fact.save"):
    """Adds or replaces the fact on its topic. `say` is the sentence a caller hears; empty: "label: value."."""

    needs: ClassVar[Right] = Right.PERSONA_WRITE
    topic: str
    value: str
    label: str = ""
    say: str = ""
    keywords: tuple[str, ...] = ()


class RemoveFact(Asking, frozen=True, kw_only=True, tag="fact.remove"):
    """Answers {"removed": topic}."""

    needs: ClassVar[Right] = Right.PERSONA_WRITE
    topic: str


class ListChanges(Asking, frozen=True, kw_only=True, tag="changes.list"):
    """What can be undone, newest first; answers {"changes": [{number, at, who, what, target, file}]}."""

    needs: ClassVar[Right] = Right.MANAGE


class Undo(Asking, frozen=True, kw_only=True, tag="changes.undo"):
    """Takes the newest change back; answers {"undone": {…}}."""

    needs: ClassVar[Right] = Right.MANAGE


Requests = (
    SetConfig
    | UnsetConfig
    | ListFaq
    | SaveFaq
    | RemoveFaq
    | ImportFaq
    | ExportFaq
    | TestFaq
    | ListPersonas
    | ShowPersona
    | UsePersona
    | SavePersona
    | SetPersona
    | SaveFact
    | RemoveFact
    | ListChanges
    | Undo
)
