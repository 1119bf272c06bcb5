"""Every page in both languages, both themes, on a phone and a desk: nothing missing, nothing wide, no barrier."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.browser import Visit

pytestmark = pytest.mark.browser

PAGES = (
    "/", "/live", "/chat", "/calls", "/messages", "/sms", "/contacts", "/contacts/new", "/faq", "/faq/new",
    "/persona", "/settings", "/changes", "/account",
    "/account/factor", "/account/keys", "/users", "/audit", "/trust",
    "/doctor?look=1", "/models", "/models/try?say=%D0%90%D0%B3%D0%B0", "/backup", "/logs", "/tasks",
    "/messages?show=all", "/help", "/help/box", "/help?q=PIN",
)  # fmt: skip
"""For a signed-in owner."""
OPEN_PAGES = ("/", "/signin", "/nowhere", "/help", "/help/start")
"""For everybody."""
LOOKS = [(language, theme, width) for language in ("ru", "en") for theme in ("light", "dark") for width in (390, 1280)]
NAME = re.compile(r"[^a-z0-9]+")
SHOTS = os.environ.get("SECRETARY_SCREENSHOTS", "")
"""A folder for pictures, for people to look at."""


def look_at(window: Visit, path: str, name: str, code: int = 200) -> None:
    page = window.go(path, code)
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert page.locator("h1").count() == 1
    assert not window.is_wide(), f"{path} scrolls sideways"
    assert window.axe() == [], path


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_an_owner_s_pages_are_well(visit: Callable[..., Visit], language: str, theme: str, width: int) -> None:
    window = visit("анна", "admin", language=language, theme=theme, width=width)
    for path in PAGES:
        name = NAME.sub("-", path).strip("-") or "home"
        look_at(window, path, f"{name}-{language}-{theme}-{width}")


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_the_pages_for_everybody_are_well(visit: Callable[..., Visit], language: str, theme: str, width: int) -> None:
    window = visit(language=language, theme=theme, width=width, check=False)  # a 404 is told in the console
    for path in OPEN_PAGES:
        name = f"open-{NAME.sub('-', path)}".strip("-")
        look_at(window, path, f"{name}-{language}-{theme}-{width}", 404 if path == "/nowhere" else 200)
    assert window.seen.elsewhere == []


def test_a_chosen_theme_and_language_stay(visit: Callable[..., Visit]) -> None:
    page = visit().go("/signin")
    page.click("a[href='?theme=dark']")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.click("a[hreflang=en]")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("a[href='?theme=light']")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_a_browser_s_own_dark_theme_is_the_chosen_one(visit: Callable[..., Visit]) -> None:
    colours = "[document.body, document.querySelector('input.form-control')].map((e) => getComputedStyle(e).color)"
    by_itself = visit(theme="dark").go("/signin").evaluate(colours)
    assert visit(theme="light").go("/signin?theme=dark").evaluate(colours) == by_itself


def test_the_menu_opens_under_a_thumb_and_closes(visit: Callable[..., Visit]) -> None:
    for javascript in (True, False):
        page = visit("анна", "admin", width=390, javascript=javascript).go("/")
        menu = page.locator("#menu")
        assert not menu.is_visible()
        page.click(".thumbs a[href='#menu']")
        menu.wait_for(state="visible")
        page.click("#menu .shut")
        menu.wait_for(state="hidden")


def test_what_was_done_is_told_and_signing_out_is_for_good(visit: Callable[..., Visit]) -> None:
    window = visit("boris", "operator", width=1280)
    page = window.go("/calls")
    assert page.locator("#menu a[href='/calls']").get_attribute("aria-current") == "page"
    assert page.locator("#menu a[href='/messages']").count() == 1
