"""Programs at the API: the whole life of a login, what is forged, and personal keys."""

import base64
import json
from pathlib import Path

import httpx2
import jwt
import pytest

from tests.fakes.page_box import PASSWORD, PLAIN, Page, open_page
from webui.auth import access, bearer, token_store
from webui.auth.guard import COOKIE
from webui.auth.policy import FREE_TRIES
from webui.auth.roles import GRANTS, Permission, Role
from webui.problem import BODY_LIMIT

AUTH = "/admin/auth"


class Program:
    """Speaks JSON, keeps no cookies, sends nothing that a browser sends of itself."""

    def __init__(self, page: Page) -> None:
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=page.app), base_url=PLAIN)
        self.token = ""

    async def ask(self, method: str, path: str, token: str | None = None, **body: object) -> httpx2.Response:
        used = self.token if token is None else token
        headers = {"authorization": f"Bearer {used}"} if used else {}
        return await self.http.request(method, path, headers=headers, json=body or None)

    async def log_in(self, user: str = "Анна", password: str = PASSWORD) -> dict[str, str]:
        answer = await self.http.post(f"{AUTH}/login", json={"user": user, "password": password})
        assert answer.status_code == 200, answer.text
        told: dict[str, str] = answer.json()
        self.token = told["access_token"]
        return told


async def owner(p: Page, role: str = "admin", user: str = "Анна") -> Program:
    await p.browser(user, role)
    program = Program(p)
    await program.log_in(user)
    return program


