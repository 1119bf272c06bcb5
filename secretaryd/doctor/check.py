"""What a check is, and what it can find. PURE."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from secretaryd.doctor.facts import Facts

LANGUAGES: Final = ("ru", "en")


@dataclass(frozen=True, slots=True)
class Chmod:
    """Order: these permission bits, and no more."""

    path: Path
    mode: int


@dataclass(frozen=True, slots=True)
class Remove:
    """Order: delete a leftover of the box's own making (a file, or a folder with what is in it)."""

    path: Path


@dataclass(frozen=True, slots=True)
class Run:
    """Order: a command, without a shell."""

    command: tuple[str, ...]


Fix = Chmod | Remove | Run


class Level(StrEnum):
    """How bad. An error keeps the box from its work, a warning will, a note is for knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Well:
    """Nothing is wrong; `detail` is a figure worth showing."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Could not be looked at, or does not apply. `why` is a key of `WHY`."""

    why: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """`detail` is what exactly, in figures and names; `fixes` what would mend it safely. `level` where it differs from
    the check's own."""

    detail: str = ""
    fixes: tuple[Fix, ...] = ()
    level: Level | None = None


Outcome = Well | Skipped | Wrong


@dataclass(frozen=True, slots=True)
class Words:
    """Text in both languages."""

    ru: str
    en: str

    def of(self, language: str) -> str:
        """Russian unless English is asked for."""
        return self.en if language == "en" else self.ru


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is stable, for scripts. `cause`: what is so and why it matters; `remedy`: what to do."""

    name: str
    level: Level
    look: Callable[[Facts], Outcome]
    title: Words
    cause: Words
    remedy: Words


@dataclass(frozen=True, slots=True)
class Finding:
    """A check and what it came to."""

    check: Check
    outcome: Outcome
    done: tuple[str, ...] = field(default=())
    """What `--fix` did about it."""

    @property
    def level(self) -> str:
        """ "ok", "skipped", or how bad it is."""
        match self.outcome:
            case Well():
                return "ok"
            case Skipped():
                return "skipped"
            case Wrong(level=level):
                return str(level or self.check.level)


WHY: Final[dict[str, Words]] = {
    "box is away": Words("служба не отвечает", "the box does not answer"),
    "not allowed": Words("нет прав: запустите через sudo", "not allowed to look: run it with sudo"),
    "no systemd": Words("здесь нет systemd", "no systemd here"),
    "not configured": Words("не настроено", "not configured"),
    "not told": Words("эта машина не сообщает", "this machine does not tell"),
    "simulated": Words("модем имитируется", "the modem is simulated"),
    "with --full": Words("долго: secretaryctl doctor --full", "takes long: secretaryctl doctor --full"),
    "see above": Words("см. ошибку выше", "see the error above"),
}
