"""The PCM port on real pseudo-terminals."""

import asyncio
import fcntl
import os
import struct
import termios
import threading
import time
import tty
from array import array

import pytest

from hw.audio.line import Line
from hw.audio.modem_pcm import open_modem_pcm
from hw.audio.ports import SILENCE
from hw.errors import SoundError
from tests.fakes.pcm_modem import numbered, pcm_modem

pytestmark = pytest.mark.realtime

LOUD = array("h", [1000] * 160).tobytes()


class Told:
    def __init__(self, modem, on_heard=None, tap=None):
        self.heard, self.failures = [], []
        self.enough, self.failed = asyncio.Event(), asyncio.Event()
        self.wanted = 10**9
        self.line = Line(
            open_modem_pcm(modem.path),
            on_heard=on_heard or self._heard,
            tap=tap,
            on_failed=self._failed,
            loop=asyncio.get_running_loop(),
        )
        modem.start()
        self.line.start()

    def _heard(self, index, frame):
        self.heard.append((index, frame))
        if len(self.heard) >= self.wanted:
            self.enough.set()

    def _failed(self, error):
        self.failures.append(error)
        self.failed.set()

    async def frames(self, count):
        self.wanted = count
        if len(self.heard) < count:
            await asyncio.wait_for(self.enough.wait(), 5)
            self.enough.clear()


@pytest.mark.parametrize("chunks", [(320,), (321, 1, 639), (7, 633)], ids=["frames", "odd", "odder"])
async def test_sound_goes_both_ways_exactly_however_it_is_cut(chunks):
    with pcm_modem(chunks=chunks) as modem:
        told = Told(modem)
        playback = told.line.play(LOUD * 20)
        await told.frames(40)
        await asyncio.wait_for(playback.wait(), 2)
        counters = await told.line.stop()
    received = b"".join(frame for _, frame in told.heard)
    offset = b"".join(numbered(k) for k in range(modem.sent_frames)).find(received)
    assert 0 <= offset < 10 * 320
    assert offset % 2 == 0
    said = bytes(modem.heard)
    assert said.replace(SILENCE, b"").count(LOUD[:2]) >= 19 * 160
    assert len(said) % 320 == 0
    assert counters.frames_in >= 40
    assert not told.failures


async def test_stale_sound_is_not_heard():
    with pcm_modem() as modem:
        device = open_modem_pcm(modem.path)
        modem.put(b"\x55" * 3001)
        device.start()
        assert device.read() == b""
        modem.put(b"\x55" + numbered(7))
        assert device.wait(1)
        assert device.read() == numbered(7), "the rest of a stale sample went with it"
        device.close()


async def test_old_sound_that_the_module_still_holds_is_not_heard(monkeypatch):
    """A module that was not read for a while hands over what it holds once the driver is empty: taken for new, it was
    answered by as many frames at once as it had, which the caller heard chopped and half a sample off."""
    with pcm_modem() as modem:
        device = open_modem_pcm(modem.path)
        wait, held = device.wait, [b"\x55" * 300, b"\x55" * 3795, numbered(1), numbered(2)]

        def hands_over(timeout):
            if held:
                modem.put(held.pop(0))
            return wait(timeout)

        monkeypatch.setattr(device, "wait", hands_over)
        device.start()
        assert not held, "until it comes punctually"
        modem.put(b"\x55" + numbered(7))
        assert device.wait(1)
        assert device.read() == numbered(7)
        device.close()


async def test_a_port_that_vanishes_is_reported_once():
    with pcm_modem() as modem:
        told = Told(modem)
        await told.frames(5)
        playback = told.line.play(LOUD * 100)
        await asyncio.to_thread(modem.vanish)
        await asyncio.wait_for(told.failed.wait(), 2)
        await asyncio.wait_for(playback.wait(), 2)
        await told.line.stop()
    assert len(told.failures) == 1
    assert isinstance(told.failures[0], SoundError)
    assert playback.played < playback.total


