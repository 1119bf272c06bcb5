"""Signing in as a browser does it, and everything that must not work."""

import sqlite3
from pathlib import Path

import pytest

from tests.fakes.page_box import PASSWORD, PLAIN, open_page
from webui.auth import store as store_module
from webui.auth.guard import COOKIE, own_path
from webui.auth.policy import FREE_TRIES, IDLE_SECONDS


async def test_the_first_owner_comes_by_the_link_and_is_in(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser()
        assert 'name="token" value="invitation"' in (await browser.get("/welcome?token=invitation")).text
        form = {"token": "invitation", "user": "Анна", "password": PASSWORD, "again": PASSWORD}
        weak = await browser.post("/welcome", **{**form, "password": "password1234", "again": "password1234"})
        assert weak.status_code == 400
        assert (await browser.post("/welcome", **{**form, "again": "x"})).status_code == 400
        assert p.core.invitations, "a weak password uses no invitation up"
        assert (await browser.post("/welcome", **form)).status_code == 303
        assert (await browser.get("/account")).status_code == 200
        again = await (await p.browser()).post("/welcome", **form)
        assert again.status_code == 403


async def test_who_signs_in_gets_where_he_wanted(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        await p.browser("Анна")
        browser = await p.browser()
        asked = await browser.get("/calls?outcome=missed")
        assert (asked.status_code, asked.headers["location"]) == (303, "/signin?next=/calls%3Foutcome%3Dmissed")
        form = await browser.get(asked.headers["location"])
        assert 'value="/calls?outcome=missed"' in form.text
        entered = await browser.sign_in(next="/calls?outcome=missed")
        assert (entered.status_code, entered.headers["location"]) == (303, "/calls?outcome=missed")
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/calls/7?x=1", "/calls/7?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("calls", "/"),
        ("", "/"),
        ("/a\r\nset-cookie: x=1", "/"),
    ],
)
def test_nobody_is_led_to_another_site(asked: str, goes: str) -> None:
    assert own_path(asked) == goes


@pytest.mark.parametrize(("user", "password"), [("Анна", "не тот"), ("nobody", PASSWORD), ("", ""), ("анна", PASSWORD)])
async def test_a_wrong_name_and_a_wrong_password_are_told_alike(tmp_path: Path, user: str, password: str) -> None:
    async with open_page(tmp_path) as p:
        await p.browser("Анна")
        refused = await (await p.browser()).sign_in(user, password)
        assert refused.status_code == 401
        assert "Имя или пароль не подходят." in refused.text
        assert password not in refused.text or not password


