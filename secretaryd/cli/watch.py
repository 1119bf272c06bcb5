"""Follows one call on the box's event stream, from before the ring to the kept row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from secretaryd.cli.context import Context
from secretaryd.cli.door import CommandFailed, not_running
from secretaryd.cli.live import LiveView
from secretaryd.cli.text import safe
from secretaryd.control.client import ControlClient, NotRunning
from secretaryd.control.protocol import CallDialled, CallEnded, CallRang, Status

ENDING: Final = {
    "ru": {"summary": "Итог", "recording": "Запись", "transcript": "Расшифровка"},
    "en": {"summary": "Summary", "recording": "Recording", "transcript": "Transcript"},
}


def watch_call(context: Context, ring: Callable[[], Any]) -> int:
    """Shows the call that `ring` starts; 0 when it was answered, 1 when it was not. Raises CommandFailed."""
    client = ControlClient(context.door.socket)
    try:
        state = client.ask(Status())
        language = state["box"]["language"]
        view = LiveView(context.console, language, state["box"]["name"])
        ring()
        ended = _follow(client, state["events"]["last_id"], view)
    except NotRunning as error:
        raise CommandFailed(*not_running(context.door.socket)) from error
    show_ending(context, ended, language)
    return 0 if ended.outcome in ("answered", "message") else 1


def _follow(client: ControlClient, after: int, view: LiveView) -> CallEnded:
    """Shows events until the call that rings ends."""
    call = None
    for stamped in client.events(after):
        view.show(stamped.event)
        if isinstance(stamped.event, CallRang | CallDialled):
            call = stamped.event.call
        elif isinstance(stamped.event, CallEnded) and stamped.event.call == call:
            return stamped.event
    raise CommandFailed("the box ended before the call did")


def show_ending(context: Context, ended: CallEnded, language: str) -> None:
    """Summary, and where recording and transcript lie."""
    text, console = ENDING[language], context.console
    console.print(f"\n[bold]{text['summary']}:[/] {safe(ended.summary)}", highlight=False, soft_wrap=True)
    for name, path in (("recording", ended.recording), ("transcript", ended.transcript)):
        if path:
            console.print(f"[bold]{text[name]}:[/] {safe(str(Path(path)))}", highlight=False, soft_wrap=True)