async def test_speech_goes_on_while_the_downlink_stalls():
    with pcm_modem() as modem:
        told = Told(modem)
        await told.frames(5)
        modem.pause_downlink()
        playback = told.line.play(LOUD * 15)
        await asyncio.wait_for(playback.wait(), 3)
        modem.resume_downlink()
        counters = await told.line.stop()
    assert playback.played == playback.total
    assert counters.stalls >= 1


async def test_a_blocked_event_loop_does_not_disturb_the_audio_clock():
    slots = []
    with pcm_modem() as modem:
        told = Told(modem, tap=lambda heard, said: slots.append((time.monotonic(), said)))
        await told.frames(10)
        told.line.play(LOUD * 40)
        began = time.monotonic()
        time.sleep(0.3)  # noqa: ASYNC251  the point of the test
        during = [said for at, said in slots if began <= at <= began + 0.3]
        counters = await told.line.stop()
    assert len(during) >= 13
    assert during.count(SILENCE) <= 1
    assert counters.overruns == 0


class RealTimeModem:
    """Takes a frame and makes one every 20 ms, hands the sound over 40 ms at a time with an odd byte missing, and keeps
    account of what waited for it and what it missed. A tick that this machine ran late is no witness."""

    def __init__(self):
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        os.set_blocking(self.master, False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stop = threading.Event()
        self.most_queued = self.gaps = self.frames = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        os.close(self.master)
        os.close(self._slave)

    def _run(self):
        began, ticks, given = time.monotonic(), 0, 0
        while not self._stop.wait(max(0.0, began + (ticks + 1) * 0.02 - time.monotonic())):
            ticks += 1
            if time.monotonic() - began - ticks * 0.02 < 0.005:
                (waiting,) = struct.unpack("i", fcntl.ioctl(self.master, termios.FIONREAD, b"\0" * 4))
                self.most_queued = max(self.most_queued, waiting)
            try:
                self.frames += len(os.read(self.master, 320)) // 320
            except BlockingIOError:
                self.gaps += bool(self.frames)
            if ticks % 2 == 0:
                given += os.write(self.master, bytes(ticks * 320 - ticks // 2 % 2 - given))


async def test_a_modem_that_takes_its_time_has_never_nothing_and_never_more_than_40_ms():
    with RealTimeModem() as modem:
        device = open_modem_pcm(modem.path)
        line = Line(
            device,
            on_heard=lambda index, frame: None,
            tap=None,
            on_failed=lambda error: pytest.fail(str(error)),
            loop=asyncio.get_running_loop(),
        )
        line.start()
        playback = line.play(LOUD * 60)
        await asyncio.wait_for(playback.wait(), 5)
        gaps = modem.gaps
        counters = await line.stop()
    assert modem.frames >= 55
    assert modem.most_queued == 640
    assert gaps <= counters.missed_frames + counters.late_frames, "a busy machine is an excuse, when it was counted"
    assert counters.jitter_ms >= 20, "the bursts"


def test_half_a_frame_taken_is_finished_before_the_next():
    with pcm_modem(listens=False) as modem:
        device = open_modem_pcm(modem.path)
        number = 0
        while device.write(numbered(number)):
            number += 1
            assert number < 1000, "a port that nobody reads must refuse at last"
        got = b""
        while len(got) < 16384 - 4096:
            got += os.read(modem._master, 999)
        assert device.write(numbered(7777))
        while numbered(7777)[-320:] not in got:
            got += os.read(modem._master, 999)
        device.close()
    whole = b"".join(numbered(k) for k in range(len(got) // 320 - 1)) + numbered(7777)
    assert got == whole


def test_a_port_that_is_not_there_says_so(tmp_path):
    with pytest.raises(SoundError, match="No such file"):
        open_modem_pcm(str(tmp_path / "ttyUSB4"))


def test_an_odd_rest_of_an_earlier_stream_does_not_shift_the_next():
    """A core that was killed in a call leaves such a rest in the port."""
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        os.write(master, b"\x55" * 137)
        device = open_modem_pcm(os.ttyname(slave))
        stream = array("h", range(1000, 1160)).tobytes()
        os.write(master, stream[:100])
        device.start()
        os.write(master, stream[100:])
        assert device.wait(1.0)
        assert device.read() == stream[100:]
        device.close()
    finally:
        os.close(master)
        os.close(slave)
