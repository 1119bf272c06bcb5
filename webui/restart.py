"""Services that have to start anew before a setting is at work: told where it was changed, and done from there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.box import RestartBox, ShowRestart
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import NotDone
from webui.i18n import Texts
from webui.ports import RequestDesk
from webui.render import Renderer

BACK: Final = ("/settings", "/models")
"""The pages that tell of it."""
MAX_SERVICES: Final = 10
MAX_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class Pending:
    """What is told: `waiting` by name for the form, `names` for people; `asked`: it will be done already; `call`: after
    the call that goes on."""

    waiting: tuple[str, ...] = ()
    names: str = ""
    asked: bool = False
    call: bool = False


def pending(answer: Mapping[str, Any], say: Texts) -> Pending:
    """Pure: the answer of `box.restarts`."""
    waiting, asked = _names(answer.get("waiting")), _names(answer.get("asked"))
    told = [say.known(f"restart.service.{one}") or one for one in (asked or waiting)]
    return Pending(waiting, ", ".join(told), bool(asked), answer.get("call") is True)


async def pending_at(desk: RequestDesk, request: Request, say: Texts) -> Pending:
    """For a page that tells of it; nothing where the core knows of no such request. Raises CoreAway."""
    try:
        return pending(await desk.ask(ShowRestart(), forms.who(request)), say)
    except NotDone:
        return Pending()


@dataclass(frozen=True, slots=True)
class RestartPages:
    """`/restart`."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Says what it needs."""
        return [page("/restart", self.restart, Permission.MANAGE, ["POST"])]

    async def restart(self, request: Request) -> Response:
        """The page has asked before. Raises NotDone, CoreAway."""
        form = await forms.form_of(request)
        services = tuple(one[:MAX_NAME] for one in forms.texts_of(form, "service")[:MAX_SERVICES])
        answer = await self.desk.ask(RestartBox(services=services), forms.who(request))
        where = forms.one_of(forms.line(form, "back"), BACK) or BACK[0]
        call = pending(answer, self.renderer.say(request)).call
        return self.renderer.done(request, where, "restart.told.call" if call else "restart.told.now")


def _names(value: object) -> tuple[str, ...]:
    found = value[:MAX_SERVICES] if isinstance(value, list | tuple) else ()
    return tuple(one[:MAX_NAME] for one in found if isinstance(one, str))
