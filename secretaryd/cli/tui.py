"""secretaryctl tui: the console. Textual is imported only when it is opened."""

import argparse
import asyncio
import shutil
from pathlib import Path

from secretaryd.cli.context import Command, Context
from secretaryd.cli.doctor import configured, gathered, plain_finding
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.tui_models import LocalShop
from secretaryd.config.load import documentation
from secretaryd.control.client import AsyncControlClient, ControlClient, ControlError
from secretaryd.control.protocol import Status
from secretaryd.doctor.check import Finding as Found
from secretaryd.doctor.fix import mend
from secretaryd.doctor.run import examine
from tui.ports import Finding

SOUND_DEVICES = Path("/proc/asound/cards")


def add(command: Command) -> None:
    """Adds the command."""
    tui = command("tui", "the console: the whole box at this terminal")
    tui.add_argument("--language", choices=("ru", "en"), help="else the box's own")
    tui.add_argument("--light", action="store_true", help="for a light terminal (F9 in the console)")
    tui.set_defaults(run=open_console)


class Aplay:
    """ALSA's own player, where it and a sound card are there."""

    @property
    def there(self) -> bool:
        """Without a card the kernel writes "--- no soundcards ---"."""
        if shutil.which("aplay") is None or not SOUND_DEVICES.exists():
            return False
        return "no soundcards" not in SOUND_DEVICES.read_text("utf-8", "replace")

    async def play(self, path: str) -> None:
        """To its end. Raises OSError with aplay's last words."""
        process = await asyncio.create_subprocess_exec(
            "aplay", "--quiet", "--", path, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        try:
            _, words = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise OSError(words.decode("utf-8", "replace").strip()[-200:] or f"aplay: {process.returncode}")


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
    tools = Tools(Aplay(), BoxDoctor(context), LocalShop(context), {key: words for key, _, words in documentation()})
    app = ConsoleApp(AsyncControlClient(socket), load(language), tools, light=options.light)
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
