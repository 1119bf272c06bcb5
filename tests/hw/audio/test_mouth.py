import asyncio
from array import array

import pytest

from hw.audio.mouth import MAX_QUEUED_BYTES, Mouth, SoundQueueFull
from hw.errors import SoundError

LOUD = 1000


def loud(samples):
    return array("h", [LOUD] * samples).tobytes()


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def mouth(clock):
    return Mouth(asyncio.get_running_loop(), clock)


def say(mouth, frames=1, *, left=True):
    said = []
    for _ in range(frames):
        frame = mouth.take()
        said.append(frame)
        if frame is not None:
            mouth.settle(left=left)
    return said


async def test_sounds_follow_each_other_without_a_seam(mouth):
    first, second = mouth.play(loud(200)), mouth.play(loud(50))
    assert mouth.queued_samples == 250
    assert say(mouth, 3) == [loud(160), loud(90) + bytes(140), None]
    await asyncio.wait_for(first.wait(), 1)
    await asyncio.wait_for(second.wait(), 1)
    assert (first.played, first.total, second.played, second.total) == (200, 200, 50, 50)


async def test_nothing_is_played_at_once_and_half_a_sample_is_refused(mouth):
    nothing = mouth.play(b"")
    await asyncio.wait_for(nothing.wait(), 1)
    assert (nothing.played, nothing.total) == (0, 0)
    with pytest.raises(ValueError, match="whole samples"):
        mouth.play(b"abc")


async def test_a_playback_knows_when_it_began_and_how_far_it_is(mouth, clock):
    playback = mouth.play(loud(480))
    assert playback.started_at is None
    clock.now = 5.0
    say(mouth)
    clock.now = 5.02
    say(mouth)
    assert (playback.started_at, playback.played, playback.finished) == (5.0, 320, False)


async def test_a_frame_that_the_device_refused_does_not_count_as_played(mouth):
    playback = mouth.play(loud(320))
    say(mouth, left=False)
    say(mouth)
    await asyncio.wait_for(playback.wait(), 1)
    assert (playback.played, playback.total) == (160, 320)


@pytest.mark.parametrize(("fade_ms", "frames"), [(20, 1), (40, 2), (60, 3)])
async def test_flush_fades_what_is_being_said_and_drops_the_rest(mouth, fade_ms, frames):
    first, second = mouth.play(loud(1600)), mouth.play(loud(1600))
    say(mouth, 2)
    mouth.flush(fade_ms)
    assert mouth.queued_samples == 160 * frames
    *faded, after = say(mouth, frames + 1)
    samples = array("h", b"".join(faded)).tolist()
    assert samples == sorted(samples, reverse=True)
    assert samples[0] < LOUD
    assert samples[-1] == 0
    assert after is None
    await asyncio.wait_for(asyncio.gather(first.wait(), second.wait()), 1)
    assert (first.played, second.played) == (320 + 160 * frames, 0)


async def test_a_hard_flush_cuts_at_once(mouth):
    playback = mouth.play(loud(1600))
    say(mouth)
    mouth.flush(0)
    assert not mouth.speaking
    assert say(mouth) == [None]
    await asyncio.wait_for(playback.wait(), 1)
    assert playback.played == 160


async def test_flush_before_the_first_frame_leaves_nothing_to_hear(mouth):
    playback = mouth.play(loud(1600))
    mouth.flush(40)
    assert say(mouth) == [None]
    await asyncio.wait_for(playback.wait(), 1)
    assert playback.played == 0


async def test_a_fade_spans_two_playbacks_and_keeps_both_accounts(mouth):
    first, second = mouth.play(loud(200)), mouth.play(loud(1600))
    say(mouth)
    mouth.flush(40)
    assert array("h", b"".join(say(mouth, 2)))[-1] == 0
    await asyncio.wait_for(asyncio.gather(first.wait(), second.wait()), 1)
    assert (first.played, second.played) == (200, 280)


async def test_a_second_flush_lets_the_fade_finish_and_drops_what_came_after(mouth):
    mouth.play(loud(1600))
    say(mouth)
    mouth.flush(40)
    say(mouth)
    new = mouth.play(loud(1600))
    mouth.flush(40)
    assert mouth.queued_samples == 160
    await asyncio.wait_for(new.wait(), 1)
    assert new.played == 0


