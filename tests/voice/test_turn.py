"""A turn: order, what was heard, silence on cancel. The phrase cache beside it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from voice.errors import SpeechUnavailable
from voice.phrase_cache import PhraseCache, forget_others
from voice.turn import Turn, Utterance


class FakePlayback:
    def __init__(self, pcm: bytes) -> None:
        self.total = len(pcm) // 2
        self.played = 0
        self.started_at: float | None = None
        self.done = asyncio.Event()

    async def wait(self) -> None:
        await self.done.wait()


class FakeSpeaker:
    """Implements Speaker; sound leaves when the test says so."""

    def __init__(self) -> None:
        self.playbacks: list[FakePlayback] = []
        self.flushed: list[int] = []
        self.more = asyncio.Event()

    def play(self, pcm: bytes) -> FakePlayback:
        assert pcm, "an empty stretch is never played"
        assert len(pcm) % 2 == 0
        playback = FakePlayback(pcm)
        self.playbacks.append(playback)
        self.more.set()
        return playback

    def flush(self, fade_ms: int = 40) -> None:
        self.flushed.append(fade_ms)
        for playback in self.playbacks:
            playback.done.set()

    def leave(self, playback: FakePlayback, share: float = 1.0) -> None:
        playback.started_at = playback.started_at or 1.0
        playback.played = int(playback.total * share)
        if share == 1.0:
            playback.done.set()

    async def wait_for(self, count: int) -> None:
        while len(self.playbacks) < count:
            self.more.clear()
            await asyncio.wait_for(self.more.wait(), 2)


class FakeVoice:
    """200 samples a character, one chunk a sentence, or a failure."""

    def __init__(self, fail_on: str = "") -> None:
        self.fail_on = fail_on
        self.closed = 0

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        try:
            if text == self.fail_on:
                raise SpeechUnavailable("gone")
            yield b"\0\0" * 200 * len(text)
        finally:
            self.closed += 1


async def sentences(*texts: str) -> AsyncIterator[Utterance]:
    for text in texts:
        yield Utterance(text, "model")


def turn(voice: FakeVoice, speaker: FakeSpeaker) -> Turn:
    return Turn(voice, speaker, lambda _: None, clock=lambda: 5.0)


async def test_sentences_are_said_in_order_and_all_is_heard() -> None:
    speaker, begun = FakeSpeaker(), []
    subject = Turn(FakeVoice(), speaker, begun.append)
    running = asyncio.create_task(subject.run(sentences("Мы работаем.", "До шести.")))
    await speaker.wait_for(2)
    for playback in speaker.playbacks:
        speaker.leave(playback)
    await asyncio.wait_for(running, 2)
    assert subject.heard == "Мы работаем. До шести."
    assert [u.text for u in begun] == ["Мы работаем.", "До шести."]
    assert speaker.flushed == []


async def test_at_most_one_finished_sentence_waits_behind_the_one_that_sounds() -> None:
    speaker = FakeSpeaker()
    running = asyncio.create_task(turn(FakeVoice(), speaker).run(sentences("один", "два", "три", "четыре")))
    await speaker.wait_for(2)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(speaker.playbacks) == 2
    speaker.leave(speaker.playbacks[0])
    await speaker.wait_for(3)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_cancelled_it_is_silent_at_once_and_knows_what_was_heard() -> None:
    speaker, voice = FakeSpeaker(), FakeVoice()
    subject = turn(voice, speaker)
    running = asyncio.create_task(subject.run(sentences("раз два три четыре", "пять")))
    await speaker.wait_for(2)
    speaker.leave(speaker.playbacks[0], 0.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert speaker.flushed == [40]
    assert subject.heard == "раз два"
    assert voice.closed == 2
    assert len(asyncio.all_tasks()) == 1


async def test_nothing_played_is_nothing_heard() -> None:
    speaker = FakeSpeaker()
    subject = turn(FakeVoice(), speaker)
    running = asyncio.create_task(subject.run(sentences("раз")))
    await speaker.wait_for(1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert subject.heard == ""


async def test_a_voice_that_dies_is_told_as_itself() -> None:
    with pytest.raises(SpeechUnavailable):
        await turn(FakeVoice(fail_on="раз"), FakeSpeaker()).run(sentences("раз"))


class CountingSynthesizer:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.dead = False

    async def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        if self.dead:
            raise SpeechUnavailable("dead")
        self.said.append(text)
        yield b"\1\0" * 100
        yield b"\2\0" * 100


def cache(tmp_path, synthesizer, **more) -> PhraseCache:
    return PhraseCache(tmp_path / "phrases", "starter", "ru", synthesizer, str.upper, **more)


async def pcm(voice: PhraseCache, text: str) -> bytes:
    return b"".join([chunk async for chunk in voice.speak(text)])


async def test_a_warm_phrase_is_synthesised_once_and_survives_a_restart(tmp_path) -> None:
    synthesizer = CountingSynthesizer()
    assert await cache(tmp_path, synthesizer).warm(["до свидания"]) == 1
    again = cache(tmp_path, synthesizer)
    synthesizer.dead = True
    assert again.knows("до свидания")
    assert await pcm(again, "до свидания") == b"\1\0" * 100 + b"\2\0" * 100
    assert synthesizer.said == ["ДО СВИДАНИЯ"]


async def test_another_voice_does_not_find_it(tmp_path) -> None:
    synthesizer = CountingSynthesizer()
    await cache(tmp_path, synthesizer).warm(["да"])
    other = PhraseCache(tmp_path / "phrases", "irina", "ru", synthesizer, str)
    assert not other.knows("да")


async def test_what_the_model_says_is_not_kept(tmp_path) -> None:
    synthesizer = CountingSynthesizer()
    voice = cache(tmp_path, synthesizer)
    await pcm(voice, "раз")
    await pcm(voice, "раз")
    assert synthesizer.said == ["РАЗ", "РАЗ"]
    assert not (tmp_path / "phrases").exists()


async def test_what_is_no_longer_said_goes_and_a_callers_name_was_never_kept(tmp_path) -> None:
    voice = cache(tmp_path, CountingSynthesizer())
    other = PhraseCache(tmp_path / "phrases", "lessac", "en", CountingSynthesizer(), str)
    await voice.warm(["да", "звоните Ивану"])
    await other.warm(["yes"])
    await pcm(voice, "Записала: Анна, верно?")
    await voice.prepare("Записала: Вера, верно?")
    await pcm(voice, "Записала: Вера, верно?")
    assert {path.name for path in (tmp_path / "phrases").iterdir()} == (
        voice.files(["да", "звоните Ивану"]) | other.files(["yes"])
    )
    assert forget_others(tmp_path / "phrases", voice.files(["да"]) | other.files(["yes"])) == 1
    assert forget_others(tmp_path / "nowhere", ()) == 0
    again = cache(tmp_path, CountingSynthesizer())
    assert (again.knows("да"), again.knows("звоните Ивану")) == (True, False)


async def test_with_synthesis_dead_a_ready_phrase_sounds_and_others_say_so(tmp_path) -> None:
    synthesizer = CountingSynthesizer()
    synthesizer.dead = True
    voice = cache(tmp_path, synthesizer, ready={"секунду": b"\3\0"})
    assert await pcm(voice, "секунду") == b"\3\0"
    with pytest.raises(SpeechUnavailable):
        await pcm(voice, "другое")


async def test_a_text_made_ahead_is_taken_over_where_it_stands(tmp_path) -> None:
    gate, begun, synthesizer = asyncio.Event(), asyncio.Event(), CountingSynthesizer()

    async def slow(text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        synthesizer.said.append(text)
        begun.set()
        yield b"\1\0" * 100
        await gate.wait()
        yield b"\2\0" * 100

    synthesizer.say = slow
    voice = cache(tmp_path, synthesizer)
    preparing = asyncio.create_task(voice.prepare("раз"))
    speaking = aiter(voice.speak("раз"))
    await asyncio.wait_for(begun.wait(), 2)
    assert await asyncio.wait_for(anext(speaking), 2) == b"\1\0" * 100
    gate.set()
    assert await asyncio.wait_for(anext(speaking), 2) == b"\2\0" * 100
    await preparing
    assert synthesizer.said == ["РАЗ"]


async def test_a_preparation_that_is_dropped_leaves_nothing_behind(tmp_path) -> None:
    synthesizer, gate = CountingSynthesizer(), asyncio.Event()

    async def slow(text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        yield b"\1\0"
        await gate.wait()

    ready, synthesizer.say = synthesizer.say, slow
    voice = cache(tmp_path, synthesizer)
    preparing = asyncio.create_task(voice.prepare("раз"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    preparing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await preparing
    synthesizer.say = ready
    assert await pcm(voice, "раз") == b"\1\0" * 100 + b"\2\0" * 100


def kept(tmp_path):
    (file,) = (tmp_path / "phrases").glob("*.pcm")
    return file


@pytest.mark.parametrize("cut", [0, 10, 16, 17, 100, -2])
async def test_a_file_that_a_power_cut_left_half_written_is_made_again(tmp_path, cut: int) -> None:
    await cache(tmp_path, CountingSynthesizer()).warm(["да"])
    kept(tmp_path).write_bytes(kept(tmp_path).read_bytes()[:cut])
    again = cache(tmp_path, CountingSynthesizer())
    assert not again.knows("да")
    assert await again.warm(["да"]) == 1
    assert await pcm(again, "да") == b"\1\0" * 100 + b"\2\0" * 100


async def test_a_voice_that_made_nothing_is_asked_again(tmp_path) -> None:
    class Mute(CountingSynthesizer):
        async def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
            for nothing in ():
                yield nothing

    voice = cache(tmp_path, Mute())
    await voice.warm(["да"])
    assert not voice.knows("да")


async def test_a_disk_that_refuses_costs_the_phrase_and_nothing_else(tmp_path) -> None:
    (tmp_path / "phrases").write_text("in the way")
    voice = cache(tmp_path, CountingSynthesizer())
    assert await voice.warm(["да"]) == 1
    assert await pcm(voice, "да") == b"\1\0" * 100 + b"\2\0" * 100


async def test_what_no_voice_could_say_better_is_never_synthesised(tmp_path) -> None:
    synthesizer = CountingSynthesizer()
    own = cache(tmp_path, synthesizer, fixed={"For English": b"\5\0"})
    for pace in (1.0, 0.85):
        assert [chunk async for chunk in own.speak("For English", pace=pace)] == [b"\5\0"]
    await own.prepare("For English")
    assert await own.warm(["For English"]) == 0
    assert synthesizer.said == []
