"""The line on a virtual clock: exact times, no real waiting."""

import asyncio
import itertools
from array import array

import pytest

from hw.audio.line import MAX_HEARD_BEHIND, Line
from hw.audio.ports import SILENCE
from hw.errors import SoundError
from tests.fakes.pcm_modem import VirtualModem, numbered

LOUD = array("h", [1000] * 160).tobytes()


def steady(frames, start=0.02):
    return [(start + 0.02 * k, numbered(k)) for k in range(frames)]


class Bench:
    """A line on a virtual modem, with everything it told."""

    def __init__(self, modem, loop=None):
        self.modem = modem
        self.heard, self.begun, self.taped, self.failures = [], [], [], []
        self.known = []  # slots taped, with each frame heard
        self.failed = asyncio.Event()
        self.line = Line(
            modem,
            on_heard=self._hear,
            tap=lambda heard, said: self.taped.append((heard, said)),
            on_failed=self._fail,
            loop=loop or asyncio.get_running_loop(),
            clock=modem.clock,
            on_begun=lambda index, part: self.begun.append((index, part, len(self.heard))),
        )

    def _hear(self, index, frame):
        self.heard.append((index, frame))
        self.known.append(len(self.taped))

    def _fail(self, error):
        self.failures.append(error)
        self.failed.set()

    async def run(self):
        self.line.start()
        await asyncio.to_thread(self.modem.done.wait, 5)
        await asyncio.sleep(0)  # what was scheduled before is delivered
        return await self.line.stop()


async def test_every_frame_heard_sends_one_and_both_are_taped():
    bench = Bench(VirtualModem(steady(50), until=1.005))
    playback = bench.line.play(LOUD * 10)
    counters = await bench.run()
    assert bench.heard == [(k, numbered(k)) for k in range(50)]
    assert [frame for _, frame in bench.modem.sent] == [SILENCE] + [LOUD] * 10 + [SILENCE] * 30
    assert bench.taped == [(numbered(k), LOUD if 10 <= k < 20 else SILENCE) for k in range(50)]
    assert (counters.frames_in, counters.frames_out, counters.stalls, counters.late_frames) == (50, 40, 0, 0)
    assert (playback.played, playback.started_at) == (1600, pytest.approx(0.23, abs=0.001))
    assert bench.modem.gaps == []
    assert bench.line.frame_index == 50
    assert bench.modem.closed == 1
    assert not bench.failures


class Quick:
    """An event loop that gets what was heard while the line's thread is still at it."""

    def __init__(self, loop):
        self._loop = loop

    def call_soon_threadsafe(self, what, *args):
        if isinstance(getattr(what, "__self__", None), Line):
            what(*args)
        else:
            self._loop.call_soon_threadsafe(what, *args)


@pytest.mark.parametrize("burst", [1, 2, 3])
async def test_with_a_frame_heard_it_is_known_what_was_said_in_all_slots_before(burst):
    arrivals = [(0.02 * (k + burst), b"".join(map(numbered, range(k, k + burst)))) for k in range(0, 48, burst)]
    bench = Bench(VirtualModem(arrivals, until=1.0), Quick(asyncio.get_running_loop()))
    await bench.run()
    assert [index for index, _ in bench.heard[:48]] == list(range(48))
    assert all(known >= index for known, (index, _) in zip(bench.known, bench.heard, strict=True)), bench.known
    assert burst > 1 or bench.known[:48] == list(range(48)), "heard before ours of the same slot is sent"


async def test_odd_chunks_and_bursts_lose_no_sample():
    sound = b"".join(numbered(k) for k in range(50))
    cuts = [0, 1, 322, 959, 1281, *range(1500, len(sound), 317), len(sound)]
    arrivals = [(0.02 + b / 16000, sound[a:b]) for a, b in itertools.pairwise(cuts)]
    bench = Bench(VirtualModem(arrivals, until=1.05))
    await bench.run()
    assert b"".join(frame for _, frame in bench.heard) == sound


async def test_while_we_speak_the_beginning_of_a_frame_is_told_before_it_is_whole():
    sound = b"".join(numbered(k) for k in range(50))
    cuts = [*range(201, len(sound), 320), len(sound)]
    arrivals = [(0.02 + b / 16000, sound[a:b]) for a, b in itertools.pairwise([0, *cuts])]
    bench = Bench(VirtualModem(arrivals, until=1.05), Quick(asyncio.get_running_loop()))
    bench.line.play(LOUD * 20)
    await bench.run()
    assert b"".join(frame for _, frame in bench.heard) == sound
    assert 29 <= len(bench.begun) <= 32, "while there is something to say, the 200 ms before it is said included"
    for index, part, heard in bench.begun:
        assert (len(part), part) == (200, numbered(index)[:200]), "whole samples"
        assert heard == index, "behind the frames before, and before its own"


async def test_frames_that_come_whole_have_no_beginning():
    bench = Bench(VirtualModem(steady(50), until=1.05), Quick(asyncio.get_running_loop()))
    bench.line.play(LOUD * 20)
    await bench.run()
    assert (bench.begun, len(bench.heard)) == ([], 50)


async def test_a_stalled_downlink_does_not_interrupt_speech():
    late = [(0.9 if 0.3 < at < 0.9 else at, frame) for at, frame in steady(60)]
    bench = Bench(VirtualModem(late, until=1.21))
    bench.line.play(LOUD * 60)
    counters = await bench.run()
    assert bench.modem.gaps == []
    assert counters.stalls == 1
    assert bench.heard == [(k, numbered(k)) for k in range(60)], "the sound was delayed, not lost"
    assert len(bench.taped) == 60, "the recording keeps real time"


