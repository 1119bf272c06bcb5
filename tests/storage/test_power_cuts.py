"""The power goes at any moment, and nothing that was promised is lost."""

import json
import random
from pathlib import Path

import pytest

from storage.secrets import Secrets
from tests.fakes.power.cuts import HERE, build, many, promised, run
from tests.fakes.power.disk import Disk, Op, lay_out

CUTS = 40


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("power"))


async def test_a_power_cut_costs_no_acknowledged_row_and_leaves_nothing_lying_about(library: Path) -> None:
    tally = await many(library, CUTS, seed=20261126, cuts_a_run=20, calls=4)
    assert tally.faults == []
    assert tally.rows > 3 * CUTS
    assert tally.recordings > CUTS / 4


def test_a_power_cut_costs_no_secret_that_was_kept(library: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    ops = run(library, data, str(HERE / "sealing.py"), str(data), "5")
    chance = random.Random(5)
    for count in range(CUTS):
        disk = Disk()
        disk.feed(ops[: chance.randint(0, len(ops))])
        after = tmp_path / f"after{count}"
        after.mkdir()
        lay_out(disk.survivors(chance), after)
        kept: dict[str, set[str]] = {}
        for line in b"".join(disk.acknowledged).decode().splitlines():
            said = json.loads(line)
            if "kept" in said:
                kept[said["kept"]] = {said["value"]}
            else:
                kept.setdefault(said["trying"], {""}).add(said["value"])  # it may be there or not
        secrets = Secrets(after)
        found = {info.name: secrets.get(info.name) for info in secrets.list()}
        for name, values in kept.items():
            assert found.get(name, "") in values


CARELESS = """
import os, sys
from pathlib import Path
name, synced, folder_synced = Path(sys.argv[1]) / "file", sys.argv[2] == "1", sys.argv[3] == "1"
file = os.open(name, os.O_WRONLY | os.O_CREAT)
os.write(file, b"x" * 2000)
if synced:
    os.fsync(file)
if folder_synced:
    os.fsync(os.open(name.parent, os.O_RDONLY))
print("kept", flush=True)
"""


@pytest.mark.parametrize(("synced", "folder_synced"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_who_forgets_a_sync_is_found_out(library: Path, tmp_path: Path, synced: int, folder_synced: int) -> None:
    (tmp_path / "careless.py").write_text(CARELESS)
    data = tmp_path / "data"
    data.mkdir()
    ops = run(library, data, str(tmp_path / "careless.py"), str(data), str(synced), str(folder_synced))
    disk, chance = Disk(), random.Random(1)
    disk.feed(ops)
    assert b"".join(disk.acknowledged) == b"kept\n"
    outcomes = [disk.survivors(chance).get("file") for _ in range(200)]
    lost = [found for found in outcomes if found != b"x" * 2000]
    assert bool(lost) == (not (synced and folder_synced))
    assert (None in outcomes) == (not folder_synced)


def test_a_file_changed_in_a_way_that_is_not_recorded_ends_the_process(library: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.py").write_text(
        "import os, sys\n"
        "to = os.open(sys.argv[1] + '/a', os.O_WRONLY | os.O_CREAT)\n"
        "os.sendfile(to, os.open(sys.argv[0], os.O_RDONLY), 0, 10)\n"
    )
    data = tmp_path / "data"
    data.mkdir()
    with pytest.raises(AssertionError, match="exit 99"):
        run(library, data, str(tmp_path / "copy.py"), str(data))


def op(kind: str, inode: int, number: int = 0, data: bytes = b"") -> Op:
    return Op(kind, inode, number, data)


def states(*ops: Op) -> set[tuple[tuple[str, bytes | None], ...]]:
    disk, chance = Disk(), random.Random(7)
    disk.feed(ops)
    return {tuple(sorted(disk.survivors(chance).items())) for _ in range(500)}


def test_a_replacement_is_the_old_file_or_the_new_one_and_nothing_between() -> None:
    old = (op("C", 1, data=b"a"), op("W", 1, 0, b"old"), op("S", 1), op("F", 0, data=b""))
    new = (op("C", 2, data=b"a.new"), op("W", 2, 0, b"new"), op("S", 2), op("R", 0, data=b"a.new\0a"))
    found = states(*old, *new)
    assert {dict(state)["a"] for state in found} == {b"old", b"new"}
    assert states(*old, *new, op("F", 0, data=b"")) == {(("a", b"new"),)}


def test_a_write_may_be_torn_at_any_sector_and_later_ones_may_come_first() -> None:
    created = (op("C", 1, data=b"a"), op("W", 1, 0, bytes(1024)), op("S", 1), op("F", 0, data=b""))
    found = states(*created, op("W", 1, 0, b"1" * 1024), op("W", 1, 512, b"2" * 512))
    sectors = {(data[:1], data[512:513]) for state in found if (data := dict(state)["a"])}
    assert sectors == {(a, b) for a in (b"\0", b"1") for b in (b"\0", b"1", b"2")}


def test_what_survives_is_laid_out_as_files(tmp_path: Path) -> None:
    lay_out({"d": None, "d/a": b"1"}, tmp_path)
    assert (tmp_path / "d" / "a").read_bytes() == b"1"


def test_promises_are_read_from_what_the_child_said() -> None:
    lines = (b'{"call": 1, "number": "+7"}\n{"call": 1, "turn": "a"}\n', b'{"call": 1, "seconds": 2.0}\n')
    promise = promised(lines)[1]
    assert (promise.number, promise.turns, promise.seconds) == ("+7", ["a"], 2.0)
