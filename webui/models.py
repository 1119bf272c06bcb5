"""Recognisers, voices, language models: what there is, what is installed, what works, and how fast it is here."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import Stamped
from secretaryd.control.protocol.models import (
    InstallModels,
    ListModels,
    ModelsChanged,
    RemoveModel,
    ShowModelsJob,
    StopModels,
    UseModel,
    VerifyModels,
)
from secretaryd.control.protocol.trial import BenchChanged, RunBench, ShowBench
from webui import forms, stream
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.changes import undo_path
from webui.errors import CoreAway, NotDone
from webui.feed import Feed, Feeds
from webui.menu import Entry
from webui.models_view import bench, job, stock
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.restart import pending_at
from webui.stream import Put
from webui.together import together

log = logging.getLogger(__name__)

ENTRIES: Final = (Entry("/models", "models.title", "cpu", Permission.MANAGE, "box", 30),)
NAME: Final = re.compile(r"[\w./-]{1,120}")
REFUSED: Final = (400, 404, 409, 422, 503)
"""Told on the page."""


@dataclass(frozen=True, slots=True)
class ModelPages:
    """`/models` and what is done there. What takes long is a job of the core's: it goes on when nobody looks."""

    desk: RequestDesk
    renderer: Renderer
    feeds: Feeds

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/models", self.show, Permission.MANAGE),
            page("/models/events", self.events, Permission.MANAGE),
            page("/models/install", self.install, Permission.MANAGE, ["POST"]),
            page("/models/verify", self.verify, Permission.MANAGE, ["POST"]),
            page("/models/stop", self.stop, Permission.MANAGE, ["POST"]),
            page("/models/use", self.use, Permission.MANAGE, ["POST"]),
            page("/models/remove", self.remove, Permission.MANAGE, ["POST"]),
            page("/models/bench", self.measure, Permission.MANAGE, ["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Everything, and how far the job is."""
        return await self._page(request)

    async def events(self, request: Request) -> Response:
        """Server-sent events: the job, the measurement, and the list once it has changed."""

        async def told(_feed: Feed, stamped: Stamped) -> Iterable[Put]:
            event = stamped.event
            if not isinstance(event, ModelsChanged | BenchChanged):
                return []
            try:
                return await self._news(request, event)
            except (CoreAway, NotDone) as error:
                log.warning("no news for a page of models", extra={"error": str(error)})
                return []

        return stream.events(request, self.feeds, told)

    async def install(self, request: Request) -> Response:
        """Begins to fetch it, or goes on where that broke off."""
        form = await forms.form_of(request)
        wish = InstallModels(names=(_name(form),), force=forms.line(form, "force") == "1")
        return await self._done(request, wish, "models.told.begun")

    async def verify(self, request: Request) -> Response:
        """Begins to read every byte; of all without a name."""
        name = _name(await forms.form_of(request))
        return await self._done(request, VerifyModels(names=(name,) if name else ()), "models.told.verifying")

    async def stop(self, request: Request) -> Response:
        """What is there by then is kept."""
        return await self._done(request, StopModels(), "models.told.stopped")

    async def use(self, request: Request) -> Response:
        """Puts it into the settings; taken back as every change of those."""
        name = _name(await forms.form_of(request))
        try:
            answer = await self._ask(request, UseModel(name=name))
        except NotDone as error:
            return await self._refused(request, error)
        key = "models.told.restart" if answer.get("restart") else "models.told.used"
        return self.renderer.done(request, "/models", key, undo=await undo_path(self.desk, request), name=name)

    async def remove(self, request: Request) -> Response:
        """Deletes one that is not in use; the page has asked before."""
        name = _name(await forms.form_of(request))
        return await self._done(request, RemoveModel(name=name), "models.told.removed", name=name)

    async def measure(self, request: Request) -> Response:
        """Begins to measure this box."""
        return await self._done(request, RunBench(), "models.told.measuring", "/models#bench")

    async def _done(self, request: Request, asked: Any, key: str, where: str = "/models", **values: str) -> Response:
        try:
            await self._ask(request, asked)
        except NotDone as error:
            return await self._refused(request, error)
        return self.renderer.done(request, where, key, **values)

    async def _refused(self, request: Request, error: NotDone) -> Response:
        if error.status not in REFUSED:
            raise error
        return await self._page(request, error.status, trouble=str(error), remedy=error.remedy)

    async def _page(self, request: Request, code: int = 200, trouble: str = "", remedy: str = "") -> Response:
        say = self.renderer.say(request)
        listed, shown, restart = await together(
            self._ask(request, ListModels()), self._ask(request, ShowBench()), pending_at(self.desk, request, say)
        )
        found, measured = stock(listed, say), bench(shown["job"], say)
        async with self.feeds.ready(forms.who(request)) as feed:
            return self.renderer.page(
                request, "models.html", code, mark=feed.here, stock=found, job=found.job, bench=measured,
                trouble=trouble, remedy=remedy, restart=restart,
            )  # fmt: skip

    async def _news(self, request: Request, event: ModelsChanged | BenchChanged) -> list[Put]:
        say = self.renderer.say(request)
        if isinstance(event, BenchChanged):
            measured = bench((await self._ask(request, ShowBench()))["job"], say)
            return [Put("bench", self.renderer.part(request, "models_bench.html", bench=measured), "outer")]
        if event.state == "running":
            shown = job((await self._ask(request, ShowModelsJob()))["job"], say)
            return [Put("job", self.renderer.part(request, "models_job.html", job=shown))]
        found = stock(await self._ask(request, ListModels()), say)
        return [
            Put("job", self.renderer.part(request, "models_job.html", job=found.job)),
            Put("stock", self.renderer.part(request, "models_stock.html", stock=found)),
        ]

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))


def _name(form: Any) -> str:
    """ "" for what is none; the core knows the rest."""
    name = forms.line(form, "name", 120)
    return name if NAME.fullmatch(name) else ""
