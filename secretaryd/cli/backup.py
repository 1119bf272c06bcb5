"""secretaryctl backup, restore: with the box up through its socket, with the box down on the data folder itself."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from secretaryd.backups.texts import listed, problem
from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.client import ControlClient, NotRunning
from secretaryd.control.protocol.backup import (
    CreateBackup,
    ListBackups,
    MakeBackupKey,
    RemoveBackup,
    RestoreBackup,
    ShowBackupJob,
    VerifyBackup,
)
from secretaryd.control.protocol.box import Status
from secretaryd.control.protocol.wire import Request
from secretaryd.health import VERSION
from storage.backup.names import MANUAL
from storage.errors import StorageError
from storage.lock import InstanceLock

if TYPE_CHECKING:
    from storage.backup.door import Backups

POLL_SECONDS: Final = 0.2
RESTART_SECONDS: Final = 60.0
MAX_KEY_BYTES: Final = 64 * 1024
KIT: Final = {
    "ru": (
        "Ключ владельца к резервным копиям. Он показывается один раз и нигде не хранится:",
        "Запишите или напечатайте его и храните не рядом с устройством. Без него копии не открыть на новой карте.",
    ),
    "en": (
        "The owner's key kit for backups. It is shown once and kept nowhere:",
        "Write it down or print it, and keep it away from the box. Without it no backup opens on another card.",
    ),
}

Progress = Callable[[str, float], None]


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("backup", "encrypted backups").add_subparsers(required=True, metavar="ACTION")
    creating = command("create", "make one now", group)
    creating.add_argument("--recordings", action=argparse.BooleanOptionalAction, help="else as configured")
    creating.set_defaults(run=create)
    command("list", "those that there are", group).set_defaults(run=list_backups)
    verifying = command("verify", "read all of one and compare every byte", group)
    verifying.add_argument("name", metavar="NAME", help="of the list, or a file")
    verifying.add_argument("--key", type=Path, metavar="FILE", help="with the owner's key kit")
    verifying.set_defaults(run=verify)
    removing = command("remove", "delete one", group)
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run=remove)
    keying = command("key", "make the owner's key kit and show it, once", group)
    keying.add_argument("--replace", action="store_true", help="though there is one")
    keying.set_defaults(run=make_key)
    restoring = command("restore", "put a backup in force: everything or nothing")
    restoring.add_argument("name", metavar="FILE", help="of the list, or a file")
    restoring.add_argument("--dry-run", action="store_true", help="only read it and say what it holds")
    restoring.add_argument("--key", type=Path, metavar="FILE", help="with the owner's key kit")
    restoring.add_argument("--yes", action="store_true", help="do not ask")
    restoring.set_defaults(run=restore)


def create(context: Context, options: argparse.Namespace) -> int:
    """Makes one."""

    async def here(backups: "Backups", progress: Progress) -> dict[str, Any]:
        wanted = context.config.backup.recordings if options.recordings is None else options.recordings
        return await backups.create(MANUAL, time.time(), progress, recordings=wanted)

    done = _job(context, CreateBackup(recordings=options.recordings), here)
    return context.answer(done, lambda made: context.console.print(safe(made["path"]), soft_wrap=True, highlight=False))


def list_backups(context: Context, _: argparse.Namespace) -> int:
    """Those that there are."""

    async def here(backups: "Backups", __: Progress) -> dict[str, Any]:
        found = [listed(each, context.config.box.language) for each in await backups.archives()]
        return {"folder": str(backups.folder), "backups": found, "owner_key": bool(backups.keys.owner), "job": None}

    def show(answer: dict[str, Any]) -> None:
        table = Table("name", "made", "MB", "calls' sound", "")
        for each in answer["backups"]:
            about = each["about"]
            sound = str(about["recordings"] or "") if about else ""
            table.add_row(
                safe(each["name"]), local_time(each["made"]), f"{each['bytes'] / 1e6:.1f}", sound, safe(each["trouble"])
            )
        context.console.print(table if answer["backups"] else "none", highlight=False)
        if not answer["owner_key"]:
            context.console.print("[yellow]No key kit yet: secretaryctl backup key[/]", highlight=False)
        if job := answer["job"]:
            context.console.print(f"{job['do']}: {job['state']} {job['part']:.0%}", highlight=False)

    answer = _asked(context, ListBackups())
    return context.answer(_here(context, here, _silent) if answer is None else answer, show)


def verify(context: Context, options: argparse.Namespace) -> int:
    """Reads all of one."""
    name, key = _file(options.name), _key(options.key)

    async def here(backups: "Backups", progress: Progress) -> dict[str, Any]:
        return await backups.verify(name, key, progress)

    done = _job(context, VerifyBackup(name=name, key=key), here)
    return context.answer(done, lambda about: _show_about(context, about))


def remove(context: Context, options: argparse.Namespace) -> int:
    """Deletes one."""

    async def here(backups: "Backups", _: Progress) -> dict[str, Any]:
        await backups.remove(options.name)
        return {"name": options.name}

    answer = _asked(context, RemoveBackup(name=options.name))
    done = _here(context, here, _silent) if answer is None else answer
    return context.answer(done, lambda _: context.console.print("removed"))


def make_key(context: Context, options: argparse.Namespace) -> int:
    """Shows the kit, this once."""
    answer = context.door.ask(MakeBackupKey(replace=options.replace))
    before, after = KIT[context.config.box.language]

    def show(kit: dict[str, Any]) -> None:
        context.console.print(before, f"\n  {kit['secret']}\n", after, sep="\n", soft_wrap=True, highlight=False)

    return context.answer(answer, show)


def restore(context: Context, options: argparse.Namespace) -> int:
    """Looks at it first, asks, then puts it in force."""
    name, key = _file(options.name), _key(options.key)

    async def look(backups: "Backups", progress: Progress) -> dict[str, Any]:
        return await backups.verify(name, key, progress)

    async def stage(backups: "Backups", progress: Progress) -> dict[str, Any]:
        return {**await backups.stage(name, key, progress), "source": Path(name).name}

    before = _uptime(context)
    about = _job(context, VerifyBackup(name=name, key=key), look)
    if options.dry_run:
        return context.answer(about, lambda _: _show_about(context, about))
    if not context.as_json:
        _show_about(context, about)
    if not options.yes and not _agreed():
        raise CommandFailed("nothing was restored", "answer y, or give --yes", 1)
    done = _job(context, RestoreBackup(name=name, key=key), stage)
    up = before is not None and _wait_for_restart(context, before)
    words = "restored; the box is up again" if up else "restored; in force when the box starts"
    return context.answer({**done, "restarted": up}, lambda _: context.console.print(words))


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise CommandFailed("nothing was restored: nobody could be asked", "give --yes", 2)
    answer = input("Everything that is kept now is replaced by this. Go on? [y/N] ")
    return answer.strip().lower() in ("y", "yes", "д", "да")


def _show_about(context: Context, about: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("made", f"{local_time(about['created'])}, version {safe(about['box_version'])}")
    table.add_row("holds", safe(", ".join(about["entries"])))
    table.add_row("sound", f"{about['recordings']} files")
    table.add_row("size", f"{about['bytes'] / 1e6:.1f} MB unpacked")
    if about["models"]:
        table.add_row("models", f"{safe(', '.join(about['models']))} (not in it: secretaryctl models install)")
    if about["secrets"]:
        table.add_row("secrets", f"{safe(', '.join(about['secrets']))} (not in it)")
    context.console.print(table, highlight=False)


def _file(name: str) -> str:
    """A file that is there is named by its whole path: the box has another current folder."""
    return str(Path(name).absolute()) if Path(name).is_file() else name


def _key(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        with path.open("r", encoding="utf-8") as file:
            return file.read(MAX_KEY_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"cannot read the key in {path}", "name the file with the key kit", 2) from error


def _job(
    context: Context, request: Request, here: Callable[["Backups", Progress], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    """The result of a job of the running box, or of the same work done here where the box is down."""
    answer = _asked(context, request)
    if answer is None:
        return _here(context, here, _shown(context))
    job, tell = answer["job"], _shown(context)
    while job["state"] == "running":
        time.sleep(POLL_SECONDS)
        found = context.door.ask(ShowBackupJob())["job"]
        if found is None or found["id"] != job["id"]:
            raise CommandFailed("the box began another job", "secretaryctl backup list", 1)
        job = found
        tell(job["step"], job["part"])
    if job["state"] == "failed":
        raise CommandFailed(job["problem"]["text"], job["problem"]["remedy"], 1)
    result: dict[str, Any] = job["result"]
    return result


def _asked(context: Context, request: Request) -> Any:
    """The box's answer; None where no box runs."""
    try:
        return ControlClient(context.door.socket).ask(request)
    except NotRunning:
        return None


