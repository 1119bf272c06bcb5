"""Ears: facts in order, times on the line's clock, and a recogniser that comes and goes."""

import asyncio

import pytest

from tests.fakes.talking import QUIET, conversing, settle
from voice import ears as module
from voice.ears import Deafened, PartialStable, PartialText, PhraseHeard, SpeechBegan
from voice.events import Final, Word


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)


def phrases(scene) -> list[PhraseHeard]:
    return [event for event in scene.seen if isinstance(event, PhraseHeard)]


async def test_a_phrase_is_told_as_it_grows_and_then_whole() -> None:
    async with conversing() as scene:
        await scene.frames(1.0)
        scene.stream.partial("сколько")
        scene.stream.partial("сколько")
        await scene.phrase("сколько стоит")
        kinds = [type(event) for event in scene.seen]
        assert [kind for kind in kinds if kind is not PartialStable] == [
            SpeechBegan,
            PartialText,
            PartialText,
            PhraseHeard,
        ]
        assert scene.seen[0].at == pytest.approx(1.0)
        assert scene.conversation.ears.partial == ""


async def test_a_text_that_stands_is_told_once_and_the_phrase_says_whether_it_was_the_last() -> None:
    async with conversing() as scene:
        scene.stream.partial("сколько")
        await scene.frames(0.1, loud=True)
        scene.stream.partial("сколько стоит")
        await scene.frames(0.6, loud=True)
        scene.stream.finals.append(Final("сколько стоит"))
        await scene.frames(1.4)
        assert [event.text for event in scene.seen if isinstance(event, PartialStable)] == ["сколько стоит"]
        assert phrases(scene)[-1].stable == phrases(scene)[-1].text == "сколько стоит"
        await scene.phrase("другое", 0.1, final=Final("третье"))
        assert phrases(scene)[-1].stable != "сколько стоит"


async def test_words_are_placed_on_the_line_whenever_the_recogniser_began() -> None:
    async with conversing(up=False) as scene:
        await scene.frames(3.0)
        scene.recognizer.up = True
        while scene.conversation.ears.deaf:
            await settle()
        began = scene.now
        await scene.frames(1.0)
        words = (Word("да", 1.1, 1.3, 0.9),)
        await scene.phrase("да", 0.4, final=Final("да", words, 0.9))
        (phrase,) = phrases(scene)
        assert [(w.start, w.end) for w in phrase.words] == [(pytest.approx(began + 1.1), pytest.approx(began + 1.3))]
        assert phrase.start == pytest.approx(began + 1.1)
        assert phrase.end == pytest.approx(began + 1.4)  # the VAD heard on after the last word


async def test_words_stay_in_place_when_frames_never_came() -> None:
    async with conversing() as scene:
        await scene.frames(1.0)
        scene.index += 100  # two seconds that a busy loop never got
        words = (Word("да", 1.1, 1.3, 0.9),)  # of the recogniser's clock, which has seen 1.0 s before it
        await scene.phrase("да", 0.4, final=Final("да", words, 0.9))
        (phrase,) = phrases(scene)
        assert phrase.start == pytest.approx(3.1)


async def test_monotonic_times_fit_the_line() -> None:
    async with conversing() as scene:
        await scene.frames(2.0)
        await scene.phrase("да", 0.5)
        (phrase,) = phrases(scene)
        assert phrase.end == pytest.approx(2.5)
        assert phrase.last_sound == pytest.approx(scene.offset + 2.5)
        assert phrase.last_sound < phrase.decided <= phrase.final
        assert scene.conversation.ears.line_time(scene.clock()) == pytest.approx(scene.now)
        assert scene.conversation.ears.monotonic(1.0) == pytest.approx(scene.offset + 1.0)


async def test_a_recogniser_that_dies_in_mid_phrase_leaves_a_phrase_without_words_and_comes_back() -> None:
    async with conversing() as scene:
        scene.stream.partial("сколько")
        await scene.frames(0.3, loud=True)
        scene.recognizer.up = False
        scene.stream.die()
        await scene.frames(0.2, loud=True)
        assert scene.conversation.ears.deaf
        assert scene.conversation.ears.partial == ""
        await scene.frames(1.4)
        (phrase,) = phrases(scene)
        assert (phrase.text, phrase.understood) == ("", False)
        assert (phrase.start, phrase.end) == (pytest.approx(0.0), pytest.approx(0.5))
        assert [e.reason for e in scene.seen if isinstance(e, Deafened)] == ["killed"]
        assert scene.recognizer.tried > 3  # all that in vain, and told once
        scene.recognizer.up = True
        await settle()
        assert not scene.conversation.ears.deaf
        await scene.phrase("снова тут")
        assert phrases(scene)[-1].text == "снова тут"
        assert phrases(scene)[-1].understood


