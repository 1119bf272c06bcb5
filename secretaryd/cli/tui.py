"""secretaryctl tui: the console. Textual is imported only when it is opened."""

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

from secretaryd.cli.context import Command, Context
from secretaryd.cli.diag import write_report
from secretaryd.cli.doctor import configured, gathered
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.privacy import write_all
from secretaryd.cli.recordings import fetch, player_for
from secretaryd.config.load import documentation
from secretaryd.control.client import AsyncControlClient, ControlClient, ControlError
from secretaryd.control.protocol import Status
from secretaryd.doctor.check import Finding as Found
from secretaryd.doctor.fix import mend
from secretaryd.doctor.run import examine
from secretaryd.doctor.whole import plain_finding
from tui.ports import ExportFailed, Finding

SOUND_DEVICES = Path("/proc/asound/cards")


def add(command: Command) -> None:
    """Adds the command."""
    tui = command("tui", "the console: the whole box at this terminal")
    tui.add_argument("--language", choices=("ru", "en"), help="else the box's own")
    tui.add_argument("--light", action="store_true", help="for a light terminal (F9 in the console)")
    tui.set_defaults(run=open_console)


class LocalPlayer:
    """Whatever player `secretaryctl calls play` would take; whoever listens is in the audit."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def plays(self, name: str) -> bool:
        """Without a card the kernel writes "--- no soundcards ---"."""
        if not SOUND_DEVICES.exists() or "no soundcards" in SOUND_DEVICES.read_text("utf-8", "replace"):
            return False
        return player_for(Path(name).suffix) is not None

    async def play(self, call: int) -> None:
        """To its end. Raises OSError with the player's last words."""
        try:
            name, content = await asyncio.to_thread(fetch, self._context, call)
        except CommandFailed as error:
            raise OSError(str(error)) from error
        player = player_for(Path(name).suffix)
        if player is None:
            raise OSError(f"no player for {name}")
        with tempfile.TemporaryDirectory(prefix="secretary-") as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            await _played(*player, str(path))


async def _played(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, words = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise OSError(words.decode("utf-8", "replace").strip()[-200:] or f"{command[0]}: {process.returncode}")


class BoxDoctor:
    """The checks of `secretaryctl doctor`, for the console."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def examine(self, language: str) -> tuple[Finding, ...]:
        """On a thread of its own: it reads files and asks programs."""
        return await asyncio.to_thread(self._examine, language)

    async def mend(self, language: str) -> tuple[str, ...]:
        """What was done, a line each."""
        return await asyncio.to_thread(self._mend, language)

    def _looked(self) -> tuple[Found, ...]:
        config, errors = configured(self._context)
        return examine(gathered(self._context, config, errors))

    def _examine(self, language: str) -> tuple[Finding, ...]:
        told = (plain_finding(found, language) for found in self._looked())
        keys = ("name", "level", "title", "detail", "cause", "remedy")
        return tuple(Finding(**{key: each[key] for key in keys}, mends=each["fixable"]) for each in told)

    def _mend(self, language: str) -> tuple[str, ...]:
        mended = mend(self._looked())
        return tuple(f"{found.check.title.of(language)}: {line}" for found in mended for line in found.done)

    async def report(self) -> str:
        """Raises ExportFailed."""
        name = f"secretary-diag-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz"
        try:
            done = await asyncio.to_thread(write_report, self._context, own_folder() / name, [])
        except CommandFailed as error:
            raise ExportFailed(str(error)) from error
        return str(done["file"])


class LocalExporter:
    """What `secretaryctl privacy export` does."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def place(self, number: str) -> str:
        """Beside what the user has here."""
        return str(own_folder() / f"{number}.zip")

    async def export(self, number: str, file: str) -> str:
        """Raises ExportFailed."""
        try:
            done = await asyncio.to_thread(write_all, self._context, number, Path(file).expanduser())
        except CommandFailed as error:
            raise ExportFailed(str(error)) from error
        return f"{done['file']}: {done['calls']} / {done['recordings']}"


def own_folder() -> Path:
    """Where this user may write: where he is, else at home, else where everybody may."""
    for folder in (Path.cwd(), Path.home()):
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    return Path(tempfile.gettempdir())


def open_console(context: Context, options: argparse.Namespace) -> int:
    """Until the owner leaves it."""
    if context.as_json:
        raise CommandFailed("the console has no JSON", "secretaryctl status --json", 2)
    if not context.console.is_terminal:
        raise CommandFailed("the console needs a terminal", "over SSH: ssh -t", 2)
    from tui.app import ConsoleApp  # not at the top: it takes a third of a second that no other command should pay
    from tui.i18n.texts import load
    from tui.kit import Tools

    socket = context.door.socket
    language = options.language or _language(context, socket)
    tools = Tools(
        LocalPlayer(context),
        BoxDoctor(context),
        LocalExporter(context),
        {key: words for key, _, words in documentation()},
    )
    app = ConsoleApp(AsyncControlClient(socket, language=language), load(language), tools, light=options.light)
    app.run()
    return app.return_code or 0


def _language(context: Context, socket: Path) -> str:
    """The running box's, else the configuration's."""
    try:
        return str(ControlClient(socket).ask(Status())["box"]["language"])
    except (ControlError, KeyError, TypeError):
        try:
            return context.config.box.language
        except CommandFailed:
            return "ru"