async def test_a_login_opens_and_its_logout_shuts_at_once(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        told = await program.log_in()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", access.ACCESS_SECONDS)
        me = await program.ask("GET", f"{AUTH}/me")
        assert (me.json()["user"], me.json()["role"]) == ("Анна", "admin")
        assert (await program.ask("POST", f"{AUTH}/logout")).status_code == 204
        assert (await program.ask("GET", f"{AUTH}/me")).status_code == 401, "though the token has not expired"
        again = await program.ask("POST", f"{AUTH}/refresh", "", refresh_token=told["refresh_token"])
        assert again.status_code == 401


@pytest.mark.parametrize(("user", "password"), [("Анна", "не тот пароль"), ("nobody", PASSWORD), ("анна", PASSWORD)])
async def test_a_wrong_name_and_a_wrong_password_are_told_alike(tmp_path: Path, user: str, password: str) -> None:
    async with open_page(tmp_path) as p:
        await p.browser("Анна")
        refused = await Program(p).http.post(f"{AUTH}/login", json={"user": user, "password": password})
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["code"] == "wrong"


async def test_guessing_at_the_api_locks_the_page_too(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        await p.browser("Анна")
        program = Program(p)
        for _ in range(FREE_TRIES):
            assert (await program.ask("POST", f"{AUTH}/login", user="Анна", password="x")).status_code == 401
        locked = await program.ask("POST", f"{AUTH}/login", user="Анна", password=PASSWORD)
        assert (locked.status_code, locked.headers["retry-after"]) == (429, "60")
        assert (await (await p.browser()).sign_in()).status_code == 429


async def test_an_access_token_expires_and_the_refresh_token_brings_the_next(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        told = await program.log_in()
        p.clock.now += access.ACCESS_SECONDS
        late = await program.ask("GET", f"{AUTH}/me")
        assert late.status_code == 401
        assert late.headers["www-authenticate"].startswith("Bearer")
        fresh = (await program.ask("POST", f"{AUTH}/refresh", "", refresh_token=told["refresh_token"])).json()
        assert fresh["refresh_token"] != told["refresh_token"]
        assert (await program.ask("GET", f"{AUTH}/me", fresh["access_token"])).status_code == 200


async def test_a_refresh_token_that_comes_twice_ends_the_login(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        other = await program.log_in()
        stolen = await program.log_in()
        fresh = (await program.ask("POST", f"{AUTH}/refresh", "", refresh_token=stolen["refresh_token"])).json()
        assert (await program.ask("GET", f"{AUTH}/me", fresh["access_token"])).status_code == 200
        again = await program.ask("POST", f"{AUTH}/refresh", "", refresh_token=stolen["refresh_token"])
        assert (again.status_code, again.json()["code"]) == (401, "refresh_refused")
        assert (await program.ask("GET", f"{AUTH}/me", fresh["access_token"])).status_code == 401
        newest = await program.ask("POST", f"{AUTH}/refresh", "", refresh_token=fresh["refresh_token"])
        assert newest.status_code == 401
        assert (await program.ask("GET", f"{AUTH}/me", other["access_token"])).status_code == 200, "another login"


async def test_a_login_that_nobody_refreshes_is_over_and_none_lasts_for_ever(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        told = await program.log_in()
        p.clock.now += bearer.IDLE_SECONDS
        assert (await program.ask("POST", f"{AUTH}/refresh", "", **_refresh(told))).status_code == 401
        told = await program.log_in()
        for _ in range(4):
            p.clock.now += bearer.IDLE_SECONDS - 1
            told = (await program.ask("POST", f"{AUTH}/refresh", "", **_refresh(told))).json()
        p.clock.now += bearer.IDLE_SECONDS - 1
        assert (await program.ask("POST", f"{AUTH}/refresh", "", **_refresh(told))).status_code == 401


def _refresh(told: dict[str, str]) -> dict[str, object]:
    return {"refresh_token": told["refresh_token"]}


def _part(data: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


KEY = b"k" * 32
NOW = 1.8e9
GOOD = {"iss": "secretary", "aud": "secretary-api", "sub": "Анна", "sid": "f", "iat": int(NOW), "exp": int(NOW) + 60}


def _token(key: bytes = KEY, algorithm: str = "HS256", kind: str = "at+jwt", **claims: object) -> str:
    payload = {name: value for name, value in {**GOOD, **claims}.items() if value is not None}
    return jwt.encode(payload, key, algorithm, headers={"typ": kind})


def test_a_good_token_is_read() -> None:
    assert access.read(KEY, _token(), NOW) == access.Claims("Анна", "f")


FORGED = {
    "another key": _token(b"x" * 32),
    "alg none": f"{_part({'alg': 'none', 'typ': 'at+jwt'})}.{_part(GOOD)}.",
    "alg None": f"{_part({'alg': 'None', 'typ': 'at+jwt'})}.{_part(GOOD)}.",
    "another algorithm, same key": _token(algorithm="HS512", key=KEY * 2),
    "HS384 of the same key": _token(algorithm="HS384", key=KEY),
    "its head says another": ".".join([_part({"alg": "HS384", "typ": "at+jwt"}), *_token().split(".")[1:]]),
    "another kind": _token(kind="JWT"),
    "tampered": ".".join([_token().split(".")[0], _part({**GOOD, "sub": "boris"}), _token().split(".")[2]]),
    "no signature": _token().rpartition(".")[0] + ".",
    "another issuer": _token(iss="evil"),
    "another audience": _token(aud="evil"),
    "no audience": _token(aud=None),
    "no end": _token(exp=None),
    "over": _token(exp=int(NOW)),
    "an end that is no number": _token(exp="9999999999"),
    "of the future": _token(iat=int(NOW) + 3600, exp=int(NOW) + 7200),
    "an empty one": "",
    "no token": "x",
    "dots": "...",
    "huge": "a" * 100_000,
    "not ASCII": "é.é.é",
    "a user that is no text": _token(sid=7),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_nobody_s(token: str) -> None:
    assert access.read(KEY, token, NOW) is None


@pytest.mark.parametrize("header", ["Basic QW5uYTp4", "Bearer", "Bearer ", "bearer x y", "Bearer " + "a" * 9000, "x"])
async def test_who_shows_a_token_is_taken_by_it_alone(tmp_path: Path, header: str) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        assert (await browser.get(f"{AUTH}/me")).status_code == 200
        assert (await browser.get(f"{AUTH}/me", authorization=header)).status_code == 401


async def test_a_signed_token_of_a_login_of_somebody_else_opens_nothing(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p, "viewer", "boris")
        await p.browser("Анна")
        key = await p.store.tokens.signing_key()
        (family,) = await p.store.tokens.families("boris")
        forged = access.issue(key, access.Claims("Анна", family.id), p.clock())
        assert (await program.ask("GET", f"{AUTH}/me", forged)).status_code == 401


async def test_a_page_does_not_open_to_a_token(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        for path in ("/account", "/calls"):
            assert (await program.ask("GET", path)).status_code == 401


async def test_a_token_needs_no_form_and_a_cookie_does(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        headers = {"authorization": f"Bearer {program.token}", "origin": "http://elsewhere.example"}
        new = {"name": "cron", "scopes": ["calls.read"]}
        assert (await program.http.post(f"{AUTH}/keys", json=new, headers=headers)).status_code == 201
        browser = await p.browser("Анна")
        sent = {"sec-fetch-site": "same-origin"}
        assert (await browser.http.post(f"{AUTH}/keys", json=new, headers=sent)).status_code == 403
        sent["x-csrf-token"] = await p.csrf(browser)
        assert (await browser.http.post(f"{AUTH}/keys", json=new, headers=sent)).status_code == 201
        sent["sec-fetch-site"] = "cross-site"
        assert (await browser.http.post(f"{AUTH}/keys", json=new, headers=sent)).status_code == 403


@pytest.mark.parametrize("role", list(Role))
async def test_a_token_may_what_its_user_may(tmp_path: Path, role: Role) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p, role, "boris")
        assert set((await program.ask("GET", f"{AUTH}/me")).json()["permissions"]) == GRANTS[role]


async def test_who_is_disabled_is_out_with_the_next_request_and_his_login_is_gone(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        del p.core.roles["Анна"]
        assert (await program.ask("GET", f"{AUTH}/me")).status_code == 401
        p.core.roles["Анна"] = "admin"
        assert (await program.ask("GET", f"{AUTH}/me")).status_code == 401


async def test_a_new_password_ends_what_programs_got_with_the_old_one(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        browser = await p.browser()
        await browser.sign_in()
        new = "синий чайник на луне"
        form = {"csrf": await p.csrf(browser), "old": PASSWORD, "password": new, "again": new}
        assert (await browser.post("/account/password", **form)).status_code == 303
        assert (await program.ask("GET", f"{AUTH}/me")).status_code == 401


async def test_a_personal_key_is_shown_once_used_and_revoked(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        made = await program.ask("POST", f"{AUTH}/keys", name="  backup\nscript ", scopes=["calls.read"], days=1)
        assert made.status_code == 201
        key = made.json()["key"]
        assert key.startswith("secretary_")
        assert made.json()["name"] == "backup script"
        (listed,) = (await program.ask("GET", f"{AUTH}/keys")).json()["keys"]
        assert (listed["key"], listed["last_used"]) == (None, None)
        me = await program.ask("GET", f"{AUTH}/me", key)
        assert set(me.json()["permissions"]) == {"public", "signed_in", "calls.read"}
        (listed,) = (await program.ask("GET", f"{AUTH}/keys")).json()["keys"]
        assert listed["last_used"] == p.clock()
        p.clock.now += 86400
        assert (await program.ask("GET", f"{AUTH}/me", key)).status_code == 401
        p.clock.now -= 86400
        assert (await program.ask("GET", f"{AUTH}/me", key)).status_code == 200
        assert (await program.ask("DELETE", f"{AUTH}/keys/{listed['id']}")).status_code == 204
        assert (await program.ask("DELETE", f"{AUTH}/keys/{listed['id']}")).status_code == 404
        assert (await program.ask("GET", f"{AUTH}/me", key)).status_code == 401


async def test_a_key_makes_no_key_widens_nothing_and_belongs_to_its_user(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p, "operator", "boris")
        wide = await program.ask("POST", f"{AUTH}/keys", name="x", scopes=["manage"])
        assert (wide.status_code, wide.json()["code"]) == (403, "scope")
        made = (await program.ask("POST", f"{AUTH}/keys", name="x", scopes=["calls.read"])).json()
        again = await program.ask("POST", f"{AUTH}/keys", made["key"], name="y", scopes=["calls.read"])
        assert again.status_code == 403
        assert (await program.ask("DELETE", f"{AUTH}/keys/{made['id']}", made["key"])).status_code == 403
        assert (await program.ask("POST", f"{AUTH}/logout", made["key"])).status_code == 409
        other = await owner(p)
        assert (await other.ask("DELETE", f"{AUTH}/keys/{made['id']}")).status_code == 404
        p.core.roles["boris"] = "viewer"
        me = await program.ask("GET", f"{AUTH}/me", made["key"])
        assert set(me.json()["permissions"]) == {"public", "signed_in"}, "a key never outlives its user's rights"


async def test_keys_and_logins_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_store, "MAX_KEYS", 2)
    monkeypatch.setattr(token_store, "MAX_FAMILIES", 3)
    async with open_page(tmp_path) as p:
        program = await owner(p)
        codes = [
            (await program.ask("POST", f"{AUTH}/keys", name="x", scopes=["calls.read"])).status_code for _ in range(3)
        ]
        assert codes == [201, 201, 409]
        for _ in range(5):
            await program.log_in()
        assert len(await p.store.tokens.families("Анна")) == 3


@pytest.mark.parametrize(
    ("path", "body", "kind", "code"),
    [
        ("login", b"{}", "application/json", 422),
        ("login", b"[" * 100_000, "application/json", 413),
        ("login", b"[" * 8000, "application/json", 422),
        ("login", b"\xff\xfe", "application/json", 422),
        ("login", b'{"user": 7, "password": "x"}', "application/json", 422),
        ("login", b'{"user": "x", "password": "x", "admin": true}', "application/json", 422),
        ("login", b"user=x&password=x", "application/x-www-form-urlencoded", 415),
        ("refresh", b'{"refresh_token": "x.y"}', "application/json", 401),
        ("refresh", b'{"refresh_token": "."}', "application/json", 401),
        ("refresh", b'{"refresh_token": ""}', "application/json", 422),
        ("keys", b'{"name": "x", "scopes": ["root"]}', "application/json", 422),
        ("keys", b'{"name": "x", "scopes": []}', "application/json", 422),
        ("keys", b'{"name": "x", "scopes": ["chat"], "days": 0}', "application/json", 422),
    ],
)
async def test_a_hostile_body_is_a_problem_and_nothing_more(
    tmp_path: Path, path: str, body: bytes, kind: str, code: int
) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        headers = {"content-type": kind, "authorization": f"Bearer {program.token}"}
        answer = await program.http.post(f"{AUTH}/{path}", content=body, headers=headers)
        assert answer.status_code == code
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < BODY_LIMIT / 100


async def test_what_is_kept_of_tokens_opens_nothing(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        program = await owner(p)
        told = await program.log_in()
        key = (await program.ask("POST", f"{AUTH}/keys", name="x", scopes=[Permission.CHAT])).json()["key"]
    for file in tmp_path.glob("web.db*"):
        for secret in (told["access_token"], told["refresh_token"].partition(".")[2], key):
            assert secret.encode() not in file.read_bytes()


async def test_a_cookie_is_no_token_and_a_token_no_cookie(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        program = await owner(p)
        assert (await program.ask("GET", f"{AUTH}/me", browser.token)).status_code == 401
        jar = await p.browser()
        jar.http.cookies.set(COOKIE, program.token, domain="localhost")
        assert (await jar.get("/account")).status_code == 303
