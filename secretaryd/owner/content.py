"""What the box says, from the owner's files where there are any, else as it was shipped."""

from dataclasses import dataclass
from typing import Final

from secretaryd.answer import own_faq, own_persona
from secretaryd.answer.errors import BadContent
from secretaryd.answer.own_faq import Known, OwnFaq, in_force
from secretaryd.answer.persona import PERSONAS, Persona, load_questions, persona_for
from secretaryd.config.schema import Config

PERSONA: Final = own_persona.FILE
FAQ: Final = own_faq.FILE


@dataclass(frozen=True, slots=True)
class Content:
    """In the box's language. `own`: whether the persona is the owner's; `trouble`: what is wrong with his files, which
    are then left out."""

    persona: Persona
    known: tuple[Known, ...]
    own: bool = False
    trouble: tuple[str, ...] = ()


def content_of(config: Config, persona_text: str | None, faq_text: str | None) -> Content:
    """From the texts of the two files. Raises BadContent with every problem of both."""
    language = config.box.language
    problems: list[str] = []
    persona: Persona | None = None
    faq = OwnFaq()
    try:
        persona = own_persona.own_persona(persona_text, language) if persona_text is not None else shipped(config)
    except BadContent as error:
        problems += error.problems
    try:
        faq = own_faq.own_faq(faq_text or "", language)
    except BadContent as error:
        problems += error.problems
    if problems or persona is None:
        raise BadContent(tuple(problems))
    return Content(persona, in_force(faq, persona, load_questions(language)), own=persona_text is not None)


def content_at_start(config: Config) -> Content:
    """As `content_of`, but never deaf: a file that cannot be used is left out and told in `trouble`."""
    texts: dict[str, str | None] = {}
    trouble: list[str] = []
    for name in (PERSONA, FAQ):
        try:
            texts[name] = (config.box.data_dir / name).read_text("utf-8")
        except FileNotFoundError:
            texts[name] = None
        except (OSError, UnicodeDecodeError) as error:
            texts[name] = None
            trouble.append(f"{name}: {error}")
    found: Content | None = None
    for name in (PERSONA, FAQ):
        try:
            content_of(config, *((texts[name], None) if name == PERSONA else (None, texts[name])))
        except BadContent as error:
            texts[name] = None
            trouble += error.problems
    found = content_of(config, texts[PERSONA], texts[FAQ])
    return Content(found.persona, found.known, found.own, tuple(trouble))


def shipped(config: Config) -> Persona:
    """The ready persona that name, company and greeting of the configuration ask for."""
    return persona_for(config.box.name, config.box.company, config.call.greeting, config.box.language)


def seed(config: Config, persona_id: str = "") -> str:
    """The text with which the owner's own persona begins: a ready one (by default the one in force), with name, company
    and greeting of the configuration where it is that one. Raises KeyError for an unknown id."""
    language = config.box.language
    ready = shipped(config)
    path = PERSONAS / f"{persona_id or ready.id}.toml"
    if not path.is_file() or path.parent != PERSONAS:
        raise KeyError(persona_id)
    text = path.read_text("utf-8")
    if persona_id and persona_id != ready.id:
        return own_persona.with_fields(text, language, {"company": config.box.company})
    values = {"name": ready.name, "company": ready.company, "greeting": config.call.greeting}
    return own_persona.with_fields(text, language, values)
