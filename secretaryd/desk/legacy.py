"""Taking over what the predecessor kept: questions to the owner's, tokens to the secrets, the rest to the database."""

import asyncio
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from secretaryd.answer.errors import BadContent
from secretaryd.answer.own_faq import plain_entry
from secretaryd.answer.persona import MAX_CHARS, entries_of
from secretaryd.control.protocol.base import Problem
from secretaryd.control.protocol.legacy import ImportLegacy, LegacyItem, ListPresets, UsePreset
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.content import asker
from secretaryd.desk.parts import Handlers, plain
from secretaryd.legacy.items import FAQ, KEPT, PRESET, SECRET
from secretaryd.legacy.presets import preset_of
from secretaryd.owner.content import Content
from secretaryd.owner.errors import OwnerError, Rejected
from secretaryd.owner.keeper import Asker
from secretaryd.reasons import in_language
from storage.errors import NotFound, StorageError
from storage.imported import ImportedRecord
from storage.store import Storage

MAX_ITEMS: Final = 500
SHOWN: Final = 60
TEXTS: Final = {
    "ru": {
        "many": "Не больше {} записей за раз.",
        "kind": "такого вида записей нет",
        "secret": "секрет с этим именем уже есть и другой: secretaryctl secrets remove {}",
        "secret_idle": "в секретах; ничто им пока не пользуется",
        "preset": "станет персоной по команде: secretaryctl import preset {}",
        "preset_empty": "в нём нет ни промпта, ни приветствия: персоной не станет",
        "shortened": "промпт длиннее {} знаков, возьмётся начало",
        "unused": "не используется: {}",
        "widget": "виджета на сайте пока нет; настройки сохранены до него",
        "telegram": "Telegram пока нет; настройки сохранены до него",
        "chat": "переписка сохранена; её видно в выгрузке данных о человеке, удаляется по keep.text_days",
        "no_preset": "Пресета «{}» нет.",
        "bad_preset": "Персоной он стать не может: {}.",
    },
    "en": {
        "many": "At most {} entries at once.",
        "kind": "there is no such kind of entry",
        "secret": "there is another secret of that name: secretaryctl secrets remove {}",
        "secret_idle": "in the secrets; nothing uses it yet",
        "preset": "becomes the persona with: secretaryctl import preset {}",
        "preset_empty": "it has neither prompt nor greeting: no persona can be made of it",
        "shortened": "its prompt is longer than {} characters, the beginning is taken",
        "unused": "not used: {}",
        "widget": "there is no site widget yet; the settings are kept until there is",
        "telegram": "there is no Telegram yet; the settings are kept until there is",
        "chat": "the chat is kept; it is told in a person's export, and goes by keep.text_days",
        "no_preset": "There is no preset {!r}.",
        "bad_preset": "No persona can be made of it: {}.",
    },
}
Result = dict[str, str]


class Questions(Protocol):
    """The owner's content, as far as questions are added to it."""

    @property
    def content(self) -> Content:
        """What is in force."""

    async def save_entries(self, asker: Asker, entries: Sequence[dict[str, Any]]) -> None:
        """Raises OwnerError; then nothing changed."""

    async def set_fields(self, asker: Asker, values: Mapping[str, str]) -> None:
        """The persona's name, company, style, greeting. Raises OwnerError; then nothing changed."""


