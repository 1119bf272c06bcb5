"""Requests about secrets. Values come in and are never shown again."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from secretaryd.control.protocol.base import Problem
from secretaryd.control.protocol.secrets import ListSecrets, RemoveSecret, RotateSecrets, SetSecret
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers, plain
from secretaryd.reasons import in_language
from storage.errors import NotFound
from storage.secrets import BadSecret, Secrets
from storage.store import Storage

TEXTS: Final = {
    "ru": {
        "not_found": "Секрета «{}» нет.",
        "bad": "Так секрет сохранить нельзя: {}.",
        "how": "имя: a-z, 0-9, «.», «_», «-»; значение: до 8192 печатных знаков",
    },
    "en": {
        "not_found": "There is no secret {!r}.",
        "bad": "The secret cannot be kept: {}.",
        "how": "name: a-z, 0-9, '.', '_', '-'; value: up to 8192 printable characters",
    },
}
SHOWN_NAME: Final = 64


class SecretsDesk:
    """Names out, values in."""

    def __init__(self, secrets: Secrets, storage: Storage, language: str, now: Callable[[], float] = time.time) -> None:
        self._secrets, self._storage, self._now = secrets, storage, now
        self._texts = Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            ListSecrets: self._list,
            SetSecret: self._set,
            RemoveSecret: self._remove,
            RotateSecrets: self._rotate,
        }

    async def _list(self, _: ListSecrets, __: Peer) -> Any:
        return {"secrets": [plain(info) for info in await asyncio.to_thread(self._secrets.list)]}

    async def _set(self, request: SetSecret, peer: Peer) -> Any:
        try:
            await asyncio.to_thread(self._secrets.put, request.name, request.value, self._now())
        except BadSecret as error:
            text = self._texts["bad"].format(in_language(error, self._texts.language))
            raise DeskError(Problem(code="bad_secret", text=text, remedy=self._texts["how"]), 400) from error
        await self._note(peer, "secret.set", request.name)
        return {"name": request.name}

    async def _remove(self, request: RemoveSecret, peer: Peer) -> Any:
        try:
            await asyncio.to_thread(self._secrets.remove, request.name)
        except NotFound as error:
            text = self._texts["not_found"].format(request.name[:SHOWN_NAME])
            raise DeskError(Problem(code="not_found", text=text, remedy="secretaryctl secrets list"), 404) from error
        await self._note(peer, "secret.removed", request.name)
        return {"name": request.name}

    async def _rotate(self, _: RotateSecrets, peer: Peer) -> Any:
        sealed = await asyncio.to_thread(self._secrets.rotate)
        await self._note(peer, "secret.rotated", "")
        return {"sealed": sealed}

    async def _note(self, peer: Peer, what: str, name: str) -> None:
        who = peer.actor or f"uid {peer.uid}"
        await self._storage.audit.add(who=who, where="control", what=what, target=f"secret:{name}" if name else "")
