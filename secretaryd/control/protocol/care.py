"""Requests about the box's well-being: checks with their remedies, a report of a fault, logs, a new start."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class Examine(Asking, frozen=True, kw_only=True, tag="doctor.run"):
    """What `secretaryctl doctor` finds; answers {"ok", "checks": [{name, level, title, detail, cause, remedy, fixable,
    done}]}. `names` picks checks or topics, `fix` mends what can be mended safely and looks again, `full` reads every
    byte of the models. `language`: "ru", "en", or "" for the asker's."""

    needs: ClassVar[Right] = Right.MANAGE
    seconds: ClassVar[float] = 300.0
    names: tuple[str, ...] = ()
    fix: bool = False
    full: bool = False
    language: str = ""


class MakeReport(Asking, frozen=True, kw_only=True, tag="diag.make"):
    """One file for a report of a fault, with no numbers, names, words or secrets in it; answers {"name", "bytes",
    "files": [...], "content" (base64 of a .tar.gz)}."""

    needs: ClassVar[Right] = Right.MANAGE
    seconds: ClassVar[float] = 180.0


class TailLogs(Asking, frozen=True, kw_only=True, tag="logs.tail"):
    """The newest lines of a process ("core", "speech", "llm", "web"), oldest first; answers {"lines": [{at, level,
    logger, text, fields}], "cursor"}. With `after`, a cursor, only what came since; `level` is the least that is
    shown. Others than the core's come from the journal, where there is one."""

    needs: ClassVar[Right] = Right.MANAGE
    looks: ClassVar[bool] = True
    process: str = "core"
    level: str = "info"
    limit: int = 200
    after: str = ""


Requests = Examine | MakeReport | TailLogs
