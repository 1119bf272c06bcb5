import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.model_files import (
    PIPER,
    QWEN,
    QWEN_REPOSITORY,
    VOSK,
    gguf,
    noise,
    piper_files,
    vosk_files,
    vosk_zip,
    zipped,
)
from tests.fakes.model_server import Fault, ModelServer
from voice.errors import ModelFileError
from voice.models.catalogue import Kind
from voice.models.download import Downloader, Progress
from voice.models.errors import ChecksumMismatch, DownloadError, NotEnoughRoom
from voice.models.install import DISK_RESERVE, Installer, free_memory
from voice.models.store import Store, resolve

Make = Callable[..., Installer]
ZIP = f"/vosk/{VOSK}.zip"


def visible(store: Store) -> set[str]:
    """What a reader of the store sees, hidden working folders left out."""
    return (
        {path.name for path in store.folder.iterdir() if not path.name.startswith(".")}
        if store.folder.exists()
        else set()
    )


@pytest.mark.parametrize(("name", "kind"), [(VOSK, Kind.STT), (PIPER, Kind.TTS), (QWEN, Kind.LLM)])
def test_each_source_s_model_is_installed_and_found_by_name(
    name: str, kind: Kind, installer: Make, store: Store
) -> None:
    (manifest,) = installer().install(name)
    assert (manifest.name, manifest.kind) == (name, kind)
    assert manifest.checksum.partition(":")[0] == ("sha256" if kind is Kind.LLM else "md5")
    assert store.verify(name) == ()
    resolved = resolve(name, kind, store.folder)
    assert resolved.path == store.path(manifest)
    assert not resolved.starter
    assert not (store.folder / ".partial" / name).exists()
    assert not (store.folder / ".staging").exists()


def test_the_files_are_those_that_were_published(installer: Make, store: Store) -> None:
    installer().install("ru-small")
    for name, data in vosk_files().items():
        assert (store.folder / VOSK / name).read_bytes() == data
    for name, data in piper_files().items():
        assert (store.folder / PIPER / name).read_bytes() == data
    assert (store.folder / QWEN / f"{QWEN}.gguf").read_bytes() == gguf()
    assert [manifest.name for manifest in store.installed()] == sorted([VOSK, PIPER, QWEN])


def test_a_second_installation_fetches_nothing_and_again_fetches_all(installer: Make, server: ModelServer) -> None:
    installer().install(VOSK)
    asked = len(server.asked)
    installer().install(VOSK)
    assert len(server.asked) == asked
    installer().install(VOSK, again=True)
    assert server.ranges(ZIP) == ["", ""]


def test_a_damaged_model_is_fetched_again(installer: Make, store: Store) -> None:
    installer().install(VOSK)
    (store.folder / VOSK / "graph/HCLr.fst").write_bytes(b"short")
    with pytest.raises(ModelFileError, match="install"):
        resolve(VOSK, Kind.STT, store.folder)
    installer().install(VOSK)
    assert store.verify(VOSK) == ()


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        ([Fault(garble=True)] * 2, ChecksumMismatch),
        ([Fault(status=404)], DownloadError),
        ([Fault(status=500)] * 6, DownloadError),
        ([Fault(cut_after=5000), *[Fault(cut_after=0)] * 6], DownloadError),
        ([Fault(extra=b"x")] * 4, DownloadError),
        ([Fault(declare=-10)] * 4, DownloadError),
    ],
    ids=str,
)
def test_a_failed_download_installs_nothing_and_spoils_nothing(
    faults: list[Fault], error: type[Exception], installer: Make, store: Store, server: ModelServer
) -> None:
    installer().install(PIPER)
    server.fail(ZIP, *faults)
    with pytest.raises(error):
        installer().install(VOSK)
    assert visible(store) == {PIPER}
    assert store.verify(PIPER) == ()
    installer().install(VOSK)
    assert store.verify(VOSK) == ()