def _here(
    context: Context, here: Callable[["Backups", Progress], Awaitable[dict[str, Any]]], progress: Progress
) -> dict[str, Any]:
    from storage.backup.door import Backups  # with the database's library: not for every command
    from storage.database import database_path

    config = context.config
    folder = config.box.data_dir
    try:
        lock = InstanceLock(folder)
        try:
            place = Path(config.backup.folder) if config.backup.folder else None
            backups = Backups(folder, database_path(config.database_url, folder), place, VERSION)
            return asyncio.run(_awaited(here, backups, progress))
        finally:
            lock.release(clean=not lock.unclean)
    except StorageError as error:
        said = problem(error, config.box.language)
        raise CommandFailed(said.text, said.remedy, 1) from error


async def _awaited(
    here: Callable[["Backups", Progress], Awaitable[dict[str, Any]]], backups: "Backups", progress: Progress
) -> dict[str, Any]:
    return await here(backups, progress)


def _uptime(context: Context) -> int | None:
    """Seconds; None where no box runs."""
    state = _asked(context, Status())
    return None if state is None else int(state["box"]["uptime_seconds"])


def _wait_for_restart(context: Context, before: int) -> bool:
    """Whether the box that has restored is up again in time."""
    until, away = time.monotonic() + RESTART_SECONDS, False
    while time.monotonic() < until:
        now = _uptime(context)
        if now is not None and (away or now < before):
            return True
        away = away or now is None
        time.sleep(POLL_SECONDS)
    return False


def _shown(context: Context) -> Progress:
    """A line on a terminal that is renewed; nothing elsewhere."""
    if context.as_json or not context.errors.is_terminal:
        return _silent

    def tell(step: str, part: float) -> None:
        context.errors.print(f"\r{step} {part:4.0%} ", end="", highlight=False)

    return tell


def _silent(_: str, __: float) -> None:
    """Nobody looks."""
