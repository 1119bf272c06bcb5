"""What every page has: the navigation by role, theme, toasts with a way back."""

from pathlib import Path

import pytest

from tests.fakes.page_box import open_page
from webui import i18n, site
from webui.auth.policy import Session
from webui.auth.roles import Permission
from webui.menu import SECTIONS, THUMBS, Entry, menu_of
from webui.toast import Toast, pack, unpack

RU = i18n.load()["ru"]
HOSTILE = "<script>alert(1)</script>"


def entry(path: str, needs: Permission = Permission.SIGNED_IN, **more: object) -> Entry:
    return Entry(path, "menu.calls", "phone", needs, "now", **more)  # type: ignore[arg-type]


def test_a_menu_holds_what_one_may_see_and_marks_where_one_is() -> None:
    entries = [entry("/", thumb=1), entry("/calls", thumb=2), entry("/calls/tags"), entry("/users", Permission.MANAGE)]
    menu = menu_of(entries, {Permission.SIGNED_IN}, "/calls/7")
    assert [one.path for _, found in menu.sections for one in found] == ["/", "/calls", "/calls/tags"]
    assert menu.here is not None
    assert menu.here.path == "/calls"
    deeper = menu_of(entries, {Permission.SIGNED_IN}, "/calls/tags")
    assert deeper.here is not None
    assert deeper.here.path == "/calls/tags", "the nearest one"
    assert menu_of(entries, (), "/") == type(menu)((), (), None)


def test_the_bar_under_the_thumb_holds_few() -> None:
    many = [entry(f"/{n}", thumb=9 - n) for n in range(8)]
    assert [one.path for one in menu_of(many, {Permission.SIGNED_IN}, "/").thumbs] == ["/7", "/6", "/5", "/4"]
    assert THUMBS == 4


def test_every_entry_leads_somewhere_and_has_its_words() -> None:
    for one in site.entries():
        assert one.section in SECTIONS
        assert RU(one.text)
        assert RU(f"menu.section.{one.section}")
    paths = [one.path for one in site.entries()]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(("role", "sees"), [("admin", True), ("operator", True), ("editor", False), ("viewer", False)])
async def test_the_navigation_shows_what_the_role_may(tmp_path: Path, role: str, sees: bool) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", role)
        text = (await browser.get("/")).text
        assert ('<a href="/calls"' in text) is sees
        assert '<a href="/account"' in text


async def test_a_theme_is_kept_until_the_browser_s_is_wanted_again(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser()
        assert "data-bs-theme" not in (await browser.get("/")).text
        assert 'data-bs-theme="dark"' in (await browser.get("/?theme=dark")).text
        assert 'data-bs-theme="dark"' in (await browser.get("/")).text
        assert "data-bs-theme" not in (await browser.get("/?theme=auto")).text
        assert "data-bs-theme" not in (await browser.get("/?theme=" + HOSTILE)).text
        assert "data-bs-theme" not in (await browser.get("/")).text


async def test_what_was_done_is_told_once(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        await browser.post("/messages/3", csrf=await p.csrf(browser), handled="1")
        assert "Сообщение обработано." in (await browser.get("/messages")).text
        assert "Сообщение обработано." not in (await browser.get("/messages")).text


def session(csrf: str = "secret") -> Session:
    return Session("id", "anna", csrf, 0.0, 0.0, "", "")


def test_a_toast_is_read_by_its_own_session_alone() -> None:
    packed = pack(session(), "kept.call", "/calls/7/restore", id=7)
    assert unpack(session(), packed, RU) == Toast("Звонок 7", "/calls/7/restore")
    for forged in (packed[:-1] + "0", "", ".", "x.y", packed.replace(".", "A.", 1)):
        assert unpack(session(), forged, RU) in (None, unpack(session(), packed, RU) if forged == packed else None)
    assert unpack(session("another"), packed, RU) is None


async def test_a_forged_toast_is_not_shown(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        browser.http.cookies.set("toast", "W10=.00", domain="localhost")
        assert (await browser.get("/")).status_code == 200
