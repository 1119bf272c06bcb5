"""The core's status as a tree, of a box that is well."""

from typing import Any

WELL: dict[str, Any] = {
    "box": {"name": "Box", "company": "Firm", "version": "1.2", "uptime_seconds": 3700, "simulated": False},
    "line": {"state": "idle"},
    "modem": {"up": True, "operator": "MegaFon", "technology": "LTE", "signal_dbm": -77, "bars": 4, "sim": "ready"},
    "speech": {"up": True, "recognizer": "r", "voice": "v", "starter": False},
    "llm": {"up": True, "model": "m", "starter": False, "allowed": True},
    "storage": {"free_bytes": 2.14e10, "recording": True},
    "alerts": [],
}
