"""Who is written to, when, and what a refusal means."""

import datetime as dt
from random import Random

import pytest

from hw.at.numbers import Kind, kind_of, normalised
from secretaryd.sms.policy import NotAllowed, SendPolicy, backoff, is_mobile, quiet_until, refusal
from secretaryd.sms.words import ANSWERS, COMMANDS, REASONS, REFUSED, command_of, reason

MSK = dt.timezone(dt.timedelta(hours=3))


@pytest.mark.parametrize(
    ("raw", "allow", "number"),
    [
        ("+79161234567", (), "+79161234567"),
        ("8 916 123-45-67", (), "+79161234567"),
        ("9161234567", (), "+79161234567"),
        ("900", ("900",), "900"),
        ("+375291234567", ("+375*",), "+375291234567"),
        ("+375291234567", ("+375291234567",), "+375291234567"),
    ],
)
def test_a_number_that_may_be_written_to(raw: str, allow: tuple[str, ...], number: str) -> None:
    assert SendPolicy(allow).check(raw) == number


@pytest.mark.parametrize(
    ("raw", "allow", "code"),
    [
        ("112", ("112",), "emergency"),
        ("900", (), "short"),
        ("901", ("900",), "short"),
        ("+74951234567", (), "fixed"),
        ("+375291234567", (), "foreign"),
        ("+77011234567", (), "foreign"),
        ("+78091234567", (), "foreign"),
        ("*100#", ("*100#",), "no_number"),
        ("", (), "no_number"),
        ("+7916123456٧", (), "no_number"),
        ("+79161234567;ATD112", (), "no_number"),
        ("Bank", (), "no_number"),
        ("+79161234567\r", (), "no_number"),
    ],
)
def test_a_number_that_may_not(raw: str, allow: tuple[str, ...], code: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        SendPolicy(allow).check(raw)
    assert refused.value.code == code


def test_no_hostile_string_is_let_through_but_as_a_mobile_number() -> None:
    rng = Random(7)
    signs = "0123456789+*#;,> \x1a\x1b\r\n\"'ATDатд٠٧７"
    for _ in range(3000):
        text = "".join(rng.choice(signs) for _ in range(rng.randint(0, 16)))
        try:
            number = SendPolicy().check(text)
        except NotAllowed:
            continue
        assert kind_of(normalised(number)) is Kind.MOBILE
        assert number.removeprefix("+").isascii()
        assert number.removeprefix("+").isdecimal()


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        ("", "23:00", None),
        ("22:00-08:00", "21:59", None),
        ("22:00-08:00", "22:00", "32:00"),
        ("22:00-08:00", "03:00", "08:00"),
        ("22:00-08:00", "08:00", None),
        ("13:00-14:00", "13:30", "14:00"),
        ("10:00-10:00", "10:00", None),
    ],
)
def test_quiet_hours_end(hours: str, now: str, until: str | None) -> None:
    def at(text: str) -> dt.datetime:
        hour, minute = map(int, text.split(":"))
        return dt.datetime(2026, 11, 22, tzinfo=MSK) + dt.timedelta(hours=hour, minutes=minute)

    assert quiet_until(hours, at(now)) == (at(until).timestamp() if until else None)


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("Congestion", ("congestion", True)),
        ("42", ("congestion", True)),
        ("no network service", ("no_network", True)),
        ("Memory full", ("memory_full", True)),
        ("28", ("not_existing", False)),
        ("Invalid PDU mode parameter", ("bad_message", False)),
        ("ERROR", ("refused", True)),
        ("Unknown error", ("refused", True)),
    ],
)
def test_a_refusal_is_for_now_or_for_good(code: str, meant: tuple[str, bool]) -> None:
    assert refusal(code) == meant
    assert meant[0] in REASONS


def test_back_off_grows_and_ends() -> None:
    pauses = [backoff(attempt) for attempt in range(1, 8)]
    assert pauses == [30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, None]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("статус", "status"),
        (" Статус! ", "status"),
        ("Выключи запись.", "recording_off"),
        ("выключи  запись", "recording_off"),
        ("ПЕРЕЗВОНИ", "call_back"),
        ("перезвони 112", None),
        ("статус статус", None),
        ("а" * 200, None),
        ("", None),
        ("выключи запись и перезвони", None),
    ],
)
def test_a_command_is_a_command_alone(text: str, command: str | None) -> None:
    assert command_of(text) == command


def test_every_word_is_there_in_both_languages() -> None:
    for table in (REASONS, REFUSED, ANSWERS):
        for key, (ru, en) in table.items():
            assert bool(ru) == bool(en), key
            assert ru.count("{}") == en.count("{}"), key
    assert set(COMMANDS.values()) <= {*ANSWERS, "help"}
    assert reason("congestion", "ru") == "сеть перегружена"
    assert reason("from another version", "en") == "from another version"


@pytest.mark.parametrize(("raw", "mobile"), [("+79161234567", True), ("89161234567", True), ("+74951234567", False)])
def test_an_owners_number_is_a_mobile_one(raw: str, mobile: bool) -> None:
    assert is_mobile(raw) is mobile
