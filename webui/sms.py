"""Short messages: threads, search, writing, what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.contacts import ShowContact
from secretaryd.control.protocol.sms import CancelSms, ListSms, ListThreads, SearchSms, SendSms
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import NotDone
from webui.limits import Limit
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.sms_view import found_sms, short_message, thread
from webui.together import together

ENTRIES: Final = (Entry("/sms", "sms.title", "messages", Permission.CALLS_READ, "people", 30),)
THREADS: Final = 100
PAGE: Final = 40
LONGEST: Final = 200
MAX_TEXT: Final = 2000


@dataclass(frozen=True, slots=True)
class SmsPages:
    """`/sms`, `/sms/thread?number=…`: a sender may be a name with any sign in it, so it is no part of a path."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/sms", self.list, Permission.CALLS_READ),
            page("/sms/thread", self.thread, Permission.CALLS_READ),
            page("/sms/send", self.send, Permission.CALLS_ACT, ["POST"], limit=Limit.SMS),
            page("/sms/{id:int}/cancel", self.cancel, Permission.CALLS_ACT, ["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """Threads, the newest first; or the messages that hold what is looked for."""
        words = request.query_params.get("q", "")[:LONGEST].strip()
        return await self._list(request, words)

    async def thread(self, request: Request) -> Response:
        """Messages with one number, the newest at the end."""
        return await self._thread(request, request.query_params.get("number", "")[:LONGEST])

    async def send(self, request: Request) -> Response:
        """Into the queue; a refusal is told with the text as it was typed."""
        form = await forms.form_of(request)
        number, text = forms.line(form, "number", 40), forms.area(form, "text", MAX_TEXT)
        try:
            sent = (await self._ask(request, SendSms(number=number, text=text)))["sms"]
        except NotDone as error:
            if error.status != 400:
                raise
            typed = {"number": number, "text": text, "trouble": str(error)}
            if forms.line(form, "thread"):
                return await self._thread(request, forms.line(form, "thread"), 400, typed=typed)
            return await self._list(request, "", 400, typed=typed)
        undo = f"/sms/{int(sent['id'])}/cancel"
        where = "/sms/thread?" + urlencode({"number": sent["number"]})
        return self.renderer.done(request, where, "sms.told.queued", undo=undo)

    async def cancel(self, request: Request) -> Response:
        """Out of the queue, while none of it is on the air."""
        sms = (await self._ask(request, CancelSms(id=request.path_params["id"])))["sms"]
        where = "/sms/thread?" + urlencode({"number": sms["number"]})
        return self.renderer.done(request, where, "sms.told.cancelled")

    async def _list(self, request: Request, words: str, code: int = 200, **more: Any) -> Response:
        say, hits, trouble, older = self.renderer.say(request), [], "", ""
        if words:
            before = forms.number(request.query_params.get("before", ""))
            try:
                found = await self._ask(request, SearchSms(text=words, limit=PAGE, before=before))
                hits = [found_sms(hit, say) for hit in found["hits"]]
                older = f"/sms?{urlencode({'q': words, 'before': hits[-1].sms.id})}" if found["more"] and hits else ""
            except NotDone as error:
                if error.status != 400:
                    raise
                trouble = str(error)
        threads = [] if words else (await self._ask(request, ListThreads(limit=THREADS)))["threads"]
        context = {"typed": {"number": request.query_params.get("to", "")[:40], "text": "", "trouble": ""}, **more}
        return self.renderer.page(
            request, "sms.html", code, threads=[thread(row, say) for row in threads], hits=hits, words=words,
            trouble=trouble, older=older, **context,
        )  # fmt: skip

    async def _thread(self, request: Request, number: str, code: int = 200, **more: Any) -> Response:
        before = forms.number(request.query_params.get("before", ""))
        listed, contact = await together(
            self._ask(request, ListSms(number=number, limit=PAGE + 1, before=before)), self._contact(request, number)
        )
        rows = listed["sms"]
        say = self.renderer.say(request)
        messages = [short_message(row, say) for row in reversed(rows[:PAGE])]
        older = ""
        if len(rows) > PAGE:
            older = "/sms/thread?" + urlencode({"number": number, "before": messages[0].id})
        context = {"typed": {"number": number, "text": "", "trouble": ""}, **more}
        return self.renderer.page(
            request, "sms_thread.html", code, number=number, messages=messages, older=older, latest=before is None,
            answerable=number.lstrip("+").isdigit(), contact=contact, **context,
        )  # fmt: skip

    async def _contact(self, request: Request, number: str) -> Mapping[str, Any] | None:
        if not number.lstrip("+").isdigit():
            return None
        try:
            contact: Mapping[str, Any] = (await self._ask(request, ShowContact(number=number)))["contact"]
        except NotDone:
            return None
        return contact

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))
