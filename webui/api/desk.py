"""What the topics of the API share."""

from dataclasses import dataclass

from webui.ports import LiveDesk
from webui.render import Renderer


@dataclass(frozen=True, slots=True)
class Tools:
    """The core, asked in a user's name, and words for people."""

    desk: LiveDesk
    renderer: Renderer
