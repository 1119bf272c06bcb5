import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.model_files import PIPER, PLENTY, QWEN, VOSK, gguf, piper_files, vosk_files, vosk_zip, write, zipped
from voice.errors import ModelFileError
from voice.models.catalogue import Kind
from voice.models.errors import ChecksumMismatch, NotEnoughRoom
from voice.models.install import Installer
from voice.models.store import UNVERIFIED, Store, resolve
from voice.models.usb import import_models

Make = Callable[..., Installer]


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def bring(source: Path, store: Store, disk: int = PLENTY) -> list[tuple[str, str]]:
    return [(m.name, m.checksum) for m in import_models(source, store, free_disk=lambda _folder: disk)]


def test_a_stick_with_everything_gives_everything(stick: Path, store: Store) -> None:
    write(stick / "модели" / VOSK, vosk_files())
    write(stick / "voices", piper_files())
    write(stick, {"photo.jpg": b"x", "my-own.gguf": gguf(), ".Trashes/x.gguf": gguf()})
    names = [name for name, checksum in bring(stick, store) if checksum == UNVERIFIED]
    assert sorted(names) == sorted(["my-own", PIPER, VOSK])
    for name, kind in [(VOSK, Kind.STT), (PIPER, Kind.TTS), ("my-own", Kind.LLM)]:
        assert resolve(name, kind, store.folder).path.exists()
        assert store.verify(name) == ()
    assert store.get(VOSK).licence == "Apache-2.0"  # known from the catalogue by its name


@pytest.mark.parametrize("top", [VOSK, "anything", ""])
def test_an_archive_is_unpacked_under_its_own_name(top: str, stick: Path, store: Store) -> None:
    data = vosk_zip(top) if top else zipped(vosk_files())
    write(stick, {f"{VOSK}.zip": data, f"{VOSK}.zip.sha256": sha256(data).encode()})
    assert bring(stick, store) == [(VOSK, f"sha256:{sha256(data)}")]
    assert resolve(VOSK, Kind.STT, store.folder).name == VOSK


@pytest.mark.parametrize(
    ("sums", "text"),
    [
        ("own.gguf.sha256", "{sha}"),
        ("own.gguf.sha256", "{sha}  own.gguf\n"),
        ("SHA256SUMS", "# models\n{other}  other.gguf\n{sha} *own.gguf\n"),
        ("SHA256SUMS.txt", "{sha}  ./own.gguf\r\n"),
        ("own.gguf.md5", "{md5}\n"),
        ("MD5SUMS", "{md5}  own.gguf\n"),
    ],
)
def test_a_checksum_beside_the_file_is_compared_in_every_common_form(
    sums: str, text: str, stick: Path, store: Store
) -> None:
    data = gguf()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    write(stick, {"own.gguf": data, sums: text.format(sha=sha256(data).upper(), md5=md5, other="0" * 64).encode()})
    ((_, checksum),) = bring(stick / "own.gguf", store)
    assert checksum in (f"sha256:{sha256(data)}", f"md5:{md5}")
    store.remove("own", active=())
    (stick / "own.gguf").write_bytes(data[:-1] + b"?")
    with pytest.raises(ChecksumMismatch, match="own"):
        bring(stick / "own.gguf", store)
    assert store.installed() == ()


def test_a_voice_is_refused_if_its_settings_do_not_fit_their_checksum(stick: Path, store: Store) -> None:
    write(stick, piper_files() | {f"{PIPER}.onnx.json.md5": b"0" * 32})
    with pytest.raises(ChecksumMismatch):
        bring(stick, store)


@pytest.mark.parametrize("name", [VOSK, PIPER, QWEN])
def test_a_model_copied_from_another_box_is_checked_by_its_manifest(
    name: str, installer: Make, store: Store, stick: Path, tmp_path: Path
) -> None:
    (original,) = installer().install(name)
    shutil.copytree(store.folder / name, stick / name)
    other = Store(tmp_path / "other box", store.catalogue)
    assert bring(stick, other) == [(name, original.checksum)]
    assert other.get(name).source == original.source
    victim = next(path for path in (stick / name).rglob("*") if path.suffix in (".fst", ".onnx", ".gguf"))
    data = victim.read_bytes()
    victim.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ChecksumMismatch):
        bring(stick, other)
    assert other.verify(name) == ()  # the one imported before is still whole


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"readme.txt": b"x"},
        {"own.gguf": b"GGU"},
        {"own.gguf": b"<html>"},
        {"voice.onnx": b"x" * 5000},
        {"voice.onnx": b"x" * 5000, "voice.onnx.json": b"{}"},
        {"vosk/am/final.mdl": b"\0B"},
        {"a.zip": b"not a zip"},
        {"a.zip": zipped({"two/a.gguf": gguf(10), "two/b.gguf": gguf(10)})},
        {"имя с пробелом.gguf": gguf(10)},
        {"-rf.gguf": gguf(10)},
    ],
    ids=lambda files: " ".join(f"{name}={data[:6]!r}" for name, data in files.items()) or "nothing",
)
def test_what_is_no_model_is_refused_and_nothing_is_left(files: dict[str, bytes], stick: Path, store: Store) -> None:
    write(stick, files)
    with pytest.raises(ModelFileError):
        bring(stick, store)
    assert store.installed() == ()
    assert not (store.folder / ".staging").exists()


def test_links_on_a_stick_are_not_followed(stick: Path, store: Store, tmp_path: Path) -> None:
    write(stick / "vosk", vosk_files())
    (stick / "vosk/am/secret").symlink_to("/etc/shadow")
    with pytest.raises(ModelFileError):
        bring(stick, store)
    (stick / "vosk/am/secret").unlink()
    write(tmp_path, {"outside.gguf": gguf()})
    (stick / "link.gguf").symlink_to(tmp_path / "outside.gguf")
    assert [name for name, _ in bring(stick, store)] == ["vosk"]


def test_too_small_a_disk_is_refused_before_copying(stick: Path, store: Store) -> None:
    write(stick, {"own.gguf": gguf()})
    with pytest.raises(NotEnoughRoom):
        bring(stick, store, disk=1000)
    assert store.installed() == ()


def test_a_stick_that_is_not_there_is_a_clear_error(stick: Path, store: Store) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        bring(stick / "nowhere", store)
