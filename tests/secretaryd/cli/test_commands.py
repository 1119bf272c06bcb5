"""secretaryctl against a real control socket: what people see, what scripts get, how it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from secretaryd.call.orders import SayThis, TakeMessage
from secretaryd.cli.live import TEXTS, LiveView, latency_parts, shown_number
from secretaryd.cli.main import main
from secretaryd.cli.text import safe
from secretaryd.control.protocol import (
    AlertChanged,
    ButtonUsed,
    CallAlerting,
    CallAnswered,
    CallDialled,
    CallEnded,
    CallerWaited,
    CallRang,
    ClockSet,
    DigitsPressed,
    Dropped,
    LineChanged,
    MessageTaken,
    ModemChanged,
    ModemRecovered,
    PartialHeard,
    PhraseHeard,
    RungTaken,
    SayingStarted,
    TaskChanged,
    TaskMade,
    TurnSaid,
)
from secretaryd.control.protocol.archive import CallHeardAgain
from secretaryd.control.protocol.backup import BackupChanged
from secretaryd.control.protocol.calls import MessageChanged
from secretaryd.control.protocol.line import LevelsMeasured
from secretaryd.control.protocol.models import ModelsChanged
from secretaryd.control.protocol.sms import SmsChanged, SmsReceived
from secretaryd.control.protocol.trial import BenchChanged
from secretaryd.control.protocol.users import UserChanged

HOSTILE = [
    "[bold red]x[/bold red]",
    "[/]",
    "[/red] закрыл чужое",
    "\\[red]",
    "обратная черта в конце \\",
    "[link=https://evil.example]сюда[/link]",
    "\x1b[2J\x1b]0;title\x07",
    "\u202eнаоборот",
    "[y/N] [@click] [#ff0000]",
    "раз\nдва\tтри",
]


def plain(text: str) -> str:
    """The hostile text as it may appear."""
    text = text.replace("\n", " ").replace("\t", " ")
    return "".join("\N{REPLACEMENT CHARACTER}" if char in "\x1b\x07\u202e" else char for char in text)


def test_status_for_people_and_for_scripts(box, ctl) -> None:
    ran = ctl("status")
    assert ran.code == 0
    for words in ("Гуля", "MegaFon", "LTE", "-77 dBm", "vosk", "irina", "qwen", "recording on", "idle"):
        assert words in ran.out, words
    before, after = ctl("--json", "status").json, ctl("status", "--json").json
    assert before["modem"] == after["modem"]
    assert before["alerts"] == after["alerts"]
    assert [alert["code"] for alert in before["alerts"]] == ["backup.no_key"], "a new box has made no key yet"


def test_a_status_with_everything_away_is_still_a_status(box, ctl) -> None:
    from hw.modem.status import ModemStatus

    box.well.modem, box.well.speech.seen, box.well.pool.nodes = ModemStatus(detail="[b]no port[/b]"), None, ()
    box.do(box.well.health.look())
    ran = ctl("status")
    assert ran.code == 0
    assert ran.out.count("away") == 3
    assert "[b]no port[/b]" in ran.out


def test_calls_are_listed(box, ctl) -> None:
    assert "No calls yet" in ctl("calls", "list").out
    call = box.keep()
    ran = ctl("calls", "list")
    assert "+7 916 123-45-67" in ran.out
    assert "answered" in ran.out
    assert " 30 " in ran.out
    assert [row["id"] for row in ctl("calls", "list", "--json").json["calls"]] == [call]
    assert [row["id"] for row in ctl("calls", "--json", "list").json["calls"]] == [call]
    assert ctl("calls", "list", "--before", str(call), "--json").json["calls"] == []
    assert ctl("calls", "list", "--outcome", "missed", "--json").json["calls"] == []


def test_a_call_in_progress_has_no_length_yet(box, ctl) -> None:
    async def begin() -> None:
        call = await box.storage.begin("line1", "in", None, "withheld", 1_790_000_000.0)
        await box.storage.answered(call.id, 1_790_000_001.0)

    box.do(begin())
    (row,) = [line for line in ctl("calls", "list").out.splitlines() if "withheld" in line]
    assert "in progress" in row
    assert " 0 " in row
    assert "-" not in row


def test_a_call_is_shown_with_its_answers_and_times(box, ctl) -> None:
    call = box.keep(message="вода")
    ran = ctl("calls", "show", str(call))
    for words in ("◀ когда вы работаете", "▶ с девяти", "[model с девяти]", "0.83 s", "+7 912 345-67-89", "x.wav"):
        assert words in ran.out, words
    assert "endpoint 350 + stt 100 + first_token 150 + first_sentence 50 + first_audio 150 + queue 30 ms" in ran.out
    assert ctl("calls", "show", str(call), "--json").json["messages"][0]["matter"] == "вода"


def test_what_the_box_refuses_is_told_with_a_remedy(box, ctl) -> None:
    ran = ctl("calls", "show", "77")
    assert (ran.code, ran.out) == (1, "")
    assert "77" in ran.err
    assert "→ secretaryctl calls list" in ran.err
    failed = ctl("calls", "show", "77", "--json")
    assert failed.code == 1
    assert failed.json["error"]["remedy"] == "secretaryctl calls list"


def test_messages(box, ctl) -> None:
    assert "No messages." in ctl("messages").out
    assert ctl("messages", "--done", "7").code == 1
    box.keep(message="вода")
    assert "вода" in ctl("messages").out
    assert len(ctl("messages", "--json", "-n", "5").json["messages"]) == 1


def test_hanging_up(box, ctl) -> None:
    assert ctl("hangup").code == 1
    box.calls.busy = True
    assert ctl("hangup").out.strip() == "ended"
    assert ctl("hangup", "--json").json == {"ended": True}


def test_hostile_text_is_shown_as_text_in_every_table(box, ctl) -> None:
    calls = {box.keep(text, answer=text, message=text): text for text in HOSTILE}
    for command in (("calls", "list"), ("messages",), *(("calls", "show", str(call)) for call in calls)):
        ran = ctl(*command)
        assert ran.code == 0
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out
        for call, text in calls.items():
            if command[-1] in (str(call), "list", "messages"):
                assert ran.out.count(plain(text)) >= (6 if command[-1] == str(call) else 1), (command, text)
    rows = ctl("messages", "--json").json["messages"]
    assert [row["matter"] for row in reversed(rows)] == HOSTILE


NO_BOX = [*map(str.split, ("status", "calls list", "calls show 1", "messages", "hangup", "events", "config show"))]


@pytest.mark.parametrize("command", NO_BOX)
def test_without_a_box_the_remedy_is_told(ctl, command: list[str]) -> None:
    ran = ctl(*command)
    assert (ran.code, ran.out) == (3, "")
    assert "not running" in ran.err
    assert "→ " in ran.err
    assert ctl("--json", *command).json["error"]["remedy"]


def test_a_socket_that_may_not_be_used_is_told_apart(box, ctl, monkeypatch: pytest.MonkeyPatch) -> None:
    from secretaryd.cli import door

    monkeypatch.setattr(os, "access", lambda *_: False)
    text, remedy = door.not_running(box.socket)
    assert "may not" in text
    assert "secretary-console" in remedy


def test_something_else_at_the_socket_is_no_traceback(tmp_path: Path, ctl) -> None:
    import socket
    import threading

    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "control.sock"))
    listening.listen()

    def answer() -> None:
        connection, _ = listening.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    ran = ctl("status")
    thread.join()
    listening.close()
    assert ran.code == 3
    assert "unexpected data" in ran.err


def test_a_bad_configuration_lists_every_error(tmp_path: Path, ctl) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('[box]\nlanguage = "de"\n[cal]\nrecord = 1\n')
    for command in (("config", "check"), ("status",), ("models", "list")):
        ran = ctl("--config", str(file), *command)
        assert ran.code == 2
        assert "language" in ran.err
        assert "cal" in ran.err
    assert "language" in ctl("--config", str(file), "--json", "config", "check").json["error"]["text"]


def test_a_good_configuration(tmp_path: Path, ctl) -> None:
    assert "fine" in ctl("config", "check").out
    assert ctl("config", "check", "--json").json == {"ok": True, "data_dir": str(tmp_path)}


def test_the_configuration_in_force(box, ctl) -> None:
    ran = ctl("config", "show")
    assert "[box]" in ran.out
    assert 'name = "Гуля"' in ran.out
    assert ctl("config", "show", "--json").json["config"]["box"]["name"] == "Гуля"


def test_every_key_of_the_configuration_is_explained(ctl) -> None:
    rows = ctl("config", "keys", "--json").json
    assert all(row["meaning"] for row in rows)
    assert {"box.name", "llm.model", "control.socket"} <= {row["key"] for row in rows}
    assert "box.name" in ctl("config", "keys").out


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["calls"], ["calls", "show"], ["calls", "list", "-n", "x"]])
def test_bad_usage_is_code_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_output_that_nobody_reads_to_the_end_is_no_failure() -> None:
    command = [sys.executable, "-m", "secretaryd.cli.main", "config", "keys", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


EVENTS = [
    CallRang(call=1, number="+79161234567", presentation="presented"),
    CallRang(call=1, number=None, presentation="withheld"),
    CallAnswered(call=1),
    PartialHeard(call=1, text="ког"),
    PhraseHeard(call=1, text="когда", confidence=0.9, start=1.0, end=2.0),
    SayingStarted(call=1, text="с девяти", source="faq", detail="hours exact 100"),
    TurnSaid(call=1, text="с девяти", source="faq", interrupted=True, latency={"endpoint": 350.0, "total": 830.0}),
    TurnSaid(call=1, text="", source="flow"),
    DigitsPressed(call=1, digits="12#"),
    MessageTaken(call=1, name="Анна", number="+79123456789", matter="вода"),
    MessageChanged(message=1, call=1, handled=True),
    CallEnded(call=1, outcome="answered", cause="caller", summary="x", seconds=12.0),
    AlertChanged(code="x", level="error", text="Модем не найден.", remedy="Кабель."),
    AlertChanged(code="x", level="error", text="Не показывать.", active=False),
    Dropped(count=7),
    ModemChanged(up=False),
    LineChanged(state="idle"),
    CallerWaited(call=2, during=1, number="+79161234567", presentation="presented"),
    CallDialled(call=3, number="+79161234567"),
    CallAlerting(call=3),
    TaskMade(task=1, call=1, number="+79161234567"),
    TaskChanged(task=1, state="done", result="answered"),
    ButtonUsed(gesture="hold", address="http://192.168.1.7:8080/"),
    RungTaken(fault="silent", rung="reset", wait=2.0, failure=1),
    ModemRecovered(fault="silent", rung="reset", seconds=31.0, tries=1),
    ClockSet(was=0.0, now=1.0),
    SmsReceived(sms=1, number="+79161234567", named=False, text="[b]привет[/b]", state="received"),
    SmsChanged(sms=2, number="+79161234567", state="failed", reason="refused"),
    BackupChanged(do="create", state="running", part=0.5),
    SmsReceived(sms=1, number="+79161234567", named=False, text="Не показывать", state="received"),
    BackupChanged(do="create", state="done"),
    SmsChanged(sms=2, number="+79161234567", state="delivered"),
    UserChanged(name="anna"),
    LevelsMeasured(call=1, heard=-20.0, said=-30.0),
    CallHeardAgain(call=1, model="ru-large", lines=2),
    ModelsChanged(do="install", state="running", received=1, total=2),
    BenchChanged(state="running", step="stt", part=0.5),
]


class Screen:
    """A live view and what it wrote."""

    def __init__(self, language: str = "ru", *, terminal: bool = False) -> None:
        import io

        self._file = io.StringIO()
        self.console = Console(file=self._file, width=300, force_terminal=terminal, color_system=None)
        self.view = LiveView(self.console, language, "[b]Гуля[/b]")

    @property
    def text(self) -> str:
        return self._file.getvalue()


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("terminal", [False, True])
def test_every_event_can_be_shown(language: str, terminal: bool) -> None:
    from typing import get_args

    from secretaryd.control.protocol import Event

    assert {type(event) for event in EVENTS} == set(get_args(Event))
    screen = Screen(language, terminal=terminal)
    for event in EVENTS:
        screen.view.show(event)
    for words in ("+7 916 123-45-67", "когда", "с девяти", "[FAQ · hours exact 100]", "0.83 s", "12#", "вода", "7"):
        assert words in screen.text, words
    assert "Не показывать" not in screen.text
    assert ("ког\n" in screen.text.replace("\r\x1b[K", "\n")) is terminal


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("terminal", [False, True])
def test_hostile_text_is_shown_as_text_in_the_live_view(text: str, terminal: bool) -> None:
    screen = Screen(terminal=terminal)
    for event in (
        PartialHeard(call=1, text=text),
        PhraseHeard(call=1, text=text, confidence=0.9, start=1.0, end=2.0),
        SayingStarted(call=1, text=text, source="model", detail=text),
        MessageTaken(call=1, name=text, number=text, matter=text),
        DigitsPressed(call=1, digits=text),
        AlertChanged(code="x", level="error", text=text, remedy=text),
        CallEnded(call=1, outcome="answered", cause=text, summary=text, seconds=1.0),
    ):
        screen.view.show(event)
    clean = screen.text.replace("\r\x1b[K", "")
    assert "\x1b" not in clean
    assert "\x07" not in clean
    assert "\u202e" not in clean
    assert clean.count(plain(text)) >= 9


def test_languages_have_the_same_words() -> None:
    assert TEXTS["ru"].keys() == TEXTS["en"].keys()


PARTS = [
    ({"endpoint": 1.0, "first_token": 5.0, "first_sentence": 8.0, "total": 9.0},
     [("endpoint", 1.0), ("first_token", 5.0), ("first_sentence", 3.0)]),
    ({"endpoint": 1.0, "first_token": None, "first_sentence": 8.0}, [("endpoint", 1.0), ("first_sentence", 8.0)]),
    ({"first_token": 9.0, "first_sentence": 8.0}, [("first_token", 8.0), ("first_sentence", 0.0)]),
    ({}, []),
]  # fmt: skip


@pytest.mark.parametrize(("latency", "wanted"), PARTS)
def test_the_parts_of_an_answer_add_up(latency, wanted) -> None:
    assert latency_parts(latency) == wanted


NUMBERS = [("+79161234567", "+7 916 123-45-67"), ("112", "112"), ("", ""), (None, ""), ("*100#", "*100#"), ("да", "да")]


@pytest.mark.parametrize(("number", "shown"), NUMBERS)
def test_numbers_are_shown_for_people(number, shown) -> None:
    assert shown_number(number) == shown


def test_safe_text_keeps_what_is_harmless() -> None:
    assert safe("Добрый день, №5 — «ок» 👍") == "Добрый день, №5 — «ок» 👍"


def test_events_for_scripts_are_a_line_each(box, ctl) -> None:
    box.publish(*EVENTS)
    lines: list[str] = []

    # The stream has no end while the box runs: the box is stopped as soon as the last event was read.
    class Printed(list[str]):
        def write(self, text: str) -> int:
            if text.strip():
                lines.append(text)
                if len(lines) == len(EVENTS):
                    box.stop()
            return len(text)

        def flush(self) -> None:
            """Nothing waits."""

    before, sys.stdout = sys.stdout, Printed()  # type: ignore[assignment]
    try:
        code = main(["--json", "events", "--after", "0"])
    finally:
        sys.stdout = before
    assert code == 0
    told = [json.loads(line) for line in lines]
    assert [one["id"] for one in told] == list(range(1, len(EVENTS) + 1))
    assert told[4]["event"]["text"] == "когда"


def test_a_message_is_marked_and_calls_are_counted(box, ctl) -> None:
    box.keep(message="вода")
    assert "1: dealt with" in ctl("messages", "--done", "1").out
    assert "No messages." in ctl("messages", "--open").out
    assert "1: open again" in ctl("messages", "--reopen", "1").out
    assert (
        ctl("calls", "count", "--json").json["counts"] | {"unhandled": 1}
        == ctl("calls", "count", "--json").json["counts"]
    )


@pytest.mark.parametrize(
    ("words", "hint"),
    [(["stauts"], "did you mean 'status'?"), (["faq", "lits"], "did you mean 'list'?"), (["xyzzy"], "known: status")],
)
def test_a_mistyped_command_says_what_was_probably_meant(words: list[str], hint: str, capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert hint in capsys.readouterr().err


def test_the_owner_speaks_into_a_call_from_the_command_line(box, ctl) -> None:
    refused = ctl("call", "say", "Алло.")
    assert (refused.code, "Сейчас нет разговора." in refused.err) == (1, True)
    box.calls.busy = True
    assert "said next" in ctl("call", "say", "Хозяин", "подойдёт.").out
    assert ctl("call", "message", "--json").json == {"call": 1}
    assert box.calls.orders == [SayThis("Хозяин подойдёт."), TakeMessage()]


def test_the_console_wants_a_terminal(ctl) -> None:
    assert ctl("tui").code == 2
    assert ctl("tui", "--json").code == 2
