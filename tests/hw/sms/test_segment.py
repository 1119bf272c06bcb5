"""Long texts as parts: limits, what must not be cut, and back to the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.sms import pdu, segment
from hw.sms.address import Address
from hw.sms.coding import Alphabet
from hw.sms.errors import PduError
from hw.sms.pdu import Deliver, Submit, encode_deliver, encode_submit, join
from hw.sms.segment import split
from hw.sms.stamp import Stamp
from tests.hw.sms import vectors

CYRILLIC = "Ж"
CASES = [
    ("nothing", "", [0], Alphabet.GSM7),
    ("a word", "Hello", [5], Alphabet.GSM7),
    ("two signs", "你好", [2], Alphabet.UCS2),
    ("one full message", "0123456789" * 16, [160], Alphabet.GSM7),
    ("one more", "0123456789" * 16 + "0", [153, 8], Alphabet.GSM7),
    ("one full message of Cyrillic", CYRILLIC * 70, [70], Alphabet.UCS2),
    ("one more Cyrillic letter", CYRILLIC * 71, [67, 4], Alphabet.UCS2),
    ("two full parts", "a" * 306, [153, 153], Alphabet.GSM7),
    ("three", "a" * 307, [153, 153, 1], Alphabet.GSM7),
    ("an escape is not cut", "a" * 152 + "€" + "a" * 10, [152, 11], Alphabet.GSM7),
    ("brackets cost two", "{" * 80, [80], Alphabet.GSM7),
    ("eighty-one brackets", "{" * 81, [76, 5], Alphabet.GSM7),
    ("a pair is not cut", CYRILLIC * 66 + "😀" + CYRILLIC * 10, [66, 11], Alphabet.UCS2),
    ("one letter makes it UCS2", "a" * 70 + CYRILLIC, [67, 4], Alphabet.UCS2),
    ("Greek capitals are GSM", "Δ" * 160, [160], Alphabet.GSM7),
]
"""The first seven are of ModemManager's text-split tests."""


@pytest.mark.parametrize(("text", "lengths", "alphabet"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_text_is_split_at_the_standard_s_limits(text: str, lengths: list[int], alphabet: Alphabet) -> None:
    parts = split(text, 7)
    assert [len(part.text) for part in parts] == lengths
    assert {part.alphabet for part in parts} == {alphabet}
    assert "".join(part.text for part in parts) == text


def test_published_parts_of_a_long_text_are_ours_octet_for_octet() -> None:
    parts = split(vectors.LOREM, 0)
    written = [encode_submit("+15125551234", part, reject_duplicates=True) for part in parts]
    assert [octets.hex().upper() for octets in written] == vectors.LOREM_PARTS


def test_published_parts_of_cyrillic_join_to_their_text() -> None:
    messages = [pdu.decode(pdu.unhex(octets)) for octets in vectors.ASSEMBLY]
    assert all(isinstance(message, Deliver) for message in messages)
    text = join([message.body.text for message in messages if isinstance(message, Deliver)])
    assert text.startswith("Итак, Александр  слушал за дверью")
    assert text.endswith("он стремительно вбежал в комнату, позабыв\nдаже, что  был наг.")


def test_a_text_of_more_than_255_parts_is_refused() -> None:
    assert segment.count("a" * 153 * 255) == 255
    with pytest.raises(PduError):
        split("a" * (153 * 255 + 1))


def test_half_a_pair_is_refused() -> None:
    with pytest.raises(PduError):
        split("\ud83d")


@given(st.text(max_size=400), st.integers(0, 0xFFFF), st.booleans())
def test_what_is_split_sent_and_joined_is_the_text(text: str, reference: int, wide: bool) -> None:
    parts = split(text, reference, wide=wide)
    read = []
    for part in parts:
        octets = encode_submit("+79161234567", part, reference=1, report=True, validity=2880)
        assert len(octets) - 1 == pdu.tpdu_length(octets)
        message = pdu.decode(octets)
        assert isinstance(message, Submit)
        assert message.body == part
        read.append(message.body.text)
    assert join(read) == text


@given(st.text(max_size=70), st.booleans())
def test_what_is_delivered_is_read_as_it_was_sent(text: str, flash: bool) -> None:
    for part in split(text, 3, flash=flash):
        message = pdu.decode(
            encode_deliver(Address("+79161234567"), Stamp(1795347000.0, 180), part, centre="+79168999100")
        )
        assert isinstance(message, Deliver)
        assert message.body == part
        assert message.sent == Stamp(1795347000.0, 180)


def test_a_pair_that_a_sender_split_between_two_parts_is_healed() -> None:
    assert join(["до \ud83d", "\ude00 после"]) == "до 😀 после"
    assert join(["до \ud83d"]) == "до \N{REPLACEMENT CHARACTER}"