def test_an_update_that_fails_leaves_the_old_model_whole(installer: Make, store: Store, server: ModelServer) -> None:
    installer().install(QWEN)
    before = store.get(QWEN)
    path = server.publish_gguf(QWEN_REPOSITORY, f"{QWEN}.gguf", gguf(650_000))
    server.fail(path, Fault(garble=True), Fault(garble=True))
    with pytest.raises(ChecksumMismatch):
        installer().install(QWEN, again=True)
    assert store.get(QWEN) == before
    assert store.verify(QWEN) == ()
    installer().install(QWEN, again=True)
    assert store.get(QWEN).files[0].size == len(gguf(650_000))


@pytest.mark.parametrize(
    "data",
    [
        zipped({f"{VOSK}/../../evil": b"x", f"{VOSK}/am/final.mdl": b"\0B"}),
        zipped({f"{VOSK}/README": b"no model here"}),
        zipped({f"{VOSK}/am/final.mdl": b"<html>", f"{VOSK}/graph/HCLG.fst": b"x"}),
        zipped({f"{VOSK}/am/final.mdl": b"\0B"}),
        b"this is no archive",
        vosk_zip()[:-100],
    ],
    ids=["climbs out", "no model", "not Kaldi", "no graph", "no archive", "truncated"],
)
def test_a_published_but_unusable_archive_is_refused(
    data: bytes, installer: Make, store: Store, server: ModelServer, tmp_path: Path
) -> None:
    server._vosk.clear()
    server.publish_vosk(VOSK, data)
    with pytest.raises(ModelFileError):
        installer().install(VOSK)
    assert visible(store) == set()
    assert not (tmp_path / "evil").exists()


def test_a_gguf_that_is_a_web_page_is_refused(installer: Make, store: Store, server: ModelServer) -> None:
    server.publish_gguf(QWEN_REPOSITORY, f"{QWEN}.gguf", b"<html>please log in</html>")
    with pytest.raises(ModelFileError, match="GGUF"):
        installer().install(QWEN)
    assert visible(store) == set()


@pytest.mark.parametrize("changed", [{"md5": ""}, {"size": 0}, {"md5": None}, {"size": "45M"}])
def test_no_published_checksum_means_no_installation(
    changed: dict[str, object], installer: Make, store: Store, server: ModelServer
) -> None:
    server._vosk.clear()
    server.publish_vosk(VOSK, vosk_zip(), **changed)
    with pytest.raises(DownloadError):
        installer().install(VOSK)
    assert server.ranges(ZIP) == []
    assert visible(store) == set()


@pytest.mark.parametrize("off", [-1, 1, 10_000])
def test_a_list_that_lies_about_the_size_is_not_believed(
    off: int, installer: Make, store: Store, server: ModelServer
) -> None:
    server._vosk.clear()
    server.publish_vosk(VOSK, vosk_zip(), size=len(vosk_zip()) + off)
    with pytest.raises(DownloadError, match="its list says"):
        installer().install(VOSK)
    assert visible(store) == set()


def test_too_little_memory_is_refused_before_anything_is_fetched_unless_forced(
    installer: Make, store: Store, server: ModelServer
) -> None:
    need = store.catalogue.memory_mb(QWEN) * 1_000_000
    with pytest.raises(NotEnoughRoom, match="--force"):
        installer(memory=need - 1_000_000).install(QWEN)
    assert server.asked == []
    installer(memory=need).install(QWEN)
    installer(memory=0).install(VOSK, force=True)
    with pytest.raises(NotEnoughRoom):
        installer(memory=need).install("ru-small")  # the three together need more


def test_too_little_disk_is_refused_after_the_list_and_before_the_file(installer: Make, server: ModelServer) -> None:
    need = len(vosk_zip()) + 1_000_000 + DISK_RESERVE
    with pytest.raises(NotEnoughRoom, match="MB"):
        installer(disk=need - 1).install(VOSK, force=True)
    assert server.ranges(ZIP) == []
    installer(disk=need).install(VOSK)


