"""Requests about the second hearing of calls."""

from typing import Any, Final, Protocol

from secretaryd.control.protocol.archive import HearAgain, ShowHearing
from secretaryd.control.protocol.base import Problem
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import MAX_ID, Handlers, by, plain
from storage.errors import NotFound
from storage.second.door import Second

TEXTS: Final = {
    "ru": {
        "no_recording": "У звонка {} нет записи.",
        "no_second": "Второй распознаватель не выбран.",
        "how": "Выберите модель Vosk: secretaryctl config set stt.second ИМЯ, затем перезапуск",
    },
    "en": {
        "no_recording": "Call {} has no recording.",
        "no_second": "No second recogniser is chosen.",
        "how": "Choose a Vosk model: secretaryctl config set stt.second NAME, then restart",
    },
}


class Hearing(Protocol):
    """What hears."""

    current: int | None

    @property
    def model(self) -> str:
        """The recogniser's name; empty where there is none."""

    def hurry(self) -> None:
        """Somebody asked."""


class SecondDesk:
    """Asking for it, and how far it is."""

    def __init__(self, second: Second, hearing: Hearing, language: str) -> None:
        self._second, self._hearing, self._texts = second, hearing, Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {HearAgain: self._hear, ShowHearing: self._show}

    async def _hear(self, request: HearAgain, peer: Peer) -> Any:
        if not self._hearing.model:
            raise DeskError(Problem(code="no_second", text=self._texts["no_second"], remedy=self._texts["how"]), 409)
        try:
            record = await self._second.ask(max(0, min(request.id, MAX_ID)), by(peer))
        except NotFound as error:
            text = self._texts["no_recording"].format(request.id)
            remedy = f"secretaryctl calls show {request.id}"
            raise DeskError(Problem(code="not_found", text=text, remedy=remedy), 404) from error
        self._hearing.hurry()
        return {"second": plain(record)}

    async def _show(self, _: ShowHearing, __: Peer) -> Any:
        model = self._hearing.model
        waiting = await self._second.waiting(automatic=bool(model))
        return {"model": model, "current": self._hearing.current, "waiting": waiting}
