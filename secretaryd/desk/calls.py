"""Requests about calls, and the messages left in them."""

from typing import Any, Final

from secretaryd.bus import Bus
from secretaryd.call.calls import Calls
from secretaryd.control.protocol import (
    CountCalls,
    HandleMessage,
    HangUp,
    ListCalls,
    ListMessages,
    Problem,
    ShowCall,
)
from secretaryd.control.protocol.calls import AnswerNow, MessageChanged
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import MAX_ID, Handlers, by, plain
from secretaryd.people.directory import Directory
from secretaryd.people.screening import NOBODY
from storage.errors import NotFound
from storage.records import CallRecord, MessageRecord
from storage.store import Storage

PAGE_LIMIT: Final = 500

TEXTS: Final = {
    "ru": {
        "not_found": "Звонка {} нет.",
        "no_call": "Сейчас нет звонка.",
        "no_ring": "Сейчас никто не звонит.",
        "no_message": "Сообщения {} нет.",
    },
    "en": {
        "not_found": "There is no call {}.",
        "no_call": "No call now.",
        "no_ring": "Nobody rings now.",
        "no_message": "There is no message {}.",
    },
}


class CallsDesk:
    """What was kept, and the call in progress."""

    def __init__(
        self, calls: Calls, storage: Storage, bus: Bus, language: str, directory: Directory | None = None
    ) -> None:
        self._calls, self._bus = calls, bus
        self._names = directory or Directory(storage.contacts.all)
        self._storage = storage
        self._texts = Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            ListCalls: self._list_calls,
            ShowCall: self._show_call,
            CountCalls: self._count_calls,
            ListMessages: self._list_messages,
            HandleMessage: self._handle_message,
            HangUp: self._hang_up,
            AnswerNow: self._answer,
        }

    async def _list_calls(self, request: ListCalls, _: Peer) -> Any:
        limit = max(1, min(request.limit, PAGE_LIMIT))
        before = None if request.before is None else max(0, min(request.before, MAX_ID))
        calls = await self._storage.recent(limit, before, request.outcome or None)
        return {"calls": [self._named(call) for call in calls]}

    async def _show_call(self, request: ShowCall, _: Peer) -> Any:
        try:
            call = await self._storage.call(max(0, min(request.id, MAX_ID)))
        except NotFound as error:
            problem = Problem(
                code="not_found", text=self._texts["not_found"].format(request.id), remedy="secretaryctl calls list"
            )
            raise DeskError(problem, 404) from error
        answer = self._named(call)
        if call.recording is not None:
            answer["recording_path"] = str(self._storage.recording_path(call))
        return {"call": answer, "messages": [plain(message) for message in await self._storage.messages_of(call.id)]}

    def _named(self, call: CallRecord) -> dict[str, Any]:
        person = self._names.find(call.number) or NOBODY
        return plain(call) | {"name": person.name, "group": person.group}

    async def _list_messages(self, request: ListMessages, _: Peer) -> Any:
        limit = max(1, min(request.limit, PAGE_LIMIT))
        before = None if request.before is None else max(0, min(request.before, MAX_ID))
        messages = await self._storage.messages(limit, before, request.handled, request.assigned)
        return {"messages": [plain(message) for message in messages]}

    async def _count_calls(self, request: CountCalls, _: Peer) -> Any:
        return {"counts": plain(await self._storage.stats(request.since))}

    async def _handle_message(self, request: HandleMessage, peer: Peer) -> Any:
        try:
            message = await self._storage.mark_handled(max(0, min(request.id, MAX_ID)), request.handled)
        except NotFound as error:
            text = self._texts["no_message"].format(request.id)
            raise DeskError(Problem(code="not_found", text=text, remedy="secretaryctl messages"), 404) from error
        what = "message.handled" if request.handled else "message.reopened"
        who = peer.actor or f"uid {peer.uid}"
        await self._storage.audit.add(who=who, where="control", what=what, target=f"message:{message.id}")
        self._bus.publish(changed(message))
        return {"message": plain(message)}

    async def _answer(self, _: AnswerNow, peer: Peer) -> Any:
        if not self._calls.answer():
            problem = Problem(code="no_ring", text=self._texts["no_ring"], remedy="secretaryctl status")
            raise DeskError(problem, 409)
        call, who = self._calls.call_id, by(peer)
        target = "" if call is None else f"call:{call}"
        await self._storage.audit.add(who=who.who, where=who.where, what="call.answered", target=target)
        return {"call": call}

    async def _hang_up(self, _: HangUp, peer: Peer) -> Any:
        call = self._calls.call_id
        if not self._calls.hang_up("owner"):
            raise DeskError(Problem(code="no_call", text=self._texts["no_call"]), 409)
        who = by(peer)
        target = "" if call is None else f"call:{call}"
        await self._storage.audit.add(who=who.who, where=who.where, what="call.hung_up", target=target)
        return {"ended": True}


def changed(message: MessageRecord) -> MessageChanged:
    """What is told of a message that was dealt with or given to somebody."""
    return MessageChanged(message=message.id, call=message.call_id, handled=message.handled, assigned=message.assigned)
