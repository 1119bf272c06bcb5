"""The dial policy: what may reach ATD, judged by the bytes that a port was given. In virtual time."""

import asyncio
import copy
import inspect
import random
import re
from collections.abc import Callable

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at import commands, commands_network, commands_service, commands_sms
from hw.at.channel import AtChannel
from hw.at.dial import KINDS, Dial, DialPolicy, DialRefused, DialRules, DialUsage, Permit, Refusal, bad_entries
from hw.at.grammar import dials_out
from hw.at.numbers import Kind, kind_of, normalised
from hw.at.protocol import AtProtocol
from tests.fakes.modem_clock import run_virtual
from tests.fakes.modem_port import FakeModem

OPEN = DialRules(enabled=True)
LISTED = DialRules(enabled=True, allow=("900", "+78001234567", "+375*", "+77*", "+78091234567", "+79541234567", "+88*"))
NOTHING = DialUsage()

FORMS = [
    ("+79161234567", "+79161234567", Kind.MOBILE),
    ("+7 (916) 123-45-67", "+79161234567", Kind.MOBILE),
    ("89161234567", "+79161234567", Kind.MOBILE),
    ("79161234567", "+79161234567", Kind.MOBILE),
    ("9161234567", "+79161234567", Kind.MOBILE),
    ("84951234567", "+74951234567", Kind.GEOGRAPHIC),
    ("8 812 123-45-67", "+78121234567", Kind.GEOGRAPHIC),
    ("88001234567", "+78001234567", Kind.FREE),
    ("88041234567", "+78041234567", Kind.FREE),
    *[(f"8{code}1234567", f"+7{code}1234567", Kind.PREMIUM) for code in (801, 802, 803, 805, 806, 807, 808, 809)],
    ("+79541234567", "+79541234567", Kind.SATELLITE),
    ("+870773111234", "+870773111234", Kind.SATELLITE),
    ("810881631234567", "+881631234567", Kind.SATELLITE),
    ("+77011234567", "+77011234567", Kind.KAZAKHSTAN),
    ("+76011234567", "+76011234567", Kind.KAZAKHSTAN),
    ("87011234567", "+77011234567", Kind.KAZAKHSTAN),
    ("+79401234567", "+79401234567", Kind.INTERNATIONAL),
    ("+78401234567", "+78401234567", Kind.INTERNATIONAL),
    ("810375291234567", "+375291234567", Kind.INTERNATIONAL),
    ("0012025550123", "+12025550123", Kind.INTERNATIONAL),
    ("900", "900", Kind.SHORT),
    ("0611", "0611", Kind.SHORT),
    ("*100#", "*100#", Kind.CODE),
    ("##002#", "##002#", Kind.CODE),
    *[(number, number, Kind.EMERGENCY) for number in ("112", "101", "102", "103", "104", "01", "02", "03", "04")],
    ("1-1-2", "112", Kind.EMERGENCY),
    ("+112", "", Kind.NONE),
    ("+7101", "", Kind.NONE),
    ("8112", "8112", Kind.SHORT),
    ("+75001234567", "+75001234567", Kind.NONE),
    ("+7916123456", "+7916123456", Kind.NONE),
    ("٨٩١٦١٢٣٤٥٦٧", "", Kind.NONE),
    ("８９１６１２３４５６７", "", Kind.NONE),
    ("\u200f+79161234567", "", Kind.NONE),
    ("+79161234567\r", "", Kind.NONE),
    ("+79161234567;+78091234567", "", Kind.NONE),
    ("+79161234567\n", "", Kind.NONE),
    ("+79161234567\u00a0", "", Kind.NONE),
    ("", "", Kind.NONE),
    ("7" * 33, "", Kind.NONE),
]


@pytest.mark.parametrize(("raw", "number", "kind"), FORMS)
def test_numbers_have_one_form_and_a_kind(raw: str, number: str, kind: Kind) -> None:
    assert normalised(raw) == number
    assert kind_of(number) is kind


def test_emergency_numbers_that_the_library_knows_are_in_our_table() -> None:
    for length in (2, 3):
        for each in range(10**length):
            number = f"{each:0{length}d}"
            if phonenumbers.is_emergency_number(number, "RU"):
                assert kind_of(number) is Kind.EMERGENCY


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(raw: str) -> None:
    once = normalised(raw)
    assert normalised(once) == once


