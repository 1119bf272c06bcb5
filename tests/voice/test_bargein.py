"""Who gets the floor: scripts of what a caller does over us against what we do, frame by frame."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.back_channels import is_back_channel
from voice.bargein import TABLE, Act, BargeIn, BargeInPolicy, Sign, Stage, Wariness
from voice.ports import FRAME_SECONDS

POLICY = BargeInPolicy()

Stretch = tuple[float, str, str]
"""Seconds, what is heard (" " nothing, "." any sound, "?" a likely one, "!" speech), the words so far."""


def acts(script: list[Stretch], *, deaf: bool = False, language: str = "ru") -> list[tuple[float, Act]]:
    barge_in, frame, found = BargeIn(language), 0, []
    for seconds, heard, text in script:
        for _ in range(round(seconds / FRAME_SECONDS)):
            frame += 1
            now = frame * FRAME_SECONDS
            act = barge_in.frame(
                now, likely=heard in "?!", stirring=heard != " ", speaking=heard == "!", text=text, deaf=deaf
            )
            if act is not Act.NOTHING:
                found.append((round(now, 2), act))
    return found


def test_a_sound_in_the_beginning_of_a_frame_is_one_like_any_other() -> None:
    barge_in = BargeIn("ru", wariness=(wariness := Wariness()))
    assert barge_in.begun(stirring=False) is Act.NOTHING
    found: list[list[Act]] = []
    now = 0.0
    for _ in range(4):
        seen = [barge_in.begun(stirring=True), barge_in.begun(stirring=True)]
        for _ in range(20):
            now += FRAME_SECONDS
            seen.append(barge_in.frame(now, likely=False, speaking=False, text=""))
        found.append([act for act in seen if act is not Act.NOTHING])
    assert found == [[H, R], [H, R], [H, R], []], "believed no more after three in vain"
    assert wariness.believes(now, likely=True, stirring=False)


H, R, Y = Act.HUSH, Act.RESUME, Act.YIELD

CASES: dict[str, tuple[list[Stretch], list[tuple[float, Act]]]] = {
    "nothing happens": ([(5, " ", "")], []),
    "a click": ([(1, " ", ""), (0.04, "?", ""), (1, " ", "")], [(1.02, H), (1.3, R)]),
    "a click that no detector takes for anything": (
        [(1, " ", ""), (0.02, ".", ""), (1, " ", "")],
        [(1.02, H), (1.3, R)],
    ),
    "a beginning of which half drowns in a bad line's noise": (
        [(1, " ", ""), (0.04, ".", ""), (0.22, " ", ""), (0.06, "?", ""), (0.6, "!", ""), (0.2, "!", "какой адрес")],
        [(1.02, H), (2.04, Y)],
    ),
    "a soft consonant before a word": (
        [(1, " ", ""), (0.16, ".", ""), (0.06, "?", ""), (0.6, "!", ""), (0.2, "!", "какой адрес")],
        [(1.02, H), (1.94, Y)],
    ),
    "a click some time after a word": (
        [(1, " ", ""), (0.3, "!", "стоп"), (1, " ", "стоп"), (0.02, ".", ""), (1, " ", "")],
        [(1.02, H), (1.26, Y)],
    ),
    "a click some time after a cough": (
        [(1, " ", ""), (0.3, "!", ""), (1, " ", ""), (0.02, ".", ""), (1, " ", "")],
        [(1.02, H), (1.62, R), (2.32, H), (2.48, R)],
    ),
    "a hiss that stays": ([(1, " ", ""), (2, ".", "")], [(1.02, H), (1.62, R)]),
    "a cough": (
        [(1, " ", ""), (0.06, "?", ""), (0.4, "!", ""), (0.1, "?", ""), (1, " ", "")],
        [(1.02, H), (1.86, R)],
    ),
    "a cough that the recogniser makes a short word of": (
        [(1, " ", ""), (0.06, "?", ""), (0.08, "!", ""), (2, " ", "стоп")],
        [(1.02, H), (1.44, R)],
    ),
    "a nod": (
        [(1, " ", ""), (0.06, "?", ""), (0.4, "!", ""), (0.2, " ", ""), (1, " ", "угу")],
        [(1.02, H), (2.06, R)],
    ),
    "a short order": (
        [(1, " ", ""), (0.06, "?", ""), (0.3, "!", ""), (0.1, " ", ""), (1, " ", "стоп")],
        [(1.02, H), (1.68, Y)],
    ),
    "an order whose words are late": (
        [(1, " ", ""), (0.06, "?", ""), (0.3, "!", ""), (0.5, " ", ""), (1, " ", "стоп")],
        [(1.02, H), (1.66, R), (1.88, Y)],
    ),
    "a question that pauses behind its first word": (
        [(1, " ", ""), (0.4, "!", ""), (0.1, "!", "скажите"), (1.1, " ", "скажите"), (0.4, "!", "скажите какой")],
        [(1.02, H), (1.62, Y)],
    ),
    "a sound of thinking, and a question behind it that begins softly": (
        [(1, " ", ""), (0.24, "!", ""), (0.2, " ", ""), (0.5, " ", "это"), (0.1, "?", "это"), (1, "!", "это какие")],
        [(1.02, H), (2.70, Y)],
    ),
    "a nod that is taken for an order at first": (
        [(1, " ", ""), (0.28, "!", ""), (0.12, " ", "повторите"), (1, " ", "подготовьте")],
        [(1.02, H), (2.28, R)],
    ),
    "a long order in a short sound": ([(1, " ", ""), (0.34, "!", ""), (2, " ", "повторите")], [(1.02, H), (2.34, R)]),
    "a slow nod that becomes a greeting": (
        [(1, " ", ""), (0.4, "!", "да"), (0.4, "!", "давайте"), (0.3, " ", "да здравствуйте"), (1, " ", "да да")],
        [(1.02, H), (2.40, R)],
    ),
    "a question": (
        [(1, " ", ""), (0.06, "?", ""), (0.4, "!", ""), (2, "!", "какой адрес")],
        [(1.02, H), (1.78, Y)],
    ),
    "a question in a voice that the detector hardly knows": (
        [(1, " ", ""), (0.1, "?", ""), (0.1, "!", ""), (0.2, " ", ""), (0.2, "?", "какой"), (0.4, "?", "какой адрес")],
        [(1.02, H), (1.78, Y)],
    ),
    "a drawn-out sound that is no word, and a question behind it": (
        [(1, " ", ""), (0.6, "!", ""), (0.9, " ", ""), (0.7, "!", ""), (0.3, "!", "какие услуги")],
        [(1.02, H), (3.28, Y)],
    ),
    "a nod that is misheard pauses us for a second": (
        [(1, " ", ""), (0.3, "!", ""), (0.2, " ", "зоя"), (1.5, " ", "массаж")],
        [(1.02, H), (2.30, R)],
    ),
    "a nod that is something else at first": (
        [(1, " ", ""), (0.4, "!", ""), (0.2, " ", "к двум"), (1, " ", "угу")],
        [(1.02, H), (2.00, R)],
    ),
    "a nod that goes on as a sentence": (
        [(1, " ", ""), (0.4, "!", ""), (0.4, "!", "да"), (1, "!", "да но")],
        [(1.02, H), (1.98, Y)],
    ),
    "a chain of nods that does not end": ([(1, " ", ""), (0.4, "!", ""), (3, "!", "да да да")], [(1.02, H), (2.62, Y)]),
    "a television": ([(1, " ", ""), (9, "!", "")], [(1.02, H), (2.6, R), (6.6, H), (6.62, R)]),
    "words of a moment ago do not stop us": ([(3, " ", "стоп")], []),
}


@pytest.mark.parametrize("name", CASES)
def test_the_floor_goes_where_it_should(name: str) -> None:
    script, expected = CASES[name]
    found = acts(script)
    assert [act for _, act in found][: len(expected)] == [act for _, act in expected]
    if name != "a television":
        assert len(found) == len(expected)
    assert [at for at, _ in found][:2] == pytest.approx([at for at, _ in expected][:2], abs=2 * FRAME_SECONDS)


def test_without_a_recogniser_voice_alone_takes_the_floor() -> None:
    assert acts([(1, " ", ""), (2, "!", "")], deaf=True) == [(1.02, H), (pytest.approx(1.6, abs=0.03), Y)]


def test_who_was_speaking_already_needs_no_new_beginning() -> None:
    barge_in = BargeIn("ru", spoken=0.5)
    assert barge_in.frame(0.02, likely=True, speaking=True, text="я хотел") is H
    assert Y in [barge_in.frame(0.04 + 0.02 * i, likely=True, speaking=True, text="я хотел") for i in range(20)]


@pytest.mark.parametrize(
    ("text", "after", "act"),
    [("адрес", 0.9, Y), ("угу", 0.9, Act.NOTHING), ("", 0.9, Act.NOTHING), ("адрес", 3.0, Act.NOTHING)],
)
def test_the_final_text_of_a_short_sound_decides_though_we_have_gone_on(text: str, after: float, act: Act) -> None:
    barge_in, now = BargeIn("ru"), 0.0
    for speaking, seconds in ((False, 1.0), (True, 0.4), (False, after)):
        for _ in range(round(seconds / FRAME_SECONDS)):
            now += FRAME_SECONDS
            barge_in.frame(now, likely=speaking, speaking=speaking, text="")
    assert barge_in.stage is Stage.SPEAKING
    assert barge_in.final(text) is act


def test_a_final_text_without_any_voice_is_a_cough() -> None:
    barge_in = BargeIn("ru")
    barge_in.frame(0.02, likely=True, speaking=False, text="")
    assert barge_in.final("адрес") is Act.NOTHING


def test_a_noisy_line_is_believed_less_and_less() -> None:
    found = acts([(0.02, "?", ""), (0.18, " ", "")] * 150)
    hushes = [at for at, act in found if act is H]
    assert len(hushes) <= 15
    gaps = [round(b - a, 2) for a, b in pairwise(hushes) if b < 12.0]  # later the first ones are forgiven
    assert gaps == sorted(gaps)


def test_sound_alone_is_believed_no_more_by_the_call_that_it_fooled() -> None:
    wariness = Wariness()
    for at in (10.0, 11.0):
        wariness.hushed_for_nothing(at)
        assert wariness.believes(at + 0.1, likely=False, stirring=True), "anybody may cough"
    wariness.hushed_for_nothing(12.0)
    assert not wariness.believes(12.5, likely=False, stirring=True)
    assert wariness.believes(12.5, likely=True, stirring=True)
    assert wariness.believes(15.5, likely=False, stirring=True), "after three seconds it counts again"
    wariness.hushed_for_nothing(16.0)
    wariness.hushed_for_nothing(17.0)
    assert not wariness.believes(18.0, likely=True, stirring=True)
    assert wariness.believes(21.0, likely=True, stirring=True)
    assert not wariness.believes(21.0, likely=False, stirring=True)
    wariness.hushed_for_nothing(60.0)
    assert wariness.believes(60.1, likely=False, stirring=True), "forgiven, it begins anew"


def test_a_caller_who_coughs_is_believed_longer_than_a_line_that_clicks() -> None:
    coughs, clicks = Wariness(), Wariness()
    for at in (1.0, 3.0, 5.0):
        coughs.hushed_for_nothing(at, sounded=0.2)
        clicks.hushed_for_nothing(at, sounded=0.04)
    assert coughs.believes(5.5, likely=False, stirring=True)
    assert not clicks.believes(5.5, likely=False, stirring=True)
    for at in (6.0, 7.0, 8.0):
        coughs.hushed_for_nothing(at, sounded=0.2)
    assert not coughs.believes(8.5, likely=False, stirring=True), "not for ever"


def test_coughs_over_us_count_as_coughs() -> None:
    """The length of a sound is counted where we fell silent for it: behind four of 0.2 s the next is believed too."""
    script = [(1.0, " ", ""), *([(0.2, ".", ""), (1.6, " ", "")] * 5)]
    assert [act for _, act in acts(script)] == [H, R] * 5


def test_a_sound_that_does_not_end_is_no_cough() -> None:
    wariness = Wariness()
    wariness.hushed_for_nothing(10.0, lasts=True)
    assert not wariness.believes(10.1, likely=False, stirring=True)


def test_an_utterance_knows_what_those_before_it_met() -> None:
    wariness = Wariness()
    for begins, hushes in ((1.0, True), (2.0, True), (3.0, True), (4.0, False)):
        barge_in = BargeIn("ru", wariness=wariness)
        acts = [
            barge_in.frame(begins + i * FRAME_SECONDS, likely=False, stirring=i == 1, speaking=False, text="")
            for i in range(20)
        ]
        assert (H in acts) is hushes


def test_a_wary_line_still_falls_silent_for_speech() -> None:
    found = acts([(0.02, "?", ""), (0.5, " ", ""), (0.5, "!", ""), (1, "!", "подождите")])
    assert [act for _, act in found] == [H, R, H, Y]


@pytest.mark.parametrize(
    ("text", "language", "nod"),
    [
        ("угу", "ru", True),
        ("алло", "ru", True),
        ("алло скажите", "ru", False),
        ("Да-да", "ru", True),
        ("да да понятно", "ru", True),
        ("да да да да да", "ru", False),
        ("нет", "ru", False),
        ("стоп", "ru", False),
        ("да но", "ru", False),
        ("понятно спасибо", "ru", False),
        ("", "ru", False),
        ("uh huh", "en", True),
        ("i see", "en", True),
        ("i want", "en", False),
        ("oui", "fr", False),
    ],
)
def test_nods_are_told_from_words(text: str, language: str, nod: bool) -> None:
    assert is_back_channel(text, language) is nod


def test_the_table_knows_every_sign_at_every_stage() -> None:
    assert set(TABLE) == {(stage, sign) for stage in Stage for sign in Sign}


frames = st.lists(
    st.tuples(st.sampled_from(" .?!"), st.sampled_from(["", "да", "стоп", "да стоп"]), st.booleans()),
    max_size=400,
)


@given(frames)
def test_whatever_is_heard_every_hush_is_answered_and_the_floor_is_given_once(
    script: list[tuple[str, str, bool]],
) -> None:
    barge_in, found, now = BargeIn("ru"), [], 0.0
    for heard, text, deaf in script + [(" ", "", False)] * 100:
        now += FRAME_SECONDS
        found.append(
            barge_in.frame(
                now, likely=heard in "?!", stirring=heard != " ", speaking=heard == "!", text=text, deaf=deaf
            )
        )
    told = [act for act in found if act is not Act.NOTHING]
    assert told.count(Y) <= 1
    assert Y not in told[:-1], "after it nothing is left to do"
    hushed = False
    for act in told:
        assert (act is H) is not hushed or act is Y
        hushed = act is H
    assert not hushed


@pytest.mark.parametrize(
    ("hypotheses", "final", "act"),
    [
        (("угу", "удобно", "долго"), "долго", Act.NOTHING),  # a nod, misheard
        (("с пятницы", "в пять"), "в пять", Act.NOTHING),
        (("адрес",), "адрес", Act.YIELD),
        (("какой", "какой адрес"), "какой адрес", Act.YIELD),
        (("укладка", "стоп"), "стоп", Act.YIELD),
        (("плохо",), "плохо", Act.NOTHING),  # "да да", misheard
        (("стоп плохо",), "стоп плохо", Act.YIELD),
        (("страховка", "товар"), "стоп", Act.NOTHING),  # a cough: its words change to the end
    ],
)
def test_a_short_sound_whose_text_changes_or_means_nothing_is_a_nod(
    hypotheses: tuple[str, ...], final: str, act: Act
) -> None:
    barge_in, now = BargeIn("ru", makes_sense=lambda text: "адрес" in text), 0.0
    for speaking, seconds, texts in ((False, 1.0, ("",)), (True, 0.4, ("",)), (False, 0.9, hypotheses)):
        for frame in range(count := round(seconds / FRAME_SECONDS)):
            now += FRAME_SECONDS
            barge_in.frame(now, likely=speaking, speaking=speaking, text=texts[frame * len(texts) // count])
    done = barge_in.final(final) if barge_in.stage is not Stage.YIELDED else Act.YIELD
    assert done is act


@pytest.mark.parametrize(
    ("final", "seconds", "act"),
    [
        ("сколько ждать заказ", 0.9, Act.YIELD),
        ("сколько ждать заказ", 0.4, Act.YIELD),  # of the rest of it the line let nothing through
        ("пять пять шесть", 0.8, Act.NOTHING),  # "да да", misheard: it says nothing to us
        ("до заказа", 0.9, Act.NOTHING),
        ("добрый день сколько по времени", 0.9, Act.YIELD),  # whatever it means
        ("да да да да да ладно", 0.9, Act.NOTHING),
    ],
)
def test_a_whole_sentence_is_no_nod_though_it_began_as_one(final: str, seconds: float, act: Act) -> None:
    barge_in, now = BargeIn("ru", makes_sense=lambda text: "заказ" in text), 0.0
    heard = [(seconds - 0.2, True, "алло"), (0.1, True, "сколько ждать"), (0.4, False, "долго")]
    for length, speaking, text in [(0.5, False, ""), (0.1, True, ""), *heard]:
        for _ in range(round(length / FRAME_SECONDS)):
            now += FRAME_SECONDS
            told = barge_in.frame(now, likely=speaking, speaking=speaking, text=text)
            assert told is not Act.YIELD
    assert barge_in.final(final) is act


def test_a_phrase_that_a_poor_line_breaks_into_several_sounds_is_one() -> None:
    """The last of them has hardly any voice in it, and the text was known before it."""
    barge_in, now, text = BargeIn("ru"), 0.0, "добрый день сколько по времени"
    pieces = [
        (1.0, False, False, ""),
        (0.4, True, True, "добрый"),
        (0.5, False, False, text),
        (0.04, True, False, text),
    ]
    for length, likely, speaking, heard in pieces:
        for _ in range(round(length / FRAME_SECONDS)):
            now += FRAME_SECONDS
            assert barge_in.frame(now, likely=likely, speaking=speaking, text=heard) is not Y
    assert barge_in.voiced
    assert barge_in.final(text) is Y


@pytest.mark.parametrize(
    ("text", "seconds", "stops"),
    [
        ("нет неправильно", 0.9, True),
        ("нет неправильно", 0.5, False),  # too short for so many letters: a cough
        ("неправильно", 0.9, False),
        ("плохо слышно", 0.9, False),  # says nothing to us
    ],
)
def test_words_to_the_point_count_though_the_detector_is_deaf_to_the_voice(
    text: str, seconds: float, stops: bool
) -> None:
    barge_in, now, acts = BargeIn("ru", makes_sense=lambda words: "неправильно" in words), 0.0, []
    for length, likely, heard in ((1.0, False, ""), (0.3, True, ""), (seconds - 0.3, True, text), (1.0, False, text)):
        for _ in range(round(length / FRAME_SECONDS)):
            now += FRAME_SECONDS
            acts.append(barge_in.frame(now, likely=likely, stirring=likely, speaking=False, text=heard))
    acts.append(barge_in.final(text))
    assert (Act.YIELD in acts) is stops


@pytest.mark.parametrize(("text", "goes_on"), [("угу", True), ("", True), ("меня", False)])
def test_who_begins_a_sentence_may_look_for_its_next_word(text: str, goes_on: bool) -> None:
    barge_in, now, acts = BargeIn("ru"), 0.0, []
    for speaking, seconds in ((False, 1.0), (True, 0.4), (False, 0.7)):
        for _ in range(round(seconds / FRAME_SECONDS)):
            now += FRAME_SECONDS
            acts.append(barge_in.frame(now, likely=speaking, speaking=speaking, text=text if now > 1.3 else ""))
    assert Act.HUSH in acts
    assert (Act.RESUME in acts) is goes_on


def test_a_nod_and_a_question_behind_it_are_judged_apart() -> None:
    """They are one phrase to the recogniser; the question is steady and means something, whatever the nod became."""
    barge_in, now = BargeIn("ru", makes_sense=lambda text: "робот" in text), 0.0
    heard = [(0.3, False, ""), (0.3, True, "да"), (0.5, False, "плохо"), (0.4, True, "плохо"), (0.3, True, "плохо это")]
    for seconds, speaking, text in [*heard, (0.4, False, "плохо это робот")]:
        for _ in range(round(seconds / FRAME_SECONDS)):
            now += FRAME_SECONDS
            assert barge_in.frame(now, likely=speaking, speaking=speaking, text=text) is not Y
    assert not barge_in.is_nod("плохо это робот")
    assert barge_in.final("плохо это робот") is Y


def test_what_was_judged_already_makes_no_long_sound_of_the_next() -> None:
    barge_in, now = BargeIn("ru"), 0.0
    for seconds, text in ((0.4, ""), (0.2, "угу")):
        for _ in range(round(seconds / FRAME_SECONDS)):
            now += FRAME_SECONDS
            barge_in.frame(now, likely=True, speaking=True, text=text)
    assert barge_in.final("угу") is Act.NOTHING
    for _ in range(round(0.3 / FRAME_SECONDS)):
        now += FRAME_SECONDS
        assert barge_in.frame(now, likely=True, speaking=False, text="повторите") is not Y
