"""A window with an EventSource on the application, in memory."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.fakes.page_box import Browser, Page
from webui.auth.guard import COOKIE

SOON = 5.0


class Window:
    """An EventSource on the application: ASGI by hand, since a client would wait for the end of the answer."""

    def __init__(self, page: Page, browser: Browser, path: str, mark: str = "") -> None:
        path, _, query = path.partition("?")
        headers = [(b"host", b"localhost"), (b"cookie", f"{COOKIE}={browser.token}".encode())]
        headers += [(b"last-event-id", mark.encode())] if mark else []
        self._scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("localhost", 8080), "scheme": "http",
            "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"}, "app": page.app,
        }  # fmt: skip
        self._app = page.app
        self._told: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._text = ""
        self.status = 0
        self.open = asyncio.Event()

    async def run(self) -> None:
        gone = asyncio.Event()

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
            self._text += message.get("body", b"").decode()
            self.open.set()
            while "\n\n" in self._text:
                block, _, self._text = self._text.partition("\n\n")
                fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
                if fields and "retry" not in fields:
                    self._told.put_nowait(fields)

        try:
            await self._app(self._scope, receive, send)
        finally:
            self._told.put_nowait(None)

    async def next(self) -> dict[str, Any] | None:
        """The next event with its data decoded; None at the end."""
        async with asyncio.timeout(SOON):
            fields = await self._told.get()
        if fields is not None and "data" in fields:
            fields["data"] = json.loads(fields["data"])
        return fields

    async def until(self, name: str) -> dict[str, Any]:
        """The next event of that name."""
        while (fields := await self.next()) is not None:
            if fields.get("event") == name:
                return fields
        raise AssertionError(f"the stream ended without {name}")


@asynccontextmanager
async def window(page: Page, browser: Browser, path: str = "/live/events", mark: str = "") -> AsyncIterator[Window]:
    shown_in = Window(page, browser, path, mark)
    task = asyncio.create_task(shown_in.run())
    await shown_in.open.wait()
    try:
        yield shown_in
    finally:
        task.cancel()
        await asyncio.wait({task})


async def listening(page: Page, user: str = "boris") -> None:
    async with asyncio.timeout(SOON):
        while user not in page.core.listeners:  # noqa: ASYNC110 (the stream is opened by a task of the page)
            await asyncio.sleep(0)
