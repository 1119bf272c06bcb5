"""A page with a true gate and web.db, and a core that knows users, calls and messages; asked as a browser asks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, get_args

import httpx2
from limits import RateLimitItemPerMinute

from secretaryd.control.client import Events
from secretaryd.control.protocol import (
    CountCalls,
    Event,
    HangUp,
    ListCalls,
    ListMessages,
    Piece,
    Request,
    ShowCall,
    Stamped,
)
from secretaryd.control.protocol.archive import GetPeaks, SearchCalls
from secretaryd.control.protocol.audit import ListAudit, VerifyAudit
from secretaryd.control.protocol.box import RestartBox, ShowRestart
from secretaryd.control.protocol.calls import AssignMessage, HandleMessage, ListHelpers
from secretaryd.control.protocol.talking import SayNow, TakeMessageNow
from secretaryd.control.protocol.users import Access, ChangeUser, InviteUser, ListUsers, RemoveUser, UnlockUser
from tests.fakes.status_tree import WELL
from webui import site
from webui.app import create_app
from webui.auth.gate import Gate
from webui.auth.guard import COOKIE
from webui.auth.passwords import Passwords
from webui.auth.store import WebStore
from webui.errors import CoreAway, NotDone, NotWelcome
from webui.limits import Limit, Limiter
from webui.ports import Standing
from webui.render import Renderer

PASSWORD = "лошадь скрепка ведро 7"
PLAIN = "http://localhost:8080"
CALL = {
    "id": 7, "number": "+79161234567", "presentation": "presented", "began": 1.7e9, "answered": 1.7e9 + 2,
    "ended": 1.7e9 + 62, "outcome": "message", "summary": "Спросил о часах.", "turns": [],
}  # fmt: skip
MESSAGE = {
    "id": 3, "call_id": 7, "taken": 1.7e9, "name": "Павел", "number": "+79161234567", "matter": "ремонт",
    "handled": False,
}  # fmt: skip


class Clock:
    """UTC epoch seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1.8e9

    def __call__(self) -> float:
        return self.now


