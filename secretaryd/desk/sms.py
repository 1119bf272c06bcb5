"""Requests about short messages."""

from typing import Any, Final

from secretaryd.control.protocol.base import Problem
from secretaryd.control.protocol.sms import CancelSms, ListSms, ListThreads, SendSms, ShowSms
from secretaryd.control.reader import language_for
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import MAX_ID, Handlers, plain
from secretaryd.sms.courier import Courier, TextRefused
from secretaryd.sms.policy import MAX_PARTS, NotAllowed
from secretaryd.sms.words import REFUSED, reason, word
from storage.audit.records import Deed
from storage.errors import NotFound, WrongState
from storage.sms.door import Sms
from storage.sms.records import SmsRecord

PAGE_LIMIT: Final = 500
REMEDIES: Final = {"short": "secretaryctl config set sms.allow", "foreign": "secretaryctl config set sms.allow"}


class SmsDesk:
    """What came and what goes."""

    def __init__(self, courier: Courier, storage: Sms, language: str) -> None:
        self._courier, self._storage, self._language = courier, storage, language

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            ListSms: self._list,
            ListThreads: self._threads,
            ShowSms: self._show,
            SendSms: self._send,
            CancelSms: self._cancel,
        }

    async def _list(self, request: ListSms, _: Peer) -> Any:
        before = None if request.before is None else max(0, min(request.before, MAX_ID))
        limit = max(1, min(request.limit, PAGE_LIMIT))
        found = await self._storage.list(number=request.number, direction=request.direction, limit=limit, before=before)
        return {"sms": [self._plain(sms) for sms in found]}

    async def _threads(self, request: ListThreads, _: Peer) -> Any:
        found = await self._storage.threads(max(1, min(request.limit, PAGE_LIMIT)))
        return {"threads": [plain(thread) | {"last": self._plain(thread.last)} for thread in found]}

    async def _show(self, request: ShowSms, _: Peer) -> Any:
        try:
            return {"sms": self._plain(await self._storage.get(max(0, min(request.id, MAX_ID))))}
        except NotFound as error:
            raise self._problem("not_found", 404, request.id) from error

    async def _send(self, request: SendSms, peer: Peer) -> Any:
        def deed(number: str) -> Deed:
            return Deed(_who(peer), "control", "sms.sent", f"number:{number}", None, {"text": request.text})

        try:
            return {"sms": self._plain(await self._courier.write(request.number, request.text, "owner", deed))}
        except (NotAllowed, TextRefused) as error:
            raise self._problem(error.code, 400, MAX_PARTS) from error

    async def _cancel(self, request: CancelSms, peer: Peer) -> Any:
        place = max(0, min(request.id, MAX_ID))
        try:
            sms = await self._courier.cancel(place, Deed(_who(peer), "control", "sms.cancelled", f"sms:{place}"))
        except NotFound as error:
            raise self._problem("not_found", 404, request.id) from error
        except WrongState as error:
            state = (await self._storage.get(place)).state
            raise self._problem("gone", 409, request.id, state) from error
        return {"sms": self._plain(sms)}

    def _plain(self, sms: SmsRecord) -> dict[str, Any]:
        return plain(sms) | {"reason_text": reason(sms.reason, language_for(self._language))}

    def _problem(self, code: str, status: int, *fields: object) -> DeskError:
        text = word(REFUSED, code, language_for(self._language)).format(*fields)
        remedy = REMEDIES.get(code, "secretaryctl sms list" if code in ("not_found", "gone") else "")
        return DeskError(Problem(code=code, text=text, remedy=remedy), status)


def _who(peer: Peer) -> str:
    return peer.actor or f"uid {peer.uid}"