REFUSED = [
    (OPEN, "84951234567", None),
    (OPEN, "+79161234567", None),
    (DialRules(), "+79161234567", Refusal.OFF),
    (OPEN, "112", Refusal.EMERGENCY),
    (OPEN, "*100#", Refusal.CODE),
    (OPEN, "900", Refusal.SHORT),
    (OPEN, "+78001234567", Refusal.FREE),
    (OPEN, "+78091234567", Refusal.PREMIUM),
    (OPEN, "+79541234567", Refusal.SATELLITE),
    (OPEN, "+77011234567", Refusal.KAZAKHSTAN),
    (OPEN, "+375291234567", Refusal.INTERNATIONAL),
    (OPEN, "allo", Refusal.NO_NUMBER),
    (LISTED, "900", None),
    (LISTED, "88001234567", None),
    (LISTED, "+77011234567", None),
    (LISTED, "+375291234567", None),
    (LISTED, "+78091234567", None),
    (LISTED, "+78091234568", Refusal.PREMIUM),
    (LISTED, "+79541234567", None),
    (LISTED, "+881631234567", Refusal.SATELLITE),  # a listed beginning opens no satellite
    (LISTED, "901", Refusal.SHORT),
    (LISTED, "112", Refusal.EMERGENCY),
]


@pytest.mark.parametrize(("rules", "raw", "why"), REFUSED)
def test_a_number_is_dialled_or_refused_for_one_reason(rules: DialRules, raw: str, why: Refusal | None) -> None:
    policy = DialPolicy(rules)
    if why is None:
        assert policy.permit(raw, NOTHING).number == normalised(raw)
        return
    with pytest.raises(DialRefused) as refused:
        policy.permit(raw, NOTHING)
    assert refused.value.why is why


@pytest.mark.parametrize("entry", ["112", "104", "*100#", "+7*", "8916*", "all", "", "+", "+0*", "9", "1234567"])
def test_some_things_cannot_be_listed(entry: str) -> None:
    assert bad_entries((entry, "900")) == (entry,)
    with pytest.raises(ValueError, match="not numbers"):
        DialPolicy(DialRules(enabled=True, allow=(entry,)))


def test_the_day_has_its_calls_and_its_minutes() -> None:
    policy = DialPolicy(DialRules(enabled=True, calls_a_day=3, minutes_a_day=10, call_seconds=240))
    assert policy.permit("+79161234567", NOTHING).seconds == 240
    assert policy.permit("+79161234567", DialUsage(2, 500)).seconds == 100
    for used, why in (
        (DialUsage(3, 0), Refusal.DAILY_CALLS),
        (DialUsage(2, 571), Refusal.DAILY_MINUTES),
        (DialUsage(0, 1e9), Refusal.DAILY_MINUTES),
    ):
        with pytest.raises(DialRefused) as refused:
            policy.permit("+79161234567", used)
        assert refused.value.why is why


def test_a_permit_is_made_by_the_policy_alone_and_dials_once() -> None:
    for attempt in (
        lambda: Permit("112", 60, seal=None),
        lambda: Dial("112"),  # type: ignore[arg-type]
        lambda: Dial(type("Permit", (), {"spend": lambda _: "112"})()),
        lambda: type("Own", (Permit,), {}),
        lambda: type("Own", (Dial,), {}),
    ):
        with pytest.raises(TypeError):
            attempt()
    permit = DialPolicy(OPEN).permit("+79161234567", NOTHING)
    assert Dial(permit).text == "ATD+79161234567;"
    with pytest.raises(ValueError, match="once"):
        Dial(permit)
    for copied in (copy.copy(permit), copy.deepcopy(permit)):
        with pytest.raises(ValueError, match="once"):
            Dial(copied)


def test_a_forged_permit_dials_no_emergency_number() -> None:
    for number in ("112", "+79161234567;", "112\r", "*21*112#", ""):
        permit = DialPolicy(OPEN).permit("+79161234567", NOTHING)
        permit._number = number
        with pytest.raises(ValueError, match="dialled"):
            Dial(permit)


def test_the_log_shows_no_whole_number() -> None:
    assert Dial(DialPolicy(OPEN).permit("+79161234567", NOTHING)).shown == "ATD+7916...67;"


DIALLING = ["ATD112;", "ATD>1;", "ATE0D112;", "AT+CMEE=2;D112;", "ATDL", 'AT+CPMS="ME";D112;', 'AT+X="a;D1', "atd112;"]
HARMLESS = ["ATA", "ATE0", 'AT+CUSD=1,"*100#",15', 'AT+CPIN="0042"', 'AT+X="a;D1"', "AT+CHLD=1", "AT", "ATI"]


@pytest.mark.parametrize("text", DIALLING + HARMLESS)
def test_no_other_command_line_dials(text: str) -> None:
    assert dials_out(text) is (text in DIALLING)
    command = commands.Attention()
    other = type("Other", (commands.Order,), {"text": text})()
    if text in DIALLING:
        with pytest.raises(ValueError, match=r"dial|command line"):
            AtProtocol().begin(other)
    else:
        assert AtProtocol().begin(other) == text.encode() + b"\r"
    assert AtProtocol().begin(command) == b"AT\r"


# --- ten thousand hostile strings, and the bytes that came out -------------------------------------------------------

