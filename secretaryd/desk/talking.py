"""Requests about the conversation that is going on."""

from typing import Any, Final

from secretaryd.call.calls import Calls
from secretaryd.call.orders import LONGEST, Order, SayThis, TakeMessage
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.talking import SayNow, TakeMessageNow
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers
from storage.store import Storage

TEXTS: Final = {
    "ru": {
        "no_talk": "Сейчас нет разговора.",
        "busy": "Секретарь ещё не сделал того, о чём его уже просили.",
        "wait": "Подождите, пока он договорит.",
        "empty": "Нечего сказать.",
        "long": "Слишком длинно: не больше {} знаков.",
        "split": "Скажите это по частям.",
    },
    "en": {
        "no_talk": "There is no conversation now.",
        "busy": "The secretary has not done yet what it was asked before.",
        "wait": "Wait until it has finished speaking.",
        "empty": "There is nothing to say.",
        "long": "Too long: at most {} characters.",
        "split": "Say it in parts.",
    },
}


class TalkingDesk:
    """Orders to the call that has the line; each is written down."""

    def __init__(self, calls: Calls, storage: Storage, language: str) -> None:
        self._calls = calls
        self._storage = storage
        self._texts = Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {SayNow: self._say, TakeMessageNow: self._take_message}

    async def _say(self, request: SayNow, peer: Peer) -> Any:
        text = " ".join(request.text.split())
        if not text:
            raise DeskError(Problem(code="empty", text=self._texts["empty"]), 400)
        if len(text) > LONGEST:
            problem = Problem(code="too_long", text=self._texts["long"].format(LONGEST), remedy=self._texts["split"])
            raise DeskError(problem, 400)
        return await self._order(SayThis(text), peer, "call.said", {"text": text})

    async def _take_message(self, _: TakeMessageNow, peer: Peer) -> Any:
        return await self._order(TakeMessage(), peer, "call.message_asked", None)

    async def _order(self, order: Order, peer: Peer, what: str, after: dict[str, Any] | None) -> Any:
        call = self._calls.talking
        if call is None:
            raise DeskError(Problem(code="no_talk", text=self._texts["no_talk"], remedy="secretaryctl status"), 409)
        if not self._calls.order(order):
            raise DeskError(Problem(code="busy", text=self._texts["busy"], remedy=self._texts["wait"]), 409)
        who = peer.actor or f"uid {peer.uid}"
        await self._storage.audit.add(who=who, where="control", what=what, target=f"call:{call}", after=after)
        return {"call": call}
