"""Debian's Chromium at a page of ours: it can reach nothing but the box, and what it complains of is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--disable-dev-shm-usage",
)  # fmt: skip
MICROPHONE: Final = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
"""Add `--use-file-for-fake-audio-capture=PATH.wav` for what it hears."""
AXE: Final = Path(__file__).parents[1] / "webui" / "browser" / "axe.min.js"
PASSWORD: Final = "лошадь скрепка ведро 7"
LANGUAGES: Final = {"ru": "ru-RU", "en": "en-GB"}
WIDTHS: Final = {390: 844, 1280: 800}
WAIT_MS: Final = 20_000
"""For what the page should show; the machine may be busy."""


@dataclass(slots=True)
class Seen:
    """What went wrong in a browser: errors of scripts, of the policy, requests to elsewhere."""

    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raises AssertionError if there was anything."""
        assert not self.elsewhere, f"asked elsewhere: {self.elsewhere}"
        assert not self.complaints, f"the browser complained: {self.complaints}"


@dataclass(slots=True)
class Visit:
    """One browser window of a user (or of nobody)."""

    page: Page
    context: BrowserContext
    url: str
    seen: Seen

    def go(self, path: str, code: int = 200) -> Page:
        """Opens a path of the box."""
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == code, f"{path}: {answer.status}"
        return self.page

    def axe(self) -> list[str]:
        """Serious and critical barriers on the page as it is now, one a line. Run beside the page's policy."""
        cdp = self.context.new_cdp_session(self.page)
        for source in (AXE.read_text("utf-8"),):
            cdp.send("Runtime.evaluate", {"expression": source})
        found: list[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        )
        return [
            f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:5]}"
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]

    def is_wide(self) -> bool:
        """Whether the page scrolls sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@contextmanager
def chromium(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    """The browser, ended at the end."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def visiting(
    browser: Browser, url: str, *, language: str = "ru", theme: str = "light", width: int = 1280,
    state: Any = None, javascript: bool = True, check: bool = True, permissions: tuple[str, ...] = (),
) -> Iterator[Visit]:  # fmt: skip
    """A window at the box. `state`: cookies of a sign-in (`context.storage_state()`); `check`: at the end the browser
    must have complained of nothing."""
    context = browser.new_context(
        locale=LANGUAGES[language],
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": width, "height": WIDTHS.get(width, 800)},
        storage_state=state,
        java_script_enabled=javascript,
        permissions=list(permissions),
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MS)
    seen, host = Seen(), urlsplit(url).netloc

    def only_the_box(route: Route) -> None:
        if urlsplit(route.request.url).netloc == host or route.request.url.startswith(("data:", "blob:")):
            route.continue_()
        else:
            seen.elsewhere.append(route.request.url)
            route.abort()

    context.route("**/*", only_the_box)
    page = context.new_page()
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("console", lambda told: seen.complaints.append(told.text) if told.type == "error" else None)
    try:
        yield Visit(page, context, url, seen)
        if check:
            seen.check()
    finally:
        context.close()
