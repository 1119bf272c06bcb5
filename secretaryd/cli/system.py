"""secretaryctl status, events, hangup, restart."""

import argparse
import json
from typing import Any, Final

import msgspec
from rich.table import Table

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed, not_running
from secretaryd.cli.live import LiveView
from secretaryd.cli.text import safe
from secretaryd.control.client import ControlClient, NotRunning, RequestRefused
from secretaryd.control.protocol import HangUp, Status
from secretaryd.control.protocol.box import RestartBox, ShowRestart
from secretaryd.control.protocol.calls import AnswerNow

LEVELS: Final = {"error": "red", "warning": "yellow", "info": "cyan"}
BARS: Final = "▂▄▆█"
SERVICES: Final = {"core": "secretaryd", **{name: f"secretary-{name}" for name in ("speech", "llm", "web")}}


def add(command: Command) -> None:
    """Adds the commands."""
    command("status", "the state of the box: line, modem, models, alerts").set_defaults(run=status)
    command("answer", "answer the call that rings now").set_defaults(run=answer_now)
    command("hangup", "end the call in progress politely").set_defaults(run=hang_up)
    again = command("restart", "start the box's services anew, after the call where there is one")
    again.add_argument("service", nargs="*", type=_service, help=f"only these ({', '.join(SERVICES)}); else all")
    again.add_argument("--needed", action="store_true", help="only those that wait for it: settings are new to them")
    again.set_defaults(run=restart)
    events = command("events", "what happens, as it happens")
    events.add_argument("-f", "--follow", action="store_true", help="the default; kept for habit")
    events.add_argument("--after", type=int, metavar="ID", help="resume after this event")
    events.set_defaults(run=show_events)


def status(context: Context, _: argparse.Namespace) -> int:
    """The state of the box."""

    def show(state: dict[str, Any]) -> None:
        console = context.console
        box, line, modem = state["box"], state["line"], state["modem"]
        simulated = "  [yellow]SIMULATOR[/]" if box["simulated"] else ""
        console.print(f"[bold]{safe(box['name'])}[/] {safe(box['company'])}  v{box['version']}{simulated}")
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        table.add_row("line", f"{line['state']} {line['number_masked'] or ''}")
        table.add_row("modem", _modem(modem))
        if mended := _mended(modem, state.get("sound", {})):
            table.add_row("", mended)
        speech, llm = state["speech"], state["llm"]
        names = f"{speech.get('recognizer', '')}, voice {speech.get('voice', '')}"
        table.add_row("speech", _up(speech, names))
        table.add_row("llm", _up(llm, llm["model"]))
        free = state["storage"]["free_bytes"] / 1e9
        table.add_row("disk", f"{free:.1f} GB free, recording {'on' if state['storage']['recording'] else 'off'}")
        table.add_row("up", f"{box['uptime_seconds'] // 3600} h {box['uptime_seconds'] // 60 % 60} min")
        console.print(table)
        for alert in state["alerts"]:
            colour = LEVELS.get(alert["level"], "white")
            console.print(f"[{colour}]●[/] {safe(alert['text'])} {safe(alert['remedy'])}", highlight=False)

    return context.answer(context.door.ask(Status()), show)


def _modem(modem: dict[str, Any]) -> str:
    if not modem["up"]:
        return f"[red]away[/] ({safe(modem['reason'])}: {safe(modem['detail'])})"
    lit = BARS[: modem["bars"]]
    signal = f"{modem['signal_dbm']} dBm" if modem["signal_dbm"] is not None else "no signal"
    return f"[green]{lit:4}[/] {signal}  {safe(modem['operator'])} {safe(modem['technology'])}  SIM {modem['sim']}"


def _mended(modem: dict[str, Any], sound: dict[str, Any]) -> str:
    """What was done about a modem that failed, and how the calls' sound does; "" where there is nothing to say."""
    rungs = ", ".join(f"{safe(name)} {times}" for name, times in modem.get("rungs", {}).items())
    told = [f"mended: {rungs}"] if rungs else []
    if troubles := modem.get("troubles"):
        told.append(f"[yellow]now: {safe(', '.join(troubles))}[/]")
    if sound.get("state") not in (None, "unused", "good"):
        told.append(f"[yellow]sound {safe(sound['state'])}[/]")
    return "; ".join(told)


def _up(part: dict[str, Any], names: str) -> str:
    if part["up"]:
        return f"[green]up[/]  {safe(names)}{'  [yellow](starter)[/]' if part.get('starter') else ''}"
    return f"[red]away[/]  {safe(part['reason'])}"


def answer_now(context: Context, _: argparse.Namespace) -> int:
    """However often it was to ring."""
    return context.answer(context.door.ask(AnswerNow()), lambda _: context.console.print("answering"))


def hang_up(context: Context, _: argparse.Namespace) -> int:
    """Ends the call."""
    return context.answer(context.door.ask(HangUp()), lambda _: context.console.print("ended"))


def restart(context: Context, options: argparse.Namespace) -> int:
    """The core does it; where it does not answer systemd is the one to ask."""
    services = tuple(options.service)
    if options.needed:
        waiting = context.door.ask(ShowRestart())["waiting"]
        services = tuple(one for one in waiting if not services or one in services)
        if not services:
            return context.answer({"asked": []}, lambda _: context.console.print("nothing waits for a restart"))

    def show(told: dict[str, Any]) -> None:
        when = "when the call is over" if told["call"] else "now"
        context.console.print(f"starting anew {when}: {safe(', '.join(told['asked']))}", highlight=False)

    return context.answer(context.door.ask(RestartBox(services=services)), show)


def _service(name: str) -> str:
    if name in SERVICES.values():
        return name  # as settings and systemd call it
    if name not in SERVICES:
        raise argparse.ArgumentTypeError(f"no service {name!r}; there are {', '.join(SERVICES)}")
    return SERVICES[name]


def show_events(context: Context, options: argparse.Namespace) -> int:
    """Follows the event stream until interrupted."""
    door = context.door
    try:
        state = ControlClient(door.socket).ask(Status())
        view = LiveView(context.console, state["box"]["language"], state["box"]["name"])
        for stamped in ControlClient(door.socket).events(options.after):
            if context.as_json:
                print(json.dumps(msgspec.to_builtins(stamped), ensure_ascii=False), flush=True)
            else:
                view.show(stamped.event)
    except NotRunning as error:
        raise CommandFailed(*not_running(door.socket)) from error
    except RequestRefused as error:
        raise CommandFailed(error.problem.text, error.problem.remedy, 1) from error
    return 0
