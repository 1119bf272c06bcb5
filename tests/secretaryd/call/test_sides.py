"""What was said in the slot before one is found by the latter's index, whatever came in between."""

from secretaryd.call.sides import BEHIND, SILENCE, Sides


def frame(number: int) -> bytes:
    return bytes([number % 256]) * 320


def test_each_slot_gives_what_was_said_before_it_and_the_recorder_gets_both() -> None:
    recorded: list[tuple[bytes, bytes]] = []
    sides = Sides(lambda heard, said: recorded.append((heard, said)))
    for slot in range(3):
        sides.tap(b"heard", frame(slot))
    assert [sides.said_before(slot) for slot in range(4)] == [SILENCE, *map(frame, range(3))]
    assert recorded == [(b"heard", frame(slot)) for slot in range(3)]


def test_slots_that_the_loop_never_asked_for_are_skipped() -> None:
    sides = Sides(None)
    for slot in range(10):
        sides.tap(b"", frame(slot))
    assert sides.said_before(5) == frame(4)
    assert sides.said_before(10) == frame(9)
    assert sides.said_before(10) == SILENCE


def test_a_slot_that_is_heard_before_ours_of_it_is_sent_loses_nothing() -> None:
    sides = Sides(None)
    for slot in range(20):
        assert sides.said_before(slot) == (frame(slot - 1) if slot else SILENCE)
        sides.tap(b"", frame(slot))


def test_what_is_not_known_is_silence() -> None:
    sides = Sides(None)
    assert sides.said_before(0) == SILENCE
    sides.tap(b"", frame(1))
    assert sides.said_before(5) == SILENCE


def test_a_loop_that_sleeps_for_long_costs_no_memory() -> None:
    sides = Sides(None)
    for slot in range(2 * BEHIND):
        sides.tap(b"", frame(slot))
    assert sides.said_before(1) == SILENCE
    assert sides.said_before(2 * BEHIND) == frame(2 * BEHIND - 1)


def test_a_recorder_that_fails_is_heard_of_by_the_line() -> None:
    def broken(heard: bytes, said: bytes) -> None:
        raise OSError("full")

    sides = Sides(broken)
    try:
        sides.tap(b"", frame(7))
    except OSError:
        pass
    else:
        raise AssertionError("the line must know, to disconnect it")
    assert sides.said_before(1) == frame(7)
