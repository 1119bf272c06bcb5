"""What a control request does. The server has already asked whether the peer may."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, get_args

from secretaryd.control.protocol import Problem, Request, Right
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers
from secretaryd.reasons import in_language
from storage.errors import StorageError

log = logging.getLogger(__name__)

TEXTS: Final = {
    "ru": {"disk": "Не получилось: {}."},
    "en": {"disk": "It could not be done: {}."},
}


class Desk:
    """All topics behind one door."""

    def __init__(self, topics: Iterable[Handlers], language: str) -> None:
        """Raises ValueError where a request has two handlers."""
        self._texts = Texts(TEXTS, language)
        self._methods: dict[type[Request], Callable[[Any, Peer], Awaitable[Any]]] = {}
        for handlers in topics:
            if twice := self._methods.keys() & handlers.keys():
                raise ValueError(f"handled twice: {twice}")
            self._methods.update(handlers)

    @property
    def missing(self) -> set[type[Request]]:
        """Requests of the protocol that nobody handles."""
        return set(get_args(Request)) - self._methods.keys()

    async def __call__(self, request: Request, peer: Peer) -> Any:
        """Plain data. Raises DeskError."""
        if request.needs in (Right.ACT, Right.MANAGE) and not request.looks:
            who = {"request": type(request).__name__, "uid": peer.uid, "actor": peer.actor or ""}
            log.info("asked", extra=who)
        try:
            return await self._methods[type(request)](request, peer)
        except StorageError as error:
            text = self._texts["disk"].format(in_language(error, self._texts.language))
            raise DeskError(Problem(code="storage", text=text, remedy="secretaryctl status"), 503) from error
