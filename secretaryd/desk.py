"""What a control request does. The server has already asked whether the peer may."""

import dataclasses
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from secretaryd.call.calls import Calls
from secretaryd.config.schema import Config
from secretaryd.control.protocol import (
    HangUp,
    ListCalls,
    ListMessages,
    Problem,
    Request,
    ShowCall,
    ShowConfig,
    Status,
)
from secretaryd.control.rights import NEEDS, Peer, Right
from secretaryd.control.server import DeskError
from secretaryd.health import Health
from storage.errors import NotFound, StorageError
from storage.records import CallRecord, MessageRecord
from storage.store import Storage

log = logging.getLogger(__name__)

PAGE_LIMIT: Final = 500
MAX_ID: Final = 2**63 - 1  # SQLite's

TEXTS: Final = {
    "ru": {"not_found": "Звонка {} нет.", "disk": "База данных не отвечает: {}.", "no_call": "Сейчас нет звонка."},
    "en": {"not_found": "There is no call {}.", "disk": "The database does not answer: {}.", "no_call": "No call now."},
}


class Desk:
    """One method a request."""

    def __init__(self, config: Config, health: Health, calls: Calls, storage: Storage) -> None:
        self._config = config
        self._health = health
        self._calls = calls
        self._storage = storage
        self._texts = TEXTS[config.box.language]
        self._methods: dict[type[Request], Callable[[Any], Awaitable[Any]]] = {
            Status: self._status,
            ListCalls: self._list_calls,
            ShowCall: self._show_call,
            ListMessages: self._list_messages,
            HangUp: self._hang_up,
            ShowConfig: self._show_config,
        }

    async def __call__(self, request: Request, peer: Peer) -> Any:
        """Plain data. Raises DeskError."""
        if NEEDS[type(request)] in (Right.ACT, Right.MANAGE):
            who = {"request": type(request).__name__, "uid": peer.uid, "actor": peer.actor or ""}
            log.info("asked", extra=who)
        try:
            return await self._methods[type(request)](request)
        except StorageError as error:
            text = self._texts["disk"].format(error)
            raise DeskError(Problem(code="storage", text=text, remedy="secretaryctl status"), 503) from error

    async def _status(self, _: Status) -> Any:
        return await self._health.status()

    async def _list_calls(self, request: ListCalls) -> Any:
        limit = max(1, min(request.limit, PAGE_LIMIT))
        before = None if request.before is None else max(0, min(request.before, MAX_ID))
        calls = await self._storage.recent(limit, before, request.outcome or None)
        return {"calls": [_plain(call) for call in calls]}

    async def _show_call(self, request: ShowCall) -> Any:
        try:
            call = await self._storage.call(max(0, min(request.id, MAX_ID)))
        except NotFound as error:
            problem = Problem(
                code="not_found", text=self._texts["not_found"].format(request.id), remedy="secretaryctl calls list"
            )
            raise DeskError(problem, 404) from error
        answer = _plain(call)
        if call.recording is not None:
            answer["recording_path"] = str(self._storage.recording_path(call))
        return {"call": answer, "messages": [_plain(message) for message in await self._messages_of(call)]}

    async def _messages_of(self, call: CallRecord) -> list[MessageRecord]:
        """Page by page back to when the call began: an old call's are far down."""
        found: list[MessageRecord] = []
        before: int | None = None
        while page := await self._storage.messages(PAGE_LIMIT, before):
            found += [message for message in page if message.call_id == call.id]
            before = page[-1].id
            if page[-1].taken < call.began:
                break
        return found

    async def _list_messages(self, request: ListMessages) -> Any:
        messages = await self._storage.messages(max(1, min(request.limit, PAGE_LIMIT)))
        return {"messages": [_plain(message) for message in messages]}

    async def _hang_up(self, _: HangUp) -> Any:
        if not self._calls.hang_up("owner"):
            raise DeskError(Problem(code="no_call", text=self._texts["no_call"]), 409)
        return {"ended": True}

    async def _show_config(self, _: ShowConfig) -> Any:
        return {"config": _plain(self._config)}


def _plain(record: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(dataclasses.asdict(record), enc_hook=str)
    return plain
