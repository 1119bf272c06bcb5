"""Every route × every role × every way to come: what is declared is what is done. New routes are walked by themselves;
only what is open to everybody, or to everybody who is signed in, has to be named here."""

from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Mount

from tests.fakes.page_box import PLAIN, Page, open_page
from webui.auth.guard import SAFE, Guarded, GuardedSocket, api, checked, live, page
from webui.auth.roles import GRANTS, Permission, Role

PUBLIC = {
    "GET /trust",
    "GET /authority.crt",
    "GET /",
    "GET /health",
    "GET /help",
    "GET /help/{topic}",
    "GET /metrics",
    "GET /openapi.json",
    "GET /signin",
    "POST /signin",
    "POST /signin/code",
    "GET /welcome",
    "GET /setup",
    "GET /setup/language",
    "GET /setup/owner",
    "POST /setup/owner",
    "POST /welcome",
    "POST /admin/auth/login",
    "POST /admin/auth/refresh",
}
OWN = {
    "GET /account/factor",
    "POST /account/factor/begin",
    "POST /account/factor/confirm",
    "POST /account/factor/off",
    "GET /account/keys",
    "POST /account/keys",
    "POST /account/keys/revoke",
    "GET /account",
    "GET /admin/api",
    "POST /account/password",
    "POST /account/sessions",
    "POST /signout",
    "GET /admin/auth/me",
    "POST /admin/auth/logout",
    "GET /admin/auth/keys",
    "POST /admin/auth/keys",
    "DELETE /admin/auth/keys/{id}",
}
MAY = {
    "admin": set(Permission),
    "operator": {
        "public", "signed_in", "dashboard", "calls.read", "calls.act", "messages.read", "messages.handle", "chat",
        "faq.read",
    },
    "editor": {"public", "signed_in", "dashboard", "faq.read", "faq.write", "persona.write", "flows.write"},
    "viewer": {"public", "signed_in", "dashboard"},
}  # fmt: skip


