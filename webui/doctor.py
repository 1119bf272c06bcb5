"""How the box is, part by part: the doctor's checks with cause and remedy, line, sound and board, one file for a
report."""

import base64
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import (
    AlertChanged,
    CallEnded,
    LineChanged,
    ModemChanged,
    ModemRecovered,
    RungTaken,
    Stamped,
)
from secretaryd.control.protocol.care import Examine, MakeReport
from webui import forms, stream, view
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.dashboard import soon
from webui.doctor_view import examined, facts, mending
from webui.errors import CoreAway, NotDone
from webui.feed import Feed, Feeds
from webui.limits import Limit
from webui.menu import Entry
from webui.ports import RequestDesk, StatusDesk
from webui.render import Renderer
from webui.stream import Put

log = logging.getLogger(__name__)

ENTRIES: Final = (Entry("/doctor", "doctor.title", "heart-rate-monitor", Permission.MANAGE, "box", 20),)
CHANGES: Final = (LineChanged, ModemChanged, AlertChanged, CallEnded, RungTaken, ModemRecovered)
"""Events after which line, sound or board look different."""
NAME: Final = re.compile(r"[a-z0-9_.-]{1,80}", re.ASCII)
"""Of a check."""


@dataclass(frozen=True, slots=True)
class DoctorPages:
    """`/doctor` and what lies below it."""

    status: StatusDesk
    desk: RequestDesk
    renderer: Renderer
    feeds: Feeds

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/doctor", self.show, Permission.MANAGE),
            page("/doctor/checks", self.checks, Permission.MANAGE),
            page("/doctor/events", self.events, Permission.MANAGE),
            page("/doctor/mend", self.mend, Permission.MANAGE, ["POST"]),
            page("/doctor/report", self.report, Permission.MANAGE, ["POST"], limit=Limit.DOWNLOAD),
        ]

    async def show(self, request: Request) -> Response:
        """At once; the checks take seconds and follow, or come along with `?look=1`."""
        found = await self._examined(request) if request.query_params.get("look") else None
        async with self.feeds.ready(forms.who(request)) as feed:
            return self.renderer.page(request, "doctor.html", mark=feed.here, found=found, **await self._facts(request))

    async def checks(self, request: Request) -> Response:
        """The checks alone, made anew."""
        found = await self._examined(request)
        return Response(self.renderer.part(request, "doctor_checks.html", found=found), media_type="text/html")

    async def events(self, request: Request) -> Response:
        """Server-sent events: line, sound and board as they change."""

        async def told(_feed: Feed, stamped: Stamped) -> Iterable[Put]:
            if not isinstance(stamped.event, CHANGES):
                return []
            try:
                return [Put("facts", self.renderer.part(request, "doctor_facts.html", **await self._facts(request)))]
            except (CoreAway, NotDone) as error:
                log.warning("no news for a health page", extra={"error": str(error)})
                return []

        return stream.events(request, self.feeds, told)

    async def mend(self, request: Request) -> Response:
        """What a check found, put right; shows the checks as they are then, with what was done."""
        form = await forms.form_of(request)
        names = tuple(one for one in forms.texts_of(form, "name") if NAME.fullmatch(one))
        found = await self._examined(request, names=names, fix=True) if names else None
        if found is None:
            return self.renderer.done(request, "/doctor", "doctor.told.nothing")
        left = [check for check in found.wrong if check.fixable or check.done]
        done = [line for check in (*found.wrong, *found.well) for line in check.done]
        key = "doctor.told.left" if left else "doctor.told.mended" if done else "doctor.told.nothing"
        return self.renderer.done(request, "/doctor?look=1", key, what="; ".join(done) or "—")

    async def report(self, request: Request) -> Response:
        """One file for a question about this box: without numbers, names, words and secrets. No GET: it is work, and
        it is written into the audit."""
        made = await self.desk.ask(MakeReport(), forms.who(request))
        name = str(made["name"])
        headers = {"content-disposition": f'attachment; filename="{name if NAME.fullmatch(name) else "diag.tar.gz"}"'}
        return Response(base64.b64decode(made["content"]), headers=headers, media_type="application/gzip")

    async def _facts(self, request: Request) -> dict[str, Any]:
        say, status = self.renderer.say(request), await soon(self.status.status())
        shown = view.present(status, [], say)
        return {"alerts": shown.alerts, "cards": facts(status, say), "mending": mending(status, say)}

    async def _examined(self, request: Request, **how: Any) -> Any:
        language = self.renderer.say(request).language
        return examined(await self.desk.ask(Examine(language=language, **how), forms.who(request)))
