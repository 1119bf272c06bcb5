"""Settings: changed by the same code of the core as `secretaryctl config set`, which alone says what may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import ShowConfig
from secretaryd.control.protocol.content import SetConfig
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.changes import undo_path
from webui.errors import NotDone
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.restart import pending_at
from webui.settings_view import KEYS, groups, others, value_of, wanted
from webui.together import together

ENTRIES: Final = (Entry("/settings", "settings.title", "settings", Permission.MANAGE, "box", 10),)
MAX_VALUE: Final = 4000


@dataclass(frozen=True, slots=True)
class SettingsPages:
    """`/settings`, and a POST for each group."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/settings", self.show, Permission.MANAGE),
            page("/settings/{group}", self.save, Permission.MANAGE, ["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """What is in force."""
        return await self._page(request)

    async def save(self, request: Request) -> Response:
        """What differs is set, key by key; what the core refuses is told beside its field, and the rest is at work."""
        group = request.path_params["group"]
        if group not in KEYS:
            raise HTTPException(404)
        form, config = await forms.form_of(request), await self._config(request)
        restart = False
        troubles: dict[str, str] = {}
        typed: dict[str, str] = {}
        done = 0
        for key in KEYS[group]:
            now = value_of(config, key)
            asked = wanted(now, forms.area(form, key, MAX_VALUE))
            if now is None or asked == (list(now) if isinstance(now, tuple) else now):
                continue
            try:
                answer = await self._ask(request, SetConfig(key=key, value=asked))
            except NotDone as error:
                if error.status not in (400, 409, 422):
                    raise
                troubles[key], typed[key] = str(error), forms.area(form, key, MAX_VALUE)
            else:
                done += 1
                restart = restart or bool(answer.get("restart"))
        if troubles:
            return await self._page(request, 422, troubles=troubles, typed=typed)
        where = "/backup" if group == "backup" and forms.line(form, "back") else f"/settings#{group}"
        if not done:
            return self.renderer.done(request, where, "settings.told.same")
        undo = await undo_path(self.desk, request) if done == 1 else ""
        key = "settings.told.restart" if restart else "settings.told.saved"
        return self.renderer.done(request, where, key, undo=undo)

    async def _page(self, request: Request, code: int = 200, **more: Any) -> Response:
        say = self.renderer.say(request)
        config, restart = await together(self._config(request), pending_at(self.desk, request, say))
        context: dict[str, Any] = {"troubles": {}, "typed": {}, **more}
        return self.renderer.page(
            request, "settings.html", code, groups=groups(config, say), others=others(config),
            restart=restart, **context,
        )  # fmt: skip

    async def _config(self, request: Request) -> Mapping[str, Any]:
        config: Mapping[str, Any] = (await self._ask(request, ShowConfig()))["config"]
        return config

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))
