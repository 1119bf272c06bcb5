"""What the box tells of the machine under it."""

from pathlib import Path

from secretaryd.machine import Machine


def machine(root: Path, **files: str) -> Machine:
    paths = {"stat": "proc/stat", "meminfo": "proc/meminfo"}
    for name, text in files.items():
        path = root / paths.get(name, f"sys/class/thermal/{name}/temp")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Machine(root)


def test_the_processor_is_measured_between_two_looks(tmp_path: Path) -> None:
    looked = machine(tmp_path, stat="cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\n")
    assert looked.look()["cpu_percent"] is None
    machine(tmp_path, stat="cpu  160 0 115 720 105 0 0 0 0 0\n")
    assert looked.look()["cpu_percent"] == 75.0
    assert looked.look()["cpu_percent"] is None, "no time has passed"


def test_memory_and_the_hottest_zone_are_read(tmp_path: Path) -> None:
    memory = "MemTotal:        1000 kB\nMemFree: 10 kB\nMemAvailable:     400 kB\nHugePages: x\n"
    seen = machine(tmp_path, meminfo=memory, thermal_zone0="48300\n", thermal_zone1="51000\n").look()
    assert (seen["memory_bytes"], seen["memory_free_bytes"], seen["temperature_c"]) == (1_024_000, 409_600, 51.0)


def test_a_machine_that_tells_nothing_is_no_fault(tmp_path: Path) -> None:
    assert set(Machine(tmp_path).look().values()) == {None}
    odd = machine(tmp_path, stat="cpu x y\n", meminfo="\x00\n", thermal_zone0="hot")
    assert set(odd.look().values()) == {None}
