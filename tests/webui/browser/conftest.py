"""A true box on the simulated modem, and windows of Debian's Chromium at its page; one of each a session."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from secretaryd.control.protocol import Request
from secretaryd.control.protocol.users import InviteUser
from tests.fakes.box import Box, Ringing, running
from tests.fakes.browser import PASSWORD, Visit, chromium, visiting

T = TypeVar("T")


class LiveBox:
    """A box that runs on a loop of its own, since Playwright's calls block."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="box", daemon=True)
        self._thread.start()
        self._context: AbstractAsyncContextManager[Box] = running(folder)
        self.box: Box = self.wait(self._context.__aenter__())

    @property
    def url(self) -> str:
        """Of the page, without a slash at the end."""
        return f"http://127.0.0.1:{self.box.web_port}"

    def begin(self, work: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        """Something that goes on while the browser is looked at: `begin(box.box.over(ringing))`."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of it."""
        return self.begin(work).result()

    def ask(self, request: Request) -> Any:
        """The core's answer to the console."""
        return self.wait(self.box.control.ask(request))

    def ring(self, scenario: str | None = None, **given: Any) -> Ringing:
        """The simulated caller rings."""
        return self.wait(self.box.ring(scenario, **given))

    def close(self) -> None:
        """Ends it, asserting that it ends well."""
        try:
            self.wait(self._context.__aexit__(None, None, None))
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBox]:
    """Ready for calls; tests share it and leave it so."""
    live = LiveBox(tmp_path_factory.mktemp("w"))
    yield live
    live.close()


@pytest.fixture(scope="session")
def player() -> Iterator[Playwright]:
    """What starts browsers; there can be but one at a time."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(player: Playwright) -> Iterator[Browser]:
    """Without a microphone; for one with see `tests.fakes.browser.MICROPHONE`."""
    with chromium(player) as found:
        yield found


@pytest.fixture(scope="session")
def cookies(box: LiveBox, browser: Browser) -> Callable[[str, str], Any]:
    """Signs a user of a role in, by an invitation as people do; once a session."""
    known: dict[str, Any] = {}

    def sign_in(user: str, role: str) -> Any:
        if user not in known:
            link = box.ask(InviteUser(name=user, role=role))["link"]
            with visiting(browser, box.url) as window:
                window.go("/" + link.split("/", 3)[3])
                window.page.fill("[name=user]", user)
                window.page.fill("[name=password]", PASSWORD)
                window.page.fill("[name=again]", PASSWORD)
                window.page.click("main button")
                window.page.wait_for_url(f"{box.url}/")
                known[user] = window.context.storage_state()
        return known[user]

    return sign_in


@pytest.fixture
def visit(box: LiveBox, browser: Browser, cookies: Callable[[str, str], Any]) -> Iterator[Callable[..., Visit]]:
    """`visit()` is nobody; `visit("anna", "admin", theme="dark", width=390)` is signed in. Windows close with the test,
    and it fails if the browser complained."""
    with ExitStack() as windows:

        def open_window(user: str = "", role: str = "admin", **how: Any) -> Visit:
            state = cookies(user, role) if user else None
            return windows.enter_context(visiting(browser, box.url, state=state, **how))

        yield open_window
