"""What may be shown to a stranger: canaries of every kind are struck out, what helps to find a fault stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.doctor.redact import masked_config, redacted, redacted_tree

CANARIES = [
    ("call from +79161234567 ended", "79161234567"),
    ("call from +7 (916) 123-45-67 ended", "123-45-67"),
    ("8-916-123-45-67", "916"),
    ("masked +7916•••4567 too", "4567"),
    ("recordings/2026-11-22/call_143000_+79161234567.wav", "79161234567"),
    ("Анна сказала: перезвоните", "Анна"),
    ("KeyError: 'Anna asked for the price'", "Anna"),
    ('ValueError: could not read "my secret words"', "secret words"),
    ("storage.errors.NotFound: «слова»", "слова"),
    ("LookupError: Romashka is not there", "Romashka"),
    ("token=abcdef", "abcdef"),
    ("Authorization: Bearer short", "short"),
    ("pin 1234", "1234"),
    ("sk-proj-a1b2c3d4e5f6g7h8i9j0k1l2m3", "a1b2c3"),
    ("mail anna@example.org", "anna@"),
    ("GET https://user:pw@host.example/x?key=1 failed", "pw@host"),
    ("peer 192.168.1.77", "192.168.1.77"),
    ("on host-of-anna", "host-of-anna"),
    ("escape \x1b[2J here", "\x1b"),
]


@pytest.mark.parametrize(("line", "canary"), CANARIES, ids=[canary for _, canary in CANARIES])
def test_a_canary_is_struck_out(line: str, canary: str) -> None:
    assert canary not in redacted(line, {"Romashka", "host-of-anna"})


KEPT = [
    "2026-11-26T12:34:56+0000 vm secretaryd-core[181]: the modem is up",
    "11:33:56.541774 [info     ] phrases warmed                 [secretaryd.run.core] made=58 process=core seconds=3.5",
    '  File "/opt/secretary-box/lib/python3.11/site-packages/hw/at/channel.py", line 120, in ask',
    "AT+CPCMREG=1 -> +CME ERROR: 3",
    "KeyError: <text>",
    "listening at 127.0.0.1:8080",
    "signal -77 dBm, CSQ 18,99",
]


@pytest.mark.parametrize("line", KEPT)
def test_what_helps_stays(line: str) -> None:
    assert redacted(line) == line


@given(st.text(max_size=80))
def test_nothing_but_ascii_and_no_long_number_is_left_of_any_text(text: str) -> None:
    left = redacted(text)
    assert all(char < "\x7f" or char == "▒" for char in left)
    assert len(left.split("\n")) == text.count("\n") + 1


@given(st.integers(10**6, 10**14), st.text(alphabet="абвгд ", max_size=10))
def test_no_telephone_number_survives(number: int, around: str) -> None:
    assert str(number) not in redacted(f"{around}+{number}{around}")


def test_a_tree_is_redacted_through_and_through() -> None:
    plain = {"a": ["+79161234567", {"Анна": "Анна"}], "n": 5, "ok": True}
    assert redacted_tree(plain) == {"a": ["<number>", {"▒": "▒"}], "n": 5, "ok": True}


def test_the_configuration_keeps_its_keys_and_loses_the_owners_words() -> None:
    config = {
        "box": {"name": "Анна", "language": "ru"},
        "llm": {"node": [{"url": "https://me:pw@10.1.2.3/v1", "api_key_file": "/etc/key"}]},
    }
    masked = masked_config(config)
    assert masked["box"] == {"name": "<4 characters>", "language": "ru"}
    assert masked["llm"]["node"][0]["url"] == "https://<host>"
