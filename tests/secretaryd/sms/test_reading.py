"""Raw PDUs as the storage takes them: nothing that comes is ever lost for being odd."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.simulator import sms_pdu
from secretaryd.sms.reading import PartJoiner, read
from storage.sms.records import Outline

WHEN = dt.datetime(2026, 11, 22, 8, 48, tzinfo=dt.timezone(dt.timedelta(hours=3)))


def test_a_message_is_read_with_its_senders_number_in_one_form() -> None:
    found = read(sms_pdu.deliver("89161234567", "Привет", WHEN), 5.0, "ME", 3)
    assert (found.kind, found.number, found.named, found.text) == ("text", "+79161234567", False, "Привет")
    assert (found.sent, found.at, found.memory, found.slot) == (WHEN.timestamp(), 5.0, "ME", 3)


def test_a_name_stays_a_name() -> None:
    found = read(sms_pdu.deliver("Bank", "Код: 1234", WHEN), 5.0)
    assert (found.number, found.named) == ("Bank", True)


def test_a_part_knows_its_place() -> None:
    found = read(sms_pdu.deliver("+79161234567", "a", WHEN, part=(300, 3, 2), wide=True), 5.0)
    assert (found.reference, found.total, found.part, found.wide) == (300, 3, 2, True)


def test_a_message_of_one_part_with_a_header_is_whole() -> None:
    found = read(sms_pdu.deliver("+79161234567", "a", WHEN, part=(3, 1, 1)), 5.0)
    assert (found.total, found.part) == (1, 1)


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [(0x00, "delivered", ""), (0x30, "", ""), (0x46, "failed", "expired"), (0x7F, "failed", "undelivered")],
)
def test_a_report_says_what_became_of_a_message(status: int, outcome: str, reason: str) -> None:
    found = read(sms_pdu.report(41, "+79161234567", WHEN, WHEN, status), 5.0)
    assert (found.kind, found.reference, found.number) == ("report", 41, "+79161234567")
    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.parametrize("raw", ["FF00", "", "zz", "07919761", "00", "0" * 701])
def test_what_is_no_message_is_kept_as_it_is(raw: str) -> None:
    found = read(raw, 5.0)
    assert (found.kind, found.pdu) == ("unreadable", raw)


def test_a_draft_on_the_sim_is_one() -> None:
    found = read("0011000B919761214365F70000AA05E8329BFD06", 5.0)
    assert (found.kind, found.number, found.text) == ("draft", "+79161234567", "hello")


@given(st.binary(max_size=200))
def test_any_octets_are_read_somehow(octets: bytes) -> None:
    found = read(octets.hex().upper(), 5.0)
    assert found.kind in ("text", "report", "draft", "unreadable")
    assert len(found.number) <= 32
    found.number.encode()


def test_the_joiner_keeps_messages_apart_that_are_days_apart() -> None:
    joiner = PartJoiner()
    part = read(sms_pdu.deliver("+79161234567", "b", WHEN, part=(3, 2, 2)), 5.0)
    moment = WHEN.timestamp()
    assert joiner.place(part, [Outline(4, moment - 60, {1: "a"})]) == 4
    assert joiner.place(part, [Outline(4, moment - 80 * 3600, {1: "a"})]) is None
    assert joiner.text({1: "a", 2: "b"}, 2) == "ab"
    assert joiner.text({2: "b"}, 2) == "[…]b"
