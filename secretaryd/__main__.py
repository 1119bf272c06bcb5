"""secretaryd core|speech|llm|web|all: starts one process of the box, or all of them as children."""

import argparse
import asyncio
import importlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from secretaryd.config.fallback import keep_good, last_good
from secretaryd.config.load import ConfigError, config_path, load
from secretaryd.config.schema import Config
from secretaryd.errors import CannotStart, RestartWanted
from secretaryd.logs import set_up
from secretaryd.reasons import Several

log = logging.getLogger(__name__)

BAD_CONFIG: Final = 2
CANNOT_START: Final = 3
UNDER_SYSTEMD: Final = "NOTIFY_SOCKET"
"""Set for services of Type=notify, which ours are; INVOCATION_ID also reaches whatever a user's own session starts."""

ROLES: Final = {
    "core": "the modem, the line, the calls, the database",
    "speech": "the recogniser and the voice",
    "llm": "the language model",
    "web": "the page on the LAN",
    "all": "all of them as children, where there is no systemd",
}

Run = Callable[[Config, asyncio.Event], Awaitable[None]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one process; returns its exit code (0 well, 2 bad usage or configuration, 3 cannot start)."""
    options = _parser().parse_args(arguments)
    try:
        config, broken = _load(options.config)
    except ConfigError as error:
        print("The configuration cannot be used:", *error.errors, sep="\n  ", file=sys.stderr)  # noqa: T201
        return BAD_CONFIG
    set_up(options.role, config.logs.level, mask=config.logs.mask_numbers)
    os.umask(0o027)
    try:
        _refuse_root(options.role)
        if options.role == "all":
            from secretaryd.run import all as everything

            return asyncio.run(_until_signal(config, everything.runner(options.config, simulate=options.simulate)))
        run: Callable[..., Awaitable[None]] = importlib.import_module(f"secretaryd.run.{options.role}").run
        if options.role == "core":
            if not broken:
                keep_good(config_path(options.config, os.environ), config)
            run = partial(run, config_trouble=broken, config_file=options.config)
        return asyncio.run(_until_signal(config, run))
    except RestartWanted:
        log.info("starting again")
        if UNDER_SYSTEMD in os.environ:
            return 0  # it was told that we stop; Restart=always does the rest
        # The same process for systemd and for `all`; our own words come again.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
    except CannotStart as error:
        print(f"secretaryd {options.role} cannot start: {error}", file=sys.stderr)  # noqa: T201
        return CANNOT_START


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="secretaryd", description="The secretary box: a process of it, or all.")
    parser.add_argument(
        "role", choices=list(ROLES), help="; ".join(f"{role}: {words}" for role, words in ROLES.items())
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML (else $SECRETARYD_CONFIG, else /etc)")
    parser.add_argument("--simulate", action="store_true", help="with `all`: on a simulated modem")
    return parser


def _load(given: Path | None) -> tuple[Config, str]:
    """The configuration, and what is wrong with its file. Under systemd a bad file does not make the box deaf: the last
    good one is used, with an alarm (see `secretaryd.config.fallback`)."""
    try:
        return load(given), ""
    except ConfigError as error:
        if UNDER_SYSTEMD not in os.environ:
            raise
        return last_good(config_path(given, os.environ), error), Several(error.errors)


def _refuse_root(role: str) -> None:
    """A service never runs as root; by hand it may, to try things out."""
    if os.geteuid() != 0:
        return
    if UNDER_SYSTEMD in os.environ:
        raise CannotStart("it must not run as root under systemd; set User= in the unit")
    if role == "all":
        log.warning("running as root: fine to try it out, not for years on a shelf")


async def _until_signal(config: Config, run: Run) -> int:
    """Runs until SIGTERM or SIGINT, then lets it close by itself."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(config, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
