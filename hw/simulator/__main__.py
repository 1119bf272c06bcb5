"""`python -m hw.simulator --state-dir DIR`: a SIM7600G-H on two pseudo-terminals, until SIGTERM."""

import argparse
import asyncio
import fcntl
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import IO

from hw.simulator.control import ControlServer
from hw.simulator.options import OptionError
from hw.simulator.profile import Profile, load_profile, parse_override, with_overrides
from hw.simulator.simulator import Simulator

EXIT_BAD_USAGE = 2
EXIT_CANNOT_START = 3


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hw.simulator", description=__doc__)
    parser.add_argument("--state-dir", type=Path, required=True, help="where ports, socket, ledger and recordings go")
    parser.add_argument("--profile", default="nasty", help="nasty (default), plain, or a TOML file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one switch set otherwise")
    parser.add_argument(
        "--card",
        default=os.environ.get("SIMULATOR_CARD", ""),
        help="an ALSA name: the sound goes there, as from the module's analogue codec (default $SIMULATOR_CARD)",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of all chance (default 1)")
    return parser.parse_args(argv)


def _profile(arguments: argparse.Namespace) -> Profile:
    overrides = dict(parse_override(text) for text in arguments.set)
    return with_overrides(load_profile(arguments.profile), overrides)


def _claim(folder: Path) -> IO[str]:
    """Makes sure that one simulator alone uses the folder. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "simulator.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


async def serve(folder: Path, profile: Profile, seed: int, card: str = "") -> None:
    """Runs until SIGTERM, SIGINT or a `quit` request."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    simulator = Simulator(folder, profile, seed, card)
    control = ControlServer(simulator, folder / "simulator.sock", stop)
    simulator.open()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(simulator.run(), name="simulator")
        try:
            await control.open()
            ready = {"ready": True, "pid": os.getpid(), "profile": profile.name, **simulator.status()["ports"]}
            print(json.dumps({**ready, "control": str(folder / "simulator.sock")}), flush=True)  # noqa: T201
            await stop.wait()
        finally:
            await control.close()
            running.cancel()


def main(argv: list[str] | None = None) -> int:
    """Returns the exit code: 0 well, 2 bad usage or profile, 3 cannot start."""
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    try:
        profile = _profile(arguments)
    except (OptionError, OSError) as error:
        for problem in getattr(error, "problems", [str(error)]):
            print(f"профиль / profile: {problem}", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_USAGE
    folder: Path = arguments.state_dir.absolute()
    try:
        with _claim(folder):
            asyncio.run(serve(folder, profile, arguments.seed, arguments.card))
    except BlockingIOError:
        message = f"в {folder} уже работает другой симулятор / another simulator already uses this folder"
        print(message, file=sys.stderr)  # noqa: T201
        return EXIT_CANNOT_START
    except OSError as error:
        message = f"симулятор не запустился в {folder}: {error} / the simulator cannot start"
        print(message, file=sys.stderr)  # noqa: T201
        return EXIT_CANNOT_START
    return 0


if __name__ == "__main__":
    sys.exit(main())
