"""How an acceptance is judged, what it measures, and that a report says the same when it is judged again."""

import json
import threading
import time
from array import array
from pathlib import Path

import pytest

from hw.acceptance.script import STEPS, Report, Seen, Sound, Verdict, judge, judged_again, to_plain
from hw.acceptance.sound import measure, tone_frame
from hw.errors import SoundError

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"
BY_ID = {step.id: step for step in STEPS}
GOOD = Sound(16_000, -20.0, 5.0, 1)


def facts(*kinds: str) -> tuple[tuple[float, str, str], ...]:
    return tuple((float(number), *kind.partition(":")[::2]) for number, kind in enumerate(kinds))


CALL = ("Ringing", "CallerKnown:presented", "CallUp", "CallOver:NO CARRIER")
CASES = [
    ("gives_up", Seen(facts("Ringing", "Ringing", "CallOver:RING stopped")), "pass", ""),
    ("gives_up", Seen(facts("Ringing", "CallUp", "CallOver")), "fail", "CallUp was told and did not happen"),
    ("gives_up", Seen(facts("CallOver")), "fail", "Ringing was not told"),
    ("gives_up", Seen(done=False), "skipped", ""),
    ("known_number", Seen(facts("Ringing", "CallOver")), "fail", "CallerKnown was not told"),
    ("known_number", Seen(facts("CallerKnown", "Ringing", "CallOver")), "fail", "in its place"),
    ("sound_1", Seen(facts(*CALL), GOOD, heard=True), "pass", ""),
    ("sound_1", Seen(facts(*CALL), GOOD), "pass", ""),
    ("sound_1", Seen(facts(*CALL), GOOD, heard=False), "fail", "did not hear the tone"),
    ("sound_1", Seen(facts(*CALL)), "fail", "no sound was measured"),
    ("sound_1", Seen(facts(*CALL), Sound(0.0, -100.0, 0.0, 1)), "fail", "neither 8 nor 16"),
    ("sound_1", Seen(facts(*CALL), Sound(32_000, -20.0, 5.0, 1)), "pass", ""),
    ("sound_1", Seen(facts(*CALL), Sound(16_000, -61.0, 5.0, 1)), "fail", "was not heard (-61 dBFS)"),
    ("sound_3", Seen(facts(*CALL), Sound(16_000, -20.0, 5.0, 3)), "fail", "at try 3"),
    ("sound_1", Seen(facts(*CALL), Sound(trouble="unplugged")), "fail", "sound: unplugged"),
    ("sound_1", Seen(facts(*CALL, "CallOver"), GOOD), "fail", "told twice"),
    ("sound_1", Seen(facts("Ringing"), error="ATA -> ERROR"), "fail", "ATA -> ERROR"),
    ("keys", Seen(facts(*CALL[:3], "DigitPressed:1", "DigitPressed:5", "DigitPressed:9", "DigitPressed:#", "CallOver"),
                  GOOD), "pass", ""),
    ("keys", Seen(facts(*CALL[:3], "DigitPressed:1", "CallOver"), GOOD), "fail", "keys 159# were told as 1"),
    ("second_call", Seen(facts(*CALL[:3], "WaitingCall", "CallOver")), "pass", ""),
    ("out_busy", Seen(facts("CallUp", "CallOver")), "pass", ""),
    ("balance", Seen(facts("Answer:done")), "pass", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "seen", "result", "why"), CASES)
def test_what_the_driver_believed_is_held_against_what_was_done(name: str, seen: Seen, result: str, why: str) -> None:
    verdict = judge(BY_ID[name], seen)
    assert verdict.result == result
    assert any(why in each for each in verdict.why) if why else verdict.why == ()


def test_there_are_twenty_steps_in_two_languages() -> None:
    assert len(STEPS) == len(BY_ID) == 20
    assert all(step.ru and step.en and step.ru != step.en for step in STEPS)
    assert sum(step.sound for step in STEPS) >= 6


def test_a_report_is_replayed_to_the_same_verdicts() -> None:
    steps = tuple((name, seen, judge(BY_ID[name], seen)) for name, seen, _, _ in CASES)
    report = Report({"firmware": "LE20B03SIM7600M22"}, "2026-11-26T12:00:00+00:00", steps)
    plain = json.loads(json.dumps(to_plain(report)))
    assert all(kept == now for kept, now in judged_again(plain).values())
    plain["steps"][0]["verdict"] = {"result": "fail", "why": ["it was thought so then"]}
    plain["steps"] = plain["steps"][:1]
    assert judged_again(plain)["gives_up"] == (Verdict("fail", ("it was thought so then",)), Verdict("pass"))


class Device:
    """Gives sound in odd pieces at 8 kHz, three times as fast as in life."""

    name = "fake"

    def __init__(self, level: int, fails_after: int = 10**9) -> None:
        self._pcm, self._fails_after = array("h", [level, -level] * 80).tobytes(), fails_after
        self.taken: list[bytes] = []
        self.reads = 0

    def start(self) -> None:
        """Begins."""

    def wait(self, timeout: float) -> bool:
        time.sleep(min(timeout, 0.007))
        return True

    def read(self) -> bytes:
        self.reads += 1
        if self.reads > self._fails_after:
            raise SoundError("unplugged")
        return self._pcm

    def write(self, frame: bytes) -> bool:
        self.taken.append(frame)
        return True

    def queued(self) -> int:
        return 0

    def close(self) -> None:
        """Ends."""


def test_both_directions_are_measured() -> None:
    device = Device(3277)
    sound = measure(device, threading.Event(), 2, 1.8)
    assert sound.loudest == pytest.approx(-20.0, abs=0.1)
    assert sound.bytes_a_second > 1000
    assert sound.tries == 2
    assert sound.taken == pytest.approx(len(device.taken) * 0.02)
    assert device.taken[0] == tone_frame(0)
    assert any(not any(frame) for frame in device.taken), "the tone is broken"


def test_a_device_that_vanishes_is_told() -> None:
    sound = measure(Device(3277, fails_after=5), threading.Event(), 1, 5.0)
    assert sound.trouble == "unplugged"


REPORTS = sorted(TRANSCRIPTS.glob("acceptance_*.json"))
"""Those that people kept: put there, a report is a test. None is of a true modem yet."""


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_kept_report_is_judged_as_it_was(path: Path) -> None:
    again = judged_again(json.loads(path.read_text("utf-8")))
    assert again
    assert all(before == now for before, now in again.values())
    if "simulated" in path.stem:
        assert again.keys() == BY_ID.keys()
        assert {now.result for _, now in again.values()} == {"pass"}


def test_there_are_reports_of_several_profiles() -> None:
    assert {"acceptance_simulated_nasty", "acceptance_simulated_plain"} <= {path.stem for path in REPORTS}
