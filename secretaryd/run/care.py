"""Puts together what looks after the box: the doctor, logs, models, measurements."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from secretaryd.bus import Bus
from secretaryd.config.schema import Config
from secretaryd.control.protocol.content import SetConfig
from secretaryd.control.rights import Peer
from secretaryd.desk.care import CareDesk
from secretaryd.desk.models import ModelsDesk
from secretaryd.desk.parts import Handlers
from secretaryd.desk.trial import Line, Model, TrialDesk
from secretaryd.doctor.bench import measure
from secretaryd.health import Health
from secretaryd.recent import Recent
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
) -> tuple[Shop, list[Handlers]]:
    """`config` is the one in force, `file` what --config named."""
    now = config()
    language = now.box.language
    shop = Shop(now.box.data_dir / "models", now.control.socket.parent, bus, storage.audit)
    desks = (
        CareDesk(health, storage, storage.audit, config, file, lines, language),
        ModelsDesk(shop, config, set_config, storage.audit, language),
    )
    return shop, [desk.handlers() for desk in desks]


def make_trial(model: Model, line: Line, bus: Bus, config: Callable[[], Config]) -> TrialDesk:
    """What tries the engines out; its `run` has to be run."""
    folder = config().control.socket.parent
    return TrialDesk(lambda step: measure(folder, config(), step), model, line, bus, config().box.language)
