"""The owner's edits, one at a time: made on a copy, validated, written, put to work, written down."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from secretaryd.answer import own_faq, own_persona
from secretaryd.answer.errors import BadContent
from secretaryd.answer.persona import ready_personas
from secretaryd.config import edit
from secretaryd.config.load import ConfigError, load
from secretaryd.config.machine import lacking
from secretaryd.config.schema import Config
from secretaryd.owner.content import FAQ, PERSONA, Content, content_of, seed
from secretaryd.owner.errors import Rejected, Stale, Unknown
from secretaryd.owner.files import Change, OwnerFiles, digest
from secretaryd.reasons import Reason

log = logging.getLogger(__name__)

SETTINGS: Final = edit.SETTINGS
OPEN: Final = frozenset({SETTINGS})
GENERAL: Final = "general"
MAX_TEXT: Final = 256 << 10

Commit = Callable[[], None]


class Box(Protocol):
    """What puts an edit to work."""

    def prepare(self, config: Config, content: Content) -> Commit:
        """Builds everything that speaks from this, in a worker thread; the commit, on the loop, takes it into use from
        the next call on. Raises BadContent."""


class Log(Protocol):
    """Who changed what."""

    async def add(
        self,
        *,
        who: str,
        where: str,
        what: str,
        target: str = "",
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> object:
        """Durable when it returns."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who edits: `who` ("root", "user anna"), and `where` from ("console", "web")."""

    who: str
    where: str


@dataclass(frozen=True, slots=True)
class Set:
    """A setting that was changed. `restart`: units that must start anew; `hidden_by`: an environment variable that
    outranks it."""

    key: str
    value: Any
    restart: tuple[str, ...]
    hidden_by: str = ""


