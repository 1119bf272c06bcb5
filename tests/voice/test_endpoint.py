"""When a phrase is over: scripts of facts against the time at which the endpointer says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.completeness import Expecting
from voice.endpoint import TABLE, Endpointer, EndpointPolicy, Fact, Phase
from voice.gate import SpeechStarted, SpeechStopped

STEP = 0.02
POLICY = EndpointPolicy(complete=0.35, normal=0.6, incomplete=1.2)

Script = list[tuple[float, str | SpeechStarted | SpeechStopped]]


def overs(script: Script, until: float, language: str = "ru", policy: EndpointPolicy = POLICY) -> list[float]:
    """Times at which phrases were declared over, ticking each frame; the final text arrives at once."""
    endpointer = Endpointer(policy, language)
    waiting = sorted(script, key=lambda item: item[0])
    found = []
    for frame in range(round(until / STEP)):
        now = frame * STEP
        while waiting and waiting[0][0] <= now:
            at, what = waiting.pop(0)
            if isinstance(what, str):
                endpointer.partial(what, at)
            else:
                endpointer.vad(what)
        if endpointer.tick(now):
            found.append(round(now, 2))
            endpointer.reset()
    return found


def said(start: float, stop: float, sure: float = 0.2) -> Script:
    """Speech from start to stop; the VAD is sure of each a little later."""
    return [(start + 0.08, SpeechStarted(start)), (stop + sure, SpeechStopped(stop))]


CASES: dict[str, tuple[Script, list[float]]] = {
    "an answer ends a third of a second after it": ([*said(1.0, 1.5), (1.4, "да")], [1.86]),
    "an ordinary phrase waits longer": ([*said(1.0, 3.0), (2.9, "не работает телефон")], [3.6]),
    "a hanging phrase waits longest": ([*said(1.0, 3.0), (2.9, "я звоню по поводу")], [4.2]),
    "a number with pauses is one phrase": (
        [
            *said(1.0, 3.0),
            (2.9, "запишите номер восемь девятьсот двенадцать"),
            *said(3.9, 5.0),
            (4.9, "запишите номер восемь девятьсот двенадцать триста сорок пять"),
            *said(5.9, 7.5),
            (
                7.4,
                "запишите номер восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять",
            ),
        ],
        [7.86],
    ),
    "going on within the wait goes on with the phrase": ([*said(1.0, 2.0), *said(2.5, 3.0)], [3.6]),
    "two phrases with a good pause are two": ([*said(1.0, 2.0), *said(4.0, 5.0)], [2.6, 5.6]),
    "a late partial shortens the wait": ([*said(1.0, 2.0), (1.5, "я"), (2.3, "да конечно")], [2.36]),
    "a late partial lengthens the wait": ([*said(1.0, 2.0), (1.5, "да"), (2.2, "да но")], [3.2]),
    "sound without words ends too": (said(1.0, 1.3), [1.9]),
    "words that the voice detector missed still end": ([(1.0, "нет"), (1.3, "нет не надо")], [2.1]),
    "words that come slowly, unheard by the voice detector, are one phrase": (
        [(1.0, "понятно"), (1.7, "понятно спасибо"), (2.4, "понятно спасибо до свидания")],
        [3.2],
    ),
    "silence never ends anything": ([], []),
    "an empty hypothesis is no speech": ([(1.0, "")], []),
}


@pytest.mark.parametrize("name", CASES)
def test_phrases_end_when_they_should(name: str) -> None:
    script, expected = CASES[name]
    assert overs(script, 10.0) == pytest.approx(expected, abs=STEP)


def test_english_has_its_own_judgement() -> None:
    script: Script = [*said(1.0, 2.0), (1.9, "my name is")]
    assert overs(script, 5.0, "en") == pytest.approx([3.2], abs=STEP)
    assert overs(script, 5.0, "ru") == pytest.approx([2.6], abs=STEP)


def test_who_never_pauses_is_cut_and_heard_on() -> None:
    policy = EndpointPolicy(complete=0.35, normal=0.6, incomplete=1.2, longest=5.0)
    assert overs(said(1.0, 13.0), 20.0, policy=policy) == pytest.approx([6.0, 11.0, 13.6], abs=STEP)


def test_deadline_is_when_tick_first_says_yes() -> None:
    endpointer = Endpointer(POLICY)
    assert endpointer.deadline is None
    endpointer.vad(SpeechStarted(1.0))
    assert endpointer.deadline == pytest.approx(1.0 + POLICY.longest)
    endpointer.vad(SpeechStopped(2.0))
    deadline = endpointer.deadline
    assert deadline == pytest.approx(2.6)
    assert not endpointer.tick(2.59)
    assert endpointer.tick(2.61)
    assert not endpointer.tick(30.0), "a phrase is over once"
    assert endpointer.deadline is None


def test_words_of_the_ended_phrase_do_not_begin_another() -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    endpointer.vad(SpeechStopped(2.0))
    assert endpointer.tick(2.7)
    endpointer.partial("подскажите ваш адрес", 2.75)
    assert endpointer.phase is Phase.IDLE
    endpointer.reset()
    assert not endpointer.tick(10.0)


def test_speech_that_begins_before_the_final_text_is_the_next_phrase() -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    endpointer.vad(SpeechStopped(2.0))
    assert endpointer.tick(2.7)
    endpointer.vad(SpeechStarted(2.72))
    endpointer.reset()
    assert endpointer.phase is Phase.SPEAKING
    endpointer.vad(SpeechStopped(4.0))
    assert not endpointer.tick(4.61), "he went on after a phrase of his was ended: wait a little longer"
    assert endpointer.tick(4.69)


def ended(endpointer: Endpointer, start: float, stop: float, text: str = "") -> float:
    """One phrase said; the seconds after it at which it was over."""
    endpointer.vad(SpeechStarted(start))
    if text:
        endpointer.partial(text, stop)
    endpointer.vad(SpeechStopped(stop))
    deadline = endpointer.deadline
    assert deadline is not None
    assert endpointer.tick(deadline)
    endpointer.reset()
    return deadline - stop


def test_sound_that_the_vad_does_not_take_for_speech_keeps_a_phrase_open() -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    endpointer.partial("хорошо", 1.5)
    endpointer.vad(SpeechStopped(2.0))
    endpointer.sound(True, 2.3)
    assert not endpointer.tick(2.36)
    endpointer.vad(SpeechStarted(2.3))
    assert not endpointer.tick(2.8), "it was speech: спасибо"
    endpointer.vad(SpeechStopped(3.0))
    endpointer.sound(True, 3.2)
    assert not endpointer.tick(3.5)
    assert endpointer.tick(3.56)


def test_sound_alone_keeps_no_phrase_open_for_ever() -> None:
    endpointer, now = Endpointer(POLICY), 2.0
    endpointer.vad(SpeechStarted(1.0))
    endpointer.vad(SpeechStopped(now))
    while not endpointer.tick(now):
        now += STEP
        endpointer.sound(True, now)
    assert now == pytest.approx(2.0 + POLICY.unsure + POLICY.normal, abs=2 * STEP)


def test_a_word_made_up_in_silence_keeps_no_phrase_open() -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    endpointer.partial("хорошо спасибо", 1.95)
    endpointer.partial("хорошо спасибо до", 2.2)
    endpointer.vad(SpeechStopped(2.0))
    assert endpointer.deadline == pytest.approx(2.35)


@pytest.mark.parametrize("before", ["хорошо спасибо", "хорошо"])
def test_a_word_that_had_time_to_be_said_keeps_the_phrase_open(before: str) -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    endpointer.partial(before, 1.7)
    endpointer.partial("хорошо спасибо до", 2.2)
    endpointer.vad(SpeechStopped(2.0))
    assert endpointer.deadline == pytest.approx(2.0 + POLICY.likely), "but not long: it may be made up"


def test_a_word_said_behind_a_complete_phrase_keeps_it_open() -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    endpointer.partial("хорошо спасибо", 1.7)
    endpointer.partial("хорошо спасибо до", 1.95)
    endpointer.vad(SpeechStopped(2.0))
    assert endpointer.deadline == pytest.approx(2.0 + POLICY.incomplete)


LATE: list[tuple[str, str, float, float]] = [
    # the text before and after, when it changes, and the end of the phrase; the last sound was at 2.0
    ("не работает", "не работает телефон", 2.3, 2.0 + POLICY.normal),  # the recogniser lags
    ("подскажите", "подскажите цены", 2.5, 2.5 + POLICY.settle),
    ("", "алло алло", 2.5, 2.5 + POLICY.settle),
    ("я звоню", "подскажите ваш адрес", 2.55, 2.55 + POLICY.settle),
    ("завтра в", "завтра", 2.5, 2.0 + POLICY.normal),  # a word taken back is no sound
]


@pytest.mark.parametrize(("before", "after", "at", "over"), LATE)
def test_words_that_change_late_in_silence_may_be_the_first_of_more(
    before: str, after: str, at: float, over: float
) -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    endpointer.partial(before, 1.5)
    endpointer.vad(SpeechStopped(2.0))
    endpointer.partial(after, at)
    assert endpointer.deadline == pytest.approx(over)


DOUBTFUL: list[tuple[list[str], float]] = [
    (["где", "где мой", "где мой заказ"], POLICY.complete),
    (["где", "где мой", "где", "где мой заказ"], POLICY.complete),  # taken back, not changed
    (["где", "кто", "кто", "где мой заказ"], POLICY.doubtful),
    (["мой", "где", "где мой", "когда", "где мой заказ"], POLICY.doubtful),
    (["мой", "где", "мой", "я звоню по поводу"], POLICY.incomplete),
]


@pytest.mark.parametrize(("texts", "waits"), DOUBTFUL)
def test_what_sounds_complete_is_waited_for_longer_where_the_hypotheses_kept_changing(
    texts: list[str], waits: float
) -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    for number, text in enumerate(texts):
        endpointer.partial(text, 1.1 + number / 10)
    endpointer.vad(SpeechStopped(2.0))
    assert endpointer.deadline == pytest.approx(2.0 + waits)
    endpointer.vad(SpeechStarted(2.2))
    assert ended(endpointer, 2.2, 3.0, "где мой заказ") == pytest.approx(POLICY.complete), "each stretch by itself"


def test_a_sound_that_has_just_begun_is_given_time_to_become_speech() -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    endpointer.vad(SpeechStopped(2.0))
    endpointer.sound(False, 2.6, stirring=True)
    assert not endpointer.tick(2.6)
    endpointer.sound(False, 2.62, stirring=False)
    assert endpointer.tick(2.62), "it was a click"


def test_noise_that_stirs_all_the_time_keeps_no_phrase_open() -> None:
    endpointer, now = Endpointer(POLICY), 2.0
    endpointer.vad(SpeechStarted(1.0))
    endpointer.vad(SpeechStopped(now))
    while not endpointer.tick(now):
        now += STEP
        endpointer.sound(False, now, stirring=True)
    assert now == pytest.approx(2.0 + POLICY.normal + POLICY.stirring, abs=2 * STEP)


def test_what_there_is_an_answer_to_waits_less_long() -> None:
    asked: list[str] = []

    def answerable(text: str, language: str) -> bool:
        assert language == "ru"
        asked.append(text)
        return text in ("доставка по городу", "добрый день")

    endpointer = Endpointer(POLICY, answerable=answerable)
    assert ended(endpointer, 1.0, 2.0, "доставка по городу") == pytest.approx(POLICY.likely)
    assert ended(endpointer, 5.0, 6.0, "доставка по") == pytest.approx(POLICY.incomplete)
    assert ended(endpointer, 9.0, 10.0, "доставка молоком") == pytest.approx(POLICY.normal)
    assert ended(endpointer, 13.0, 14.0, "добрый день") == pytest.approx(POLICY.normal), "who greets wants more"
    assert asked == ["доставка по городу", "доставка молоком"], "once a text, and only where the words say nothing"
    endpointer.expect(Expecting.MATTER)
    assert ended(endpointer, 17.0, 18.0, "доставка по городу") == pytest.approx(POLICY.normal)


def test_what_the_caller_was_asked_for_tells_when_his_answer_is_whole() -> None:
    endpointer = Endpointer(POLICY)
    assert ended(endpointer, 1.0, 2.0, "шестьдесят семь") == pytest.approx(POLICY.normal)
    endpointer.expect(Expecting.NUMBER)
    assert ended(endpointer, 5.0, 6.0, "шестьдесят семь") == pytest.approx(POLICY.incomplete)


def test_a_text_that_stands_is_judged_anew_when_a_question_is_asked() -> None:
    endpointer = Endpointer(POLICY)
    endpointer.vad(SpeechStarted(1.0))
    endpointer.partial("двенадцать", 1.5)
    endpointer.vad(SpeechStopped(1.6))
    before = endpointer.deadline
    endpointer.expect(Expecting.NUMBER)
    assert before is not None
    assert endpointer.deadline is not None
    assert endpointer.deadline > before


def test_a_caller_with_long_pauses_is_waited_for_longer() -> None:
    endpointer = Endpointer(POLICY)
    assert ended(endpointer, 1.0, 2.0) == pytest.approx(POLICY.normal)
    at = 10.0
    for _ in range(5):
        endpointer.vad(SpeechStarted(at))
        endpointer.vad(SpeechStopped(at + 1.0))
        at += 1.8  # never as long as the text makes us wait
        endpointer.partial("запишите номер", at)
    assert ended(endpointer, at, at + 1.0, "не работает телефон") > POLICY.normal + 0.1


def test_who_pauses_little_is_answered_sooner_but_not_within_what_is_open() -> None:
    endpointer, at = Endpointer(POLICY), 10.0
    for _ in range(6):
        endpointer.vad(SpeechStarted(at))
        endpointer.vad(SpeechStopped(at + 1.0))
        at += 1.2
    assert ended(endpointer, at, at + 1.0, "не работает телефон") < POLICY.normal - 0.1
    assert ended(endpointer, at + 9.0, at + 10.0, "мой номер восемь") == pytest.approx(POLICY.incomplete)


def test_a_caller_who_was_cut_off_is_waited_for_longer_even_when_he_sounds_finished() -> None:
    endpointer = Endpointer(POLICY)
    assert ended(endpointer, 1.0, 2.0, "да") == pytest.approx(POLICY.complete)
    assert ended(endpointer, 2.8, 3.4, "да") > POLICY.complete


def test_the_table_answers_every_fact_that_can_happen() -> None:
    outside = {(phase, fact) for phase in Phase for fact in (Fact.STARTED, Fact.STOPPED, Fact.TEXT)}
    assert outside <= TABLE.keys()


facts = st.one_of(
    st.just("start"), st.just("stop"), st.just("reset"), st.text(max_size=10).map(lambda text: "=" + text)
)


@given(st.lists(st.tuples(st.floats(0.01, 3.0), facts), max_size=40))
def test_no_order_of_facts_breaks_it_and_silence_ends_every_phrase(steps: list[tuple[float, str]]) -> None:
    endpointer, now = Endpointer(POLICY), 0.0
    for gap, what in steps:
        now += gap
        if what == "start":
            endpointer.vad(SpeechStarted(now))
        elif what == "stop":
            endpointer.vad(SpeechStopped(now))
        elif what == "reset":
            endpointer.reset()
        else:
            endpointer.partial(what[1:], now)
        endpointer.tick(now)
    endpointer.reset()
    endpointer.vad(SpeechStopped(now))
    endpointer.tick(now + POLICY.longest + POLICY.incomplete)
    endpointer.reset()
    assert endpointer.deadline is None
