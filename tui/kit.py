"""What every page is given."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from secretaryd.control.protocol import Stamped
from tui.i18n.texts import Texts
from tui.link import Link
from tui.live import LiveCall
from tui.ports import Doctor, Door, Exporter, Player
from tui.tree import Tree

REMEMBERED: Final = 500
"""Events that the log page can show of the time before it was opened."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the machine offers beside the box. `manual`: key of the configuration -> its meaning."""

    player: Player
    doctor: Doctor
    exporter: Exporter
    manual: Mapping[str, str]


@dataclass(slots=True)
class Kit:
    """One console's. `status` is the box's state as last read, `live` the call in progress."""

    say: Texts
    door: Door
    link: Link
    tools: Tools
    live: LiveCall = field(default_factory=LiveCall)
    status: Tree = field(default_factory=lambda: Tree({}))
    events: deque[Stamped] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
