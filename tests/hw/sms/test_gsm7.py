"""The alphabet as 3GPP TS 23.038 and the mapping table at unicode.org (GSM0338.TXT) have it, septet by septet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.sms import gsm7
from hw.sms.errors import PduError
from tests.hw.sms.vectors import SEPTETS

BASIC = [
    *(0x40, 0xA3, 0x24, 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, 0x0A, 0xD8, 0xF8, 0x0D, 0xC5, 0xE5),
    *(0x394, 0x5F, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, None, 0xC6, 0xE6, 0xDF, 0xC9),
    *(0x20, 0x21, 0x22, 0x23, 0xA4, *range(0x25, 0x40)),
    *(0xA1, *range(0x41, 0x5B), 0xC4, 0xD6, 0xD1, 0xDC, 0xA7),
    *(0xBF, *range(0x61, 0x7B), 0xE4, 0xF6, 0xF1, 0xFC, 0xE0),
]
EXTENSION = {
    0x0A: 0x0C, 0x14: 0x5E, 0x28: 0x7B, 0x29: 0x7D, 0x2F: 0x5C, 0x3C: 0x5B, 0x3D: 0x7E, 0x3E: 0x5D, 0x40: 0x7C,
    0x65: 0x20AC,
}  # fmt: skip


@pytest.mark.parametrize(("septet", "code"), [(place, code) for place, code in enumerate(BASIC) if code])
def test_a_septet_is_its_character_both_ways(septet: int, code: int) -> None:
    assert gsm7.decode([septet]) == chr(code)
    assert gsm7.encode(chr(code)) == [septet]


@pytest.mark.parametrize(("septet", "code"), EXTENSION.items())
def test_an_escaped_septet_is_its_character_both_ways(septet: int, code: int) -> None:
    assert gsm7.decode([gsm7.ESCAPE, septet]) == chr(code)
    assert gsm7.encode(chr(code)) == [gsm7.ESCAPE, septet]


def test_the_table_is_whole() -> None:
    assert len(BASIC) == len(gsm7.BASIC) == 128
    assert set(gsm7.EXTENSION) == set(EXTENSION)


@pytest.mark.parametrize(
    ("septets", "text"),
    [([0x1B, 0x41], "A"), ([0x1B], " "), ([0x1B, 0x1B], " "), ([0x1B, 0x1B, 0x65], " e"), ([], "")],
)
def test_an_unknown_escape_shows_the_basic_character(septets: list[int], text: str) -> None:
    assert gsm7.decode(septets) == text


@pytest.mark.parametrize("char", ["Я", "ё", "ç", "`", "\x00", "\t", "世", "😀"])
def test_what_is_not_in_the_alphabet_is_refused(char: str) -> None:
    assert not gsm7.fits(char)
    with pytest.raises(PduError):
        gsm7.encode(char)


@pytest.mark.parametrize(("text", "packed"), SEPTETS)
def test_septets_pack_as_published(text: str, packed: str) -> None:
    assert gsm7.pack(gsm7.encode(text)) == bytes.fromhex(packed)
    assert gsm7.decode(gsm7.unpack(bytes.fromhex(packed), len(gsm7.encode(text)))) == text


@given(st.lists(st.integers(0, 127), max_size=170), st.integers(0, 6))
def test_what_was_packed_comes_out_again(septets: list[int], fill: int) -> None:
    packed = gsm7.pack(septets, fill)
    assert gsm7.unpack(packed, len(septets), fill) == septets
    assert len(packed) == (fill + 7 * len(septets) + 7) // 8


@given(st.lists(st.integers(0, 127), max_size=170))
def test_any_septets_are_some_text(septets: list[int]) -> None:
    assert isinstance(gsm7.decode(septets), str)
