"""What the box told, a line an event. Pure."""

import time

import msgspec

from secretaryd.control.protocol import Stamped
from tui.plain import plain

LOUD = {"call.rang": "warn", "call.ended": "warn", "message.taken": "ok", "dropped": "bad"}
QUIET = frozenset({"heard.partial"})
"""So many that they would push out all others."""


def shown(stamped: Stamped) -> tuple[str, str, str, str] | None:
    """(time, kind, words, tone) of an event; None of one that is too small to be listed."""
    kind = str(type(stamped.event).__struct_config__.tag)
    if kind in QUIET:
        return None
    fields = msgspec.to_builtins(stamped.event)
    level = fields.get("level", "")
    active = fields.get("active", True)
    words = "  ".join(
        f"{key}={plain(value)}" for key, value in fields.items() if key != "type" and value not in ("", None, {}, [])
    )
    tone = LOUD.get(kind, "") or ({"error": "bad", "warning": "warn"}.get(level, "") if active else "dim")
    return time.strftime("%H:%M:%S", time.localtime(stamped.at)), kind, words, tone