async def test_a_recogniser_that_dies_while_it_finishes_a_phrase() -> None:
    async with conversing() as scene:
        scene.stream.died = "too slow"
        await scene.phrase("неважно")
        (phrase,) = phrases(scene)
        assert not phrase.understood
        assert phrase.end == pytest.approx(0.5)
        scene.stream.died = ""
        await scene.phrase("дальше")
        assert phrases(scene)[-1].understood


async def test_a_stream_that_just_ends_is_opened_anew_and_told() -> None:
    async with conversing() as scene:
        first = scene.stream
        first._heard.put_nowait(None)
        await settle()
        assert scene.stream is not first
        assert first.closed
        assert sum(isinstance(event, Deafened) for event in scene.seen) == 1


async def test_another_language_is_heard_at_once_with_a_stream_of_its_own() -> None:
    async with conversing() as scene:
        first = scene.stream
        scene.conversation.change("en")
        await settle()
        assert scene.stream is not first
        assert first.closed
        assert scene.conversation.ears.language == "en"
        assert not any(isinstance(event, Deafened) for event in scene.seen)
        await scene.phrase("my name is anna")
        assert phrases(scene)[-1].text == "my name is anna"


async def test_what_is_said_while_a_text_is_late_belongs_to_the_next_phrase() -> None:
    async with conversing() as scene:
        scene.stream.hold = asyncio.Event()
        await scene.phrase("первая", 0.5)
        scene.stream.finals.append(Final("вторая"))
        await scene.frames(0.3, loud=True)
        await scene.frames(0.2)
        assert phrases(scene) == []
        scene.stream.hold.set()
        await scene.frames(1.4)
        first, second = phrases(scene)
        assert (first.text, first.end) == ("первая", pytest.approx(0.5))
        assert first.last_sound < first.decided
        assert (second.text, second.start) == ("вторая", pytest.approx(1.9))
        assert second.end == pytest.approx(2.2)


async def test_a_caller_too_quiet_for_the_vad_is_heard_by_his_words() -> None:
    async with conversing() as scene:
        scene.stream.finals = [Final("тихо", (Word("тихо", 0.2, 0.5, 0.8),), 0.8)]
        scene.stream.partial("тихо")
        await scene.frames(2.0)
        (phrase,) = phrases(scene)
        assert (phrase.text, phrase.start, phrase.end) == ("тихо", pytest.approx(0.2), pytest.approx(0.5))


async def test_every_frame_goes_to_the_recogniser_while_there_is_one() -> None:
    async with conversing() as scene:
        await scene.frames(0.1)
        assert scene.stream.sent == [QUIET] * 5


async def test_quiet_time_is_counted_only_while_nobody_speaks() -> None:
    async with conversing() as scene:
        await scene.frames(1.0)
        assert scene.conversation.ears.quiet == pytest.approx(1.0)
        assert not scene.conversation.ears.busy
        await scene.frames(1.0, loud=True)
        assert scene.conversation.ears.busy
        assert scene.conversation.ears.quiet == pytest.approx(1.0)


@pytest.mark.parametrize(("waited", "limit"), [(0.0, 1.2), (0.28, 1.2), (0.95, 0.65), (1.25, 0.6), (1.9, 0.6)])
def test_a_final_text_is_waited_for_the_less_the_longer_the_end_was(waited: float, limit: float) -> None:
    assert module.final_limit(waited) == pytest.approx(limit)


async def test_a_recogniser_that_hangs_is_given_up_in_time_to_say_so() -> None:
    async with conversing() as scene:
        scene.stream.hold = asyncio.Event()
        await scene.frames(0.5, loud=True)
        await scene.frames(1.2)
        async with asyncio.timeout(module.ANSWERED_SECONDS - 0.7):  # real time; the silence took none of it
            await scene.stream.finished.wait()
        await settle()
        (phrase,) = phrases(scene)
        assert (phrase.text, phrase.understood) == ("", False)
        scene.stream.hold.set()
        await scene.phrase("теперь слышно")
        assert phrases(scene)[-1].text == "теперь слышно"
