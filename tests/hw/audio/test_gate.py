"""The gate: which rate comes, what does not flow, and a port that is opened anew in mid-call. On a virtual clock."""

import itertools
import math
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from hw.audio.gate import (
    DOWNLINK_SECONDS,
    MEND_SECONDS,
    MOST_MENDS,
    UPLINK_SECONDS,
    SoundGate,
    Stuck,
)
from hw.audio.ports import FRAME_BYTES, MAX_AHEAD_BYTES
from hw.audio.wide import Narrower, Widener
from hw.errors import SoundError

FRAME = array("h", [1000] * 160).tobytes()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert 0 <= seconds <= 0.05
        self.now += seconds


class Port:
    """Gives `pace` bytes a second in chunks of `every` seconds from `first` on, until `stops`."""

    name = "/dev/port"

    def __init__(
        self,
        clock: Clock,
        *,
        pace: int = 16000,
        every: float = 0.02,
        first: float = 0.0,
        stops: float = math.inf,
        sound: bytes = b"\x10\x00",
    ) -> None:
        self._clock, self._pace, self._every, self._sound = clock, pace, every, sound
        self._began = clock.now + first
        self._stops = clock.now + stops
        self._given = 0
        self.takes: Callable[[], bool] = lambda: True
        self.backlog = 0
        self.written = b""
        self.started = self.closed = 0

    def _there(self) -> int:
        passed = min(self._clock.now, self._stops) - self._began
        whole = max(0, int(passed / self._every + 1e-9))
        return int(whole * self._every * self._pace) // 2 * 2 - self._given

    def start(self) -> None:
        self.started += 1

    def wait(self, timeout: float) -> bool:
        assert not self.closed
        end = self._clock.now + timeout
        while self._there() <= 0 and self._clock.now < end:
            self._clock.now += min(0.001, end - self._clock.now)
        return self._there() > 0

    def read(self) -> bytes:
        assert not self.closed
        count = max(0, self._there())
        self._given += count
        return self._sound * (count // 2)

    def write(self, frame: bytes) -> bool:
        assert not self.closed
        if not self.takes():
            return False
        self.written += frame
        return True

    def queued(self) -> int:
        return self.backlog

    def close(self) -> None:
        self.closed += 1


class Bench:
    def __init__(self, *, mends: bool = True, **options: object) -> None:
        self.clock = Clock()
        self.port = Port(self.clock, **options)  # type: ignore[arg-type]
        self.asked: list[Stuck] = []
        self.gate = SoundGate(self.port, self.asked.append if mends else None, clock=self.clock, sleep=self.clock.sleep)
        self.heard = b""

    def start(self) -> "Bench":
        self.gate.start()
        return self

    def run(self, seconds: float) -> "Bench":
        """As the line does: waits, reads, and sends a frame every 20 ms."""
        end = self.clock.now + seconds
        due = self.clock.now
        while self.clock.now < end:
            if self.gate.wait(0.02):
                self.heard += self.gate.read()
            while due <= self.clock.now:
                due += 0.02
                if self.gate.queued() <= 480:
                    self.gate.write(FRAME)
        return self


@pytest.mark.parametrize("every", [0.02, 0.04, 0.06])
@pytest.mark.parametrize(("pace", "rate"), [(16000, 8000), (32000, 16000)])
def test_the_rate_is_counted_whatever_was_set(every: float, pace: int, rate: int) -> None:
    bench = Bench(pace=pace, every=every).start().run(3.0)
    assert bench.gate.report.rate == rate
    assert bench.gate.report.bytes_per_second == pytest.approx(pace, rel=0.07)
    assert len(bench.heard) == pytest.approx(3.0 * 16000, rel=0.03)
    assert len(bench.port.written) == pytest.approx(3.0 * pace, rel=0.03)


def test_a_start_in_lumps_is_counted_once_more() -> None:
    bench = Bench(mends=False, pace=32000, first=1.5).start()
    assert bench.gate.report.rate == 8000  # nothing came in time to be counted
    bench.run(2.5)
    assert bench.gate.report.rate == 16000


def test_a_card_that_was_opened_for_8_khz_stays_there_whatever_a_backlog_looks_like() -> None:
    clock = Clock()
    port = Port(clock, pace=40000)
    gate = SoundGate(port, None, rate_known=True, clock=clock, sleep=clock.sleep)
    gate.start()
    while clock.now < 103.0:
        if gate.wait(0.02):
            gate.read()
        gate.write(FRAME)
    assert gate.report.rate == 8000
    assert {port.written[at : at + 320] for at in range(0, len(port.written), 320)} == {FRAME}


@pytest.mark.parametrize("stops", [0.0, 2.0])
def test_sound_that_does_not_come_is_asked_for_again_once_and_then_left_to_the_caller(stops: float) -> None:
    bench = Bench(stops=stops).start().run(stops + DOWNLINK_SECONDS)
    assert bench.asked == [Stuck.DOWNLINK]
    assert bench.port.closed == 1
    assert bench.gate.queued() > MAX_AHEAD_BYTES, "what there is to say waits"
    last = Port(bench.clock, stops=0.0)
    bench.gate.go_on(last)
    bench.run(20.0)
    assert last.written, "we go on speaking: perhaps we are heard"
    assert bench.asked == [Stuck.DOWNLINK]
    assert bench.gate.report.stuck == (Stuck.DOWNLINK,) * 2


@pytest.mark.parametrize("how", ["refuses", "stays full"])
def test_a_port_that_takes_nothing_is_opened_anew_and_the_call_goes_on(how: str) -> None:
    bench = Bench().start().run(1.0)
    if how == "refuses":
        bench.port.takes = lambda: False
    else:
        bench.port.backlog = 8000
    bench.run(UPLINK_SECONDS + 0.1)
    assert bench.asked == [Stuck.UPLINK]
    silent = len(bench.heard)
    bench.run(1.0)
    assert len(bench.heard) == silent
    fresh = Port(bench.clock)
    bench.gate.go_on(fresh)
    bench.run(5.0)
    assert fresh.started == 1
    assert len(fresh.written) == pytest.approx(5.0 * 16000, rel=0.03)
    assert len(bench.heard) - silent == pytest.approx(5.0 * 16000, rel=0.03)
    report = bench.gate.report
    assert (report.mended, report.stuck, report.taken, report.heard) == (1, (Stuck.UPLINK,), True, True)


@pytest.mark.parametrize("mends", [False, True])
def test_an_uplink_that_is_stuck_for_good_ends_the_line(mends: bool) -> None:
    bench = Bench(mends=mends).start()
    bench.port.takes = lambda: False
    for _ in range(MOST_MENDS if mends else 0):
        bench.run(UPLINK_SECONDS + 0.5)
        stuck = Port(bench.clock)
        stuck.takes = lambda: False
        bench.gate.go_on(stuck)
    with pytest.raises(SoundError, match="has taken no sound for 2 s"):
        bench.run(UPLINK_SECONDS + 0.5)
    assert len(bench.asked) == (MOST_MENDS if mends else 0)


def test_a_port_that_cannot_be_opened_anew_ends_the_line() -> None:
    bench = Bench(stops=0.5).start().run(0.5 + DOWNLINK_SECONDS)
    bench.gate.give_up(SoundError("refused"))
    with pytest.raises(SoundError, match="refused"):
        bench.run(0.1)


def test_nobody_waits_for_a_port_for_ever() -> None:
    bench = Bench(stops=0.5).start().run(0.5 + DOWNLINK_SECONDS)
    with pytest.raises(SoundError, match=f"within {MEND_SECONDS:g} s"):
        bench.run(MEND_SECONDS + 1)
    late = Port(bench.clock)
    bench.gate.go_on(late)
    bench.gate.close()
    assert late.closed == 1


@pytest.mark.parametrize(("sound", "zeros"), [(b"\0\0", True), (b"\1\0", False)])
def test_nothing_but_zeros_is_no_silence_of_a_network(sound: bytes, zeros: bool) -> None:
    assert Bench(sound=sound).start().run(11.0).gate.report.zeros is zeros
    assert not Bench(sound=sound).start().run(5.0).gate.report.zeros


def tone(hertz: float, rate: int, seconds: float = 1.0) -> bytes:
    return array(
        "h", [round(10000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(rate * seconds))]
    ).tobytes()


def level(pcm: bytes) -> float:
    samples = array("h", pcm)[200:-200]
    return 20 * math.log10(max(1e-9, math.sqrt(2 * sum(s * s for s in samples) / len(samples)) / 10000))


def piecewise(feed: Callable[[bytes], bytes], pcm: bytes, sizes: tuple[int, ...]) -> bytes:
    out, at, turn = b"", 0, 0
    while at < len(pcm):
        out += feed(pcm[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    return out


@pytest.mark.parametrize(
    ("hertz", "low", "high"), [(300, -0.2, 0.2), (3000, -0.5, 0.2), (5000, -200, -45), (7000, -200, -45)]
)
def test_halving_keeps_speech_and_folds_nothing_into_it(hertz: float, low: float, high: float) -> None:
    halved = piecewise(Narrower().feed, tone(hertz, 16000), (640, 1, 333, 959))
    assert len(halved) == pytest.approx(16000, abs=8)
    assert low <= level(halved) <= high


@pytest.mark.parametrize("hertz", [300, 1000, 3000])
def test_doubling_adds_no_image(hertz: float) -> None:
    doubled = piecewise(Widener().feed, tone(hertz, 8000), (FRAME_BYTES,))
    assert len(doubled) == 32000
    assert level(doubled) == pytest.approx(0.0, abs=0.5)
    image = level(piecewise(Narrower().feed, doubled, (640,)))
    assert image == pytest.approx(0.0, abs=0.7)


class OddPort(Port):
    """Bytes in any number: what the driver has, whole samples or not."""

    def __init__(self, clock: Clock, pieces: list[int], **given: Any) -> None:
        super().__init__(clock, sound=b"", **given)
        self._pieces = itertools.cycle(pieces)
        self._sent = 0

    def read(self) -> bytes:
        assert not self.closed
        count = min(max(0, self._there()), next(self._pieces))
        self._given += count
        first, self._sent = self._sent, self._sent + count
        return bytes(0x10 if at % 2 == 0 else 0x00 for at in range(first, first + count))


@pytest.mark.parametrize("pieces", [[101], [321, 319], [639], [7, 1, 2, 333], [320]], ids=str)
@pytest.mark.parametrize("pace", [16000, 32000])
def test_sound_in_odd_pieces_is_never_shifted_by_half_a_sample(pieces: list[int], pace: int) -> None:
    clock = Clock()
    port = OddPort(clock, pieces, pace=pace)
    gate = SoundGate(port, clock=clock, sleep=clock.sleep)
    gate.start()
    heard = b""
    for _ in range(400):
        if gate.wait(0.02):
            data = gate.read()
            assert len(data) % 2 == 0
            heard += data
    samples = array("h", heard)
    settled = samples[100:]  # the filter of 16 kHz begins with its own silence
    assert len(settled) > 100
    assert set(settled) <= {0x10, 0x0F, 0x11}


def test_half_a_sample_of_the_port_before_is_no_part_of_the_one_opened_anew() -> None:
    clock = Clock()
    told: list[Stuck] = []
    first = OddPort(clock, [321], stops=0.6)
    gate = SoundGate(first, told.append, clock=clock, sleep=clock.sleep)
    gate.start()
    heard = b""
    while not told:
        if gate.wait(0.02):
            heard += gate.read()
    gate.go_on(OddPort(clock, [320]))
    for _ in range(60):
        if gate.wait(0.02):
            heard += gate.read()
    assert set(array("h", heard)) == {0x10}