class Owner:
    """One for the core. Every method that edits raises Rejected, Unknown, Stale, NotWritten; then nothing changed."""

    def __init__(
        self,
        config: Config,
        content: Content,
        box: Box,
        audit: Log,
        config_file: Path | None,
        environ: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`config_file` is what --config named."""
        self.config, self.content = config, content
        self._box, self._audit, self._file, self._now = box, audit, config_file, now
        self._environ = dict(os.environ if environ is None else environ)
        self._files = OwnerFiles(config.box.data_dir, OPEN)
        self._one = asyncio.Lock()

    # Settings

    async def set_value(self, asker: Asker, key: str, value: Any) -> Set:
        """One key of settings.toml."""
        self._may_set(key)
        return await self._settings(asker, "config.set", key, lambda text: edit.with_value(text, key, value))

    async def unset_value(self, asker: Asker, key: str) -> Set:
        """Back to what TOML and defaults say."""
        self._may_set(key)
        return await self._settings(asker, "config.unset", key, lambda text: edit.without_value(text, key))

    def _may_set(self, key: str) -> None:
        try:
            edit.key_of(key)
        except ConfigError as error:
            raise Rejected(error.errors) from error
        if self.content.own and key in edit.SEEDS:
            name = key.partition(".")[2]
            raise Rejected((Reason("own_persona", name=name).at(key),))

    async def _settings(self, asker: Asker, what: str, key: str, change: Callable[[str], str]) -> Set:
        def made(before: str | None) -> str:
            try:
                text = change(before or "")
                config = load(self._file, self._environ, settings=edit.values_in(text))
            except ConfigError as error:
                raise Rejected(error.errors) from error
            if missing := lacking(config, key):
                raise Rejected(tuple(missing))
            return text

        await self._edit(asker, what, key, SETTINGS, made)
        return Set(key, _value(self.config, key), edit.restarts(key), edit.overridden(key, self._environ))

    # Questions and answers

    async def save_entries(
        self, asker: Asker, entries: Sequence[Mapping[str, Any]], *, only: bool = False, fresh: bool = False
    ) -> None:
        """Adds or replaces entries; `only`: the owner's others go; `fresh`: an id that is in use already is refused."""
        language = self.config.box.language
        known = {each.entry.id for each in self.content.known}
        if fresh and (twice := known & {str(entry["id"]) for entry in entries}):
            raise Rejected(tuple(Reason("there", id=entry_id).at("faq") for entry_id in sorted(twice)))
        target = ", ".join(str(entry["id"]) for entry in entries[:3]) + ("…" if len(entries) > 3 else "")

        def made(before: str | None) -> str:
            return own_faq.with_entries(before or "", language, entries, only=only)

        await self._edit(asker, "faq.saved", target, FAQ, _checked(made))

    async def remove_entry(self, asker: Asker, entry_id: str) -> None:
        """The owner's own goes; a persona's or general one is switched off."""
        language = self.config.box.language
        origin = {each.entry.id: each.origin for each in self.content.known}.get(entry_id)
        if origin is None:
            raise Unknown(entry_id)
        hides = origin != "own" or self._is_shipped(entry_id)

        def made(before: str | None) -> str:
            return own_faq.without_entry(before or "", language, entry_id, general=hides)

        await self._edit(asker, "faq.removed", entry_id, FAQ, _checked(made))

    def _is_shipped(self, entry_id: str) -> bool:
        bare = content_of(self.config, None, None)
        return entry_id in {each.entry.id for each in bare.known} | {each.id for each in self.content.persona.faq}

    # Persona

    async def use_persona(self, asker: Asker, persona_id: str) -> None:
        """A ready one becomes the owner's, to be edited; "" gives the box back to what was shipped."""
        if persona_id and persona_id not in ready_personas():
            raise Unknown(persona_id)
        text = seed(self.config, persona_id) if persona_id else None
        await self._edit(asker, "persona.used", persona_id or "shipped", PERSONA, lambda _: text)

    async def save_persona(self, asker: Asker, text: str, version: str | None = None) -> None:
        """The whole text. `version`: that of the text which was edited; Stale where it is another by now."""
        if len(text) > MAX_TEXT:
            raise Rejected((Reason("long_text", n=MAX_TEXT).at(PERSONA),))

        def made(before: str | None) -> str:
            if version is not None and digest(before) != version:
                raise Stale(PERSONA)
            return text

        await self._edit(asker, "persona.saved", self.content.persona.name, PERSONA, made)

    async def set_fields(self, asker: Asker, values: Mapping[str, str]) -> None:
        """Name, company, style, greeting."""
        if unknown := sorted(set(values) - set(own_persona.FIELDS)):
            raise Rejected((Reason("unknown_of", known=", ".join(own_persona.FIELDS)).at(unknown[0]),))
        made = self._persona_edit(lambda text, language: own_persona.with_fields(text, language, values))
        await self._edit(asker, "persona.set", ", ".join(values), PERSONA, made)

    async def save_fact(self, asker: Asker, fact: Mapping[str, Any]) -> None:
        """Adds or replaces the fact on its topic."""
        made = self._persona_edit(lambda text, language: own_persona.with_fact(text, language, fact))
        await self._edit(asker, "fact.saved", str(fact["topic"]), PERSONA, made)

    async def remove_fact(self, asker: Asker, topic: str) -> None:
        """Questions that need it are not answered from the FAQ any more."""
        made = self._persona_edit(lambda text, language: own_persona.without_fact(text, language, topic))
        await self._edit(asker, "fact.removed", topic, PERSONA, made)

    def _persona_edit(self, change: Callable[[str, str], str]) -> Callable[[str | None], str | None]:
        def made(before: str | None) -> str:
            return change(seed(self.config) if before is None else before, self.config.box.language)

        return _checked(made)

    async def persona_text(self) -> tuple[str, str]:
        """The text to edit, and its version."""
        text = await asyncio.to_thread(self._files.read, PERSONA)
        return (seed(self.config) if text is None else text), digest(text)

    # Undo

    async def history(self) -> list[Change]:
        """Newest first."""
        return await asyncio.to_thread(self._files.history)

    async def undo(self, asker: Asker) -> Change:
        """The newest change is taken back. Raises Unknown where there is none, Stale where the file was edited by hand
        since."""
        async with self._one:
            changes = await asyncio.to_thread(self._files.history)
            if not changes:
                raise Unknown("")
            change = changes[0]
            now = await asyncio.to_thread(self._files.read, change.file)
            if digest(now) != change.after:
                raise Stale(change.file)
            commit, config, content = await self._prepared(change.file, change.before)
            await asyncio.to_thread(self._files.take_back, change)
            self._take(commit, config, content)
        await self._write_down(asker, "change.undone", change.target, change.file, now, change.before)
        return change

    # What all of them share

    async def _edit(
        self, asker: Asker, what: str, target: str, file: str, made: Callable[[str | None], str | None]
    ) -> None:
        async with self._one:
            before = await asyncio.to_thread(self._files.read, file)
            after = made(before)
            if after == before:
                return
            commit, config, content = await self._prepared(file, after)
            number = await asyncio.to_thread(self._files.next_number)
            change = Change(number, self._now(), asker.who, what, target, file, before, digest(after))
            await asyncio.to_thread(self._files.write, file, after, change)
            self._take(commit, config, content)
        await self._write_down(asker, what, target, file, before, after)

    async def _prepared(self, file: str, after: str | None) -> tuple[Commit, Config, Content]:
        """Everything that follows from a file's new text. Raises Rejected."""

        def build() -> tuple[Commit, Config, Content]:
            texts = {name: after if name == file else self._files.read(name) for name in (SETTINGS, PERSONA, FAQ)}
            config = self.config  # a TOML that somebody broke meanwhile must not keep the owner from his answers
            if file == SETTINGS:
                config = load(self._file, self._environ, settings=edit.values_in(texts[SETTINGS] or ""))
            content = content_of(config, texts[PERSONA], texts[FAQ])
            return self._box.prepare(config, content), config, content

        try:
            return await asyncio.to_thread(build)
        except ConfigError as error:
            raise Rejected(error.errors) from error
        except BadContent as error:
            raise Rejected(error.problems) from error

    def _take(self, commit: Commit, config: Config, content: Content) -> None:
        self.config, self.content = config, content
        commit()

    async def _write_down(
        self, asker: Asker, what: str, target: str, file: str, before: str | None, after: str | None
    ) -> None:
        """Lines that went and came; the file itself may be long."""
        old, new = (before or "").splitlines(), (after or "").splitlines()
        was, now = set(old), set(new)
        gone = [line[:MAX_LINE] for line in old if line not in now][:MAX_LINES]
        come = [line[:MAX_LINE] for line in new if line not in was][:MAX_LINES]
        await self._audit.add(
            who=asker.who,
            where=asker.where,
            what=what,
            target=target,
            before={"file": file, "lines": gone},
            after={"file": file, "lines": come},
        )


MAX_LINES: Final = 40
MAX_LINE: Final = 120
"""Characters; an entry of the audit has its own limit, and a longer edit is in the undo folder."""


def _checked(made: Callable[[str | None], str | None]) -> Callable[[str | None], str | None]:
    """With the errors of the pure editors as ours."""

    def safe(before: str | None) -> str | None:
        try:
            return made(before)
        except BadContent as error:
            raise Rejected(error.problems) from error
        except KeyError as error:
            raise Unknown(str(error.args[0])) from error

    return safe


def _value(config: Config, key: str) -> Any:
    section, _, name = key.partition(".")
    return getattr(getattr(config, section), name)
