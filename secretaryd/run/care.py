"""Puts together what looks after the box: the doctor, logs, models, measurements, new starts."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from secretaryd.backups.runner import BackupRunner
from secretaryd.bus import Bus
from secretaryd.call.calls import Calls
from secretaryd.config.schema import Config
from secretaryd.control.protocol.content import SetConfig
from secretaryd.control.rights import Peer
from secretaryd.desk.care import CareDesk
from secretaryd.desk.models import ModelsDesk
from secretaryd.desk.parts import Handlers, Line
from secretaryd.desk.restart import RestartDesk
from secretaryd.desk.trial import TrialDesk
from secretaryd.doctor.bench import measure
from secretaryd.health import Health
from secretaryd.nodes.ports import ModelPool
from secretaryd.recent import Recent
from secretaryd.restarting import Restarter
from secretaryd.shop.keeper import Shop
from storage.store import Storage


def make_care(
    storage: Storage,
    bus: Bus,
    health: Health,
    config: Callable[[], Config],
    file: Path | None,
    set_config: Callable[[SetConfig, Peer], Any],
    lines: Recent,
    calls: Calls,
    backups: BackupRunner,
    begin_anew: Callable[[], None],
) -> tuple[dict[str, Callable[[], Coroutine[Any, Any, None]]], list[Handlers]]:
    """What has to be run, by name, and what answers. `config` is the one in force, `file` what --config named;
    `begin_anew` ends the core for a new start."""
    now = config()
    language = now.box.language
    shop = Shop(now.box.data_dir / "models", now.control.socket.parent, bus, storage.audit, language=language)
    restarter = Restarter(config, calls.idle, begin_anew, now.runtime_dir)
    desks = (
        CareDesk(health, storage, storage.audit, config, file, lines, language),
        ModelsDesk(shop, config, set_config, storage.audit, language),
        RestartDesk(restarter, calls, lambda: backups.busy, storage.audit, language),
    )
    return {"models": shop.run, "restarts": restarter.run}, [desk.handlers() for desk in desks]


def make_trial(model: ModelPool, line: Line, bus: Bus, config: Callable[[], Config]) -> TrialDesk:
    """What tries the engines out; its `run` has to be run."""
    folder = config().control.socket.parent
    return TrialDesk(lambda step: measure(folder, config(), step), model, line, bus, config().box.language)
