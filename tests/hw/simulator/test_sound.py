"""Codec, network, PCM pump and the line's clock, without real time."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.simulator.caller import Caller
from hw.simulator.callers.phrases import load_phrases
from hw.simulator.codec import GsmDecoder, GsmEncoder
from hw.simulator.faults import FaultBoard
from hw.simulator.line import MAX_LATE_FRAMES, Line, Pace
from hw.simulator.network import PRESETS, SILENCE, Network, NetworkSettings, parse_network
from hw.simulator.pcm_pump import MAX_CARRY, PcmPump
from hw.simulator.profile import PLAIN, with_overrides
from hw.simulator.scenario import build
from hw.simulator.wav import read_wav

SPEECH = read_wav(load_phrases()["ask_hours"].path)


def frames(samples):
    return [samples[at : at + 160] for at in range(0, len(samples) - 159, 160)]


class FakePort:
    """A port whose host reads up to `room` bytes a tick; asserts that it is used as a port can be."""

    def __init__(self, room=1 << 30):
        self.room, self.got, self.sent, self.pieces = room, b"", bytearray(), []

    def write(self, data):
        assert data, "nothing to write"
        taken = min(len(data), self.room)
        self.room -= taken
        self.got += data[:taken]
        self.pieces.append(taken)
        return taken

    def read(self, limit):
        assert limit > 0
        out, self.sent = bytes(self.sent[:limit]), self.sent[limit:]
        return out

    def waiting(self):
        return len(self.sent)


def pump(port, faults=None, rate=8000, **switches):
    one = PcmPump(port, with_overrides(PLAIN, switches), faults or FaultBoard(), Random(3))
    one.start(rate)
    return one


def test_the_codec_keeps_speech_and_its_level():
    encoder, decoder = GsmEncoder(), GsmDecoder()
    out = np.concatenate([decoder.decode(encoder.encode(frame.astype(float))) for frame in frames(SPEECH)])
    sent = SPEECH[: len(out)].astype(float)
    assert 0.85 < np.std(out) / np.std(sent) < 1.15
    assert np.corrcoef(out, sent)[0, 1] > 0.9
    assert not np.array_equal(np.rint(out), sent)


def test_lost_frames_fade_away():
    encoder, decoder = GsmEncoder(), GsmDecoder()
    for frame in frames(SPEECH)[20:40]:
        decoder.decode(encoder.encode(frame.astype(float)))
    levels = [np.abs(decoder.decode(None)).max() for _ in range(30)]
    assert levels[-1] < 0.1 * levels[0]


@given(st.lists(st.integers(-32768, 32767), min_size=320, max_size=320))
def test_no_samples_break_the_codec(values):
    encoder, decoder = GsmEncoder(), GsmDecoder()
    for frame in frames(np.array(values, np.int16)):
        out = decoder.decode(encoder.encode(frame.astype(float)))
        assert np.isfinite(out).all()
        assert np.abs(out).max() <= 32768


def test_a_clean_network_changes_nothing():
    network = Network(PRESETS["clean"], np.random.default_rng(1))
    for frame in frames(SPEECH)[:50]:
        clean, heard = network.to_caller(frame)
        assert np.array_equal(clean, frame)
        assert np.array_equal(heard, frame)
        assert np.array_equal(network.to_box(frame), frame)


def test_delay_and_level_are_as_asked():
    settings = NetworkSettings(
        codec="none", band_limit=False, noise_dbfs=None, delay_ms=200.0, level_to_box_db=-12.0, level_to_caller_db=6.0
    )
    network = Network(settings, np.random.default_rng(1))
    pulse = np.full(160, 1000, np.int16)
    up, down = [], []
    for n in range(15):
        up.append(int(network.to_caller(pulse if n == 0 else SILENCE)[1][0]))
        down.append(int(network.to_box(pulse if n == 0 else SILENCE)[0]))
    assert up == [0] * 10 + [1995] + [0] * 4
    assert down == [0] * 10 + [251] + [0] * 4


def test_loss_is_a_share_of_frames():
    network = Network(parse_network({"preset": "clean", "loss": 0.03}), np.random.default_rng(7))
    for _ in range(5000):
        network.to_box(SILENCE)
    assert 100 < network.lost[0] < 200


def test_the_box_hears_its_own_echo():
    settings = parse_network({"preset": "clean", "echo_db": -20.0, "echo_ms": 100.0})
    network = Network(settings, np.random.default_rng(1))
    back = []
    for n in range(10):
        network.to_caller(np.full(160, 10000, np.int16) if n == 0 else SILENCE)
        back.append(int(network.to_box(SILENCE)[0]))
    assert back == [0] * 5 + [1000] + [0] * 4


# --- pump ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunking", ["frames", "odd", "bursts"])
def test_downlink_bytes_arrive_whole_whatever_the_pieces(chunking):
    port = FakePort()
    one = pump(port, pcm_chunking=chunking)
    sent = frames(SPEECH)[:100]
    for frame in sent:
        one.downlink(frame)
    whole = b"".join(frame.tobytes() for frame in sent)
    assert whole.startswith(port.got)
    assert len(whole) - len(port.got) <= 640
    assert any(piece % 2 for piece in port.pieces) is (chunking != "frames")


def test_a_host_that_does_not_read_loses_whole_packets():
    port = FakePort(room=1001)
    one = pump(port)
    for n in range(100):
        one.downlink(np.full(160, n, np.int16))
    assert one.counters.down_lost > 0
    assert one.counters.down_lost % 320 == 0
    port.room = 1 << 30
    one.downlink(np.full(160, 999, np.int16))
    got = np.frombuffer(port.got, "<i2")  # raises if odd
    assert len(port.got) <= 1001 + MAX_CARRY + 320
    assert (np.diff(got) >= 0).all()  # never misaligned


def test_uplink_is_taken_in_real_time_and_ahead_means_delay():
    port = FakePort()
    one = pump(port, uplink_buffer_ms=60)
    port.sent += b"".join(np.full(160, n, np.int16).tobytes() for n in range(50))
    assert [int(one.uplink()[0]) for _ in range(50)] == list(range(50))
    assert one.counters.up_queued_max == 50 * 320


def test_a_host_that_does_not_write_is_silent_and_counted():
    port = FakePort()
    one = pump(port)
    port.sent += bytes(320)
    for _ in range(10):
        assert not one.uplink().any()
    assert (one.counters.up_frames, one.counters.up_silent_frames, one.counters.up_gaps) == (1, 9, 0)
    port.sent += bytes(320)
    one.uplink()
    assert one.counters.up_gaps == 1, "it was a gap, not the end"


def test_what_waits_while_the_simulator_itself_is_late_is_not_held_against_the_host():
    port = FakePort()
    one = pump(port)
    port.sent += bytes(3 * 320)
    one.uplink(late=0.03)
    one.uplink(late=0.001)
    assert (one.counters.late_ticks, one.counters.up_queued_max) == (1, 640)


def test_odd_writes_keep_their_alignment():
    port = FakePort()
    one = pump(port)
    data = np.arange(320, dtype="<i2").tobytes()
    port.sent += data[:321]
    first = one.uplink()
    port.sent += data[321:]
    assert np.concatenate((first, one.uplink())).tolist() == list(range(320))


def test_16_khz_doubles_the_bytes_and_keeps_the_pitch():
    port = FakePort()
    one = pump(port, rate=16000)
    n = np.arange(160 * 50)
    for frame in frames((8000 * np.sin(2 * np.pi * 500 / 8000 * n)).astype(np.int16)):
        one.downlink(frame)
    assert len(port.got) == 50 * 640
    spectrum = np.abs(np.fft.rfft(np.frombuffer(port.got, "<i2")[-8000:].astype(float)))
    assert np.argmax(spectrum) * 2 == 500
    assert spectrum[4000 - 260 : 4000 - 240].max() < spectrum.max() / 500  # no image at 7.5 kHz


@pytest.mark.parametrize(
    ("fault", "options", "downlink", "uplink"),
    [
        ("pcm_silent", {}, None, True),
        ("pcm_zeros", {}, False, True),
        ("uplink_mute", {}, True, False),
        ("uplink_stuck", {"seconds": 0.0}, True, False),
    ],
)
def test_sound_faults(fault, options, downlink, uplink):
    faults, port = FaultBoard(), FakePort()
    faults.set(fault, options)
    one = pump(port, faults)
    port.sent += np.full(160, 5, "<i2").tobytes()
    one.downlink(np.full(160, 7, np.int16))
    assert (any(port.got) if port.got else None) == downlink
    assert bool(one.uplink().any()) is uplink


def test_before_and_after_the_registration_nothing_passes():
    port = FakePort()
    one = PcmPump(port, PLAIN, FaultBoard(), Random(1))
    one.downlink(SILENCE)
    assert not one.uplink().any()
    one.start(8000)
    port.sent += bytes(5000)
    one.stop()
    assert (port.got, port.sent) == (b"", b"")


# --- clock -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ppm", "ticks"), [(0.0, 180_000), (50.0, 180_009), (-50.0, 179_991)])
def test_the_module_s_clock_drifts_by_its_ppm(ppm, ticks):
    pace = Pace(0.0, ppm)
    total = sum(pace.owed(second * 0.1) for second in range(1, 36_001))
    assert abs(total - ticks) <= 1


def test_a_long_stall_is_not_made_up_for():
    pace = Pace(0.0, 0.0)
    assert pace.owed(0.1 + 1e-9) == 5
    assert pace.owed(10.0) == 1
    assert pace.skipped > MAX_LATE_FRAMES
    assert pace.owed(10.021) == 1


def test_a_line_ties_caller_network_and_port_together():
    caller = Caller(build("t", {"title": {"ru": "а", "en": "a"}, "step": [{"say": "ask_hours"}]}))
    port = FakePort()
    one = pump(port)
    line = Line(caller, Network(PRESETS["clean"], np.random.default_rng(1)), one)
    line.tick()
    caller.answered()
    events = [event.kind for _ in range(140) for event in line.tick()]
    assert events == ["answered", "says", "said", "hang_up"]
    heard = np.frombuffer(port.got, "<i2")
    assert np.array_equal(heard[: len(SPEECH)], SPEECH)
