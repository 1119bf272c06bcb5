"""Who was erased stays erased, whatever a backup brings back."""

from datetime import UTC
from pathlib import Path

from storage.audit.records import By
from storage.backup.door import Backups
from storage.store import Storage
from tests.storage.backup.conftest import nothing

AT = 1_780_000_000.0  # long ago, as an erasure sees it
OWNER = By("owner", "control")
ANNA, BORIS = "+79161234567", "+79267654321"


async def kept(store: Storage, number: str, at: float) -> None:
    recorder = store.recorder(at, number, UTC)
    recorder.write(b"\1\0" * 160, b"\0\0" * 160)
    call = await store.begin("line1", "in", number, "shown", at)
    await store.answered(call.id, at, recorder.path, "default@1")
    await store.add_message(call.id, at, "Анна", number, "перезвонить")
    done = await store.finish(call.id, at + 1, "message", "caller", "итог", recorder.close().seconds)
    await store.write_sidecar(done, UTC)


async def test_a_restore_brings_nobody_back_who_was_erased_since(tmp_path: Path) -> None:
    store = await Storage.open(data_dir=tmp_path)
    await kept(store, ANNA, AT)
    await kept(store, BORIS, AT + 10)
    backups = Backups(tmp_path, tmp_path / "secretary.db", None, "0.1.0")
    made = await backups.create("manual", AT + 20, nothing, recordings=True)
    await store.privacy.erase(ANNA, OWNER)
    assert await store.privacy.finish() == 1
    await backups.stage(made["name"], "", nothing)
    await store.close()

    store = await Storage.open(data_dir=tmp_path)
    assert store.restored == made["name"]
    assert store.privacy.wanted.is_set()
    await store.privacy.finish()
    assert [call.number for call in await store.recent()] == [BORIS]
    assert [message.number for message in await store.messages()] == [BORIS]
    assert not list(tmp_path.glob(f"recordings/*/*{ANNA}*"))
    assert len(list(tmp_path.glob(f"recordings/*/*{BORIS}*"))) == 2
    await store.close()
