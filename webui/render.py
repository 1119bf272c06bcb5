"""Pages out of templates, in the reader's language and theme."""

import json
import secrets
from collections.abc import Sequence
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from webui import i18n, toast
from webui.assets import Assets
from webui.auth.guard import TOKEN_FIELD, TOKEN_HEADER
from webui.auth.visitor import Visitor
from webui.manual.topics import topic_of
from webui.menu import Entry, menu_of
from webui.reader import LANGUAGE_COOKIE, language_of
from webui.shield import STYLE_NONCE

THEME_COOKIE: Final = "theme"
THEMES: Final = ("light", "dark")
"""What can be chosen; "auto" is the browser's wish, and nothing is kept for it."""
REFRESH_SECONDS: Final = 5
HTMX: Final = "hx-request"
"""A header of requests that htmx makes: a piece is enough for them, or nothing but a word of what was done."""
YEAR: Final = 365 * 86400


class Renderer:
    """Templates, texts, files and navigation; one for the application."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.assets = Assets()
        self._entries = tuple(entries)
        self._texts = i18n.load()
        self._templates = Environment(
            loader=PackageLoader("webui"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,  # the package's own files: no look at each of them for every page
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["asset"] = self.assets.url
        self._templates.globals["help_at"] = topic_of

    def text(self, language: str, key: str) -> str:
        """In a language that is not the reader's, such as the box's own."""
        return self._texts[language if language in self._texts else "ru"](key)

    def name_of(self, path: str, language: str) -> str:
        """What the navigation calls a page; "" for one that it has not."""
        return next((self.text(language, one.text) for one in self._entries if one.path == path), "")

    def say(self, request: HTTPConnection) -> i18n.Texts:
        """The texts for this reader: by ?lang=, else what was chosen before, else what the browser asks for."""
        return self._texts[language_of(request)]

    def page(self, request: Request, template: str, code: int = 200, **context: Any) -> Response:
        """HTML; a language chosen by ?lang= and a theme by ?theme= are remembered, a toast is shown once."""
        visitor: Visitor | None = request.scope.get("visitor")
        toasts = self._toasts(request, visitor)
        html = self.part(request, template, toasts=toasts, **context)
        response = HTMLResponse(html, status_code=code, headers={"vary": "accept-language, cookie"})
        if (asked := request.query_params.get("lang", "")) in i18n.LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, asked, max_age=YEAR, httponly=True, samesite="lax")
        if (asked := request.query_params.get("theme", "")) in THEMES:
            response.set_cookie(THEME_COOKIE, asked, max_age=YEAR, httponly=True, samesite="lax")
        elif asked:
            response.delete_cookie(THEME_COOKIE)
        if toasts:
            response.delete_cookie(toast.COOKIE)
        return response

    def part(self, request: Request, template: str, **context: Any) -> str:
        """A template as text: a page, or a piece of one for who is there already."""
        visitor: Visitor | None = request.scope.get("visitor")
        say, path = self.say(request), request.url.path
        return self._templates.get_template(template).render(
            {
                "say": say,
                "gettext": say,  # what the templates call `_`
                "languages": [(code, texts("lang.name")) for code, texts in self._texts.items()],
                "theme": theme_of(request),
                "home": "/",
                "here": path,
                "opened": request.query_params.get("open", ""),
                "refresh_seconds": REFRESH_SECONDS,
                "visitor": visitor,
                "menu": menu_of(self._entries, visitor.permissions if visitor else (), path),
                "toasts": [],
                "token_field": TOKEN_FIELD,
                "token_header": TOKEN_HEADER,
                "style_nonce": lambda: _nonce(request),
                **context,
            }
        )

    def done(self, request: Request, where: str, key: str, undo: str = "", **values: toast.Value) -> Response:
        """Back to a page (303), which will say the text `key`; `undo` is the path of ours that a POST takes back. Where
        htmx asks (`hx-swap="none"`) the page stays and says it at once."""
        if HTMX in request.headers and not undo:
            return Response(status_code=204, headers=toasted(self.say(request)(key, **values)))
        response = RedirectResponse(where, 303)
        visitor: Visitor | None = request.scope.get("visitor")
        if visitor is not None and visitor.session is not None:
            packed = toast.pack(visitor.session, key, undo, **values)
            response.set_cookie(toast.COOKIE, packed, max_age=toast.SECONDS, httponly=True, samesite="lax")
        return response

    def _toasts(self, request: Request, visitor: Visitor | None) -> list[toast.Toast]:
        cookie = request.cookies.get(toast.COOKIE, "")
        if not cookie or visitor is None or visitor.session is None:
            return []
        told = toast.unpack(visitor.session, cookie, self.say(request))
        return [] if told is None else [told]


def toasted(text: str) -> dict[str, str]:
    """The header that has htmx tell the page of it."""
    return {"hx-trigger": json.dumps({"toast": {"text": text}})}


def theme_of(request: Request) -> str:
    """light, dark, or "" for what the browser prefers."""
    asked = request.query_params.get("theme", "") or request.cookies.get(THEME_COOKIE, "")
    return asked if asked in THEMES else ""


def _nonce(request: Request) -> str:
    """For the one library that brings a style of its own (wavesurfer's `cspNonce`): a page that asks for it, no other,
    allows that style."""
    nonce: str = request.scope.setdefault(STYLE_NONCE, secrets.token_urlsafe(16))
    return nonce