async def test_guessing_locks_the_account_and_the_address_and_waiting_opens_them(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        await p.browser("Анна")
        browser = await p.browser()
        for _ in range(FREE_TRIES):
            assert (await browser.sign_in(password="x")).status_code == 401
        locked = await browser.sign_in()
        assert locked.status_code == 429
        assert "через 1 мин" in locked.text
        p.clock.now += 61
        assert (await browser.sign_in()).status_code == 303


async def test_one_who_is_disabled_is_out_with_the_next_click_and_cannot_come_in(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        del p.core.roles["Анна"]
        assert (await browser.get("/account")).status_code == 303
        assert (await browser.sign_in()).status_code == 401
        p.core.roles["Анна"] = "god"
        assert (await browser.sign_in()).status_code == 401, "a role that this page does not know"


async def test_a_session_ends_by_itself_by_signing_out_and_by_a_new_password(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        idle = await p.browser("Анна")
        p.clock.now += IDLE_SECONDS
        assert (await idle.get("/account")).status_code == 303
        out = await p.browser("Анна")
        kept = out.token
        assert (await out.post("/signout", csrf=await p.csrf(out))).status_code == 303
        out.http.cookies.set(COOKIE, kept, domain="localhost")
        assert (await out.get("/account")).status_code == 303, "the cookie of before opens nothing"
        one, two = await p.browser("Анна"), await p.browser()
        await two.sign_in()
        form = {"csrf": await p.csrf(two), "password": "синий чайник на луне", "again": "синий чайник на луне"}
        assert (await two.post("/account/password", old="x", **form)).status_code == 403
        assert (await two.post("/account/password", old=PASSWORD, **form)).status_code == 303
        assert (await one.get("/account")).status_code == 303
        assert (await two.get("/account")).status_code == 200


async def test_a_session_is_new_with_every_sign_in(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        before = browser.token
        await browser.sign_in()
        assert browser.token != before
        assert await p.store.session(before) is None


async def test_one_s_sessions_are_listed_and_ended_and_nobody_else_s(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        anna, boris = await p.browser("Анна"), await p.browser("boris", "viewer")
        other = await p.browser()
        await other.sign_in()
        theirs = {name: (await p.store.sessions(name)) for name in ("Анна", "boris")}
        own = await p.csrf(anna)
        ended = next(one for one in theirs["Анна"] if one.csrf != own)
        assert ended.id in (await anna.get("/account")).text
        await anna.post("/account/sessions", csrf=await p.csrf(anna), session=theirs["boris"][0].id)
        assert (await boris.get("/account")).status_code == 200
        await anna.post("/account/sessions", csrf=await p.csrf(anna), session=ended.id)
        assert (await other.get("/account")).status_code == 303


FORGED = [
    ({"sec-fetch-site": "cross-site"}, True),
    ({"sec-fetch-site": "same-site"}, True),
    ({"sec-fetch-site": "none"}, True),
    ({"sec-fetch-site": "", "origin": "http://evil.example"}, True),
    ({}, False),
]


@pytest.mark.parametrize(("headers", "token"), FORGED)
async def test_another_site_changes_nothing(tmp_path: Path, headers: dict[str, str], token: bool) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        form = {"csrf": await p.csrf(browser)} if token else {"csrf": "guessed"}
        answer = await browser.post("/messages/3", headers, handled="1", **form)
        assert answer.status_code == 403
        assert not p.core.asked


async def test_an_old_browser_is_known_by_its_origin(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        for origin, code in ((PLAIN, 303), ("http://localhost:9999", 403), ("null", 403)):
            data = {"handled": "1", "csrf": await p.csrf(browser)}
            answer = await browser.http.post("/messages/3", data=data, headers={"origin": origin})
            assert answer.status_code == code, origin


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"csrf=x" + b"&a=1" * 30000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 403),
        (b"{}", "application/json", 403),
        (b"", "", 403),
    ],
)
async def test_a_hostile_form_is_refused(tmp_path: Path, body: bytes, kind: str, code: int) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        headers = {"content-type": kind, "sec-fetch-site": "same-origin"}
        assert (await browser.http.post("/messages/3", content=body, headers=headers)).status_code == code


async def test_the_core_being_away_shows_nobody_anything(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        p.core.away = True
        answer = await browser.get("/calls")
        assert answer.status_code == 503
        assert "Секретарь не отвечает" in answer.text


async def test_what_is_kept_opens_nothing_and_is_the_owner_s_alone(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        token = browser.token
        assert (tmp_path / "web.db").stat().st_mode & 0o077 == 0
    for file in tmp_path.glob("web.db*"):
        assert token.encode() not in file.read_bytes()
        assert PASSWORD.encode() not in file.read_bytes()


async def test_sessions_and_failures_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_SESSIONS", 3)
    monkeypatch.setattr(store_module, "MAX_TRIES", 5)
    async with open_page(tmp_path) as p:
        for number in range(8):
            await p.store.begin("Анна", 1000.0 + number, "127.0.0.1", "x" * 5000)
            await p.store.note_failure(f"from {number}", 1000.0 + number)
        kept = await p.store.sessions("Анна")
        assert [one.seen for one in kept] == [1007.0, 1006.0, 1005.0]
        assert all(len(one.agent) <= store_module.MAX_AGENT for one in kept)
        assert [(await p.store.tries(f"from {number}")).failures for number in (0, 2, 3, 7)] == [0, 0, 1, 1]


async def test_a_page_that_looks_every_second_writes_once_a_minute(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        seen = set()
        for _ in range(130):
            p.clock.now += 1
            await browser.get("/account")
            session = await p.store.session(browser.token)
            assert session is not None
            seen.add(session.seen)
        assert len(seen) == 3


def test_a_database_of_a_newer_page_is_not_touched(tmp_path: Path) -> None:
    import asyncio

    from webui.errors import WebStoreFailed

    with sqlite3.connect(tmp_path / "web.db") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(WebStoreFailed, match="newer"):
        asyncio.run(store_module.WebStore(tmp_path / "web.db").open())
