"""Users, invitations, and what the audit says of them."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from storage.errors import NotFound, WrongState
from storage.store import Storage
from storage.users import rows

TOKEN = "t" * 43


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Storage]:
    storage = await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder)
    try:
        yield storage
    finally:
        await storage.close()


async def owner(storage: Storage) -> None:
    await storage.users.invite(TOKEN, "", "admin", 100.0, who="uid 0")
    await storage.users.redeem(TOKEN, "Анна", 50.0)


async def test_the_first_owner_chooses_a_name_and_is_the_only_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as storage:
        await owner(storage)
        (user,) = await storage.users.list()
        assert (user.name, user.role, user.disabled, user.created) == ("Анна", "admin", False, 50.0)
        with pytest.raises(WrongState):
            await storage.users.invite("x", "", "admin", 100.0, who="uid 0")


@pytest.mark.parametrize(("token", "now"), [(TOKEN, 100.0), (TOKEN, 1e9), ("x", 1.0), ("", 1.0)])
async def test_an_old_or_unknown_token_opens_nothing(tmp_path: Path, token: str, now: float) -> None:
    async with opened(tmp_path) as storage:
        await storage.users.invite(TOKEN, "", "admin", 100.0, who="uid 0")
        with pytest.raises(NotFound):
            await storage.users.redeem(token, "Анна", now)
        assert await storage.users.list() == ()


async def test_a_token_opens_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as storage:
        await owner(storage)
        with pytest.raises(NotFound):
            await storage.users.redeem(TOKEN, "Борис", 51.0)


async def test_an_invited_user_cannot_choose_another_name_or_role(tmp_path: Path) -> None:
    async with opened(tmp_path) as storage:
        await owner(storage)
        await storage.users.invite("b", "boris", "viewer", 100.0, who="Анна")
        user = await storage.users.redeem("b", "Анна", 60.0)
        assert (user.name, user.role) == ("boris", "viewer")


async def test_a_new_invitation_makes_the_one_before_useless(tmp_path: Path) -> None:
    async with opened(tmp_path) as storage:
        await owner(storage)
        for token in ("one", "two"):
            await storage.users.invite(token, "boris", "viewer", 100.0, who="Анна")
        with pytest.raises(NotFound):
            await storage.users.redeem("one", "", 60.0)
        assert (await storage.users.redeem("two", "", 60.0)).name == "boris"


async def test_an_invitation_of_one_who_is_there_keeps_his_role(tmp_path: Path) -> None:
    async with opened(tmp_path) as storage:
        await owner(storage)
        await storage.users.invite("again", "Анна", "viewer", 100.0, who="uid 0")
        assert (await storage.users.redeem("again", "", 60.0)).role == "admin"


async def test_users_are_changed_and_removed_with_their_invitations(tmp_path: Path) -> None:
    async with opened(tmp_path) as storage:
        await owner(storage)
        changed = await storage.users.change("Анна", "viewer", True, None, who="uid 0")
        assert (changed.role, changed.disabled) == ("viewer", True)
        await storage.users.invite("again", "Анна", "viewer", 100.0, who="uid 0")
        await storage.users.remove("Анна", who="uid 0")
        assert await storage.users.list() == ()
        with pytest.raises(NotFound):
            await storage.users.redeem("again", "", 60.0)
        for change in (storage.users.remove("x", who="a"), storage.users.change("x", None, True, None, who="a")):
            with pytest.raises(NotFound):
                await change


async def test_every_change_is_in_the_audit_and_the_token_nowhere(tmp_path: Path) -> None:
    async with opened(tmp_path) as storage:
        await owner(storage)
        await storage.users.change("Анна", None, True, None, who="uid 7")
        await storage.users.change("Анна", None, True, None, who="uid 7")  # changes nothing
        await storage.users.remove("Анна", who="uid 7")
    with sqlite3.connect(tmp_path / "secretary.db") as database:
        deeds = database.execute("SELECT what, who FROM audit WHERE what LIKE 'user.%' ORDER BY id").fetchall()
    assert deeds == [
        ("user.invited", "uid 0"),
        ("user.came", "Анна"),
        ("user.changed", "uid 7"),
        ("user.removed", "uid 7"),
    ]
    for file in tmp_path.glob("secretary.db*"):
        assert TOKEN.encode() not in file.read_bytes()


async def test_there_is_an_end_to_invitations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_INVITATIONS", 3)
    async with opened(tmp_path) as storage:
        for number in range(3):
            await storage.users.invite(f"t{number}", f"u{number}", "viewer", 100.0, who="uid 0")
        with pytest.raises(WrongState):
            await storage.users.invite("t4", "u4", "viewer", 100.0, who="uid 0")
        await storage.users.sweep(100.0)
        await storage.users.invite("t4", "u4", "viewer", 200.0, who="uid 0")
