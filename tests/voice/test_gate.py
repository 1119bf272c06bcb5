"""The pure gate: rows of (probability, level) against dated facts."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voice.gate import TABLE, Frame, GateState, SpeechGate, SpeechStarted, SpeechStopped, VadEvent, VadPolicy
from voice.ports import FRAME_SECONDS

Row = tuple[int, float, float]  # frames, probability, level

QUIET, HUM, VOICE = -90.0, -50.0, -20.0


def facts(rows: list[Row], policy: VadPolicy | None = None) -> list[VadEvent]:
    gate, frame, found = SpeechGate(policy), 0, []
    for frames, probability, level in rows:
        for _ in range(frames):
            frame += 1
            found += gate.feed(probability, level, frame * FRAME_SECONDS)
    return found


def test_a_word_is_dated_by_its_sound_not_by_the_networks_delay() -> None:
    rows = [(50, 0.01, QUIET), (3, 0.1, VOICE), (20, 0.9, VOICE), (5, 0.9, QUIET), (30, 0.02, QUIET)]
    start, stop = facts(rows)
    assert start == SpeechStarted(pytest.approx(1.0))
    assert stop == SpeechStopped(pytest.approx(1.46))


def test_noise_of_the_line_does_not_stretch_a_word() -> None:
    rows = [(100, 0.05, HUM), (2, 0.2, VOICE), (20, 0.9, VOICE), (5, 0.9, HUM), (30, 0.02, HUM)]
    start, stop = facts(rows)
    assert start.at == pytest.approx(2.0)
    assert stop.at == pytest.approx(2.44)


@pytest.mark.parametrize(
    "rows",
    [
        [(200, 0.2, VOICE)],
        [(50, 0.01, QUIET), (1, 0.99, VOICE), (50, 0.01, QUIET)],
        [(50, 0.95, -70.0)],
        [(20, 0.42, VOICE), (20, 0.1, VOICE)],
    ],
    ids=["loud noise", "one frame", "a whisper below the least level", "never quite sure"],
)
def test_what_is_no_speech_makes_no_fact(rows: list[Row]) -> None:
    assert facts(rows) == []


def test_the_closure_within_a_word_does_not_end_it() -> None:
    rows = [(10, 0.01, QUIET), (10, 0.9, VOICE), (5, 0.1, QUIET), (10, 0.9, VOICE), (20, 0.01, QUIET)]
    assert [type(fact) for fact in facts(rows)] == [SpeechStarted, SpeechStopped]


def test_dating_back_is_bounded() -> None:
    start, *_ = facts([(200, 0.1, VOICE), (10, 0.9, VOICE)])
    assert start.at >= 200 * FRAME_SECONDS - VadPolicy().look_back - 1e-9


@pytest.mark.parametrize(
    ("rows", "sounding"),
    [
        ([(50, 0.01, QUIET)], False),
        ([(50, 0.01, HUM)], False),
        ([(100, 0.01, HUM), (2, 0.1, VOICE)], False),
        ([(100, 0.01, HUM), (3, 0.1, VOICE)], True),
        ([(100, 0.01, HUM), (20, 0.9, VOICE), (3, 0.1, HUM)], False),
    ],
)
def test_sound_is_noticed_before_it_is_known_for_speech(rows: list[Row], sounding: bool) -> None:
    gate, frame = SpeechGate(), 0
    for frames, probability, level in rows:
        for _ in range(frames):
            frame += 1
            gate.feed(probability, level, frame * FRAME_SECONDS)
    assert gate.sounding is sounding


def test_the_table_knows_every_frame_in_every_state() -> None:
    looks = (Frame.VOICE, Frame.UNSURE, Frame.SILENCE)
    assert {(state, frame) for state in GateState for frame in looks} <= TABLE.keys()


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-100, 0)), max_size=300))
@example([(0.0, 0.0), (0.0, -31.0), (1.0, -31.0), (1.0, -31.0), *[(0.0, 0.0)] * 12])
def test_facts_alternate_and_their_times_never_run_backwards(frames: list[tuple[float, float]]) -> None:
    found = facts([(1, probability, level) for probability, level in frames])
    assert [isinstance(fact, SpeechStarted) for fact in found] == [i % 2 == 0 for i in range(len(found))]
    times = [fact.at for fact in found]
    assert times == sorted(times)
    assert all(0 <= at <= len(frames) * FRAME_SECONDS for at in times)


@pytest.mark.parametrize(("probability", "level", "seconds", "sounding"), [
    (0.1, VOICE, 1.2, True),  # a voice that the network does not know is not learnt for noise while it speaks
    (0.1, HUM, 5.0, False),  # what goes on for seconds is
    (0.1, -35.0, 5.0, False),
])  # fmt: skip
def test_a_sound_is_noise_only_after_seconds(probability: float, level: float, seconds: float, sounding: bool) -> None:
    gate = SpeechGate()
    for frame in range(100):
        gate.feed(0.01, QUIET, frame * FRAME_SECONDS)
    for frame in range(100, 100 + round(seconds / FRAME_SECONDS)):
        gate.feed(probability, level, frame * FRAME_SECONDS)
    assert gate.sounding is sounding


def stirs(rows: list[tuple[int, float]]) -> list[bool]:
    """Rows of (frames, level) without any speech; whether each frame stirred."""
    gate, found = SpeechGate(), []
    for frames, level in rows:
        for _ in range(frames):
            gate.feed(0.01, level, (len(found) + 1) * FRAME_SECONDS)
            found.append(gate.stirring)
    return found


@pytest.mark.parametrize(
    ("above", "stirred"),
    [
        ((1.1, 1.1, 1.1, 1.1), (False, False, False, False)),
        ((2.0, 2.0, 1.1, 2.0), (False, True, False, False)),
        ((1.8, 1.8, 1.8), (False, False, True)),
        ((3.0, 3.0), (True, True)),
        ((8.0, 8.0), (True, True)),
    ],
    ids=["noise", "two soft frames", "three", "one", "loud"],
)
def test_a_soft_sound_shows_by_its_first_frames_where_noise_is_steady(
    above: tuple[float, ...], stirred: tuple[bool, ...]
) -> None:
    found = stirs([(1, -55.0), (1, -54.5)] * 100 + [(1, -54.75 + one) for one in above])
    assert not any(found[100:200])
    assert tuple(found[200:]) == stirred


@pytest.mark.parametrize(("above", "stirred"), [(4.0, False), (8.0, True)])
def test_where_noise_comes_and_goes_it_takes_more(above: float, stirred: bool) -> None:
    found = stirs([(5, -55.0), (5, -51.0)] * 40 + [(2, -53.0 + above)])
    assert found[-1] is stirred


def test_frames_that_the_network_lost_do_not_make_noise_vary() -> None:
    found = stirs([(19, -55.0), (1, -90.0)] * 20 + [(10, -55.0), (1, -51.0)])
    assert found[-1]
