"""What was said in a slot is found again by its index, whatever came in between."""

from secretaryd.call.sides import BEHIND, SILENCE, Sides


def frame(number: int) -> bytes:
    return bytes([number % 256]) * 320


def test_each_slot_gives_what_was_said_in_it_and_the_recorder_gets_both() -> None:
    recorded: list[tuple[bytes, bytes]] = []
    sides = Sides(lambda heard, said: recorded.append((heard, said)))
    for slot in range(3):
        sides.tap(b"heard", frame(slot))
    assert [sides.said(slot) for slot in range(3)] == [frame(slot) for slot in range(3)]
    assert recorded == [(b"heard", frame(slot)) for slot in range(3)]


def test_slots_that_the_loop_never_asked_for_are_skipped() -> None:
    sides = Sides(None)
    for slot in range(10):
        sides.tap(b"", frame(slot))
    assert sides.said(4) == frame(4)
    assert sides.said(9) == frame(9)
    assert sides.said(9) == SILENCE


def test_what_is_not_known_is_silence() -> None:
    sides = Sides(None)
    assert sides.said(0) == SILENCE
    sides.tap(b"", frame(1))
    assert sides.said(5) == SILENCE


def test_a_loop_that_sleeps_for_long_costs_no_memory() -> None:
    sides = Sides(None)
    for slot in range(2 * BEHIND):
        sides.tap(b"", frame(slot))
    assert sides.said(0) == SILENCE
    assert sides.said(2 * BEHIND - 1) == frame(2 * BEHIND - 1)


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
    assert sides.said(0) == frame(7)
