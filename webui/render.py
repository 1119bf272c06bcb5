"""Pages out of templates, in the reader's language."""

from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from webui import i18n
from webui.auth.guard import TOKEN_FIELD
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor

STATIC: Final = "/static"
LANGUAGE_COOKIE: Final = "language"
REFRESH_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the menu; `here`: it leads to the page that is shown."""

    path: str
    text: str
    here: bool


MENU: Final = (
    ("/", "menu.status", Permission.PUBLIC),
    ("/calls", "menu.calls", Permission.CALLS_READ),
    ("/messages", "menu.messages", Permission.MESSAGES_READ),
    ("/account", "menu.account", Permission.SIGNED_IN),
)


class Renderer:
    """Templates and texts; one for the application."""

    def __init__(self) -> None:
        self._texts = i18n.load()
        self._templates = Environment(
            loader=PackageLoader("webui"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def say(self, request: Request) -> i18n.Texts:
        """The texts for this reader: by ?lang=, else what was chosen before, else what the browser asks for."""
        asked = request.query_params.get("lang", "") or request.cookies.get(LANGUAGE_COOKIE, "")
        return self._texts[i18n.preferred(asked, request.headers.get("accept-language", ""))]

    def page(self, request: Request, template: str, code: int = 200, **context: Any) -> Response:
        """HTML; a language chosen by ?lang= is remembered."""
        visitor: Visitor | None = request.scope.get("visitor")
        say = self.say(request)
        html = self._templates.get_template(template).render(
            say=say,
            gettext=say,  # what the templates call `_`
            languages=[(code, texts("lang.name")) for code, texts in self._texts.items()],
            static=STATIC,
            home="/",
            refresh_seconds=REFRESH_SECONDS,
            visitor=visitor,
            menu=self._menu(request, visitor),
            token_field=TOKEN_FIELD,
            **context,
        )
        response = HTMLResponse(html, status_code=code, headers={"vary": "accept-language, cookie"})
        if (asked := request.query_params.get("lang", "")) in i18n.LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, asked, max_age=365 * 86400, httponly=True, samesite="lax")
        return response

    def _menu(self, request: Request, visitor: Visitor | None) -> list[Link]:
        if visitor is None:
            return []
        say, path = self.say(request), request.url.path
        allowed = [(to, text) for to, text, needs in MENU if needs is Permission.PUBLIC or visitor.may(needs)]
        return [Link(to, say(text), path == to or (to != "/" and path.startswith(to))) for to, text in allowed]