SEEDS = (
    "+79161234567", "89161234567", "84951234567", "112", "101", "04", "900", "0611", "+78091234567", "+78031234567",
    "+77011234567", "+76001234567", "+375291234567", "+881631234567", "+870773111234", "+79541234567", "*100#",
    "**21*89161234567#", "##002#", "8108816", "0016502530000", "+78001234567", "9161234567", "T89161234567", "L", ">1",
    'S="1"', "89161234567;D112", "112@", "+7 (916) 123-45-67", "+79401234567", "ATD112;", "89161234567,,112",
)  # fmt: skip
STRANGE = (
    "\r", "\n", "\x00", "\x1a", "\x1b", "\x08", "\x7f", ";", "+", ">", ",", "@", "!", "W", "P", "T", "I", "i", "A", "D",
    "#", "*", " ", "-", "(", ")", "\t", "\u00a0", "\u200e", "\u200f", "\u202e", "\u2066", "\ufeff", "\u00ad", "\u200b",
    "٠", "١", "２", "９", "＋", "；", "𝟗", "𝟏", "०", "九", "①", "²", "‐", "‒", "−", "\ud800", "д", "é", '"', "'", "\\",
    "%0d", "&", "=", "?", "/", "0", "1", "2", "7", "8", "9",
)  # fmt: skip
MAY_BE_DIALLED = re.compile(r"ATD\+7(?:9(?!54|40)\d\d|[34]\d\d|8(?!0|40)\d\d)\d{7};\r")
PLAIN = re.compile(r"[+0-9 ()\-]+")


def hostile(count: int, seed: int) -> list[str]:
    """Numbers with something done to them, and pure noise."""
    rng = random.Random(seed)

    def insert(text: str) -> str:
        place = rng.randint(0, len(text))
        return text[:place] + rng.choice(STRANGE) + text[place:]

    def replace(text: str) -> str:
        place = rng.randrange(len(text) or 1)
        return text[:place] + rng.choice(STRANGE) + text[place + 1 :]

    def double(text: str) -> str:
        return text + rng.choice(STRANGE) + rng.choice(SEEDS)

    def widen(text: str) -> str:
        return "".join(
            chr(ord(c) + 0xFEE0) if c.isdecimal() and rng.random() < 0.3 and c.isascii() else c for c in text
        )

    def noise(_: str) -> str:
        return "".join(rng.choice(STRANGE) for _ in range(rng.randint(0, 40)))

    def space(text: str) -> str:
        place = rng.randint(0, len(text))
        return text[:place] + rng.choice(" -()") + text[place:]

    ways: tuple[Callable[[str], str], ...] = (insert, insert, replace, replace, double, widen, noise, space)
    found = []
    for _ in range(count):
        text = rng.choice(SEEDS)
        for _ in range(rng.choice((1, 1, 2, 3))):
            text = rng.choice(ways)(text)
        found.append(text)
    return found


def test_of_ten_thousand_hostile_strings_nothing_but_an_allowed_number_reaches_the_port() -> None:
    policy = DialPolicy(OPEN)
    strings = hostile(10_000, seed=425)
    assert len(set(strings)) > 8_000
    dialled: list[str] = []
    modem = FakeModem()
    modem.echo = False

    async def story() -> None:
        channel = AtChannel(modem, lambda _: None)
        serving = asyncio.create_task(channel.run())
        for raw in strings:
            try:
                permit = policy.permit(raw, NOTHING)
            except DialRefused:
                continue
            dialled.append(raw)
            await channel.send(Dial(permit))
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    run_virtual(story())
    assert len(modem.sent) == len(dialled)
    assert 60 < len(dialled) < 5_000, "the fuzz must hold strings that are numbers, and many that are none"
    for raw, line in zip(dialled, modem.sent, strict=True):
        assert MAY_BE_DIALLED.fullmatch(line + "\r"), (raw, line)
        assert PLAIN.fullmatch(raw), f"{raw!r} was dialled as {line}"
        assert re.sub(r"\D", "", raw)[-10:] == line[5:-1], (raw, line)


def test_while_it_is_off_nothing_at_all_is_dialled() -> None:
    policy = DialPolicy(DialRules())
    for raw in [*SEEDS, *hostile(500, seed=7)]:
        with pytest.raises(DialRefused) as refused:
            policy.permit(raw, NOTHING)
        assert refused.value.why is Refusal.OFF


def test_no_other_command_of_ours_can_be_made_to_dial() -> None:
    """Every command with text arguments is given every hostile string for each of them."""
    kinds = [
        kind
        for module in (commands, commands_network, commands_service, commands_sms)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, commands.Command) and kind not in (commands.Command, commands.Order)
    ]
    strings = [*SEEDS, *DIALLING, *hostile(200, seed=3)]
    for kind in kinds:
        names = [name for name in inspect.signature(kind).parameters if name not in ("args", "kwargs")]
        for raw in strings if names else []:
            try:
                sent = AtProtocol().begin(kind(*[raw for _ in names])).decode()
            except (ValueError, TypeError, KeyError):
                continue
            assert not dials_out(sent)
            assert "D" not in re.sub(r'"[^"]*"', "", sent)[2:].partition("+")[0]


def test_kinds_of_the_policy_are_all_kinds() -> None:
    assert set(KINDS) == set(Kind)