def samples(*frames):
    return array("h", b"".join(frames)).tolist()


@pytest.mark.parametrize(("fade_ms", "frames"), [(0, 0), (20, 1), (40, 2)])
async def test_a_pause_fades_and_loses_nothing(mouth, fade_ms, frames):
    first, second = mouth.play(loud(500)), mouth.play(loud(620))
    say(mouth, 2)
    mouth.pause(fade_ms)
    *faded, after = say(mouth, frames + 1)
    assert samples(*faded) == sorted(samples(*faded), reverse=True)
    assert after is None
    assert say(mouth, 5) == [None] * 5
    assert mouth.speaking, "it has more to say"
    assert (first.played, second.played) == (320, 0)
    mouth.resume()
    rest = say(mouth, 5)
    assert samples(rest[0]) == sorted(samples(rest[0])), "no click at the start"
    assert rest[1:] == [loud(160)] * 4
    await asyncio.wait_for(asyncio.gather(first.wait(), second.wait()), 1)
    assert (first.played, second.played) == (500, 620)
    assert mouth.underruns == 0


async def test_what_is_queued_in_a_pause_waits_with_the_rest(mouth):
    mouth.play(loud(320))
    say(mouth)
    mouth.pause(0)
    late = mouth.play(loud(160))
    assert say(mouth, 2) == [None, None]
    mouth.resume()
    say(mouth, 2)
    await asyncio.wait_for(late.wait(), 1)
    assert late.played == 160


async def test_a_flush_ends_a_pause_and_drops_what_waited(mouth):
    playback = mouth.play(loud(1600))
    say(mouth)
    mouth.pause(20)
    say(mouth)
    mouth.flush(40)
    await asyncio.wait_for(playback.wait(), 1)
    assert playback.played == 160
    assert say(mouth) == [None]
    mouth.play(loud(160))
    assert say(mouth) == [loud(160)]


async def test_a_pause_before_the_first_frame_and_one_too_many_resume_are_harmless(mouth):
    mouth.resume()
    mouth.play(loud(320))
    mouth.pause(20)
    assert say(mouth) == [None]
    mouth.pause(20)
    mouth.resume()
    mouth.resume()
    assert say(mouth, 2)[1] == loud(160)


async def test_a_pause_lets_the_fade_of_a_flush_finish(mouth):
    mouth.play(loud(1600))
    say(mouth)
    mouth.flush(40)
    mouth.pause(20)
    assert samples(*say(mouth, 2))[-1] == 0
    assert say(mouth) == [None]


async def test_a_flood_is_refused_and_changes_nothing(mouth):
    mouth.play(bytes(MAX_QUEUED_BYTES))
    for _ in range(100):
        with pytest.raises(SoundQueueFull):
            mouth.play(loud(1))
    assert mouth.queued_samples == MAX_QUEUED_BYTES // 2
    assert issubclass(SoundQueueFull, ValueError)
    assert issubclass(SoundQueueFull, SoundError)
    say(mouth)
    mouth.play(loud(160))


@pytest.mark.parametrize(
    ("pause", "flushed", "underruns"), [(0.1, False, 1), (0.3, False, 0), (0.1, True, 0)], ids=["gap", "pause", "flush"]
)
async def test_speech_that_runs_dry_and_goes_on_is_an_underrun(mouth, clock, pause, flushed, underruns):
    mouth.play(loud(160))
    say(mouth, 2)
    if flushed:
        mouth.flush(40)
    clock.now += pause
    mouth.play(loud(160))
    assert mouth.underruns == underruns


async def test_closing_tells_everyone_who_waits_and_refuses_more(mouth):
    playback = mouth.play(loud(160))
    mouth.take()  # in the thread's hand, not settled
    waiting = mouth.play(loud(160))
    mouth.close()
    await asyncio.wait_for(asyncio.gather(playback.wait(), waiting.wait()), 1)
    assert (playback.played, waiting.played) == (0, 0)
    with pytest.raises(SoundError, match="over"):
        mouth.play(loud(1))
