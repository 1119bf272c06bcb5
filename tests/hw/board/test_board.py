"""Button, light and sensors of the board: pure policies, and files as a Raspberry Pi has them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.board.blink import FASTEST, PATTERNS, Mood, is_lit, mood_of
from hw.board.gestures import Button, Gesture
from hw.board.panel import GpioPanel
from hw.board.sensors import BoardReading, BoardSensors, board_facts
from hw.errors import HardwareError

DOWN, UP, TICK = "down", "up", "tick"
STORIES = [
    ("a press", [(DOWN, 0.0), (UP, 0.2)], [Gesture.PRESS]),
    ("a bounce", [(DOWN, 0.0), (UP, 0.01)], []),
    ("a bouncing press", [(DOWN, 0.0), (UP, 0.01), (DOWN, 0.02), (UP, 0.3)], [Gesture.PRESS]),
    ("a hold, told while it lasts", [(DOWN, 0.0), (TICK, 1.9), (TICK, 2.0), (TICK, 3.0), (UP, 3.1)], [Gesture.HOLD]),
    ("a hold that nobody looked at", [(DOWN, 0.0), (UP, 2.5)], [Gesture.HOLD]),
    ("up twice", [(UP, 0.0), (DOWN, 1.0), (UP, 1.2), (UP, 1.3)], [Gesture.PRESS]),
    ("down twice", [(DOWN, 0.0), (DOWN, 1.0), (UP, 1.2)], [Gesture.PRESS]),
    ("stuck", [(DOWN, 0.0), (UP, 31.0)], []),
    ("two presses", [(DOWN, 0.0), (UP, 0.2), (DOWN, 0.5), (UP, 0.7)], [Gesture.PRESS, Gesture.PRESS]),
]


def play(story: list[tuple[str, float]]) -> list[Gesture]:
    button = Button()
    found = [button.tick(at) if what == TICK else button.edge(what == DOWN, at) for what, at in story]
    return [gesture for gesture in found if gesture is not None]


@pytest.mark.parametrize(("story", "gestures"), [case[1:] for case in STORIES], ids=[case[0] for case in STORIES])
def test_what_a_hand_means(story: list[tuple[str, float]], gestures: list[Gesture]) -> None:
    assert play(story) == gestures


@given(st.lists(st.tuples(st.sampled_from([DOWN, UP, TICK]), st.floats(0.0, 5.0)), max_size=40))
def test_a_hold_is_told_once_whatever_comes(steps: list[tuple[str, float]]) -> None:
    at, story = 0.0, []
    for what, pause in steps:
        at += pause
        story.append((what, at))
    downs = sum(what == DOWN for what, _ in story)
    assert len(play(story)) <= downs


@pytest.mark.parametrize("mood", Mood)
def test_every_mood_has_its_light_and_no_two_are_alike(mood: Mood) -> None:
    shown = {each: tuple(is_lit(each, number * FASTEST) for number in range(round(8 / FASTEST))) for each in Mood}
    assert any(shown[mood])
    assert all(shown[mood] != shown[other] for other in Mood if other is not mood)
    assert all(length >= FASTEST for length in PATTERNS[mood])


@pytest.mark.parametrize(
    ("line", "up", "starting", "worst", "mood"),
    [
        ("idle", True, False, "", Mood.READY),
        ("idle", True, False, "info", Mood.READY),
        ("idle", True, False, "warning", Mood.TROUBLE),
        ("away", False, True, "", Mood.STARTING),
        ("away", False, False, "error", Mood.DEAF),
        ("ringing", True, False, "error", Mood.RINGING),
        ("dialling", True, False, "", Mood.RINGING),
        ("talking", True, False, "warning", Mood.TALKING),
    ],
)
def test_the_light_shows_what_matters_most(line: str, up: bool, starting: bool, worst: str, mood: Mood) -> None:
    assert mood_of(line, modem_up=up, starting=starting, worst=worst) is mood


@pytest.mark.parametrize(
    ("reading", "codes"),
    [
        (BoardReading(), []),
        (BoardReading(55.0, 0x0), []),
        (BoardReading(55.0, 0x50005), ["board.under_voltage", "board.slowed"]),
        (BoardReading(55.0, 0x50000), ["board.was_under_voltage"]),
        (BoardReading(82.4, 0x0), ["board.hot"]),
        (BoardReading(82.4, 0x4), ["board.hot"]),
        (BoardReading(70.0, 0x8), ["board.slowed"]),
        (BoardReading(None, 0x2), ["board.slowed"]),
    ],
)
def test_what_the_owner_is_told_of_the_board(reading: BoardReading, codes: list[str]) -> None:
    assert [fact.code for fact in board_facts(reading)] == codes


def test_sensors_are_read_where_a_pi_has_them(tmp_path: Path) -> None:
    assert BoardSensors(tmp_path).read() == BoardReading(None, None)
    zone = tmp_path / "sys/class/thermal/thermal_zone0/temp"
    zone.parent.mkdir(parents=True)
    zone.write_text("48312\n")
    firmware = tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled"
    firmware.parent.mkdir(parents=True)
    firmware.write_text("50005\n")
    assert BoardSensors(tmp_path).read() == BoardReading(48.312, 0x50005)
    firmware.write_text("garbage")
    zone.write_text("")
    assert BoardSensors(tmp_path).read() == BoardReading(None, None)


async def test_a_machine_without_gpio_says_what_to_install() -> None:
    with pytest.raises(HardwareError, match=r"gpiozero|GPIO"):
        GpioPanel(17, 27, lambda _: None)
