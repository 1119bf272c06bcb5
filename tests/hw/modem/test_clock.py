"""The network's time in the module's clock."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.modem.clock import parse_clock
from hw.modem.events import NetworkTime
from hw.simulator.profile import NASTY
from tests.hw.modem.test_mending import Scene, play

MOSCOW = datetime(2026, 11, 22, 5, 48, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("26/11/22,08:48:00+12", MOSCOW),
        ("26/11/22,05:48:00+00", MOSCOW),
        ("26/11/21,21:48:00-32", MOSCOW),
        (" 26/11/22,08:48:00+12 ", MOSCOW),
        ("80/01/06,07:09:04", None),
        ("80/01/06,07:09:04+12", None),
        ("26/11/22,08:48:00", None),
        ("70/01/01,00:00:00+99", None),
        ("26/13/22,08:48:00+12", None),
        ("26/11/31,08:48:00+12", None),
        ("26/11/22,24:48:00+12", None),
        ("", None),
    ],
)
def test_the_clock_is_read(text: str, at: float | None) -> None:
    assert parse_clock(text) == at


@given(st.text(alphabet="0123456789/,:+- ", max_size=24))
def test_nonsense_is_no_time(text: str) -> None:
    parse_clock(text)


def test_the_time_is_told_once_there_is_a_network_and_again_from_time_to_time() -> None:
    async def story(scene: Scene) -> None:
        scene.modem.fault("clock_unset")
        await asyncio.sleep(200)
        assert not [fact for fact in scene.facts if isinstance(fact, NetworkTime)]
        scene.modem.clear("clock_unset")
        told = await scene.until(NetworkTime, 2, seconds=200)
        assert MOSCOW + 200 <= told.at <= MOSCOW + 400, "the network's clock goes on"
        await asyncio.sleep(3700)

    told = [fact for fact in play(story, NASTY).facts if isinstance(fact, NetworkTime)]
    assert 3 <= len(told) <= 5
