"""The first owner's link: renewed, shown where it helps, gone once it was used."""

import asyncio
from pathlib import Path

from secretaryd.bus import Bus
from secretaryd.control.protocol import LineChanged
from secretaryd.control.protocol.users import UserChanged
from secretaryd.owner.first import CODE, FirstOwner
from secretaryd.troubles import Troubles
from storage.errors import StorageError


class Invitations:
    """Links for an hour of a clock that stands still; none once `owned`."""

    def __init__(self, lasts: float = 1800.0) -> None:
        self.owned, self.made, self.lasts = False, 0, lasts
        self.wanted = asyncio.Event()
        self.fails = 0

    async def __call__(self) -> tuple[str, float] | None:
        if self.fails:
            self.fails -= 1
            raise StorageError("disk")
        if self.owned:
            return None
        self.made += 1
        self.wanted.set()
        return f"http://secretary.local/setup?token={self.made}", 1000.0 + self.lasts


def keeper(invitations: Invitations, file: Path | None, troubles: Troubles, bus: Bus, language="ru") -> FirstOwner:
    return FirstOwner(invitations, bus, troubles, file, language, now=lambda: 1000.0)


async def test_the_link_stands_in_the_file_until_the_owner_came(tmp_path: Path) -> None:
    invitations, troubles, bus, file = Invitations(), Troubles(), Bus(), tmp_path / "secretary-setup.txt"
    running = asyncio.create_task(keeper(invitations, file, troubles, bus).run())
    await asyncio.wait_for(invitations.wanted.wait(), 5)
    bus.publish(LineChanged(state="idle"))
    await asyncio.sleep(0)
    assert "http://secretary.local/setup?token=1" in file.read_text("utf-8-sig")
    assert file.read_bytes().count(b"\r\n") == 3
    assert file.stat().st_mode & 0o077 == 0
    assert CODE in troubles.codes
    invitations.owned = True
    bus.publish(UserChanged(name="Анна"))
    await asyncio.wait_for(running, 5)
    assert not file.exists()
    assert CODE not in troubles.codes
    assert invitations.made == 1


async def test_a_link_that_ends_is_followed_by_another(tmp_path: Path) -> None:
    invitations, file = Invitations(), tmp_path / "secretary-setup.txt"
    first = keeper(invitations, file, Troubles(), Bus(), "en")
    assert await first.look() == 1800.0
    assert await first.look() == 1800.0
    assert "token=2" in file.read_text("utf-8-sig")
    assert "token=1" not in file.read_text("utf-8-sig")


async def test_no_place_for_the_file_and_a_sick_database_stop_nothing(tmp_path: Path) -> None:
    invitations = Invitations()
    invitations.fails = 1
    first = keeper(invitations, tmp_path / "missing" / "x.txt", Troubles(), Bus())
    assert await first.look() == 30.0
    assert await first.look() == 1800.0
    invitations.owned = True
    assert await first.look() is None


async def test_a_box_that_has_an_owner_makes_no_link(tmp_path: Path) -> None:
    invitations, file = Invitations(), tmp_path / "secretary-setup.txt"
    invitations.owned = True
    file.write_text("an old one")
    await asyncio.wait_for(keeper(invitations, file, Troubles(), Bus()).run(), 5)
    assert not file.exists()


async def test_root_is_asked_to_show_the_link_and_to_take_it_away(tmp_path: Path) -> None:
    invitations, request = Invitations(), tmp_path / "setup"
    first = FirstOwner(invitations, Bus(), Troubles(), None, "en", now=lambda: 1000.0, request=request)
    await first.look()
    assert request.read_text().startswith("http://secretary.local/setup?token=1")
    assert request.stat().st_mode & 0o007 == 0
    invitations.owned = True
    await first.look()
    assert request.read_text() == ""
    assert [path.name for path in tmp_path.iterdir()] == ["setup"]
