"""A new start of services, as the core asks root's unit for it."""

import os
import pwd
from pathlib import Path

import pytest

from hw.board import restart
from hw.board.request_file import Refused
from hw.board.restart import command, main, wanted

ME = os.getuid()


def test_each_service_of_the_box_is_named_once(tmp_path: Path) -> None:
    request = tmp_path / "restart"
    request.write_text("secretary-web\nsecretary-speech\nsecretary-web\n")
    assert wanted(request, ME) == ("secretary-web", "secretary-speech")
    assert command(wanted(request, ME))[2:] == ["try-restart", "secretary-web.service", "secretary-speech.service"]


@pytest.mark.parametrize(
    "text", ["sshd", "secretaryd", "secretary-web.service", "--force", "secretary-web ../x", "\xff"]
)
def test_nothing_else_is_started_anew(tmp_path: Path, text: str) -> None:
    request = tmp_path / "restart"
    request.write_text(text)
    with pytest.raises(Refused):
        wanted(request, ME)


def test_another_s_request_is_refused_and_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(restart, "SYSTEMCTL", "/bin/true")
    request, me = tmp_path / "restart", pwd.getpwuid(ME).pw_name
    request.write_text("secretary-web\n")
    assert main([str(request), me]) == 0
    request.write_text("secretary-web\n")
    other = next(one.pw_name for one in pwd.getpwall() if one.pw_uid != ME)
    assert main([str(request), other]) == 1
    assert "not the core's" in capsys.readouterr().err
    assert not request.exists()