class LegacyDesk:
    """What it kept, and what becomes of it."""

    def __init__(self, owner: Questions, storage: Storage, language: str, now: Callable[[], float] = time.time) -> None:
        self._owner, self._storage, self._now = owner, storage, now
        self._texts = Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {ImportLegacy: self._import, ListPresets: self._presets, UsePreset: self._use}

    async def _import(self, request: ImportLegacy, peer: Peer) -> Any:
        if len(request.items) > MAX_ITEMS:
            raise DeskError(Problem(code="too_many", text=self._texts["many"].format(MAX_ITEMS)), 400)
        results: list[Result] = [_result("refused", self._texts["kind"]) for _ in request.items]
        for kinds, work in (((FAQ,), self._questions), ((SECRET,), self._secrets), (KEPT, self._kept)):
            places = [place for place, item in enumerate(request.items) if item.kind in kinds]
            items = [request.items[place] for place in places]
            found = await work(items, peer, request.dry_run) if items else []
            for place, result in zip(places, found, strict=True):
                results[place] = result
        return {"results": results}

    async def _questions(self, items: Sequence[LegacyItem], peer: Peer, dry_run: bool) -> list[Result]:
        known = {each.entry.id: plain_entry(each.entry) for each in self._owner.content.known}
        results, fresh = [], []
        for item in items:
            entry = {"action": "", **item.body}
            try:
                entries_of({"entry": [entry]}, item.source)
            except BadContent as error:
                results.append(
                    _result("refused", "; ".join(in_language(one, self._texts.language) for one in error.problems))
                )
                continue
            there = known.get(entry.get("id", ""))
            results.append(_result("imported" if there is None else "same" if there == entry else "replaced"))
            if there != entry:
                fresh.append(entry)
        if fresh and not dry_run:
            try:
                await self._owner.save_entries(asker(peer), fresh)
            except OwnerError as error:
                return [
                    each if each["state"] == "same" else _result("refused", in_language(error, self._texts.language))
                    for each in results
                ]
        return results

    async def _secrets(self, items: Sequence[LegacyItem], peer: Peer, dry_run: bool) -> list[Result]:
        return [await self._secret(item, peer, dry_run) for item in items]

    async def _secret(self, item: LegacyItem, peer: Peer, dry_run: bool) -> Result:
        secrets, value = self._storage.secrets, str(item.body.get("value", ""))
        try:
            there = await asyncio.to_thread(secrets.get, item.key)
        except NotFound:
            there = None
        except StorageError as error:
            return _result("refused", in_language(error, self._texts.language))
        if there is not None:
            return _result("same") if there == value else _result("refused", self._texts["secret"].format(item.key))
        if not dry_run:
            try:
                await asyncio.to_thread(secrets.put, item.key, value, self._now())
            except StorageError as error:
                return _result("refused", in_language(error, self._texts.language))
            who = asker(peer)
            target = f"secret:{item.key}"
            await self._storage.audit.add(who=who.who, where=who.where, what="secret.set", target=target)
        return _result("imported", self._texts["secret_idle"])

    async def _kept(self, items: Sequence[LegacyItem], peer: Peer, dry_run: bool) -> list[Result]:
        at = self._now()
        records = [ImportedRecord(item.source, item.key, item.kind, item.body, at) for item in items]
        imported = self._storage.imported
        states = await (imported.compare(records) if dry_run else imported.put(records, asker(peer).who))
        return [self._told(item, state) for item, state in zip(items, states, strict=True)]

    def _told(self, item: LegacyItem, state: str) -> Result:
        """What it is good for now, truthfully."""
        if item.kind != PRESET:
            return _result("kept" if state == "imported" else state, self._texts[item.kind])
        preset = preset_of(item.key, item.body)
        if not preset.fields:
            return _result("kept" if state == "imported" else state, self._texts["preset_empty"])
        words = [self._texts["preset"].format(shlex.quote(item.key))]
        words += [self._texts["shortened"].format(MAX_CHARS)] if preset.shortened else []
        words += [self._texts["unused"].format(", ".join(preset.unused))] if preset.unused else []
        return _result(state, "; ".join(words))

    async def _presets(self, _: ListPresets, __: Peer) -> Any:
        found = await self._storage.imported.list(PRESET)
        return {"presets": [plain(preset_of(record.key, record.body)) for record in found]}

    async def _use(self, request: UsePreset, peer: Peer) -> Any:
        found = await self._storage.imported.list(PRESET)
        presets = [preset_of(record.key, record.body) for record in found if record.key == request.key]
        if not presets:
            text = self._texts["no_preset"].format(request.key[:SHOWN])
            raise DeskError(Problem(code="not_found", text=text, remedy="secretaryctl import preset"), 404)
        try:
            if not presets[0].fields:
                raise Rejected((self._texts["preset_empty"],))
            await self._owner.set_fields(asker(peer), presets[0].fields)
        except OwnerError as error:
            raise DeskError(
                Problem(
                    code="rejected", text=self._texts["bad_preset"].format(in_language(error, self._texts.language))
                ),
                422,
            ) from error
        persona = self._owner.content.persona
        return {name: getattr(persona, name) for name in ("name", "company", "style", "greeting")}


def _result(state: str, why: str = "") -> Result:
    return {"state": state, "why": why}
