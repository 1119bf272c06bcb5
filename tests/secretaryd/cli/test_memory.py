"""secretaryctl contacts, audit and what it does with kept calls."""

import argparse
import csv
import json
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest

from secretaryd.cli.dates import moment
from secretaryd.cli.finding import marked
from storage.audit.records import By
from storage.second.records import SecondLine
from storage.wav import header


def indexed(box) -> None:
    while box.do(box.storage.search.step()):
        pass


def test_contacts_live_from_the_terminal(box, ctl) -> None:
    assert "No contacts" in ctl("contacts", "list").out
    added = ctl("contacts", "add", "Анна [b]", "8 (916) 123-45-67", "--group", "vip", "--note", "утром")
    assert (added.code, "+7 916 123-45-67" in added.out, "[b]" in added.out) == (0, True, True)
    box.keep()
    shown = ctl("contacts", "show", "89161234567").out
    assert "утром" in shown
    assert "когда вы работаете" in shown
    assert "Анна [b]" in ctl("calls", "list").out
    assert ctl("contacts", "list", "анна", "--json").json["contacts"][0]["group"] == "vip"
    assert ctl("contacts", "edit", "1", "--name", "Анна", "--group", "").code == 0
    assert "restore 1" in ctl("contacts", "remove", "1").out
    assert ctl("contacts", "show", "1").code == 1
    assert "Анна" in ctl("contacts", "restore", "1").out
    assert "blocked (goodbye)" in ctl("contacts", "block", "89031112233", "--rule", "goodbye").out
    assert "blocked" not in ctl("contacts", "unblock", "89031112233").out
    refused = ctl("contacts", "add", "Вор", "+7 916 123 45 67")
    assert (refused.code, "contacts show 1" in refused.err) == (1, True)


def test_contacts_come_from_a_file_and_go_to_one(box, ctl, tmp_path: Path) -> None:
    source = tmp_path / "book.csv"
    source.write_text("Имя;Телефон\nАнна;89161234567\n=Злой;8 903 111-22-33\n", encoding="cp1251")
    assert "2 added" in ctl("contacts", "import", str(source)).out
    assert ctl("contacts", "import", str(source), "--json").json == {
        "added": 0,
        "changed": 0,
        "same": 2,
        "conflicts": 0,
    }
    target = tmp_path / "out.csv"
    assert ctl("contacts", "export", "-o", str(target)).code == 0
    rows = list(csv.reader(target.open(encoding="utf-8", newline="")))
    assert [row[0] for row in rows] == ["name", "'=Злой", "Анна"]
    assert ctl("contacts", "export", "--format", "vcard").out.count("BEGIN:VCARD") == 2
    assert "2 known already" in ctl("contacts", "import", str(target)).out
    assert ctl("contacts", "import", str(tmp_path / "none.csv")).code == 3
    source.write_text("что попало")
    assert ctl("contacts", "import", str(source)).code == 2


def test_calls_are_searched_and_marked(box, ctl) -> None:
    call = box.keep("сколько стоит [b]доставка[/b]")
    indexed(box)
    found = ctl("calls", "search", "доставку")
    assert (found.code, "[b]доставка[/b]" in found.out) == (0, True)
    assert "Nothing found" in ctl("calls", "search", "доставку", "--since", "1.1.2040").out
    assert ctl("calls", "search", "--number", "4567", "--json").json["hits"][0]["call"]["id"] == call
    assert ctl("calls", "search", "!").code == 1
    assert "kept" in ctl("calls", "keep", str(call)).out
    assert "not kept" in ctl("calls", "keep", str(call), "--off").out
    assert "важно" in ctl("calls", "note", str(call), "важно").out
    assert "опт" in ctl("calls", "tag", str(call), "Опт").out
    assert "#опт" in ctl("calls", "show", str(call)).out
    assert f"restore {call}" in ctl("calls", "delete", str(call)).out
    assert "No calls" in ctl("calls", "list").out
    assert ctl("calls", "restore", str(call)).code == 0


def test_the_audit_is_shown_exported_and_verified(box, ctl, tmp_path: Path) -> None:
    ctl("contacts", "add", "=Злой", "112")
    ctl("contacts", "edit", "1", "--group", "vip")
    listed = ctl("audit", "list").out
    assert "contact.edited" in listed
    assert "group → vip" in listed.replace("  ", " ")
    assert "sound" in ctl("audit", "verify").out
    assert len(ctl("audit", "export", "--format", "json").json["entries"]) == 2
    target = tmp_path / "audit.csv"
    assert ctl("audit", "export", "--kind", "contact", "-o", str(target)).code == 0
    rows = list(csv.reader(target.open(encoding="utf-8", newline="")))
    assert [row[4] for row in rows] == ["what", "contact.added", "contact.edited"]
    assert json.loads(rows[1][7])["name"] == "=Злой"
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows[1:] for cell in row)
    raw = sqlite3.connect(tmp_path / "secretary.db")
    raw.execute("update audit set who = 'x' where id = 1")
    raw.commit()
    raw.close()
    tampered = ctl("audit", "verify")
    assert tampered.code == 1
    assert "entry 1 was edited" in tampered.out


@pytest.mark.parametrize("text", ["2026-11-22", "22.11.2026", "22.11.2026 14:30", "2026-11-22T14:30", "7d", "12h"])
def test_a_date_is_read_as_people_type_it(text: str) -> None:
    assert moment(text) > 1_700_000_000


