"""The second factor, grants, and the ways back in."""

from pathlib import Path

import pytest

from tests.fakes.page_box import PASSWORD, Page, open_page
from webui.auth import gate as gate_module
from webui.auth import totp
from webui.auth.policy import FREE_TRIES
from webui.auth.totp import STEP_SECONDS, code_at
from webui.errors import CoreAway

RFC = b"12345678901234567890"
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("at", "code"), VECTORS)
def test_codes_are_those_of_rfc_6238(at: int, code: str) -> None:
    assert code_at(RFC, at // STEP_SECONDS) == code


@pytest.mark.parametrize(
    ("code", "after", "found"),
    [
        (code_at(RFC, 100), 0, 100),
        (code_at(RFC, 99), 0, 99),
        (code_at(RFC, 101), 0, 101),
        (code_at(RFC, 98), 0, None),
        (code_at(RFC, 102), 0, None),
        (code_at(RFC, 100), 100, None),
        (code_at(RFC, 100)[:3] + " " + code_at(RFC, 100)[3:], 0, 100),
        ("", 0, None),
        ("١٢٣٤٥٦", 0, None),
    ],
)
def test_a_code_counts_for_a_moment_and_once(code: str, after: int, found: int | None) -> None:
    assert totp.matching_step(RFC, code, 100 * STEP_SECONDS + 7, after) == found


def test_names_in_the_qr_code_end_nothing() -> None:
    told = totp.address(RFC, "Анна&secret=X?/#", "a:b&issuer=evil")
    assert told.count("secret=") == 1
    assert told.count("issuer=") == 1


async def switch_on(p: Page, user: str = "Анна") -> tuple[bytes, list[str]]:
    await p.browser(user)
    secret = await p.store.factors.begin(user)
    codes = await p.store.factors.confirm(user, now(p, secret))
    assert codes is not None
    p.clock.now += 2 * STEP_SECONDS
    return secret, codes


def now(p: Page, secret: bytes) -> str:
    return code_at(secret, int(p.clock() // STEP_SECONDS))


def halfway(html: str) -> str:
    return html.split('name="halfway" value="')[1].split('"')[0]


async def test_password_and_code_open_and_each_code_once(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        secret, _ = await switch_on(p)
        browser = await p.browser()
        first = await browser.sign_in(next="/calls")
        assert first.status_code == 200
        assert not browser.token, "half a sign-in is none"
        form = {"halfway": halfway(first.text), "code": now(p, secret), "next": "/calls"}
        entered = await browser.post("/signin/code", **form)
        assert (entered.status_code, entered.headers["location"]) == (303, "/calls")
        assert (await browser.get("/account")).status_code == 200
        assert (await browser.post("/signin/code", **form)).status_code == 401, "the first half was used up"
        other = await p.browser()
        second = {**form, "halfway": halfway((await other.sign_in()).text)}
        assert (await other.post("/signin/code", **second)).status_code == 401, "the code was used before"


async def test_a_recovery_code_opens_once_however_it_is_typed(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        _, codes = await switch_on(p)
        assert len(set(codes)) == 10
        for typed, status in ((codes[0].upper().replace("-", " "), 303), (codes[0], 401), (codes[1], 303)):
            browser = await p.browser()
            form = {"halfway": halfway((await browser.sign_in()).text), "code": typed}
            assert (await browser.post("/signin/code", **form)).status_code == status
        assert await p.store.factors.left("Анна") == 8


async def test_guessing_codes_locks_as_guessing_passwords_does(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        secret, _ = await switch_on(p)
        browser = await p.browser()
        token = halfway((await browser.sign_in()).text)
        for _ in range(FREE_TRIES):
            answer = await browser.post("/signin/code", halfway=token, code="000000")
            assert answer.status_code == 401
        locked = await browser.post("/signin/code", halfway=token, code=now(p, secret))
        assert locked.status_code == 429
        assert ("locked", "Анна") in p.core.noted


async def test_half_a_sign_in_is_over_after_a_while(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        secret, _ = await switch_on(p)
        browser = await p.browser()
        token = halfway((await browser.sign_in()).text)
        p.clock.now += gate_module.HALFWAY_SECONDS
        answer = await browser.post("/signin/code", halfway=token, code=now(p, secret))
        assert answer.status_code == 401
        assert 'name="password"' in answer.text


async def test_many_halves_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "MAX_HALFWAY", 3)
    async with open_page(tmp_path) as p:
        await switch_on(p)
        for _ in range(6):
            await p.gate.sign_in("Анна", PASSWORD, address="", agent="")
        assert len(p.gate._halfway) == 3


async def test_a_program_sends_the_code_along(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        secret, _ = await switch_on(p)
        http = (await p.browser()).http
        told = {"user": "Анна", "password": PASSWORD}
        missing = await http.post("/admin/auth/login", json=told)
        assert (missing.status_code, missing.json()["code"]) == (401, "code")
        right = await http.post("/admin/auth/login", json={**told, "code": now(p, secret)})
        assert right.status_code == 200
        again = await http.post("/admin/auth/login", json={**told, "code": now(p, secret)})
        assert again.status_code == 401


async def test_a_factor_counts_only_once_a_code_of_it_was_seen(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        await p.browser("Анна")
        secret = await p.store.factors.begin("Анна")
        assert await p.store.factors.begin("Анна") == secret
        assert await p.store.factors.confirm("Анна", "000000") is None
        assert (await (await p.browser()).sign_in()).status_code == 303


async def test_a_link_from_the_console_begins_anew(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        await switch_on(p)
        made = await p.gate.bearers.make_key("Анна", "x", [], None)
        assert made is not None
        p.core.invitations["again"] = "Анна"
        form = {"token": "again", "user": "", "password": PASSWORD, "again": PASSWORD}
        assert (await (await p.browser()).post("/welcome", **form)).status_code == 303
        assert (await (await p.browser()).sign_in()).status_code == 303, "no code is asked for any more"
        assert await p.gate.bearers.keys("Анна") == []


async def test_the_owner_lifts_a_lock_out_and_only_that_one(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        await p.browser("Анна")
        browser = await p.browser()
        for _ in range(FREE_TRIES):
            await browser.sign_in(password="x")
        p.core.unlocked = p.clock() - 1
        assert (await browser.sign_in()).status_code == 429, "that was before"
        p.core.unlocked = p.clock()
        p.clock.now += 1
        assert (await browser.sign_in(password="x")).status_code == 401
        for _ in range(FREE_TRIES):
            await browser.sign_in(password="x")
        assert (await browser.sign_in()).status_code == 429


async def test_grants_open_what_the_role_does_not_and_never_everything(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "viewer")
        assert (await browser.get("/calls")).status_code == 403
        p.core.grants["boris"] = ("calls.read", "manage", "nonsense")
        assert (await browser.get("/calls")).status_code == 200
        visitor = await p.gate.visitor(browser.token)
        assert visitor is not None
        assert {one.value for one in visitor.permissions} == {"public", "signed_in", "dashboard", "calls.read"}


async def test_of_a_user_who_is_gone_nothing_is_left_for_the_next_of_that_name(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "viewer")
        made = await p.gate.bearers.make_key("boris", "x", [], None)
        assert made is not None
        del p.core.roles["boris"]
        assert (await browser.get("/account")).status_code == 303
        p.core.roles["boris"] = "admin"
        assert await p.gate.bearers.visitor(made[0]) is None
        assert (await (await p.browser()).sign_in("boris")).status_code == 401


async def test_who_is_disabled_keeps_his_password_and_keys_for_later(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "viewer")
        made = await p.gate.bearers.make_key("boris", "x", [], None)
        assert made is not None
        del p.core.roles["boris"]
        p.core.disabled.add("boris")
        assert await p.gate.bearers.visitor(made[0]) is None
        assert (await browser.get("/account")).status_code == 303
        p.core.roles["boris"] = "viewer"
        assert (await browser.get("/account")).status_code == 303, "the session is over all the same"
        assert await p.gate.bearers.visitor(made[0]) is not None
        assert (await browser.sign_in("boris")).status_code == 303


async def test_the_audit_hears_what_happens_at_the_door_and_its_silence_stops_nobody(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        await browser.sign_in(password="x")
        assert p.core.noted == [("signed_in", "Анна"), ("refused", "Анна")]

        async def deaf(what: str, user: str, address: str) -> None:
            raise CoreAway("no socket")

        p.core.note = deaf  # type: ignore[method-assign]
        assert (await browser.sign_in()).status_code == 303