def test_an_archive_larger_inside_than_the_catalogue_thinks_is_refused_before_unpacking(
    installer: Make, store: Store, server: ModelServer
) -> None:
    larger = zipped(
        {f"{VOSK}/{name}": data for name, data in vosk_files().items()} | {f"{VOSK}/README": b"x" * 5_000_000}
    )
    server._vosk.clear()
    server.publish_vosk(VOSK, larger)
    with pytest.raises(NotEnoughRoom):
        installer(disk=len(larger) + 1_000_000 + DISK_RESERVE).install(VOSK)
    assert visible(store) == set()
    asked = len(server.ranges(ZIP))
    installer().install(VOSK)  # what was downloaded is still there
    assert len(server.ranges(ZIP)) == asked


def test_bytes_already_fetched_count_towards_the_disk_needed(installer: Make, server: ModelServer) -> None:
    server.fail(ZIP, Fault(cut_after=400_000), Fault(status=404))
    with pytest.raises(DownloadError):
        installer().install(VOSK)
    installer(disk=len(vosk_zip()) - 400_000 + 1_000_000 + DISK_RESERVE).install(VOSK)
    assert server.ranges(ZIP)[-1] == "bytes=400000-"


def test_forgetting_partial_downloads_starts_from_nothing(installer: Make, store: Store, server: ModelServer) -> None:
    server.fail(ZIP, Fault(cut_after=400_000), Fault(status=404))
    with pytest.raises(DownloadError):
        installer().install(VOSK)
    installer().forget_partial(VOSK)
    assert list((store.folder / ".partial").iterdir()) == []
    installer().install(VOSK)
    assert server.ranges(ZIP)[-1] == ""


def test_two_installations_at_once_are_refused(installer: Make, store: Store) -> None:
    with store.locked(), pytest.raises(ModelFileError, match="under way"):
        installer().install(VOSK)
    installer().install(VOSK)


def test_progress_names_the_file_and_reaches_its_end(installer: Make) -> None:
    seen: list[Progress] = []
    installer().install(PIPER, on_progress=seen.append)
    assert {progress.name for progress in seen} == {"MODEL_CARD", f"{PIPER}.onnx", f"{PIPER}.onnx.json"}
    assert [p for p in seen if p.name.endswith(".onnx")][-1].received == 400_000


def install_and_die(models: Path, base: str) -> None:
    from voice.models.sources import Mirrors

    def die(progress: Progress) -> None:
        if progress.received > 300_000:
            os.kill(os.getpid(), signal.SIGKILL)

    Installer(Store(models), mirrors=Mirrors.at(base), downloader=Downloader()).install(
        VOSK, force=True, on_progress=die
    )


def test_a_killed_installation_leaves_nothing_half_done_and_is_resumed(
    installer: Make, store: Store, server: ModelServer
) -> None:
    child = multiprocessing.get_context("spawn").Process(target=install_and_die, args=(store.folder, server.base))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    assert visible(store) == set()
    installer().install(VOSK)
    resumed = server.ranges(ZIP)[-1]
    assert resumed.startswith("bytes=")
    assert int(resumed[6:-1]) > 300_000
    assert store.verify(VOSK) == ()


def test_a_list_of_another_version_throws_the_partial_file_away(
    installer: Make, store: Store, server: ModelServer
) -> None:
    server.fail(ZIP, Fault(cut_after=400_000), Fault(status=404))
    with pytest.raises(DownloadError):
        installer().install(VOSK)
    newer = vosk_files() | {"README": noise(50_000, 7)}
    server._vosk.clear()
    server.publish_vosk(VOSK, zipped({f"{VOSK}/{name}": data for name, data in newer.items()}))
    installer().install(VOSK)
    assert server.ranges(ZIP)[-1] == ""
    assert (store.folder / VOSK / "README").is_file()


def test_the_manifest_tells_where_it_came_from(installer: Make, store: Store, server: ModelServer) -> None:
    installer().install(VOSK)
    written = json.loads((store.folder / VOSK / "manifest.json").read_text())
    assert written["source"] == server.base + ZIP
    assert written["licence"] == "Apache-2.0"
    assert {file["path"] for file in written["files"]} == set(vosk_files())


def test_the_machine_s_free_memory_is_a_sensible_figure() -> None:
    assert 10_000_000 < free_memory() < 10**14
