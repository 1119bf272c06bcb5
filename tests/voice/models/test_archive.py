import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.model_files import VOSK, vosk_files, vosk_zip, zipped
from voice.errors import ModelFileError
from voice.models.archive import unpack, unpacked_size


def link(name: str = "m/link", to: str = "/etc/passwd") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, to)
    return out.getvalue()


def device() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("m/sda")
        info.external_attr = (stat.S_IFBLK | 0o600) << 16
        archive.writestr(info, b"")
    return out.getvalue()


def doubled() -> bytes:
    return zipped({"m/a": b"1", "M/A": b"2"})


def patched(data: bytes, offset: int, field: bytes) -> bytes:
    """The archive with a field of its last central directory entry overwritten."""
    at = data.rindex(b"PK\x01\x02") + offset
    return data[:at] + field + data[at + len(field) :]


def encrypted() -> bytes:
    return patched(zipped({"m/a": b"secret"}), 8, struct.pack("<H", 1))


def overlapping() -> bytes:
    """Every entry claims the whole archive as its packed bytes."""
    return patched(zipped({"m/a": b"x" * 100}), 20, struct.pack("<I", 1_000_000))


def bomb() -> bytes:
    return zipped({"m/zeros": b"\0" * 40_000_000})


def understated() -> bytes:
    """Says 10 bytes, unpacks to 100,000."""
    return patched(zipped({"m/a": b"x" * 100_000}), 24, struct.pack("<I", 10))


def many() -> bytes:
    return zipped({f"m/{i}": b"" for i in range(10_001)})


def damaged() -> bytes:
    data = bytearray(vosk_zip())
    data[1000:1100] = bytes(100)
    return bytes(data)


@pytest.mark.parametrize(
    "make",
    [
        lambda: zipped({"../out": b"x"}),
        lambda: zipped({"m/../../out": b"x"}),
        lambda: zipped({"/etc/cron.d/out": b"x"}),
        lambda: zipped({"m\\..\\out": b"x"}),
        lambda: zipped({"C:/out": b"x"}),
        lambda: zipped({"m/" + "x" * 300: b"x"}),
        link,
        device,
        doubled,
        encrypted,
        overlapping,
        bomb,
        understated,
        many,
        damaged,
        lambda: vosk_zip()[:-5000],
        lambda: b"PK\x03\x04 not really",
        lambda: b"",
    ],
    ids=lambda make: make.__name__,
)
def test_a_hostile_or_broken_archive_is_refused_and_writes_nothing_outside(
    make: Callable[[], bytes], tmp_path: Path
) -> None:
    archive = tmp_path / "box" / "model.zip"
    archive.parent.mkdir()
    archive.write_bytes(make())
    with pytest.raises(ModelFileError, match=r"model\.zip"):
        unpack(archive, archive.parent / "target")
    outside = {path for path in tmp_path.rglob("*") if archive.parent / "target" not in [path, *path.parents]}
    assert outside == {archive, archive.parent}


def test_a_name_cut_by_a_nul_is_refused(tmp_path: Path) -> None:
    data = zipped({"m/aXpy": b"x"}).replace(b"m/aXpy", b"m/a\0py")
    (tmp_path / "model.zip").write_bytes(data)
    with pytest.raises(ModelFileError):
        unpack(tmp_path / "model.zip", tmp_path / "target")


@pytest.mark.parametrize("top", [VOSK, ""])
def test_a_good_archive_is_unpacked_with_or_without_a_folder_at_the_top(top: str, tmp_path: Path) -> None:
    archive = tmp_path / "model.zip"
    archive.write_bytes(vosk_zip(top) if top else zipped(vosk_files()))
    folder = unpack(archive, tmp_path / "target")
    assert folder == (tmp_path / "target" / top if top else tmp_path / "target")
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == vosk_files()
    assert unpacked_size(archive) == sum(map(len, found.values()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(at=st.integers(0, 400), value=st.binary(min_size=1, max_size=8))
def test_any_flipped_bytes_give_the_right_files_or_a_clear_error(
    at: int, value: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("flip")
    data = zipped({"m/a": b"one" * 20, "m/b": b"two" * 20})
    at %= len(data)
    (folder / "model.zip").write_bytes(data[:at] + value + data[at + len(value) :])
    try:
        unpack(folder / "model.zip", folder / "target")
    except ModelFileError:
        return
    inside = [path for path in folder.rglob("*") if path.is_file()]
    assert all(folder in path.parents and not path.is_symlink() for path in inside)