async def _done(scope: Any, receive: Any, send: Any) -> None:
    """Stands in the place of a route's endpoint: the guard let somebody through."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _guarded(p: Page) -> list[tuple[str, str, Guarded]]:
    """(method, path with something in its holes, route), endpoints taken out."""
    found = []
    for route in p.app.routes:
        if not isinstance(route, Guarded):
            assert isinstance(route, GuardedSocket | Mount)
            continue
        route.app = _done
        holes = {
            name: 7 if "int" in type(kind).__name__.lower() else "x" for name, kind in route.param_convertors.items()
        }
        path = str(route.url_path_for(route.name, **holes))
        found += [(method, path, route) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


def test_the_roles_are_those_of_the_roadmap() -> None:
    assert {role.value: {one.value for one in granted} for role, granted in GRANTS.items()} == MAY


async def test_what_is_open_is_named_here_and_nothing_else_is(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        declared: dict[Permission, set[str]] = {Permission.PUBLIC: set(), Permission.SIGNED_IN: set()}
        for method, _, route in _guarded(p):
            if route.needs in declared:
                declared[route.needs].add(f"{method} {route.path}")
        assert declared == {Permission.PUBLIC: PUBLIC, Permission.SIGNED_IN: OWN}


async def test_nothing_changes_by_get(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        for _, _, route in _guarded(p):
            methods = set(route.methods or ())
            assert methods <= SAFE or not methods & SAFE, f"{route.path} takes {methods} alike"


@pytest.mark.parametrize("role", ["", *Role])
async def test_every_route_asks_a_browser_who_is_there(tmp_path: Path, role: str) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris" if role else "", role or "viewer")
        headers = {"sec-fetch-site": "same-origin", "accept": "text/html"}
        if role:
            headers["x-csrf-token"] = await p.csrf(browser)
        for method, path, route in _guarded(p):
            answer = await browser.http.request(method, path, headers=headers)
            allowed = route.needs in MAY[role] if role else route.needs is Permission.PUBLIC
            assert (answer.status_code == 299) is allowed, (method, path, answer.status_code)
            assert allowed or answer.status_code in (303, 401, 403), (method, path)
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/signin?next=")


@pytest.mark.parametrize("role", list(Role))
async def test_every_route_asks_a_program_who_is_there(tmp_path: Path, role: str) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", role)
        browser.http.cookies.clear()
        tokens = {
            "login": ((await p.gate.bearers.begin("boris", address="", agent="")).access, MAY[role]),
            "key": ((await _key(p, set(Permission))), MAY[role]),
            "narrow key": ((await _key(p, {Permission.FAQ_READ})), MAY[role] & {"public", "signed_in", "faq.read"}),
            "nobody's": ("x", set()),
        }
        for method, path, route in _guarded(p):
            for kind, (token, may) in tokens.items():
                answer = await browser.http.request(method, path, headers={"authorization": f"Bearer {token}"})
                public = route.needs is Permission.PUBLIC and not (route.greets and route.takes_tokens and not may)
                allowed = public or (route.takes_tokens and route.needs in may)
                assert (answer.status_code == 299) is allowed, (kind, method, path, answer.status_code)


async def _key(p: Page, scopes: set[Permission]) -> str:
    made = await p.gate.bearers.make_key("boris", "x", scopes, None)
    assert made is not None
    return made[0]


async def test_every_change_asks_whether_the_browser_meant_it(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "admin")
        token = await p.csrf(browser)
        forged = [
            {"sec-fetch-site": "cross-site", "x-csrf-token": token},
            {"sec-fetch-site": "same-site", "x-csrf-token": token},
            {"origin": "http://evil.example", "x-csrf-token": token},
            {"origin": "null", "x-csrf-token": token},
            {"origin": PLAIN, "x-csrf-token": token + "x"},
            {"sec-fetch-site": "same-origin"},
        ]
        for method, path, route in _guarded(p):
            if method in SAFE:
                continue
            for headers in forged:
                if route.needs is Permission.PUBLIC and headers.get("sec-fetch-site") == "same-origin":
                    continue  # nobody is signed in there whose name could be used
                if route.needs is Permission.PUBLIC and headers.get("origin") == PLAIN:
                    continue
                answer = await browser.http.request(method, path, headers=headers)
                assert answer.status_code == 403, (method, path, headers)


async def _endpoint(*_: Any) -> Any:
    raise AssertionError


def test_a_route_that_says_nothing_stops_the_start() -> None:
    from starlette.routing import Route, WebSocketRoute

    bare = (Route("/x", _endpoint), Mount("/x", routes=[]), WebSocketRoute("/x", _endpoint))
    for route in (*bare, live("/x", _endpoint, Permission.PUBLIC)):
        with pytest.raises(TypeError):
            checked([route], files="/static")
    good = [
        page("/x", _endpoint, Permission.MANAGE),
        api("/y", _endpoint, Permission.CHAT),
        Mount("/static", routes=[]),
    ]
    checked([*good, live("/z", _endpoint, Permission.CHAT)], files="/static")


SOCKETS = [
    ("", {}, False),
    ("admin", {"origin": PLAIN}, True),
    ("admin", {}, False),
    ("admin", {"origin": "http://evil.example"}, False),
    ("admin", {"origin": "null"}, False),
    ("admin", {"origin": "http://localhost"}, False),
    ("viewer", {"origin": PLAIN}, False),
    ("token", {}, True),
    ("token", {"origin": "http://elsewhere.example"}, True),
    ("nobody's token", {"origin": PLAIN}, False),
]


@pytest.mark.parametrize(("who", "headers", "opens"), SOCKETS)
async def test_a_web_socket_asks_who_is_there_and_from_where(
    tmp_path: Path, who: str, headers: dict[str, str], opens: bool
) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", who if who in MAY else "admin")
        sent = {"host": "localhost:8080", **headers}
        if who in MAY:
            sent["cookie"] = f"secretary={browser.token}"
        elif who:
            token = (await p.gate.bearers.begin("boris", address="", agent="")).access if who == "token" else "x"
            sent["authorization"] = f"Bearer {token}"

        async def endpoint(socket: Any) -> None:
            await socket.accept()
            await socket.close()

        told: list[dict[str, Any]] = []
        incoming = [{"type": "websocket.connect"}]

        async def receive() -> dict[str, Any]:
            return incoming.pop(0)

        async def send(message: Any) -> None:
            told.append(message)

        scope = {
            "type": "websocket", "path": "/z", "root_path": "", "app": p.app, "path_params": {}, "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()], "subprotocols": [],
        }  # fmt: skip
        await live("/z", endpoint, Permission.CHAT).handle(scope, receive, send)
        assert (told[0]["type"] == "websocket.accept") is opens
