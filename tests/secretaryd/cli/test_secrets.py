"""secretaryctl secrets: values go in by a pipe and come out nowhere."""

import gzip
import io
import json
import logging
import random
import string
from pathlib import Path

import pyrage
import pytest

from secretaryd.control.protocol.secrets import SetSecret
from tests.secretaryd.cli.conftest import Box, Ctl


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> "Typed":
    return Typed(monkeypatch)


class Typed:
    """What comes by the pipe."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, text: str) -> None:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_secret_is_kept_listed_and_removed(box: Box, ctl: Ctl, typed: Typed) -> None:
    typed("4821\n")
    assert ctl("secrets", "set", "sim_pin").code == 0
    assert box.storage.secrets.get("sim_pin") == "4821"
    listed = ctl("secrets", "list")
    assert "sim_pin" in listed.out
    assert "4821" not in listed.out
    assert ctl("secrets", "rotate", "--json").json == {"sealed": 1}
    assert ctl("secrets", "remove", "sim_pin").code == 0
    assert ctl("secrets", "list", "--json").json == {"secrets": []}


def test_what_cannot_be_kept_is_refused_with_words(box: Box, ctl: Ctl, typed: Typed) -> None:
    typed("4821")
    refused = ctl("secrets", "set", "Bad Name")
    assert (refused.code, "имя" in refused.err) == (1, True)
    typed("")
    assert ctl("secrets", "set", "empty").code == 2
    assert ctl("secrets", "remove", "none").code == 1


def test_every_change_is_in_the_audit_without_the_value(box: Box, ctl: Ctl, typed: Typed) -> None:
    from storage.audit.records import AuditFilter

    typed("canary-value")
    ctl("secrets", "set", "token")
    ctl("secrets", "rotate")
    ctl("secrets", "remove", "token")
    entries = box.do(box.storage.audit.list(AuditFilter()))
    assert [entry.what for entry in entries] == ["secret.removed", "secret.rotated", "secret.set"]
    assert "canary-value" not in repr(entries)


def test_the_request_does_not_show_its_value() -> None:
    assert "canary" not in repr(SetSecret(name="a", value="canary"))


def test_fifty_canaries_are_found_nowhere(
    box: Box, ctl: Ctl, typed: Typed, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    chance = random.Random(50)
    canaries = {f"key{n}": "".join(chance.choices(string.ascii_letters + string.digits, k=24)) for n in range(50)}
    shown = ""
    for name, value in canaries.items():
        typed(value)
        ran = ctl("secrets", "set", name)
        shown += ran.out + ran.err
    for command in (("secrets", "list"), ("config", "show"), ("status",), ("secrets", "rotate")):
        shown += ctl(*command).out + ctl(*command, "--json").out
    shown += json.dumps([record.__dict__ for record in caplog.records], default=str)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    name = ctl("backup", "create", "--recordings", "--json").json["name"]
    key = pyrage.x25519.Identity.from_str((tmp_path / "secrets" / "backup.key").read_text().strip())
    kept += gzip.decompress(pyrage.decrypt((tmp_path / "backups" / name).read_bytes(), [key]))
    (tmp_path / "core.log").write_text(shown)
    assert ctl("diag", "--out", str(tmp_path / "diag.tar.gz"), "--log", str(tmp_path / "core.log")).code == 0
    kept += gzip.decompress((tmp_path / "diag.tar.gz").read_bytes())
    for name, value in canaries.items():
        assert value not in shown, name
        assert value.encode() not in kept, name
        assert box.storage.secrets.get(name) == value
