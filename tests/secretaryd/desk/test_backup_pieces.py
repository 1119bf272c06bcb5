"""An archive is taken elsewhere piece by piece, and that is written into the audit once."""

import base64
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from secretaryd.backups.runner import BackupRunner
from secretaryd.bus import Bus
from secretaryd.config.schema import Backup
from secretaryd.control.protocol.backup import ReadBackup
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.backup import BackupDesk
from secretaryd.desk.desk import Desk
from secretaryd.troubles import Troubles
from storage.audit.records import AuditFilter
from storage.backup.door import PIECE, Backups
from storage.store import Storage

ANNA = Peer(1, "anna")
NAME = "secretary-20261126-031500-manual.tar.gz.age"


class Line:
    state = "idle"

    async def idle(self) -> None:
        return


async def test_the_pieces_make_the_whole_and_other_files_stay_where_they_are(tmp_path: Path) -> None:
    storage = await Storage.open(f"sqlite:///{tmp_path / 'secretary.db'}", tmp_path)
    try:
        backups = Backups(tmp_path, tmp_path / "secretary.db", None, "0.1.0")
        whole = bytes(range(256)) * (PIECE // 256) + b"the end"
        backups.folder.mkdir()
        (backups.folder / NAME).write_bytes(whole)
        (backups.folder / "notes.txt").write_text("mine")
        zone = ZoneInfo("Europe/Moscow")
        runner = BackupRunner(backups, Backup, Line(), Bus(), Troubles(), storage.audit, zone, "ru", lambda: None)
        desk = Desk([BackupDesk(runner, storage.audit, "ru").handlers()], "ru")

        async def ask(name: str, offset: int = 0) -> Any:
            return await desk(ReadBackup(name=name, offset=offset), ANNA)

        got = b""
        while len(got) < len(whole):
            piece = await ask(NAME, len(got))
            assert piece["size"] == len(whole)
            got += base64.b64decode(piece["content"])
        assert got == whole
        assert (await ask(NAME, 10**30))["content"] == ""
        assert (await ask(NAME, -5))["offset"] == 0
        for name in ("notes.txt", "../secretary.db", str(backups.folder / NAME), NAME.replace("manual", "nightly")):
            with pytest.raises(DeskError) as caught:
                await ask(name)
            assert caught.value.status == 404
        taken = [entry for entry in await storage.audit.list(AuditFilter()) if entry.what == "backup.taken"]
        assert {(entry.who, entry.target) for entry in taken} == {("anna", f"backup:{NAME}")}
        assert len(taken) == 2, "the two that began at the beginning"
    finally:
        await storage.close()
