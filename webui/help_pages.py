"""The manual, served by the box itself: for whoever stands before it, signed in or not."""

from functools import cache
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.menu import Entry
from webui.render import Renderer

if TYPE_CHECKING:
    from webui.manual.book import Book

ENTRIES: Final = (Entry("/help", "help.title", "help-circle", Permission.SIGNED_IN, "you", 90),)
MAX_WORDS: Final = 100


class HelpPages:
    """`/help` and its topics."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self._book = cache(self._read)

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/help", self.show, Permission.PUBLIC, greets=True),
            page("/help/{topic}", self.topic, Permission.PUBLIC, greets=True),
        ]

    async def show(self, request: Request) -> Response:
        """All topics, or where some words stand."""
        words = request.query_params.get("q", "").strip()[:MAX_WORDS]
        book = self._book(self.renderer.say(request).language)
        topics = list(book.topics.values())
        return self.renderer.page(request, "help.html", topics=topics, words=words, found=book.search(words))

    async def topic(self, request: Request) -> Response:
        """One of them."""
        topics = self._book(self.renderer.say(request).language).topics
        shown = topics.get(request.path_params["topic"])
        if shown is None:
            raise HTTPException(404)
        order = list(topics.values())
        at = order.index(shown)
        after = order[at + 1] if at + 1 < len(order) else None
        return self.renderer.page(request, "help_topic.html", topic=shown, topics=order, after=after)

    def _read(self, language: str) -> "Book":
        from webui.manual.book import Book  # what it stands on is loaded when somebody wants to read

        return Book(language, lambda path: self.renderer.name_of(path, language))
