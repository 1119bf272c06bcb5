"""Composition root where there is no systemd: every process as a child of this one."""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from hw.board import restart
from hw.board.request_file import Refused
from secretaryd import supervise
from secretaryd.config.load import PREFIX
from secretaryd.config.schema import Config
from secretaryd.errors import CannotStart
from secretaryd.restarting import REQUEST
from secretaryd.supervise import Program, Supervisor

log = logging.getLogger(__name__)

SACRIFICE: Final = {"speech": 200, "llm": 900, "core": 0, "web": 500}
"""As the units have it (OOMScoreAdjust), but for the core: only root may put a process out of reach."""
NICE: Final = {"speech": 0, "llm": 10, "core": -10, "web": 5}
"""As the units have it, where this user may: the line's thread waits for whichever thread of the core runs Python just
then, and that one must not wait for an engine or the page."""
SIMULATOR_NICE: Final = -15
"""It stands for hardware, which is never late by our load."""
LOOK_SECONDS: Final = 1.0
"""How often it is looked whether the core wants others to start anew."""
UNIT: Final = "secretary-"
"""What the unit of a child of ours is called by before its name."""
SIMULATOR_LINKS: Final = {"AT_PORT": "modem-at", "PCM_PORT": "modem-pcm"}


def programs(config_file: Path | None, simulator_dir: Path | None) -> list[Program]:
    """In the order of their start; core comes before the page that looks at it."""
    own = (sys.executable, "-m", "secretaryd")
    rest = ("--config", str(config_file)) if config_file else ()
    children = [
        Program(name, (*own, name, *rest), essential=name == "core", sacrifice=sacrifice, nice=NICE[name])
        for name, sacrifice in SACRIFICE.items()
    ]
    if simulator_dir is not None:
        simulator = (sys.executable, "-m", "hw.simulator", "--state-dir", str(simulator_dir))
        children.insert(0, Program("simulator", simulator, essential=True, nice=SIMULATOR_NICE))
    return children


def environment(simulator_dir: Path | None) -> dict[str, str]:
    """What the children inherit. On the simulator the bundled chat model may speak."""
    environ = dict(os.environ)
    if simulator_dir is not None:
        for key, link in SIMULATOR_LINKS.items():
            environ[f"{PREFIX}MODEM__{key}"] = str(simulator_dir / link)
        environ[f"{PREFIX}LLM__ALLOW_STARTER"] = "true"
    return environ


def runner(config_file: Path | None, *, simulate: bool) -> Callable[[Config, asyncio.Event], Awaitable[None]]:
    """Runs everything until `stop`."""

    async def run(config: Config, stop: asyncio.Event) -> None:
        simulator_dir = config.runtime_dir / "simulator" if simulate else None
        try:
            config.runtime_dir.mkdir(parents=True, exist_ok=True)
            supervisor = Supervisor(programs(config_file, simulator_dir), environment(simulator_dir))
            looking = asyncio.create_task(look(config.runtime_dir / REQUEST, supervisor), name="supervise.look")
            try:
                await supervisor.run(stop)
            finally:
                looking.cancel()
                await asyncio.wait({looking})
        except supervise.CannotStart as error:
            raise CannotStart(str(error)) from error
        except OSError as error:
            raise CannotStart(f"{config.runtime_dir}: {error.strerror}") from error

    return run


async def look(request: Path, supervisor: Supervisor) -> NoReturn:
    """Starts anew what the core leaves word of, as secretary-restart.service does where there is systemd."""
    request.unlink(missing_ok=True)  # of a life before this one
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        for name in _wanted(request):
            await supervisor.restart(name.removeprefix(UNIT))


def _wanted(request: Path) -> tuple[str, ...]:
    try:
        return restart.wanted(request, os.geteuid())
    except FileNotFoundError:
        return ()
    except (Refused, OSError) as error:
        log.warning("nothing is started anew", extra={"reason": str(error)})
        return ()
    finally:
        with suppress(OSError):
            request.unlink(missing_ok=True)
