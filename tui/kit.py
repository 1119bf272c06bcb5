"""What every page is given."""

from dataclasses import dataclass, field

from tui.i18n.texts import Texts
from tui.link import Link
from tui.live import LiveCall
from tui.ports import Door, Player
from tui.tree import Tree


@dataclass(slots=True)
class Kit:
    """One console's. `status` is the box's state as last read, `live` the call in progress."""

    say: Texts
    door: Door
    link: Link
    player: Player
    live: LiveCall = field(default_factory=LiveCall)
    status: Tree = field(default_factory=lambda: Tree({}))