class Core:
    """The core as the page sees it: what it does not know it refuses, and it looks at rights itself."""

    def __init__(self, now: Callable[[], float] = lambda: 1.8e9) -> None:
        self.now = now
        self.roles: dict[str, str] = {}
        self.grants: dict[str, tuple[str, ...]] = {}
        self.disabled: set[str] = set()
        self.unlocked = 0.0
        self.noted: list[tuple[str, str]] = []
        self.audit: list[dict[str, Any]] = []
        self.invitations = {"invitation": ""}
        self.call: dict[str, Any] = dict(CALL)
        self.messages = [dict(MESSAGE)]
        self.asked: list[tuple[Request, str]] = []
        self.away = self.in_call = False
        self.answers: dict[type, Callable[[Any], Any]] = {}
        """What a test has the core answer, by the kind of request; may raise NotDone."""
        self.counts = dict.fromkeys(("calls", "answered", "missed", "blocked", "failed", "messages", "unhandled"), 1)
        self.listeners: dict[str, asyncio.Queue[Stamped | None]] = {}
        self.told: list[Stamped] = []
        self.asked_after: list[int] = []
        self.newest: int | None = None
        """What the core says of the past instead of what is so."""
        self.restarts: dict[str, list[str]] = {"waiting": [], "asked": []}

    @asynccontextmanager
    async def events(self, actor: str, after: int) -> AsyncIterator[Events]:
        """A stream a user, which begins with what was told since `after`; `end` breaks it off."""
        self._here()
        if self.roles.get(actor) not in {"admin", "operator"}:
            raise NotDone("Этого вам нельзя.", 403)
        assert actor not in self.listeners, "one stream a user is enough"
        self.asked_after.append(after)
        queue = self.listeners[actor] = asyncio.Queue()
        for stamped in self.told:
            if stamped.id > after:
                queue.put_nowait(stamped)
        try:
            yield Events(self._heard(queue), self.newest if self.newest is not None else len(self.told))
        finally:
            del self.listeners[actor]

    def tell(self, event: Event) -> Stamped:
        """An event, to everybody who listens."""
        stamped = Stamped(id=len(self.told) + 1, at=self.now(), event=event)
        self.told.append(stamped)
        for queue in self.listeners.values():
            queue.put_nowait(stamped)
        return stamped

    def pass_by(self, event: Event) -> None:
        """One without a number of its own."""
        for queue in self.listeners.values():
            queue.put_nowait(Stamped(id=len(self.told), at=self.now(), event=event))

    def end(self) -> None:
        """The core ends: streams break off."""
        for queue in self.listeners.values():
            queue.put_nowait(None)

    async def _heard(self, queue: "asyncio.Queue[Stamped | None]") -> AsyncIterator[Stamped]:
        while (stamped := await queue.get()) is not None:
            yield stamped

    @asynccontextmanager
    async def stream(self, request: Request, actor: str) -> AsyncIterator[AsyncIterator[Piece]]:
        """Pieces that a test has the core answer with (`answers`); entering it may raise NotDone."""
        self._here()
        assert request.streams
        assert actor in self.roles, "the page asks for nobody who is not signed in"
        self.asked.append((request, actor))
        pieces = self.answers[type(request)](request)

        async def told() -> AsyncIterator[Piece]:
            for piece in pieces:
                yield piece

        yield told()

    async def status(self) -> dict[str, Any]:
        self._here()
        return WELL

    async def calls(self, limit: int) -> list[dict[str, Any]]:
        return []

    async def standing(self, user: str) -> Standing:
        self._here()
        known = user in self.roles or user in self.disabled
        return Standing(self.roles.get(user), self.grants.get(user, ()), self.unlocked, known)

    async def note(self, what: str, user: str, address: str) -> None:
        self._here()
        assert what in get_args(Access)
        self.noted.append((what, user))

    async def redeem(self, token: str, name: str) -> str:
        self._here()
        if token not in self.invitations:
            raise NotWelcome("Ссылка не подходит.")
        user = self.invitations.pop(token) or name
        self.roles.setdefault(user, "admin")
        return user

    async def ask(self, request: Request, actor: str) -> Any:
        self._here()
        assert actor in self.roles, "the page asks for nobody who is not signed in"
        self.asked.append((request, actor))
        if (answer := self.answers.get(type(request))) is not None:
            return answer(request)
        if isinstance(request, ListCalls):
            return {"calls": [self.call][: request.limit]}
        if isinstance(request, SearchCalls):
            return {"hits": [{"call": self.call, "snippet": None}], "more": False}
        if isinstance(request, ShowCall):
            if request.id != self.call["id"]:
                raise NotDone("Звонка нет.", 404)
            return {"call": self.call, "messages": self.messages}
        if isinstance(request, ListMessages):
            either, whose = request.handled is None, request.assigned
            found = [one for one in self.messages if either or one["handled"] is request.handled]
            return {"messages": [one for one in found if whose in ("", one.get("assigned"))]}
        if isinstance(request, CountCalls):
            return {"counts": dict(self.counts)}
        if isinstance(request, GetPeaks):
            return {"seconds": 0.0, "caller": [], "secretary": []}
        if isinstance(request, SayNow | TakeMessageNow | HangUp):
            if not self.in_call:
                raise NotDone("Сейчас нет звонка.", 409)
            return {"call": 8}
        if isinstance(request, HandleMessage):
            self.messages[0]["handled"] = request.handled
            return {"message": self.messages[0]}
        return self._manage(request)

    def _manage(self, request: Request) -> Any:
        """Users, who handles what, and the audit."""
        if isinstance(request, ListHelpers):
            return {"users": sorted(name for name, role in self.roles.items() if role in {"admin", "operator"})}
        if isinstance(request, AssignMessage):
            self.messages[0]["assigned"] = request.user
            return {"message": self.messages[0]}
        if isinstance(request, ListUsers):
            names = sorted({*self.roles, *self.disabled})
            return {"users": [self._user(name) for name in names]}
        if isinstance(request, ListAudit):
            after = request.after
            found = [one for one in self.audit if request.kind in one["what"] and (after is None or one["id"] > after)]
            return {"entries": (found if after is not None else found[::-1])[: request.limit]}
        if isinstance(request, VerifyAudit):
            return {"sound": True, "entries": len(self.audit), "first": 1, "last": 1, "head": "ab" * 32, "flaws": []}
        if isinstance(request, InviteUser):
            self.invitations["fresh"] = request.name
            link = f"{PLAIN}/welcome?token=fresh"
            return {"name": request.name, "role": request.role, "token": "fresh", "expires": 1.8e9, "link": link}
        if isinstance(request, UnlockUser):
            return {"unlocked": 1.8e9}
        if isinstance(request, ShowRestart | RestartBox):
            self.restarts |= {"asked": list(getattr(request, "services", self.restarts["asked"]))}
            return {**self.restarts, "call": self.in_call}
        assert isinstance(request, ChangeUser | RemoveUser), request
        if request.name not in {*self.roles, *self.disabled}:
            raise NotDone("Пользователя нет.", 404)
        if isinstance(request, RemoveUser):
            del self.roles[request.name]
            return {"name": request.name}
        if request.disabled:
            self.disabled.add(request.name)
            self.roles.pop(request.name)
        else:
            self.disabled.discard(request.name)
            self.roles[request.name] = request.role or self.roles.get(request.name, "viewer")
            self.grants[request.name] = request.grants or ()
        return self._user(request.name)

    def _user(self, name: str) -> dict[str, Any]:
        role = self.roles.get(name, "viewer")
        grants = list(self.grants.get(name, ()))
        return {"name": name, "role": role, "disabled": name in self.disabled, "created": 1.7e9, "grants": grants}

    def _here(self) -> None:
        if self.away:
            raise CoreAway("no socket")


