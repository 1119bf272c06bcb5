import gzip
import hashlib
from pathlib import Path

import pytest

from tests.fakes.model_files import VOSK, noise
from tests.fakes.model_server import Fault, ModelServer
from voice.models.download import MAX_IDLE_ATTEMPTS, MAX_RETRY_AFTER, Downloader, Progress
from voice.models.errors import ChecksumMismatch, DownloadError
from voice.models.sources import RemoteFile

SIZE = 700_000
DATA = noise(SIZE, 9)
PATH = "/vosk/file.zip"
WHOLE, HALF = Fault(), SIZE // 2


@pytest.fixture
def remote(server: ModelServer) -> RemoteFile:
    server.files[PATH] = DATA
    return RemoteFile(server.base + PATH, "file.zip", SIZE, "sha256", hashlib.sha256(DATA).hexdigest())


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_quiet_download_is_one_request_without_range(
    server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path
) -> None:
    assert downloader.file(remote, tmp_path).read_bytes() == DATA
    assert server.ranges(PATH) == [""]
    assert left_in(tmp_path) == {"file.zip"}
    assert {asked.encoding for asked in server.asked} == {"identity"}


def test_a_file_already_there_and_whole_is_not_asked_for(
    server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path
) -> None:
    (tmp_path / "file.zip").write_bytes(DATA)
    assert downloader.file(remote, tmp_path).read_bytes() == DATA
    assert server.asked == []


@pytest.mark.parametrize(
    ("faults", "ranges"),
    [
        ([Fault(cut_after=HALF)], ["", f"bytes={HALF}-"]),
        ([Fault(cut_after=0)], ["", ""]),
        ([Fault(cut_after=1000), Fault(cut_after=1000)], ["", "bytes=1000-", "bytes=2000-"]),
        ([Fault(cut_after=HALF), Fault(ignore_range=True)], ["", f"bytes={HALF}-"]),
        ([Fault(cut_after=HALF), Fault(ignore_range=True, cut_after=1000)], ["", f"bytes={HALF}-", "bytes=1000-"]),
        ([Fault(cut_after=HALF), Fault(shift_range=7)], ["", f"bytes={HALF}-", ""]),
        ([Fault(cut_after=HALF), Fault(status=416)], ["", f"bytes={HALF}-", ""]),
        ([Fault(status=500)], ["", ""]),
        ([Fault(status=503), Fault(status=429)], ["", "", ""]),
        ([Fault(garble=True)], ["", ""]),
        ([Fault(cut_after=HALF), Fault(garble=True)], ["", f"bytes={HALF}-", ""]),
        ([Fault(declare=1000)], ["", ""]),
        ([Fault(declare=-1000)], ["", ""]),
        ([Fault(extra=b"x" * 100_000)], ["", ""]),
        ([Fault(cut_after=HALF), Fault(extra=b"x" * 5)], ["", f"bytes={HALF}-", ""]),
        ([Fault(redirect="/huggingface/cdn/file.zip")], [""]),
    ],
    ids=str,
)
def test_every_passing_fault_is_recovered_from(
    faults: list[Fault],
    ranges: list[str],
    server: ModelServer,
    remote: RemoteFile,
    downloader: Downloader,
    tmp_path: Path,
    waits: list[float],
) -> None:
    server.files["/huggingface/cdn/file.zip"] = DATA
    server.fail(PATH, *faults)
    assert downloader.file(remote, tmp_path).read_bytes() == DATA
    assert left_in(tmp_path) == {"file.zip"}
    assert server.ranges(PATH) == ranges
    assert all(wait <= MAX_RETRY_AFTER for wait in waits)


def test_a_server_that_falls_silent_is_left_and_asked_for_the_rest(
    server: ModelServer, remote: RemoteFile, tmp_path: Path, waits: list[float]
) -> None:
    server.fail(PATH, Fault(stall_after=HALF))
    impatient = Downloader(sleep=waits.append, read_seconds=0.5)
    assert impatient.file(remote, tmp_path).read_bytes() == DATA
    assert server.ranges(PATH)[1] == f"bytes={HALF}-"


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
def test_a_final_refusal_is_not_asked_again(
    status: int, server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path, waits: list[float]
) -> None:
    server.fail(PATH, Fault(status=status))
    with pytest.raises(DownloadError, match=str(status)):
        downloader.file(remote, tmp_path)
    assert len(server.ranges(PATH)) == 1
    assert waits == []


@pytest.mark.parametrize(
    "fault",
    [Fault(status=500), Fault(cut_after=0), Fault(declare=1000), Fault(extra=b"x")],
    ids=str,
)
def test_a_fault_that_does_not_pass_ends_in_a_clear_error(
    fault: Fault, server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path
) -> None:
    server.fail(PATH, *[fault] * 20)
    with pytest.raises(DownloadError):
        downloader.file(remote, tmp_path)
    assert not (tmp_path / "file.zip").exists()
    assert 1 < len(server.ranges(PATH)) <= 2 * MAX_IDLE_ATTEMPTS
    server.faults.clear()


def test_wrong_bytes_twice_are_refused_and_leave_nothing(
    server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path
) -> None:
    server.fail(PATH, Fault(garble=True), Fault(garble=True))
    with pytest.raises(ChecksumMismatch):
        downloader.file(remote, tmp_path)
    assert left_in(tmp_path) == set()


