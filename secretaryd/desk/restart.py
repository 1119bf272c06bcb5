"""Requests about starting the box's services anew."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.box import RestartBox, ShowRestart
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers, by
from secretaryd.restarting import SERVICES, Restarter
from storage.audit.door import Audit

TEXTS: Final = {
    "ru": {
        "unknown": "Службы {} у коробки нет. Есть: {}.",
        "backup": "Идёт резервное копирование или восстановление: перезапуск оборвал бы его. Дождитесь конца.",
    },
    "en": {
        "unknown": "The box has no service {}. There are: {}.",
        "backup": "A backup or a restore is under way, and a restart would cut it off. Wait for its end.",
    },
}


class Line(Protocol):
    """Whether somebody is on it."""

    @property
    def busy(self) -> bool:
        """A call, or one that rings."""


class RestartDesk:
    """Which have to start anew, and having them do it."""

    def __init__(
        self, restarter: Restarter, line: Line, archiving: Callable[[], bool], audit: Audit, language: str
    ) -> None:
        """`archiving`: whether a backup or a restore is under way."""
        self._restarter, self._line, self._archiving = restarter, line, archiving
        self._audit, self._texts = audit, Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {ShowRestart: self._show, RestartBox: self._restart}

    async def _show(self, _: ShowRestart, __: Peer) -> Any:
        return self._told()

    async def _restart(self, request: RestartBox, peer: Peer) -> Any:
        services = request.services or SERVICES
        if strange := [name for name in services if name not in SERVICES]:
            text = self._texts["unknown"].format(strange[0][:40], ", ".join(SERVICES))
            raise DeskError(Problem(code="unknown", text=text), 404)
        if self._archiving():
            raise DeskError(Problem(code="backup", text=self._texts["backup"], remedy="secretaryctl backup list"), 409)
        who = by(peer)
        after = {"services": list(services)}
        await self._audit.add(who=who.who, where=who.where, what="box.restarted", after=after)
        self._restarter.ask(services)
        return self._told()

    def _told(self) -> dict[str, Any]:
        return {
            "waiting": list(self._restarter.waiting),
            "asked": list(self._restarter.asked),
            "call": self._line.busy,
        }
