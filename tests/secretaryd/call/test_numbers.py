"""Numbers in any written form are one caller."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.call.numbers import canonical, written

CASES = [
    ("+79161234567", "+79161234567"),
    ("79161234567", "+79161234567"),
    ("89161234567", "+79161234567"),
    ("9161234567", "+79161234567"),
    ("4951234567", "+74951234567"),
    ("84951234567", "+74951234567"),
    ("810442071234567", "+442071234567"),
    ("00442071234567", "+442071234567"),
    ("+442071234567", "+442071234567"),
    ("900", "900"),
    ("112", "112"),
    ("*100#", "*100#"),
    ("1234567", "1234567"),
    ("MTS", None),
    ("+7916\n", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("given_", "wanted"), CASES)
def test_a_number_has_one_form(given_: str | None, wanted: str | None) -> None:
    assert canonical(given_) == wanted


@given(st.text(max_size=40))
def test_the_form_is_final_and_nothing_hostile_passes(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once
    assert once is None or set(once) <= set("0123456789+*#")


WRITTEN = [
    ("+7 (916) 123-45-67", "+79161234567"),
    ("8 916 123 45 67", "+79161234567"),
    ("8-916-123-45-67", "+79161234567"),
    (" 916.123.45.67 ", "+79161234567"),
    ("8\u00a0(495)\u00a0123\u201345\u201367 доб. 12", "+74951234567"),
    ("tel:+44-20-7946-0000", "+442079460000"),
    ("8 10 44 20 7946 0000", "+442079460000"),
    ("900", "900"),
    ("*100#", "*100#"),
    ("Анна", None),
    ("916 или 917", None),
    ("", None),
    ("+", None),
]


@pytest.mark.parametrize(("text", "wanted"), WRITTEN)
def test_a_number_is_known_however_it_is_written(text: str, wanted: str | None) -> None:
    assert written(text) == wanted


@given(st.text(max_size=40))
def test_what_is_written_ends_in_the_one_form_too(text: str) -> None:
    once = written(text)
    assert once is None or canonical(once) == once