def test_a_published_checksum_that_is_not_the_file_s_is_a_refusal(
    server: ModelServer, downloader: Downloader, tmp_path: Path
) -> None:
    server.files[PATH] = DATA
    with pytest.raises(ChecksumMismatch):
        downloader.file(RemoteFile(server.base + PATH, "file.zip", SIZE, "md5", "0" * 32), tmp_path)


def test_a_file_that_changes_between_two_attempts_starts_anew(
    server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path
) -> None:
    older = noise(SIZE, 10)
    server.files[PATH] = older
    server.fail(PATH, Fault(cut_after=HALF), Fault(status=404))
    with pytest.raises(DownloadError):
        downloader.file(remote, tmp_path)
    server.files[PATH] = DATA
    assert downloader.file(remote, tmp_path).read_bytes() == DATA
    last = server.asked[-1]
    assert (last.range, bool(last.if_range)) == (f"bytes={HALF}-", True)  # answered with 200 and the whole


def test_a_weak_etag_is_never_sent_as_a_condition(
    server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path
) -> None:
    server.weak = True
    server.fail(PATH, Fault(cut_after=HALF))
    assert downloader.file(remote, tmp_path).read_bytes() == DATA
    assert [asked.if_range for asked in server.asked] == ["", ""]


def test_the_next_call_goes_on_where_the_last_one_was_interrupted(
    server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path
) -> None:
    class Interrupted(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.received > HALF:
            raise Interrupted

    with pytest.raises(Interrupted):
        downloader.file(remote, tmp_path, stop)
    kept = (tmp_path / "file.zip.part").stat().st_size
    assert HALF < kept < SIZE
    assert Downloader().file(remote, tmp_path).read_bytes() == DATA
    assert server.ranges(PATH) == ["", f"bytes={kept}-"]


@pytest.mark.parametrize("note", ["", "{", "[]", '{"url": 1}', '{"url": "x", "checksum": "other", "validator": ""}'])
def test_a_partial_file_of_unknown_origin_is_not_built_upon(
    note: str, server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path
) -> None:
    (tmp_path / "file.zip.part").write_bytes(b"?" * 1000)
    (tmp_path / "file.zip.part.json").write_text(note)
    assert downloader.file(remote, tmp_path).read_bytes() == DATA
    assert server.ranges(PATH) == [""]


def test_the_server_s_retry_after_is_kept_to_within_reason(
    server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path, waits: list[float]
) -> None:
    server.fail(PATH, Fault(status=429, retry_after="20"), Fault(status=503, retry_after="86400"))
    downloader.file(remote, tmp_path)
    assert waits == [20.0, MAX_RETRY_AFTER]


def test_progress_grows_to_the_whole_and_tells_a_speed(
    server: ModelServer, remote: RemoteFile, tmp_path: Path, waits: list[float]
) -> None:
    ticks = iter(range(1000))
    seen: list[Progress] = []
    server.fail(PATH, Fault(cut_after=HALF))
    Downloader(sleep=waits.append, clock=lambda: float(next(ticks))).file(remote, tmp_path, seen.append)
    received = [progress.received for progress in seen]
    assert received == sorted(received)
    assert (received[-1], seen[-1].total) == (SIZE, SIZE)
    assert seen[-1].speed > 0


def test_a_body_packed_against_our_wish_is_refused(server: ModelServer, downloader: Downloader, tmp_path: Path) -> None:
    packed = gzip.compress(DATA)
    server.files[PATH] = packed
    remote = RemoteFile(server.base + PATH, "file.zip", len(packed), "sha256", hashlib.sha256(DATA).hexdigest())
    with pytest.raises(ChecksumMismatch):
        downloader.file(remote, tmp_path)


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1/x", "http://127.0.0.1:1/x", "nonsense"])
def test_an_address_that_leads_nowhere_is_a_clear_error(url: str, downloader: Downloader, tmp_path: Path) -> None:
    with pytest.raises(DownloadError):
        downloader.file(RemoteFile(url, "x", 10, "md5", "0" * 32), tmp_path)


def test_a_circle_of_redirects_is_a_clear_error(
    server: ModelServer, remote: RemoteFile, downloader: Downloader, tmp_path: Path
) -> None:
    server.fail(PATH, *[Fault(redirect=PATH)] * 6)
    with pytest.raises(DownloadError):
        downloader.file(remote, tmp_path)


def test_a_list_is_retried_and_bounded(server: ModelServer, downloader: Downloader) -> None:
    path = "/vosk/model-list.json"
    server.fail(path, Fault(status=502), Fault(cut_after=5))
    assert VOSK in downloader.text(server.base + path)
    server.fail(path, *[Fault(status=500)] * MAX_IDLE_ATTEMPTS)
    with pytest.raises(DownloadError, match="500"):
        downloader.text(server.base + path)
    with pytest.raises(DownloadError, match="404"):
        downloader.text(server.base + "/nothing")


def test_an_endless_list_is_cut_off(
    server: ModelServer, downloader: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice.models.download.MAX_LIST_BYTES", 10)
    with pytest.raises(DownloadError, match="too large"):
        downloader.text(server.base + "/vosk/model-list.json")
