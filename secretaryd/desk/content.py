"""Requests about what the owner edits: settings, persona, questions and answers."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec

from secretaryd.answer.exchange import BadImport, read, to_csv, to_json
from secretaryd.answer.explain import explain
from secretaryd.answer.ladder import Ladder
from secretaryd.answer.own_faq import plain_entry
from secretaryd.answer.persona import ready_personas
from secretaryd.config.edit import value_of
from secretaryd.config.load import ConfigError
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.content import (
    ExportFaq,
    ImportFaq,
    ListChanges,
    ListFaq,
    ListPersonas,
    RemoveFact,
    RemoveFaq,
    SaveFact,
    SaveFaq,
    SavePersona,
    SetConfig,
    SetPersona,
    ShowPersona,
    TestFaq,
    Undo,
    UnsetConfig,
    UsePersona,
)
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers, plain
from secretaryd.owner.errors import NotWritten, OwnerError, Rejected, Stale, Unknown
from secretaryd.owner.files import shown
from secretaryd.owner.keeper import Asker, Owner, Set
from secretaryd.reasons import in_language

T = TypeVar("T")

MAX_ENTRIES: Final = 1000
MAX_HEARD: Final = 500
TEXTS: Final = {
    "ru": {
        "rejected": "Так нельзя: {}.",
        "unknown": "Этого нет: {}.",
        "nothing": "Отменять нечего.",
        "stale": "Файл {} тем временем изменился.",
        "disk": "Не удалось записать: {}.",
        "too_many": "Не больше {} вопросов за раз.",
    },
    "en": {
        "rejected": "That cannot be: {}.",
        "unknown": "There is no {}.",
        "nothing": "There is nothing to undo.",
        "stale": "The file {} has changed meanwhile.",
        "disk": "It could not be written: {}.",
        "too_many": "At most {} questions at once.",
    },
}
REMEDIES: Final = {
    Rejected: "",
    Unknown: "secretaryctl faq list; secretaryctl persona facts",
    Stale: "secretaryctl persona show",
    NotWritten: "secretaryctl doctor disk",
}


class ContentDesk:
    """Each edit is written, put to work and written down by `Owner`."""

    def __init__(self, owner: Owner, ladder: Callable[[], Ladder], language: str) -> None:
        """`ladder` is the one in force."""
        self._owner, self._ladder, self._texts = owner, ladder, Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            SetConfig: self.set_config,
            UnsetConfig: self._unset_config,
            ListFaq: self._list_faq,
            SaveFaq: self._save_faq,
            RemoveFaq: self._remove_faq,
            ImportFaq: self._import_faq,
            ExportFaq: self._export_faq,
            TestFaq: self._test_faq,
            ListPersonas: self._list_personas,
            ShowPersona: self._show_persona,
            UsePersona: self._use_persona,
            SavePersona: self._save_persona,
            SetPersona: self._set_persona,
            SaveFact: self._save_fact,
            RemoveFact: self._remove_fact,
            ListChanges: self._list_changes,
            Undo: self._undo,
        }

    async def set_config(self, request: SetConfig, peer: Peer) -> Any:
        """Raises DeskError."""
        value = request.value
        if request.as_text:
            try:
                value = value_of(request.key, str(value))
            except ConfigError as error:
                raise self._problem(Rejected(error.errors)) from error
        return _set(await self._done(self._owner.set_value(asker(peer), request.key, value)))

    async def _unset_config(self, request: UnsetConfig, peer: Peer) -> Any:
        return _set(await self._done(self._owner.unset_value(asker(peer), request.key)))

    async def _list_faq(self, _: ListFaq, __: Peer) -> Any:
        known = self._owner.content.known
        return {"entries": [plain_entry(each.entry) | {"origin": each.origin} for each in known]}

    async def _save_faq(self, request: SaveFaq, peer: Peer) -> Any:
        if len(request.entries) > MAX_ENTRIES:
            text = self._texts["too_many"].format(MAX_ENTRIES)
            raise DeskError(Problem(code="too_many", text=text), 400)
        entries = [msgspec.to_builtins(entry) for entry in request.entries]
        await self._done(self._owner.save_entries(asker(peer), entries, only=request.only, fresh=request.fresh))
        return {"saved": len(entries)}

    async def _remove_faq(self, request: RemoveFaq, peer: Peer) -> Any:
        await self._done(self._owner.remove_entry(asker(peer), request.id))
        return {"removed": request.id}

    async def _import_faq(self, request: ImportFaq, peer: Peer) -> Any:
        try:
            entries = await asyncio.to_thread(read, request.content)
        except BadImport as error:
            raise self._problem(Rejected(error.problems)) from error
        await self._done(self._owner.save_entries(asker(peer), entries, only=request.only, fresh=False))
        return {"saved": len(entries)}

    async def _export_faq(self, request: ExportFaq, _: Peer) -> Any:
        known = [each for each in self._owner.content.known if request.all or each.origin == "own"]
        entries = [plain_entry(each.entry) for each in known]
        if request.format == "json":
            return {"name": "faq.json", "content": to_json(entries)}
        return {"name": "faq.csv", "content": to_csv(entries)}

    async def _test_faq(self, request: TestFaq, _: Peer) -> Any:
        return plain(explain(self._ladder(), request.text[:MAX_HEARD]))

    async def _list_personas(self, _: ListPersonas, __: Peer) -> Any:
        content = self._owner.content
        return {"ready": list(ready_personas()), "own": content.own, "active": content.persona.id}

    async def _show_persona(self, _: ShowPersona, __: Peer) -> Any:
        content = self._owner.content
        persona = content.persona
        text, version = await self._done(self._owner.persona_text())
        facts = [dataclasses.asdict(fact) for fact in persona.facts]
        named = {key: getattr(persona, key) for key in ("id", "name", "company", "style", "greeting")}
        return {**named, "own": content.own, "facts": facts, "text": text, "version": version}

    async def _use_persona(self, request: UsePersona, peer: Peer) -> Any:
        await self._done(self._owner.use_persona(asker(peer), request.id))
        return {"active": self._owner.content.persona.id, "name": self._owner.content.persona.name}

    async def _save_persona(self, request: SavePersona, peer: Peer) -> Any:
        await self._done(self._owner.save_persona(asker(peer), request.text, request.version))
        return {"name": self._owner.content.persona.name}

    async def _set_persona(self, request: SetPersona, peer: Peer) -> Any:
        given = {key: getattr(request, key).strip() for key in ("name", "company", "style", "greeting")}
        await self._done(self._owner.set_fields(asker(peer), {key: value for key, value in given.items() if value}))
        persona = self._owner.content.persona
        return {key: getattr(persona, key) for key in given}

    async def _save_fact(self, request: SaveFact, peer: Peer) -> Any:
        await self._done(self._owner.save_fact(asker(peer), msgspec.structs.asdict(request)))
        return {"saved": request.topic}

    async def _remove_fact(self, request: RemoveFact, peer: Peer) -> Any:
        await self._done(self._owner.remove_fact(asker(peer), request.topic))
        return {"removed": request.topic}

    async def _list_changes(self, _: ListChanges, __: Peer) -> Any:
        return {"changes": [shown(change) for change in await self._done(self._owner.history())]}

    async def _undo(self, _: Undo, peer: Peer) -> Any:
        return {"undone": shown(await self._done(self._owner.undo(asker(peer))))}

    async def _done(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except OwnerError as error:
            raise self._problem(error) from error

    def _problem(self, error: OwnerError) -> DeskError:
        remedy = REMEDIES[type(error)]
        match error:
            case Rejected(problems=problems):
                words = [in_language(problem, self._texts.language) for problem in problems]
                text = self._texts["rejected"].format("; ".join(words))
                return DeskError(Problem(code="rejected", text=text, remedy=remedy), 422)
            case Unknown():
                name = str(error)
                text = self._texts["unknown"].format(name) if name else self._texts["nothing"]
                return DeskError(Problem(code="not_found", text=text, remedy=remedy if name else ""), 404)
            case Stale():
                text = self._texts["stale"].format(error)
                return DeskError(Problem(code="stale", text=text, remedy=remedy), 409)
            case _:
                return DeskError(
                    Problem(
                        code="disk",
                        text=self._texts["disk"].format(in_language(error, self._texts.language)),
                        remedy=remedy,
                    ),
                    503,
                )


def asker(peer: Peer) -> Asker:
    """Who, and by which way."""
    return Asker(peer.actor or f"uid {peer.uid}", "control")


def _set(done: Set) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.to_builtins(dataclasses.asdict(done), enc_hook=str)
    return answer
