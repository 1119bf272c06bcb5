"""Runs a child under the recorder, cuts its power at chosen moments, starts the box on what is left, and judges it."""

import json
import os
import random
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, Final

from storage.database import sql
from storage.store import Storage
from tests.fakes.power.disk import Disk, Op, lay_out, parse

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]


def build(folder: Path) -> Path:
    """Compiles the recorder. Raises CalledProcessError where there is no compiler."""
    library = folder / "power.so"
    compiler = os.environ.get("CC", "cc")
    subprocess.run(
        [compiler, "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", "-o", library, HERE / "shim.c", "-ldl"],
        check=True,
        timeout=60,
    )
    return library


def run(library: Path, folder: Path, *command: str) -> tuple[Op, ...]:
    """What `python COMMAND folder ...` asks of the disk below `folder`, from start to end."""
    with tempfile.TemporaryDirectory() as aside:
        log = Path(aside) / "log"
        log.touch()
        environ = {**os.environ, "LD_PRELOAD": str(library), "CUT_ROOT": str(folder), "CUT_LOG": str(log)}
        environ = {name: value for name, value in environ.items() if not name.startswith("COV")}
        environ["PYTHONPATH"] = str(ROOT)
        done = subprocess.run(
            [sys.executable, *command], env=environ, capture_output=True, text=True, timeout=120, cwd=ROOT
        )
        if done.returncode != 0:
            raise AssertionError(f"{command}: exit {done.returncode}\n{done.stderr}")
        return tuple(parse(log.read_bytes()))


@dataclass(slots=True)
class Promise:
    """What had been acknowledged of one call when the power went."""

    number: str = ""
    recording: str = ""
    turns: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    seconds: float = 0.0
    finished: bool = False
    forgotten: bool = False
    """Its recording is being deleted: from here on it may be there or not."""
    gone: bool = False
    sidecar: bool = False


def promised(lines: Sequence[bytes]) -> dict[int, Promise]:
    """From the child's acknowledgements."""
    calls: dict[int, Promise] = {}
    for line in b"".join(lines).decode().splitlines():
        said: dict[str, Any] = json.loads(line)
        if "call" not in said:
            continue
        call = calls.setdefault(said["call"], Promise())
        call.number = said.get("number", call.number)
        call.recording = said.get("recording", call.recording)
        call.turns += [said["turn"]] if "turn" in said else []
        call.messages += [said["message"]] if "message" in said else []
        call.seconds = said.get("seconds", call.seconds)
        call.finished |= said.get("finished", False)
        call.forgotten |= said.get("forgotten", False)
        call.gone |= said.get("gone", False)
        call.sidecar |= said.get("sidecar", False)
    return calls


@dataclass(slots=True)
class Tally:
    """Of many cuts."""

    cuts: int = 0
    rows: int = 0
    recordings: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.cuts} cuts, {self.rows} acknowledged rows and {self.recordings} recordings "
            f"({self.seconds:.0f} s of sound) looked for: {len(self.faults)} faults"
        )


async def judge(found: dict[str, bytes | None], disk: Disk, folder: Path, tally: Tally, where: str) -> None:
    """Starts the box on what is left and looks for everything that was promised."""
    lay_out(found, folder)
    store = await Storage.open("sqlite:///secretary.db", folder)
    await store.close_open(1e9, UTC)
    wrong = [f"{where}: {text}" for text in (store.notice,) if text]
    try:
        rows = await store.run(lambda: sql(store._db, "PRAGMA integrity_check"))
        if rows != [("ok",)]:
            wrong.append(f"{where}: integrity {rows}")
        kept = {call.id: call for call in await store.recent(500)}
        named = {call.recording for call in kept.values()}
        messages = [(one.call_id, one.matter) for one in await store.messages(500)]
        for call_id, promise in promised(disk.acknowledged).items():
            tally.rows += 1 + len(promise.turns) + len(promise.messages)
            if call_id not in kept:
                wrong.append(f"{where}: call {call_id} is lost")
                continue
            call = await store.call(call_id)
            if [turn.text for turn in call.turns][: len(promise.turns)] != promise.turns:
                wrong.append(f"{where}: turns of call {call_id} are lost")
            wrong += [f"{where}: message {m} is lost" for m in promise.messages if (call_id, m) not in messages]
            if promise.finished and call.outcome != "answered":
                wrong.append(f"{where}: call {call_id} is {call.outcome}")
            if promise.recording and not promise.forgotten:
                wrong += [f"{where}: {text}" for text in _sound(folder, promise, tally)]
            if promise.gone and (folder / promise.recording).exists():
                wrong.append(f"{where}: {promise.recording} is back, though it was deleted")
    finally:
        await store.close()
    wrong += [f"{where}: {name} is nobody's" for name in _recordings(folder) if name not in named]
    left = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.name.endswith((".new", ".partial"))]
    wrong += [f"{where}: {name} is left over" for name in left]
    tally.cuts += 1
    tally.faults += wrong


def _recordings(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*.wav")]


def _sound(folder: Path, promise: Promise, tally: Tally) -> list[str]:
    path = folder / promise.recording
    if not path.exists():
        return [f"{promise.recording} is lost"] if promise.seconds else []
    try:
        with wave.open(str(path)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
            data = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError) as error:
        return [f"{promise.recording} does not play: {error}"]
    tally.recordings += 1
    tally.seconds += seconds
    safe = int(promise.seconds * 8000) * 4
    whole = data[:safe] == (b"\x10\x00" * 2 * (safe // 4))
    return [] if seconds >= promise.seconds and whole else [f"{promise.recording}: {seconds} s of {promise.seconds}"]


def _delicate(ops: Sequence[Op]) -> list[int]:
    """Moments about a change of names: half of the cuts fall there, where whole files come and go."""
    return [at + after for at, op in enumerate(ops) if op.kind in "CRUD" for after in (0, 1, 2)]


async def many(library: Path, cuts: int, seed: int, *, cuts_a_run: int = 50, calls: int = 6) -> Tally:
    """So many cuts of the storage in `keeping.py`, at moments and with losses drawn from `seed`."""
    chance, tally = random.Random(seed), Tally()
    while tally.cuts < cuts:
        run_seed = chance.randrange(2**32)
        with tempfile.TemporaryDirectory() as aside:
            data = Path(aside) / "data"
            data.mkdir()
            ops = run(library, data, str(HERE / "keeping.py"), str(data), str(run_seed), str(calls))
            for count in range(min(cuts_a_run, cuts - tally.cuts)):
                moment = chance.choice((chance.randint(0, len(ops)), chance.choice(_delicate(ops))))
                disk = Disk()
                disk.feed(ops[:moment])
                after = Path(aside) / f"after{count}"
                after.mkdir()
                where = f"seed {run_seed} cut {moment}/{len(ops)}"
                await judge(disk.survivors(chance), disk, after, tally, where)
    return tally
