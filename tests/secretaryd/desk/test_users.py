"""Who may use the page: invitations, roles, and what the core lets a user do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from secretaryd.control.protocol import HangUp, ListCalls, Request, Right, ShowConfig, Status
from secretaryd.control.protocol.users import (
    ChangeUser,
    InviteUser,
    ListUsers,
    NoteAccess,
    Redeem,
    RemoveUser,
    RoleOf,
    ShowSetUp,
    UnlockUser,
)
from secretaryd.control.rights import Peer, Refused, Rights
from secretaryd.control.roles import ROLES, Actors
from secretaryd.control.server import DeskError
from secretaryd.desk import users as module
from secretaryd.desk.desk import Desk
from secretaryd.desk.users import UsersDesk
from storage.audit.records import AuditFilter
from storage.store import Storage

WEB, ROOT = 900, 0


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Scene:
    def __init__(self, storage: Storage, language: str) -> None:
        self.storage = storage
        self.clock, self.actors = Clock(), Actors()
        self.told: list[Any] = []
        self.users = UsersDesk(
            storage.users,
            storage.audit,
            self.actors,
            language,
            lambda token, first: f"http://x/{'setup' if first else 'welcome'}/{token}",
            self.told.append,
            self.clock,
        )
        self.desk = Desk([self.users.handlers()], language)
        self.rights = Rights(frozenset({ROOT}), frozenset({WEB}), self.actors)

    async def ask(self, request: Request, actor: str | None = None) -> Any:
        """As root, or as a user of the page."""
        peer = Peer(ROOT if actor is None else WEB, actor)
        self.rights.require(peer, request.needs)
        return await self.desk(request, peer)

    async def refused(self, request: Request) -> tuple[str, int]:
        with pytest.raises(DeskError) as caught:
            await self.ask(request)
        return caught.value.problem.code, caught.value.status

    async def join(self, name: str, role: str = "admin", *, first: bool = False) -> None:
        invited = await self.ask(InviteUser(name="" if first else name, role=role))
        await self.ask(Redeem(token=invited["token"], name=name if first else ""))


@asynccontextmanager
async def scene(folder: Path, language: str = "ru") -> AsyncIterator[Scene]:
    storage = await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder)
    try:
        yield Scene(storage, language)
    finally:
        await storage.close()


async def test_the_first_owner_comes_by_a_link_that_holds_half_an_hour(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        first = await s.ask(InviteUser())
        assert first["link"] == f"http://x/setup/{first['token']}"
        assert first["expires"] == s.clock.now + 1800
        s.clock.now += 1800
        assert await s.refused(Redeem(token=first["token"], name="Анна")) == ("token", 404)
        again = await s.ask(InviteUser())
        user = await s.ask(Redeem(token=again["token"], name="Анна"))
        assert (user["name"], user["role"]) == ("Анна", "admin")
        assert await s.refused(InviteUser()) == ("users", 409)


ALLOWED = [
    ("admin", {Status, ListCalls, HangUp, ShowConfig, ListUsers}),
    ("operator", {Status, ListCalls, HangUp}),
    ("editor", {Status}),
    ("viewer", {Status}),
]


@pytest.mark.parametrize(("role", "allowed"), ALLOWED)
async def test_a_user_may_what_the_role_may(tmp_path: Path, role: str, allowed: set[type[Request]]) -> None:
    async with scene(tmp_path) as s:
        await s.join("Анна", first=True)
        await s.join("boris", role)
        for request in (Status, ListCalls, HangUp, ShowConfig, ListUsers):
            peer = Peer(WEB, "boris")
            if request in allowed:
                s.rights.require(peer, request.needs)
            else:
                with pytest.raises(Refused):
                    s.rights.require(peer, request.needs)


async def test_one_who_is_disabled_or_removed_is_out_with_the_next_request(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.join("Анна", first=True)
        await s.join("boris", "operator")
        assert (await s.ask(RoleOf(name="boris")))["role"] == "operator"
        for out, back in (
            (ChangeUser(name="boris", disabled=True), ChangeUser(name="boris", disabled=False)),
            (RemoveUser(name="boris"), None),
        ):
            await s.ask(out)
            assert (await s.ask(RoleOf(name="boris")))["role"] is None
            with pytest.raises(Refused):
                await s.ask(ListUsers(), "boris")
            if back is not None:
                await s.ask(back)


@pytest.mark.parametrize(
    "request_",
    [
        ChangeUser(name="Анна", role="viewer"),
        ChangeUser(name="Анна", disabled=True),
        RemoveUser(name="Анна"),
    ],
)
async def test_the_last_admin_stays(tmp_path: Path, request_: Request) -> None:
    async with scene(tmp_path) as s:
        await s.join("Анна", first=True)
        assert await s.refused(request_) == ("last_admin", 409)
        await s.join("Вера")
        await s.ask(request_)


@pytest.mark.parametrize("name", ["a/b", "<b>", "x" * 65, " a", "a\nb", "-", "\u202e"])
async def test_a_name_is_plain(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path) as s:
        assert await s.refused(InviteUser(name=name)) == ("name", 400)


async def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        assert await s.refused(InviteUser(name="a", role="god")) == ("role", 400)
        assert await s.refused(ChangeUser(name="nobody", disabled=True)) == ("not_found", 404)
        assert await s.refused(RemoveUser(name="nobody")) == ("not_found", 404)


async def test_trying_tokens_is_slowed_down_and_keeps_no_owner_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WRONG_TOKENS", 3)
    async with scene(tmp_path) as s:
        first = await s.ask(InviteUser())
        for _ in range(3):
            assert await s.refused(Redeem(token="x", name="Анна")) == ("token", 404)
        assert await s.refused(Redeem(token="x", name="Анна")) == ("slow", 429)
        await s.ask(Redeem(token=first["token"], name="Анна"))
        assert await s.refused(Redeem(token="x", name="Анна")) == ("token", 404), "forgiven"


async def test_who_has_a_backup_restored_stays_an_administrator(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.join("Анна", first=True)
        await s.users.keep_admin("Вера")
        assert s.actors["Вера"] == frozenset(Right)
        await s.ask(ChangeUser(name="Анна", role="viewer", disabled=True))
        await s.users.keep_admin("Анна")
        assert s.actors["Анна"] == frozenset(Right), "whatever the restored users say of him"


async def test_rights_are_loaded_at_start(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.join("Анна", first=True)
    async with scene(tmp_path) as s:
        assert s.actors.standing("Анна") is None
        await s.users.load()
        assert s.actors["Анна"] == frozenset(Right)


def test_both_languages_say_the_same_things() -> None:
    assert module.TEXTS["ru"].keys() == module.TEXTS["en"].keys()


def test_no_role_is_empty() -> None:
    assert all(Right.LOOK in rights for rights in ROLES.values())


async def test_grants_widen_one_user_and_never_to_manage(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.join("Анна", first=True)
        await s.join("boris", "viewer")
        with pytest.raises(Refused):
            s.rights.require(Peer(WEB, "boris"), ListCalls.needs)
        changed = await s.ask(ChangeUser(name="boris", grants=("messages.read", "calls.read", "calls.read")))
        assert changed["grants"] == ("calls.read", "messages.read")
        s.rights.require(Peer(WEB, "boris"), ListCalls.needs)
        assert (await s.ask(RoleOf(name="boris")))["grants"] == ("calls.read", "messages.read")
        for wrong in ("manage", "root", ""):
            assert await s.refused(ChangeUser(name="boris", grants=(wrong,))) == ("grant", 400)
        await s.ask(ChangeUser(name="boris", role="editor"))
        assert (await s.ask(RoleOf(name="boris")))["grants"] == ("calls.read", "messages.read"), "left as they were"
        await s.ask(ChangeUser(name="boris", grants=()))
        with pytest.raises(Refused):
            s.rights.require(Peer(WEB, "boris"), ListCalls.needs)


def test_an_editor_may_edit_and_hear_no_caller() -> None:
    from secretaryd.control.protocol.content import ListFaq, SaveFaq, SavePersona, SetConfig

    editor, operator = ROLES["editor"], ROLES["operator"]
    assert {ListFaq.needs, SaveFaq.needs, SavePersona.needs} <= editor
    assert not editor & {Right.READ, Right.ACT, Right.MANAGE}
    assert ListFaq.needs in operator
    assert not operator & {SaveFaq.needs, SavePersona.needs, SetConfig.needs}


async def test_every_change_of_a_user_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.join("Анна", first=True)
        await s.join("boris", "operator")
        await s.ask(ChangeUser(name="boris", disabled=True))
        await s.ask(RemoveUser(name="boris"))
        assert [event.name for event in s.told] == ["Анна", "boris", "boris", "boris"]


async def test_a_lock_out_is_lifted_for_one_or_for_all(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.join("Анна", first=True)
        assert await s.refused(UnlockUser(name="nobody")) == ("not_found", 404)
        await s.ask(UnlockUser(name="Анна"))
        assert (await s.ask(RoleOf(name="Анна")))["unlocked"] == s.clock.now
        assert (await s.ask(RoleOf(name="boris")))["unlocked"] == 0.0
        s.clock.now += 5
        await s.ask(UnlockUser())
        assert (await s.ask(RoleOf(name="boris")))["unlocked"] == s.clock.now


async def test_what_happens_at_the_door_is_kept_and_a_flood_of_it_is_not(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.join("Анна", first=True)
        assert (await s.ask(NoteAccess(what="signed_in", name="Анна", address="192.168.1.9")))["noted"]
        assert (await s.ask(NoteAccess(what="refused", name="'; DROP TABLE user" * 50)))["noted"]
        newest, before = (await s.storage.audit.list(AuditFilter(), 2))[:2]
        assert (newest.what, newest.who) == ("access.refused", "?")
        assert (before.what, before.who, before.where) == ("access.signed_in", "Анна", "web")
        told = [(await s.ask(NoteAccess(what="refused", name="Анна")))["noted"] for _ in range(80)]
        assert told.count(True) == module.NOTES_A_MINUTE - 2
        s.clock.now += 61
        assert (await s.ask(NoteAccess(what="refused", name="Анна")))["noted"]


async def test_the_first_owner_s_link_is_shown_at_the_box_until_it_was_used(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        assert await s.ask(ShowSetUp()) == {"link": None, "expires": None}
        made = await s.users.invite_owner()
        assert made is not None
        shown = await s.ask(ShowSetUp())
        assert (shown["link"], shown["expires"]) == made == (made[0], s.clock.now + module.SET_UP_SECONDS)
        again = await s.ask(InviteUser())
        assert (await s.ask(ShowSetUp()))["link"] == again["link"] != made[0], "the newest alone counts"
        assert await s.refused(Redeem(token=made[0].rpartition("/")[2], name="Анна")) == ("token", 404)
        await s.ask(Redeem(token=again["token"], name="Анна"))
        assert await s.ask(ShowSetUp()) == {"link": None, "expires": None}
        assert await s.users.invite_owner() is None