class Browser:
    """Keeps cookies and sends what a browser sends of itself."""

    def __init__(self, page: "Page", agent: str = "Firefox") -> None:
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=page.app), base_url=PLAIN, headers={"user-agent": agent}
        )

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.http.get(path, headers={"accept": "text/html", **headers})

    async def post(self, path: str, headers: dict[str, str] | None = None, **form: str) -> httpx2.Response:
        sent = {"sec-fetch-site": "same-origin", **(headers or {})}
        return await self.http.post(path, data=form, headers=sent)

    async def sign_in(self, user: str = "Анна", password: str = PASSWORD, **form: str) -> httpx2.Response:
        return await self.post("/signin", user=user, password=password, **form)

    @property
    def token(self) -> str:
        return self.http.cookies.get(COOKIE, "")


@cache
def shared_renderer() -> Renderer:
    """Reading the catalogues, packing the files and compiling the templates takes longer than most tests do."""
    return Renderer(site.entries())


class Page:
    """The application, its parts, and the owner «Анна»."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.core = Core(self.clock)
        self.store = WebStore(folder / "web.db", self.clock)
        self.gate = Gate(self.store, self.core, Passwords(memory_kib=8, passes=1), self.clock)
        patient = Limiter({limit: RateLimitItemPerMinute(100_000) for limit in Limit})
        self.app = create_app(self.core, self.core, self.gate, self.core, limiter=patient, renderer=shared_renderer())

    def asked(self, *kinds: type) -> list[Any]:
        """The requests of these kinds that reached the core."""
        return [request for request, _ in self.core.asked if isinstance(request, kinds)]

    async def browser(self, user: str = "", role: str = "admin") -> Browser:
        """One where `user` of that role has signed in, or nobody."""
        browser = Browser(self)
        if user:
            self.core.roles[user] = role
            await self.store.set_password(user, Passwords(memory_kib=8, passes=1).hash(PASSWORD), self.clock())
            assert (await browser.sign_in(user)).status_code == 303
        return browser

    async def csrf(self, browser: Browser) -> str:
        """What the forms of this browser's session carry."""
        session = await self.store.session(browser.token)
        assert session is not None
        return session.csrf


@asynccontextmanager
async def open_page(folder: Path) -> AsyncIterator[Page]:
    page = Page(folder)
    await page.store.open()
    try:
        yield page
    finally:
        await page.app.state.feeds.close()
        await page.store.close()