@pytest.mark.parametrize("text", ["", "d", "вчера", "99.99.2026", "7дней"])
def test_what_is_no_date_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"22\.11\.2026"):
        moment(text)


def test_a_snippet_shows_what_was_found_and_no_markup_of_the_callers() -> None:
    assert marked("a [b] c", [[2, 5]]) == r"a [bold yellow]\[b][/] c"


def recorded(box) -> int:
    """A call with a recording that exists."""
    call = box.keep()
    path = box.storage.data_dir / "recordings" / "x.wav"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(header(320) + bytes(320))
    return call


def test_a_recording_is_exported_with_its_words(box, ctl, tmp_path: Path) -> None:
    call = recorded(box)
    target = tmp_path / "out"
    target.mkdir()
    assert ctl("calls", "export", str(call), "-d", str(target)).code == 0
    assert (target / "x.wav").read_bytes() == header(320) + bytes(320)
    assert json.loads((target / "x.json").read_text())["call"]["turns"]
    assert ctl("calls", "export", "99").code == 1
    assert "recording.heard" in ctl("audit", "list").out


def test_a_recording_is_played_by_what_is_installed(box, ctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call = recorded(box)
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = ctl("calls", "play", str(call))
    assert (ran.code, "sudo apt install mpv" in ran.err) == (3, True)
    player = tmp_path / "aplay"
    player.write_text(f"#!{sys.executable}\nimport sys; open({str(tmp_path / 'played')!r}, 'w').write(sys.argv[-1])\n")
    player.chmod(0o755)
    assert ctl("calls", "play", str(call), "--json").json["with"] == "aplay"
    assert (tmp_path / "played").read_text().endswith("/x.wav")


def test_everything_about_a_person_goes_into_a_zip_and_then_away(box, ctl, tmp_path: Path, monkeypatch) -> None:
    recorded(box)
    target = tmp_path / "anna.zip"
    assert "1 recordings" in ctl("privacy", "export", "8 916 123 45 67", "-o", str(target)).out
    assert target.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(target) as file:
        assert sorted(file.namelist()) == ["data.json", "recordings/1_x.wav"]
        assert json.loads(file.read("data.json"))["calls"][0]["turns"]
    unasked = ctl("privacy", "erase", "89161234567")
    assert (unasked.code, "--yes" in unasked.err) == (2, True)
    box.do(box.storage.privacy.erase("+79161234567", By("owner", "control")))
    box.do(box.storage.privacy.finish())
    assert "No calls" in ctl("calls", "list").out
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "8 916 000 00 00")
    assert ctl("privacy", "erase", "89161234567").code == 1


def test_short_messages_are_found_from_the_terminal(box, ctl) -> None:
    def keep() -> None:
        insert = (
            "insert into sms (line, direction, number, named, at, text, state, reason, purpose, flash, notes, total,"
            " have, reference, wide, told, doubtful, next_try)"
            " values ('line1', 'in', '+79161234567', 0, ?, ?, 'received', '', '', 0, '[]', 1, 1, 0, 0, 1, 0, 0)"
        )
        for at, text in ((1000.0, "Когда доставка [b]воды[/b]?"), (2000.0, "Спасибо")):
            box.storage._db.execute_sql(insert, (at, text))

    ctl("contacts", "add", "Анна", "8 916 123-45-67")
    box.do(box.storage.run(keep))
    assert "2 messages are not in the index yet" in ctl("sms", "search", "вода").out
    indexed(box)
    out = ctl("sms", "search", "доставку").out
    assert "Анна" in out
    assert "Когда доставка [b]воды[/b]?" in out
    found = ctl("sms", "search", "--number", "8 (916) 123-45-67", "-n", "1", "--json").json
    assert ([hit["sms"]["id"] for hit in found["hits"]], found["more"]) == ([2], True)
    assert "Nothing found" in ctl("sms", "search", "крокодил").out
    refused = ctl("sms", "search", "!!")
    assert (refused.code, "Нечего искать" in refused.err) == (1, True)


def test_a_call_is_heard_once_more_when_it_is_asked_for(box, ctl) -> None:
    number = box.keep("когда вы робота ете")
    refused = ctl("calls", "transcribe", str(number))
    assert (refused.code, "stt.second" in refused.err) == (1, True)
    assert "No second recogniser" in ctl("calls", "transcribe").out
    assert box.hearing.hurried == 0
    box.hearing.model = "big [b]"
    assert f"calls show {number}" in ctl("calls", "transcribe", str(number)).out
    assert box.hearing.hurried == 1
    assert "second transcription: wanted" in ctl("calls", "show", str(number)).out
    box.hearing.current = number
    assert f"big [b]: hears call {number}, 1 waiting" in ctl("calls", "transcribe").out
    lines = (SecondLine(1.0, 2.0, "когда вы [b]работаете[/b]", 0.9, 0), SecondLine(9.0, 9.5, "алло", 0.5))
    assert box.do(box.storage.second.begin(number))
    assert box.do(box.storage.second.done(number, "big [b]", lines))
    out = ctl("calls", "show", str(number)).out
    assert "◁ когда вы [b]работаете[/b]" in out
    assert "9.0 ◁ алло" in out
    assert "heard again by big [b]" in out
    assert ctl("calls", "show", str(number), "--json").json["call"]["second"]["lines"][1]["text"] == "алло"
    assert ctl("calls", "transcribe", "99").code == 1
