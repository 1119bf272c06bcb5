"""PURE: what the page of backups shows: archives, the job, the key kit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch, size

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}", re.ASCII)
"""Of an archive: no folders."""
MOST: Final = 200
STATES: Final = {"running": "busy", "done": "ok", "failed": "bad"}
MAX_ENTRIES: Final = 60
MAX_NAMES: Final = 20
WRONG_KEY: Final = "wrong_key"


@dataclass(frozen=True, slots=True)
class Archive:
    """One file. `trouble`: why the box's own key does not open it, "" where it does."""

    name: str
    when: str
    kind: str
    size: str
    holds: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Job:
    """What is done, or was done last. `holds`: what an archive that was read has in it; `restorable`: it was read
    whole, and could be gone back to; `wants_key`: the box's key does not open it."""

    do: str
    title: str
    name: str
    tone: str
    state: str
    running: bool
    step: str
    percent: int
    problem: str
    remedy: str
    wants_key: bool
    holds: tuple[tuple[str, str], ...]
    entries: tuple[str, ...]
    restorable: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """All archives, newest first."""

    folder: str
    archives: tuple[Archive, ...]
    kit: bool
    job: Job | None


def kept(answer: Mapping[str, Any], say: Texts) -> Kept:
    """The answer of `backup.list`."""
    rows = answer.get("backups")
    found = [_archive(Branch(row), say) for row in rows[:MOST]] if isinstance(rows, list) else []
    return Kept(
        folder=Branch(answer).text("folder"),
        archives=tuple(one for one in found if one.name),
        kit=answer.get("owner_key") is True,
        job=job(answer.get("job"), say),
    )


def job(row: Any, say: Texts) -> Job | None:
    """None before the first."""
    tree = Branch(row)
    state, do, name = tree.text("state"), tree.text("do"), tree.text("name")
    if state not in STATES:
        return None
    problem, result = tree.part("problem"), tree.part("result")
    step = tree.text("step")
    read = do == "verify" and state == "done"
    entries = result.tree.get("entries")
    return Job(
        do=do,
        title=say.known(f"backup.do.{do}") or do,
        name=name if NAME.fullmatch(name) else "",
        tone=STATES[state],
        state=state,
        running=state == "running",
        step=say.known(f"backup.step.{step}"),
        percent=max(0, min(100, int(100 * (tree.number("part") or 0.0)))),
        problem=problem.text("text"),
        remedy=problem.text("remedy"),
        wants_key=problem.text("code") == WRONG_KEY,
        holds=_holds(result, say) if read else (),
        entries=tuple(str(one)[:200] for one in entries[:MAX_ENTRIES]) if read and isinstance(entries, list) else (),
        restorable=read and bool(NAME.fullmatch(name)),
    )


def may_restore(found: Job | None, name: str) -> bool:
    """Whether that archive was the one that was read last, and read whole."""
    return found is not None and found.restorable and found.name == name


def _archive(row: Branch, say: Texts) -> Archive:
    name, about = row.text("name"), row.part("about")
    kind, recordings = row.text("kind"), about.number("recordings")
    return Archive(
        name=name if NAME.fullmatch(name) else "",
        when=say.moment(row.number("made")),
        kind=say.known(f"backup.kind.{kind}") or kind,
        size=size(row.number("bytes") or 0.0, say),
        holds="" if recordings is None else _recordings(recordings, say),
        trouble=row.text("trouble"),
    )


def _holds(result: Branch, say: Texts) -> tuple[tuple[str, str], ...]:
    recordings, whole = result.number("recordings"), result.number("bytes")
    pairs = (
        (say("backup.holds.created"), say.moment(result.number("created"))),
        (say("backup.holds.version"), result.text("box_version")),
        (say("backup.holds.size"), "" if whole is None else size(whole, say)),
        (say("backup.holds.recordings"), "" if recordings is None else _recordings(recordings, say)),
        (say("backup.holds.secrets"), ", ".join(_names(result, "secrets"))),
        (say("backup.holds.models"), ", ".join(_names(result, "models"))),
    )
    return tuple(pair for pair in pairs if pair[1])


def _names(tree: Branch, key: str) -> list[str]:
    found = tree.tree.get(key)
    return [one[:80] for one in found[:MAX_NAMES] if isinstance(one, str)] if isinstance(found, list) else []


def _recordings(count: float, say: Texts) -> str:
    return say.count("backup.recordings", int(count)) if count else say("backup.recordings.none")
