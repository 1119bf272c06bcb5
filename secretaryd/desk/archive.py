"""Requests about calls that are over."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from secretaryd.call.numbers import written
from secretaryd.control.protocol.archive import (
    DeleteCall,
    GetPeaks,
    GetRecording,
    KeepCall,
    NoteCall,
    RestoreCall,
    SearchCalls,
    TagCall,
)
from secretaryd.control.protocol.base import Problem
from secretaryd.control.protocol.sms import SearchSms
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import MAX_ID, Handlers, by, plain
from secretaryd.people.directory import Directory
from secretaryd.reasons import in_language
from storage.errors import NotFound, WrongState
from storage.marks import BadMark
from storage.records import CallRecord
from storage.search.calls import Wanted
from storage.search.query import NothingToFind
from storage.search.sms import WantedSms
from storage.store import Storage

T = TypeVar("T")

TEXTS: Final = {
    "ru": {
        "not_found": "Звонка {} нет.",
        "nothing": "Нечего искать: в запросе нет ни одного слова.",
        "how": 'Слова, "слова рядом", начало*, -без_этого; номер или дата отдельно.',
        "no_recording": "У звонка {} нет записи.",
        "running": "Звонок {} ещё идёт.",
        "running_how": "Дождитесь конца звонка или завершите его: secretaryctl calls hangup",
        "bad": "Так отметить звонок нельзя: {}.",
    },
    "en": {
        "not_found": "There is no call {}.",
        "nothing": "Nothing to look for: there is no word in the query.",
        "how": 'Words, "side by side", beginning*, -without; number and date apart.',
        "no_recording": "Call {} has no recording.",
        "running": "Call {} is not over.",
        "running_how": "Wait for its end, or end it: secretaryctl calls hangup",
        "bad": "The call cannot be marked so: {}.",
    },
}


class ArchiveDesk:
    """Finding calls, and what the owner does with them."""

    def __init__(self, storage: Storage, directory: Directory, language: str) -> None:
        self._storage, self._marks, self._directory = storage, storage.marks, directory
        self._texts = Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            SearchCalls: self._search,
            SearchSms: self._search_sms,
            KeepCall: self._marking(lambda r, who: self._marks.keep(_id(r.id), r.keep, who)),
            NoteCall: self._marking(lambda r, who: self._marks.note(_id(r.id), r.note, who)),
            TagCall: self._marking(lambda r, who: self._marks.tag(_id(r.id), r.add, r.remove, who)),
            DeleteCall: self._marking(lambda r, who: self._marks.delete(_id(r.id), who)),
            GetRecording: self._recording,
            GetPeaks: self._peaks,
            RestoreCall: self._marking(lambda r, who: self._marks.restore(_id(r.id), who)),
        }

    async def _search(self, request: SearchCalls, _: Peer) -> Any:
        number = request.number.strip()
        before = None if request.before is None else max(0, min(request.before, MAX_ID))
        wanted = Wanted(
            request.text,
            (written(number) or number) if number else "",
            request.since,
            request.until,
            request.outcome,
            request.limit,
            before,
        )
        found = await self._found(self._storage.search.find(wanted))
        hits = [
            {
                "call": plain(hit.call) | {"name": self._directory.name(hit.call.number)},
                "snippet": None if hit.snippet is None else plain(hit.snippet),
            }
            for hit in found.hits
        ]
        return {"hits": hits, "more": found.more, "waiting": found.waiting}

    async def _search_sms(self, request: SearchSms, _: Peer) -> Any:
        number = request.number.strip()
        wanted = WantedSms(
            request.text,
            (written(number) or number) if number else "",
            request.since,
            request.until,
            request.direction,
            request.limit,
            None if request.before is None else max(0, min(request.before, MAX_ID)),
        )
        found = await self._found(self._storage.search.find_sms(wanted))
        hits = [
            {
                "sms": plain(hit.sms) | {"name": self._directory.name(hit.sms.number)},
                "snippet": None if hit.snippet is None else plain(hit.snippet),
            }
            for hit in found.hits
        ]
        return {"hits": hits, "more": found.more, "waiting": found.waiting}

    async def _found(self, search: Awaitable[T]) -> T:
        try:
            return await search
        except NothingToFind as error:
            problem = Problem(code="nothing_to_find", text=self._texts["nothing"], remedy=self._texts["how"])
            raise DeskError(problem, 400) from error

    async def _recording(self, request: GetRecording, peer: Peer) -> Any:
        offset = max(0, min(request.offset, MAX_ID))
        try:
            name, size, content = await self._storage.audio.listen(_id(request.id), offset, by(peer))
        except NotFound as error:
            text = self._texts["no_recording"].format(request.id)
            remedy = f"secretaryctl calls show {request.id}"
            raise DeskError(Problem(code="not_found", text=text, remedy=remedy), 404) from error
        return {"name": name, "size": size, "offset": offset, "content": base64.b64encode(content).decode()}

    async def _peaks(self, request: GetPeaks, _: Peer) -> Any:
        outline = await self._storage.audio.outline(_id(request.id))
        if outline is None:
            return {"seconds": 0.0, "caller": [], "secretary": []}
        seconds, points = outline
        half = len(points) // 2
        return {"seconds": seconds, "caller": list(points[:half]), "secretary": list(points[half:])}

    def _marking(self, mark: Callable[[Any, Any], Awaitable[CallRecord]]) -> Callable[[Any, Peer], Awaitable[Any]]:
        async def handle(request: Any, peer: Peer) -> Any:
            try:
                return {"call": plain(await mark(request, by(peer)))}
            except NotFound as error:
                text = self._texts["not_found"].format(request.id)
                raise DeskError(Problem(code="not_found", text=text, remedy="secretaryctl calls list"), 404) from error
            except WrongState as error:
                text = self._texts["running"].format(request.id)
                problem = Problem(code="call_running", text=text, remedy=self._texts["running_how"])
                raise DeskError(problem, 409) from error
            except BadMark as error:
                text = self._texts["bad"].format(in_language(error, self._texts.language))
                raise DeskError(Problem(code="bad_mark", text=text), 400) from error

        return handle


def _id(number: int) -> int:
    return max(0, min(number, MAX_ID))