async def test_sound_lost_in_a_stall_is_heard_as_silence_and_time_goes_on():
    holed = [(at, frame) for at, frame in steady(90) if not 0.3 < at < 0.89]
    bench = Bench(VirtualModem(holed, until=1.805))
    playback = bench.line.play(LOUD * 80)
    await bench.run()
    assert [index for index, _ in bench.heard] == list(range(90))
    assert sum(frame == SILENCE for _, frame in bench.heard) == 90 - len(holed)
    assert bench.heard[-1] == (89, numbered(89))
    assert len(bench.taped) == 90
    assert playback.played == playback.total


async def test_a_stall_at_the_end_is_still_in_the_recording():
    bench = Bench(VirtualModem(steady(10), until=0.6))
    bench.line.play(LOUD * 50)
    await bench.run()
    assert len(bench.taped) == 30
    assert [heard for heard, _ in bench.taped[10:]] == [SILENCE] * 20


async def test_after_a_burst_the_modem_is_never_more_than_40_ms_behind():
    burst = [(0.5 if 0.2 < at < 0.5 else at, frame) for at, frame in steady(50)]
    bench = Bench(VirtualModem(burst, until=1.03))
    bench.line.play(LOUD * 50)
    await bench.run()  # VirtualModem.write asserts the bound
    assert not bench.failures


async def test_a_driver_that_says_it_is_full_is_not_written_to():
    modem = VirtualModem(steady(20), until=0.43)
    modem.backlog = 481
    bench = Bench(modem)
    playback = bench.line.play(LOUD)
    counters = await bench.run()
    assert ([frame for _, frame in modem.sent], counters.dropped_out, playback.played) == ([SILENCE], 0, 0)


async def test_a_refused_frame_is_dropped_and_counted():
    bench = Bench(VirtualModem(steady(50), until=1.005, refuses=lambda now: 0.5 < now < 0.6))
    playback = bench.line.play(LOUD * 50)
    counters = await bench.run()
    assert counters.dropped_out == 5
    assert playback.played == 35 * 160
    assert [said for _, said in bench.taped].count(SILENCE) == 10 + 5
    assert not bench.failures


async def test_an_uplink_that_takes_nothing_for_very_long_is_dead():
    bench = Bench(VirtualModem(steady(1500), until=31, refuses=lambda now: now > 1))
    bench.line.start()
    await asyncio.wait_for(bench.failed.wait(), 5)
    assert "20 s" in str(bench.failures[0])
    assert 20.9 < bench.modem.now < 21.1
    assert bench.modem.closed == 1
    with pytest.raises(SoundError):
        bench.line.play(LOUD)
    await bench.line.stop()
    assert len(bench.failures) == 1


async def test_a_device_that_goes_away_fails_the_line_and_frees_who_waits():
    bench = Bench(VirtualModem(steady(50), until=2, fails_at=0.5))
    playback = bench.line.play(LOUD * 100)
    bench.line.start()
    await asyncio.wait_for(playback.wait(), 5)
    await asyncio.wait_for(bench.failed.wait(), 5)
    assert playback.played < playback.total
    assert str(bench.failures[0]) == "unplugged"


async def test_barge_in_is_silence_within_the_fade():
    modem = VirtualModem(steady(50), until=1.03)
    bench = Bench(modem)
    modem._on_time = lambda now: bench.line.flush(40) if 0.5 <= now < 0.505 else None
    playback = bench.line.play(LOUD * 50)
    await bench.run()
    sounding = [at for at, frame in modem.sent if frame != SILENCE]
    assert max(sounding) <= 0.5 + 0.041
    await asyncio.wait_for(playback.wait(), 1)
    assert playback.played < playback.total


async def test_a_recorder_that_fails_does_not_end_the_call(caplog):
    bench = Bench(VirtualModem(steady(20), until=0.43))

    def full_disk(heard, said):
        raise OSError("no space left")

    bench.line._tap = full_disk
    await bench.run()
    assert len(bench.heard) == 20
    assert [record.message for record in caplog.records] == ["the recorder failed and is disconnected from the line"]


async def test_a_loop_that_sleeps_loses_the_oldest_sound_only():
    frames = MAX_HEARD_BEHIND + 50
    bench = Bench(VirtualModem(steady(frames), until=0.02 * frames + 0.03))
    bench.line.start()
    assert bench.modem.done.wait(10)  # blocks the loop on purpose
    assert not bench.heard
    await asyncio.sleep(0)
    assert [index for index, _ in bench.heard] == list(range(50, frames))
    assert (await bench.line.stop()).overruns == 50


async def test_drained_waits_for_the_last_sound():
    bench = Bench(VirtualModem(steady(50), until=1.03))
    await asyncio.wait_for(bench.line.drained(), 1)
    bench.line.play(LOUD * 5)
    last = bench.line.play(LOUD * 5)
    assert bench.line.speaking
    bench.line.start()
    await asyncio.wait_for(bench.line.drained(), 5)
    assert last.played == 800
    await bench.line.stop()


async def test_a_line_that_never_started_closes_its_device():
    bench = Bench(VirtualModem([], until=1))
    await bench.line.stop()
    await bench.line.stop()
    assert bench.modem.closed >= 1
