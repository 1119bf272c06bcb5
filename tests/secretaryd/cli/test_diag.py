"""secretaryctl diag, logs, completion."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from secretaryd.cli import diag
from secretaryd.cli.completion import SHELLS, nodes_of, script
from secretaryd.cli.main import parser

WORDS, NAME, NUMBER, SECRET, COMPANY = (
    "тайные слова",
    "Аннабелла",
    "79161234567",
    "s3cr3tTokenOfTheOwner99",
    "Canarybird",
)
TRACE = f"""\
Traceback (most recent call last):
  File "/x/y.py", line 3, in ask
ValueError: 'secret words of {NAME}' from +{NUMBER}
api_key={SECRET}
"""


def contents(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        return {
            member.name.removeprefix("secretary-diag/"): archive.extractfile(member).read().decode()  # type: ignore[union-attr]
            for member in archive.getmembers()
        }


def test_nothing_of_callers_or_owner_is_in_the_report(box, ctl, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SECRETARYD__BOX__COMPANY", COMPANY)
    box.keep(WORDS, answer=WORDS, message=NAME)
    box.well.caller = f"+{NUMBER}"
    log = tmp_path / f"call_{NUMBER}_{COMPANY}.log"
    log.write_text(TRACE + f"{WORDS} at {COMPANY}\n")
    ran = ctl("diag", "--out", str(tmp_path / "report.tar.gz"), "--log", str(log), "--json")
    assert ran.code == 0
    found = contents(tmp_path / "report.tar.gz")
    for canary in (WORDS, NAME, NUMBER, NUMBER[-7:], SECRET, COMPANY, "secret words"):
        assert not [name for name, text in found.items() if canary in text or canary in name], canary
    assert {"status.json", "doctor.json", "config.json", "versions.txt", "logs/file-1.txt"} <= found.keys()
    assert 'File "/x/y.py", line 3, in ask' in found["logs/file-1.txt"]
    assert "msgspec 0." in found["versions.txt"]
    assert (tmp_path / "report.tar.gz").stat().st_mode & 0o777 == 0o600
    assert ran.json["bytes"] < diag.MAX_BYTES


def test_a_box_that_is_away_is_reported_too(ctl, tmp_path: Path) -> None:
    ran = ctl("diag", "--out", str(tmp_path / "report.tar.gz"))
    assert ran.code == 0
    assert "Look into it" in ran.out
    found = contents(tmp_path / "report.tar.gz")
    assert "not running" in found["status.txt"]
    assert "box.answers" in found["doctor.json"]


def test_a_huge_log_is_cut_to_its_end(ctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diag, "LOG_BYTES", 20_000)
    log = tmp_path / "box.log"
    log.write_text("first line\n" + "11:00:00 [info] the modem is up\n" * 2_000 + "last line\n")
    ctl("diag", "--out", str(tmp_path / "report.tar.gz"), "--log", str(log))
    text = contents(tmp_path / "report.tar.gz")["logs/file-1.txt"]
    assert "first line" not in text
    assert text.endswith("last line\n")
    assert (tmp_path / "report.tar.gz").stat().st_size < diag.MAX_BYTES


def test_a_report_does_not_follow_a_link(ctl, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "report.tar.gz").symlink_to(tmp_path / "mine")
    ran = ctl("diag", "--out", str(tmp_path / "report.tar.gz"))
    assert ran.code == 3
    assert (tmp_path / "mine").read_text() == "mine"


def test_logs_of_an_unknown_process_are_refused(ctl) -> None:
    ran = ctl("logs", "cor")
    assert ran.code in (2, 3)
    assert "known: core, speech, llm, web" in ran.err or "no journal" in ran.err


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_in_the_completion(shell: str) -> None:
    text = script(shell, parser())
    for node in nodes_of(parser()):
        for word, _ in node.words:
            assert word in text
    assert "--json" in text or "-l json" in text


TYPED = [
    ("secretaryctl do", "doctor"),
    ("secretaryctl faq te", "test"),
    ("secretaryctl persona facts se", "set"),
    ("secretaryctl --json calls li", "list"),
    ("secretaryctl completion z", "zsh"),
    ("secretaryctl doctor --fi", "--fix"),
]


@pytest.mark.parametrize(("line", "proposed"), TYPED)
def test_bash_proposes_what_may_come_next(line: str, proposed: str, tmp_path: Path) -> None:
    file = tmp_path / "completion"
    file.write_text(script("bash", parser()))
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    ask = (
        f"source {file}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _secretaryctl; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [proposed]
