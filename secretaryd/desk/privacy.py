"""Requests about a person's data."""

from typing import Any, Final

from secretaryd.call.numbers import written
from secretaryd.control.protocol.base import Problem
from secretaryd.control.protocol.privacy import CountPerson, ErasedPerson, ErasePerson, ExportPerson
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import MAX_ID, Handlers, by, plain
from storage.privacy.door import Privacy

SHOWN: Final = 60

TEXTS: Final = {
    "ru": {
        "no_number": "«{}» — не телефонный номер.",
        "number_how": "Пишите номер цифрами: +7 916 123-45-67",
        "differs": "Номера не совпадают: {} и {}. Ничего не стёрто.",
        "differs_how": "Повторите тот же номер; стёртое не вернуть.",
        "no_erasure": "Такого стирания нет.",
    },
    "en": {
        "no_number": "{!r} is no telephone number.",
        "number_how": "Write it in digits: +7 916 123-45-67",
        "differs": "The numbers differ: {} and {}. Nothing was erased.",
        "differs_how": "Write the same number again; what is erased does not come back.",
        "no_erasure": "There is no such erasure.",
    },
}


class PrivacyDesk:
    """Telling and erasing."""

    def __init__(self, privacy: Privacy, language: str) -> None:
        self._privacy, self._texts = privacy, Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            CountPerson: self._count,
            ExportPerson: self._export,
            ErasePerson: self._erase,
            ErasedPerson: self._erased,
        }

    async def _count(self, request: CountPerson, _: Peer) -> Any:
        number = self._number(request.number)
        return {"number": number, "counts": plain(await self._privacy.counts(number))}

    async def _export(self, request: ExportPerson, peer: Peer) -> Any:
        number = self._number(request.number)
        page = await self._privacy.page(number, max(0, min(request.after, MAX_ID)), by(peer))
        return {"number": number, **plain(page)}

    async def _erase(self, request: ErasePerson, peer: Peer) -> Any:
        number, again = self._number(request.number), self._number(request.again)
        if number != again:
            text = self._texts["differs"].format(number, again)
            raise DeskError(Problem(code="numbers_differ", text=text, remedy=self._texts["differs_how"]), 409)
        return {"mark": (await self._privacy.erase(number, by(peer))).mark}

    async def _erased(self, request: ErasedPerson, _: Peer) -> Any:
        stone = await self._privacy.state(request.mark)
        if stone is None:
            raise DeskError(Problem(code="not_found", text=self._texts["no_erasure"]), 404)
        return {"mark": stone.mark, "done": stone.done}

    def _number(self, text: str) -> str:
        number = written(text)
        if number is None:
            shown = self._texts["no_number"].format(text[:SHOWN])
            raise DeskError(Problem(code="bad_number", text=shown, remedy=self._texts["number_how"]), 400)
        return number
