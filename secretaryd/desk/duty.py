"""Who is to see to a message."""

from typing import Any, Final

from secretaryd.bus import Bus
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.calls import AssignMessage, ListHelpers
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.roles import Actors
from secretaryd.control.server import DeskError
from secretaryd.desk.calls import changed
from secretaryd.desk.parts import MAX_ID, Handlers, by, plain
from storage.errors import NotFound
from storage.store import Storage

ROLES: Final = frozenset({"admin", "operator"})
GRANT: Final = "messages.handle"
TEXTS: Final = {
    "ru": {"no_message": "Сообщения {} нет.", "no_helper": "«{}» не может заниматься сообщениями."},
    "en": {"no_message": "There is no message {}.", "no_helper": "{!r} may not see to messages."},
}


class DutyDesk:
    """Messages and those who may handle them."""

    def __init__(self, storage: Storage, actors: Actors, bus: Bus, language: str) -> None:
        self._storage, self._actors, self._bus, self._texts = storage, actors, bus, Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {ListHelpers: self._list, AssignMessage: self._assign}

    async def _list(self, _: ListHelpers, __: Peer) -> Any:
        return {"users": self._helpers()}

    async def _assign(self, request: AssignMessage, peer: Peer) -> Any:
        user = request.user.strip()
        if user and user not in self._helpers():
            raise self._problem("no_helper", 400, user[:80])
        try:
            message = await self._storage.assign_message(max(0, min(request.id, MAX_ID)), user)
        except NotFound as error:
            raise self._problem("no_message", 404, str(request.id)) from error
        who = by(peer)
        after = {"to": user} if user else None
        await self._storage.audit.add(
            who=who.who, where=who.where, what="message.assigned", target=f"message:{message.id}", after=after
        )
        self._bus.publish(changed(message))
        return {"message": plain(message)}

    def _helpers(self) -> list[str]:
        found = {name: self._actors.standing(name) for name in self._actors}
        return sorted(name for name, one in found.items() if one and (one.role in ROLES or GRANT in one.grants))

    def _problem(self, code: str, status: int, what: str) -> DeskError:
        return DeskError(Problem(code=code, text=self._texts[code].format(what)), status)
