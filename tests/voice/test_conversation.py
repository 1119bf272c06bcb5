"""Who has the floor: barge-in, keys, silence on the line's clock, phrases that wait; and nothing left behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.fakes.talking import LOUD, QUIET, SAMPLES_A_CHARACTER, Scene, conversing, sentences, settle
from voice.conversation import DIGIT_GAP_SECONDS, MAX_DIGITS, WAITING_PHRASES, Keys, Nudged, Said, Silence
from voice.ears import PhraseHeard
from voice.errors import ModelUnavailable, SpeechUnavailable
from voice.events import Final
from voice.ports import FRAME_SECONDS, RATE
from voice.turn import Utterance


def saying(scene: Scene, *texts: str, interruptible: bool = True) -> "asyncio.Task[Said]":
    return asyncio.create_task(scene.conversation.say(sentences(*texts), interruptible=interruptible))


def listening(scene: Scene, seconds: float = 6.0) -> "asyncio.Task[object]":
    return asyncio.create_task(scene.conversation.listen(seconds))


async def test_what_is_said_to_the_end_is_heard_whole_with_its_times_on_the_line() -> None:
    async with conversing() as scene:
        await scene.frames(1.0)
        task = saying(scene, "раз два.", "три.")
        await scene.until(task)
        said = task.result()
        assert (said.text, said.interrupted) == ("раз два. три.", False)
        length = len("раз два.три.") * SAMPLES_A_CHARACTER / 8000
        assert said.start == pytest.approx(1.0, abs=0.05)
        assert said.end - said.start == pytest.approx(length, abs=0.1)
        assert said.times.first_frame is not None
        assert scene.speaker.flushes == 0


LENGTHS = [
    # seconds of sound, words were understood, the floor is taken
    (0.08, True, False),
    (0.36, True, False),
    (0.80, True, True),
    (0.20, False, False),
    (1.00, False, False),
]


@pytest.mark.parametrize(("seconds", "understood", "taken"), LENGTHS)
async def test_speech_takes_the_floor_after_a_while_and_a_cough_does_not(
    seconds: float, understood: bool, taken: bool
) -> None:
    async with conversing() as scene:
        task = saying(scene, "очень длинное предложение")
        await scene.frames(0.5)
        if understood:
            scene.stream.partial("адрес")
            await settle()
        await scene.frames(seconds, loud=True)
        assert task.done() is taken
        if taken:
            said = task.result()
            assert said.interrupted
            assert said.text in "очень длинное предложение"
            assert said.text != "очень длинное предложение"
            assert not scene.speaker.sounding
            assert scene.speaker.flushes == 1
        else:
            await scene.until(task)
            assert not task.result().interrupted


async def test_the_final_text_of_a_short_word_over_us_takes_the_floor_and_is_returned() -> None:
    async with conversing() as scene:
        task = saying(scene, "очень длинное предложение, за которым может стоять ещё одно")
        await scene.frames(0.5)
        await scene.phrase("адрес", 0.3)
        assert task.done()
        assert task.result().interrupted
        heard = listening(scene)
        await settle()
        assert isinstance(phrase := heard.result(), PhraseHeard)
        assert phrase.text == "адрес"


async def test_without_a_recogniser_sound_alone_takes_the_floor() -> None:
    async with conversing(up=False) as scene:
        task = saying(scene, "очень длинное предложение")
        await scene.frames(0.5)
        await scene.frames(0.4, loud=True)
        assert not task.done()
        await scene.frames(0.3, loud=True)
        assert task.done()
        assert task.result().interrupted


async def test_an_announcement_cannot_be_interrupted_by_speech_nor_by_keys() -> None:
    async with conversing() as scene:
        task = saying(scene, "разговор записывается", interruptible=False)
        await scene.frames(0.2)
        scene.conversation.digit("1")
        scene.stream.partial("алло")
        await scene.frames(1.0, loud=True)
        assert not task.done()
        await scene.until(task)
        assert not task.result().interrupted
        assert task.result().text == "разговор записывается"


async def test_a_key_takes_the_floor_and_is_returned_by_the_next_listen() -> None:
    async with conversing() as scene:
        task = saying(scene, "очень длинное предложение")
        await scene.frames(0.3)
        scene.conversation.digit("1")
        await settle()
        assert task.result().interrupted
        heard = listening(scene)
        await scene.until(heard, DIGIT_GAP_SECONDS + 0.1)
        assert heard.result() == Keys("1")


async def test_a_key_of_before_does_not_interrupt_the_next_sentence() -> None:
    async with conversing() as scene:
        scene.conversation.digit("1")
        task = saying(scene, "да")
        await scene.until(task)
        assert not task.result().interrupted


KEYS = [
    # pressed, with pauses as numbers; what each listen gives
    (["1"], ["1"]),
    (["1", "2", "#"], ["12"]),
    (["#"], ["#"]),
    (["1", 1.0, "2", 1.0, "3"], ["123"]),
    (["1", 2.5, "2"], ["1", "2"]),
    (["1", "#", "2"], ["1", "2"]),
    (["1", "#", "#"], ["1", "#"]),
    (["*", "0", "A"], ["*0A"]),
]


@pytest.mark.parametrize(("pressed", "given"), KEYS)
async def test_keys_are_collected_until_the_hash_or_a_pause(pressed: list[object], given: list[str]) -> None:
    async with conversing() as scene:
        got: list[object] = []

        async def listen() -> None:
            while len(got) < len(given):
                got.append(await scene.conversation.listen(30.0))

        task = asyncio.create_task(listen())
        for item in pressed:
            if isinstance(item, str):
                scene.conversation.digit(item)
                await settle()
            else:
                await scene.frames(float(str(item)))
        await scene.until(task)
        assert got == [Keys(keys) for keys in given]


async def test_a_keypad_gone_mad_is_bounded() -> None:
    async with conversing() as scene:
        for _ in range(1000):
            scene.conversation.digit("7")
        heard = listening(scene)
        await scene.until(heard)
        assert heard.result() == Keys("7" * MAX_DIGITS)


@pytest.mark.parametrize(("before_the_end", "returned"), [(3.0, False), (1.0, True)])
async def test_a_nod_over_us_does_not_stop_us_and_is_an_answer_only_near_our_end(
    before_the_end: float, returned: bool
) -> None:
    text = "это предложение займёт не меньше пяти секунд вот так"
    async with conversing() as scene:
        task = saying(scene, text)
        await scene.frames(len(text) * SAMPLES_A_CHARACTER / RATE - before_the_end - 0.4)
        await scene.phrase("угу", 0.3)
        assert not scene.speaker.paused
        assert scene.speaker.pauses == 1
        await scene.until(task)
        assert (task.result().text, task.result().interrupted) == (text, False)
        heard = listening(scene)
        await settle()
        assert heard.done() is returned
        if returned:
            assert isinstance(phrase := heard.result(), PhraseHeard)
            assert phrase.text == "угу"
        heard.cancel()
        await asyncio.wait({heard})


@pytest.mark.parametrize(("text", "kept"), [("пока", False), ("в час", False), ("а какой адрес", True)])
async def test_a_word_over_us_that_only_the_recogniser_heard_is_no_phrase(text: str, kept: bool) -> None:
    async with conversing() as scene:
        task = saying(scene, "это предложение займёт не меньше пяти секунд вот так")
        await scene.frames(0.5)
        scene.stream.finals = [Final(text)]
        scene.stream.partial(text)
        await scene.until(task)
        assert not task.result().interrupted
        heard = listening(scene)
        await settle()
        assert heard.done() is kept
        heard.cancel()
        await asyncio.wait({heard})


async def test_a_sound_that_was_nothing_makes_us_pause_and_go_on_without_a_loss() -> None:
    async with conversing() as scene:
        task = saying(scene, "довольно длинное предложение")
        await scene.frames(0.5)
        await scene.frames(FRAME_SECONDS, loud=True)
        assert scene.speaker.paused, "at once"
        await scene.frames(0.9)
        assert not scene.speaker.paused, "within a second"
        await scene.until(task)
        assert (task.result().text, task.result().interrupted) == ("довольно длинное предложение", False)


async def test_a_turn_that_ends_hushed_leaves_the_line_open() -> None:
    async with conversing() as scene:
        task = saying(scene, "длинное предложение")
        await scene.frames(0.5)
        await scene.frames(FRAME_SECONDS, loud=True)
        assert scene.speaker.paused
        task.cancel()
        await asyncio.wait({task})
        assert not scene.speaker.paused


async def test_a_sound_is_noticed_in_the_beginning_of_a_frame_whose_end_has_not_come_yet() -> None:
    async with conversing() as scene:
        task = saying(scene, "длинное предложение")
        begun = scene.conversation.begun
        begun(scene.index, LOUD[:160])
        assert not scene.speaker.paused, "before we sound nothing is in a hurry"
        await scene.frames(0.5)
        begun(scene.index, QUIET[:160])
        begun(scene.index - 1, LOUD[:160])
        begun(scene.index + 1, LOUD[:160])
        assert not scene.speaker.paused, "of another frame, or silence"
        begun(scene.index, LOUD[:2])
        assert scene.speaker.paused
        begun(scene.index, LOUD[:160])
        await scene.frames(0.5)
        assert not scene.speaker.paused, "it was nothing"
        await scene.until(task)
        begun(scene.index, LOUD[:160])


async def test_the_ears_get_what_was_said_in_the_same_slot() -> None:
    got: list[tuple[bytes, bytes]] = []

    class Echo:
        def frame(self, heard: bytes, said: bytes, *, speaking: bool) -> bytes:
            assert not speaking, "nobody has been heard yet"
            got.append((heard, said))
            return LOUD

    async with conversing() as scene:
        scene.conversation.ears._echo = Echo()
        scene.conversation.frame(0, QUIET, LOUD)
        assert got == [(QUIET, LOUD)]
        assert scene.stream.sent == [LOUD]
        assert scene.conversation.ears.speaking_since is not None


async def test_phrases_wait_in_order_and_are_bounded() -> None:
    async with conversing() as scene:
        for number in range(WAITING_PHRASES + 2):
            await scene.phrase(f"фраза {number}", 0.1)
        got = []
        for _ in range(WAITING_PHRASES):
            heard = listening(scene)
            await settle()
            got.append(heard.result())
        assert [phrase.text for phrase in got] == [f"фраза {n}" for n in range(2, WAITING_PHRASES + 2)]
        assert scene.conversation.left() == []


async def test_silence_is_told_after_its_seconds_of_the_line() -> None:
    async with conversing() as scene:
        await scene.frames(3.0)
        heard = listening(scene, 2.0)
        await scene.frames(1.96)
        assert not heard.done()
        await scene.frames(0.1)
        assert heard.result() == Silence(2.0)


async def test_silence_is_not_counted_while_somebody_speaks_nor_before_his_words_are_known() -> None:
    async with conversing() as scene:
        heard = listening(scene, 2.0)
        await scene.frames(1.9)
        scene.stream.hold = asyncio.Event()
        scene.stream.finals = [scene_final("перезвоните")]
        scene.stream.partial("перезвоните")
        await scene.frames(3.0, loud=True)
        await scene.frames(3.0)  # the phrase is over, and its text is late
        assert not heard.done()
        scene.stream.hold.set()
        await settle()
        assert heard.result().text == "перезвоните"


async def test_noise_halts_the_count_and_does_not_begin_it_anew() -> None:
    async with conversing() as scene:
        heard = listening(scene, 2.0)
        await scene.frames(1.0)
        await scene.phrase("", 5.0)
        assert not heard.done()
        await scene.frames(1.2)
        assert heard.result() == Silence(2.0)


async def test_a_deaf_box_still_notices_that_somebody_speaks() -> None:
    async with conversing(up=False) as scene:
        heard = listening(scene, 2.0)
        await scene.frames(1.9)
        await scene.frames(0.3, loud=True)
        await scene.frames(0.4)
        assert not heard.done()  # the time-out has passed and the phrase is not over
        await scene.frames(1.0)
        phrase = heard.result()
        assert isinstance(phrase, PhraseHeard)
        assert (phrase.text, phrase.understood) == ("", False)
        assert (phrase.start, phrase.end) == (pytest.approx(1.9), pytest.approx(2.2))


async def test_cancelled_in_the_middle_of_speech_the_line_is_silent_and_what_was_heard_is_known() -> None:
    async with conversing() as scene:
        task = saying(scene, "раз два три четыре", "пять")
        await scene.frames(1.0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert not scene.speaker.sounding
        assert scene.conversation.cut is not None
        assert scene.conversation.cut.interrupted
        assert scene.conversation.cut.text == "раз два"


async def test_a_cancelled_listen_leaves_nothing() -> None:
    async with conversing() as scene:
        task = listening(scene)
        await scene.frames(0.1)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


async def test_a_voice_that_fails_half_way_silences_the_line_and_says_what_was_heard() -> None:
    async with conversing() as scene:
        scene.voice.fails_on = {"два"}
        scene.voice.after = 1
        task = saying(scene, "раз", "два", "три")
        await scene.until(task)
        assert isinstance(task.exception(), SpeechUnavailable)
        assert scene.speaker.flushes >= 1
        assert not scene.speaker.sounding
        assert scene.conversation.cut is not None
        assert scene.conversation.cut.text.split()[:1] in ([], ["раз"])


async def test_sentences_that_fail_are_raised_as_themselves() -> None:
    async def failing() -> AsyncIterator[Utterance]:
        yield Utterance("раз", "model")
        raise ModelUnavailable("gone")

    async with conversing() as scene:
        task = asyncio.create_task(scene.conversation.say(failing()))
        await scene.until(task)
        assert isinstance(task.exception(), ModelUnavailable)


async def test_interrupted_sentences_are_closed_at_once() -> None:
    closed = asyncio.Event()

    async def thinking() -> AsyncIterator[Utterance]:
        try:
            yield Utterance("раз два три четыре пять", "model")
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with conversing() as scene:
        task = asyncio.create_task(scene.conversation.say(thinking()))
        await scene.frames(0.3)
        scene.conversation.digit("5")
        await settle()
        assert task.result().interrupted
        assert closed.is_set()


async def test_speech_that_began_before_ours_takes_the_floor_too() -> None:
    async with conversing() as scene:
        scene.stream.partial("я хотел")
        await scene.frames(0.5, loud=True)
        task = saying(scene, "да-да")
        await scene.frames(0.4, loud=True)
        assert task.result().interrupted


async def test_what_was_being_said_at_the_end_of_the_call_is_left_for_the_transcript_once() -> None:
    async with conversing() as scene:
        await scene.phrase("первая")
        scene.stream.partial("и ещё передайте")
        await scene.frames(1.0, loud=True)
        left = scene.conversation.left()
        assert [phrase.text for phrase in left] == ["первая", "и ещё передайте"]
        assert left[1].start == pytest.approx(1.9, abs=0.05)
        assert left[1].end == pytest.approx(scene.now)
        assert scene.conversation.left() == []


def scene_final(text: str):
    from voice.events import Final

    return Final(text, confidence=0.9)


async def test_the_tone_of_a_key_is_no_phrase() -> None:
    async with conversing() as scene:
        scene.conversation.digit("4")
        await scene.phrase("алло", 0.3)
        assert scene.conversation.left() == []


async def test_speech_beside_a_key_is_heard() -> None:
    async with conversing() as scene:
        scene.conversation.digit("4")
        await scene.phrase("соедините меня с директором", 1.5)
        assert [phrase.text for phrase in scene.conversation.left()] == ["соедините меня с директором"]


async def test_a_short_word_long_after_a_key_is_heard() -> None:
    async with conversing() as scene:
        scene.conversation.digit("4")
        await scene.frames(2.0)
        await scene.phrase("да", 0.3)
        assert [phrase.text for phrase in scene.conversation.left()] == ["да"]


async def test_a_nudge_ends_a_listen_but_not_a_phrase() -> None:
    async with conversing() as scene:
        heard = listening(scene)
        await scene.frames(0.5)
        scene.conversation.nudge()
        await settle()
        assert heard.result() == Nudged()
        heard = listening(scene)
        await scene.frames(0.3, loud=True)
        scene.conversation.nudge()
        await scene.phrase("алло", 0.5)
        assert heard.result().text == "алло"
        assert await scene.conversation.listen(6.0) == Nudged(), "it is not forgotten"
