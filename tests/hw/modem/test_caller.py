"""Numbers as the modem's lines carry them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.modem.caller import clean_number, parse_clip, parse_missed, parse_waiting, same_number
from hw.modem.events import Presentation

P = Presentation

CLIPS = [
    ('+CLIP: "+79161234567",145,,,,0', "+79161234567", P.PRESENTED),
    ('+CLIP: "79161234567",145,"",,"",0', "+79161234567", P.PRESENTED),
    ('+CLIP: "79161234567",129,,,,0', "79161234567", P.PRESENTED),
    ('+CLIP: "89161234567",161,,,,0', "89161234567", P.PRESENTED),
    ('+CLIP: "02152063113",128,,,"gongsi",0', "02152063113", P.PRESENTED),
    ('+CLIP: "900",129,,,,0', "900", P.PRESENTED),
    ('+CLIP: "900",145,,,,0', "900", P.PRESENTED),
    ('+CLIP: "+7 (916) 123-45-67",145', "+79161234567", P.PRESENTED),
    ('+CLIP: "",128,,,,1', None, P.WITHHELD),
    ('+CLIP: "",128,"",,"",1', None, P.WITHHELD),
    ("+CLIP: ,128,,,,1", None, P.WITHHELD),
    ('+CLIP: "",128', None, P.WITHHELD),
    ('+CLIP: "",129,,,,2', None, P.UNAVAILABLE),
    ('+CLIP: "",0,,,,2', None, P.UNAVAILABLE),
    ('+CLIP: ""', None, P.UNAVAILABLE),
    ('+CLIP: "Tinkoff",208,,,,0', None, P.MALFORMED),
    ('+CLIP: "' + "1" * 60 + '",129', None, P.MALFORMED),
    ('+CLIP: "+7916<script>",145', None, P.MALFORMED),
    ('+CLIP: "+79161234567', None, P.MALFORMED),  # cut off: nobody knows how many digits are missing
    ('+CLIP: "+7916', None, P.MALFORMED),
    ("+CLIP:", None, P.MALFORMED),
    ("+CLIP: garbage", None, P.MALFORMED),
]


@pytest.mark.parametrize(("line", "number", "presentation"), CLIPS)
def test_a_clip_line_tells_the_caller(line: str, number: str | None, presentation: Presentation) -> None:
    known = parse_clip(line)
    assert (known.number, known.presentation, known.raw) == (number, presentation, line)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("MISSED_CALL: 08:48AM +79161234567", "+79161234567"),
        ("MISSED_CALL: 11:05PM 900", "900"),
        ("MISSED_CALL: 08:48AM", None),
        ("MISSED_CALL:", None),
        ("MISSED_CALL: nonsense here it is", None),
    ],
)
def test_a_missed_call_names_its_number(line: str, number: str | None) -> None:
    assert parse_missed(line) == number


@pytest.mark.parametrize(
    ("line", "number"),
    [('+CCWA: "+79161234567",145,1', "+79161234567"), ('+CCWA: "",128,1,,1', None), ("+CCWA:", None)],
)
def test_a_waiting_call_names_its_number(line: str, number: str | None) -> None:
    assert parse_waiting(line) == number


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+79161234567", "89161234567", True),
        ("+79161234567", "79161234567", True),
        ("+79161234567", "+79161234568", False),
        ("900", "900", True),
        ("1234567", "+74951234567", False),
        (None, None, True),
        (None, "900", False),
    ],
)
def test_two_spellings_are_compared(one: str | None, other: str | None, same: bool) -> None:
    assert same_number(one, other) is same


@given(st.text(max_size=200), st.sampled_from(["", "128", "129", "145", "161"]))
def test_a_number_is_never_anything_but_digits_and_signs(text: str, kind: str) -> None:
    number = clean_number(text, kind)
    assert number is None or (0 < len(number) <= 32 and set(number) <= set("0123456789+*#"))
