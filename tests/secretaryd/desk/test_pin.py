"""A PIN that is typed: kept once it is right, and told apart from one that was not even tried."""

from contextlib import asynccontextmanager

import pytest

from hw.errors import ModemError
from hw.modem.events import SimState
from hw.modem.pin_entry import PinOutcome
from hw.modem.sim import LastTry, PinRefusedBefore
from secretaryd.control.protocol.sim import EnterPin
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.pin import TEXTS, PinDesk
from storage.audit.records import AuditFilter
from storage.store import Storage

PEER = Peer(0, "Анна")


class Modem:
    """hw.modem.keeper.ModemKeeper, as far as PINs go."""

    def __init__(self) -> None:
        self.outcome: PinOutcome | Exception = PinOutcome(SimState.READY, 3, opened=True)
        self.tried: list[tuple[str, bool]] = []

    async def enter_pin(self, pin: str, *, last: bool = False) -> PinOutcome:
        self.tried.append((pin, last))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Scene:
    def __init__(self, storage: Storage, language: str) -> None:
        self.modem, self.storage, self.name = Modem(), storage, "sim_pin"
        self.desk = PinDesk(self.modem, storage.secrets, lambda: self.name, storage.audit, language, now=lambda: 5.0)

    async def enter(self, pin: str = "4321", *, last: bool = False):
        return await self.desk.handlers()[EnterPin](EnterPin(pin=pin, last=last), PEER)

    async def kept(self) -> list[str]:
        return [info.name for info in self.storage.secrets.list()]


@asynccontextmanager
async def scene(tmp_path, language="ru"):
    storage = await Storage.open("sqlite:///secretary.db", tmp_path)
    yield Scene(storage, language)
    await storage.close()


async def test_a_right_pin_is_kept_and_written_down_without_it(tmp_path) -> None:
    async with scene(tmp_path) as s:
        assert await s.enter() == {"opened": True, "sim": "ready", "left": 3}
        assert s.storage.secrets.get("sim_pin") == "4321"
        (entry,) = await s.storage.audit.list(AuditFilter(kind="sim"))
        assert (entry.what, entry.who) == ("sim.pin_entered", "Анна")
        assert "4321" not in repr(entry)
    assert "4321" not in repr(EnterPin(pin="4321"))


async def test_a_wrong_pin_is_not_kept(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.modem.outcome = PinOutcome(SimState.PIN_WRONG, 2)
        assert await s.enter("0000") == {"opened": False, "sim": "pin_wrong", "left": 2}
        assert await s.kept() == []


async def test_where_a_file_holds_the_pin_none_is_kept_beside_it(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.name = ""
        assert (await s.enter())["opened"]
        assert await s.kept() == []


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (LastTry("x"), "last_try", 409),
        (PinRefusedBefore("x"), "refused_before", 409),
        (ValueError("x"), "bad_pin", 400),
        (ModemError("no modem: starting"), "no_modem", 503),
    ],
)
async def test_what_was_not_tried_is_told_apart(tmp_path, error, code, status, language) -> None:
    async with scene(tmp_path, language) as s:
        s.modem.outcome = error
        with pytest.raises(DeskError) as refused:
            await s.enter(last=True)
        assert (refused.value.problem.code, refused.value.status) == (code, status)
        assert s.modem.tried == [("4321", True)]


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS["ru"].keys() == TEXTS["en"].keys()
