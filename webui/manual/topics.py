"""PURE: what the manual is about, and which topic tells of a page."""

from typing import Final

TOPICS: Final = ("start", "sim", "callers", "messages", "blocking", "backup", "models", "box", "troubles")
"""In the order in which they are listed; a file each, in each language."""
ABOUT: Final = {
    "/live": "callers", "/calls": "callers", "/faq": "callers", "/persona": "callers", "/messages": "messages",
    "/sms": "messages", "/tasks": "messages", "/contacts": "blocking", "/backup": "backup", "/models": "models",
    "/chat": "models", "/setup": "start", "/doctor": "troubles", "/logs": "troubles", "/audit": "troubles", "/help": "",
}  # fmt: skip
"""Which topic tells of a page and of those below it."""


def topic_of(path: str) -> str:
    """Where the manual tells of a page."""
    about = max((one for one in ABOUT if path == one or path.startswith(f"{one}/")), key=len, default="")
    topic = ABOUT.get(about, "start")
    return f"/help/{topic}" if topic else "/help"
