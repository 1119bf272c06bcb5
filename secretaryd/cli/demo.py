"""One simulated call from nothing to kept, shown live: what `make demo` runs once everything is installed.

Starts the box on a simulated modem in a folder of its own (.run), waits until it is ready, lets a caller ring, follows
the call, and stops the box. Exit code 0 when the call was answered and kept.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from hw.simulator.client import SimulatorClient
from hw.simulator.scenario import names as scenario_names
from hw.simulator.wav import WavError, read_wav
from secretaryd.cli.context import Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.simulate import asked
from secretaryd.cli.text import safe
from secretaryd.cli.watch import watch_call
from secretaryd.config.load import PREFIX
from secretaryd.control.client import ControlClient, NotRunning
from secretaryd.control.protocol import Status
from voice.llm.pace import Pace

RUN: Final = Path(".run")
START_SECONDS: Final = 180.0
STOP_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.1
OPTIONAL: Final = {"alsaaudio": "sound over an ALSA card", "systemd.daemon": "notices to systemd"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 answered and kept, 1 not, 2 bad usage, 3 the box did not start."""
    options = _parser().parse_args(arguments)
    folder = options.folder.absolute()
    console = Console()
    context = Context(console, Console(stderr=True), None, folder / "control.sock", as_json=False)
    try:
        _check_call(options)
        with _box(folder, options.pace, console) as ready:
            ready(context)
            return watch_call(context, lambda: asked(context, lambda client: _ring(client, options)))
    except CommandFailed as error:
        console.print(f"[red]{safe(str(error))}[/]", highlight=False, soft_wrap=True)
        if error.remedy:
            console.print(f"  → {safe(error.remedy)}", highlight=False, soft_wrap=True)
        return error.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description="A simulated call, shown live.")
    parser.add_argument("--scenario", default="opening_hours", help="see: secretaryctl simulate scenarios")
    parser.add_argument("--wav", type=Path, help="play your own recording as the caller")
    parser.add_argument("--pace", default="", help='language model at another speed, tokens/s: "30/8" is about a Pi 5')
    parser.add_argument("--folder", type=Path, default=RUN, help="where data and sockets of the demo lie")
    return parser


def _check_call(options: argparse.Namespace) -> None:
    """Before anything is started: is there such a call? Raises CommandFailed with exit code 2."""
    try:
        Pace.parse(options.pace)
    except ValueError as error:
        raise CommandFailed(f"PACE={options.pace}: {error}", "make demo PACE=30/8", 2) from error
    try:
        if options.wav is not None:
            read_wav(options.wav)
        elif not Path(options.scenario).suffix and options.scenario not in scenario_names():
            known = "\n  ".join(scenario_names())
            raise CommandFailed(f"Нет сценария {options.scenario!r}. Есть:\n  {known}", "make demo SCENARIO=…", 2)
    except WavError as error:
        raise CommandFailed(error.ru, "make demo CALLER=запись.wav", 2) from error


async def _ring(client: SimulatorClient, options: argparse.Namespace) -> str:
    if options.wav is not None:
        return await client.call(wav=options.wav)
    return await client.call(options.scenario)


@contextmanager
def _box(folder: Path, pace: str, console: Console) -> Iterator[Any]:
    """A running box; ends it by SIGTERM."""
    if (folder / "control.sock").exists() and _answers(folder / "control.sock"):
        raise CommandFailed(
            f"a box is running in {folder} already", "ring it: .venv/bin/secretaryctl simulate call, or stop it", 3
        )
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "demo.log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "secretaryd", "all", "--simulate"],
            env=_environment(folder, pace),
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            yield lambda context: _wait_until_ready(context, process, log, console)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environment(folder: Path, pace: str) -> dict[str, str]:
    own = {
        "BOX__DATA_DIR": str(folder / "data"),
        "CONTROL__SOCKET": str(folder / "control.sock"),
        "LLM__PACE": pace,
        "WEB__LISTEN": os.environ.get(f"{PREFIX}WEB__LISTEN", "127.0.0.1:8080"),
    }
    return {**os.environ, **{PREFIX + key: value for key, value in own.items()}}


def _answers(socket: Path) -> bool:
    try:
        ControlClient(socket).ask(Status())
    except NotRunning:
        return False
    return True


def _wait_until_ready(context: Context, process: "subprocess.Popen[bytes]", log: Path, console: Console) -> None:
    """Until modem, recogniser and voice are up and the language model has loaded, each told as it comes."""
    began = time.monotonic()
    told: set[str] = set()
    _tell_missing_parts(console)
    while time.monotonic() - began < START_SECONDS:
        if process.poll() is not None:
            raise CommandFailed(f"the box ended by itself ({process.returncode}):\n{_tail(log)}", f"see {log}")
        try:
            state = ControlClient(context.door.socket).ask(Status())
        except NotRunning:
            state = None
        if state is not None:
            for name in ("speech", "llm", "modem"):
                if state[name]["up"] and name not in told:
                    told.add(name)
                    console.print(
                        f"  [green]✓[/] {name:7} {_words(name, state)} [dim]{time.monotonic() - began:.1f} s[/]"
                    )
            if {"speech", "modem"} <= told and ("llm" in told or not _llm_is_coming(state)):
                console.print()
                return
        time.sleep(LOOK_SECONDS)
    raise CommandFailed(f"the box was not ready within {START_SECONDS:.0f} s:\n{_tail(log)}", f"see {log}")


def _llm_is_coming(state: dict[str, Any]) -> bool:
    return any(node["state"] in ("unknown", "loading", "away") for node in state["llm"]["nodes"])


def _words(name: str, state: dict[str, Any]) -> str:
    part = state[name]
    words = {
        "modem": lambda: f"{part['operator']} {part['technology']} {part['signal_dbm']} dBm (simulated)",
        "speech": lambda: f"recogniser {part['recognizer']}, voice {part['voice']}",
        "llm": lambda: f"model {part['model']}",
    }
    return safe(words[name]())


def _tell_missing_parts(console: Console) -> None:
    for module, what in OPTIONAL.items():
        try:
            __import__(module)
        except ImportError:
            console.print(f"  [yellow]-[/] without {what}: {module.partition('.')[0]} is not installed (optional)")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])


if __name__ == "__main__":
    sys.exit(main())
