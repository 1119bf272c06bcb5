"""secretaryctl calls play, export: what was recorded. Whoever listens is in the audit."""

import argparse
import base64
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.protocol import ShowCall
from secretaryd.control.protocol.archive import GetRecording

PLAYERS: Final = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("mpv", "--no-video", "--really-quiet"),
    ("opusdec", "--quiet"),
    ("pw-play",),
    ("aplay", "-q"),
)
"""The first one that is installed and can play the form of the recording."""
ONLY_WAV: Final = ("pw-play", "aplay")
ONLY_OPUS: Final = ("opusdec",)


def add_to(command: Command, group: Any) -> None:
    """Adds the commands to the group of calls."""
    playing = command("play", "plays a call's recording on this machine", group)
    playing.set_defaults(run=play)
    exporting = command("export", "a call's recording and its transcript as files", group)
    exporting.add_argument("-d", "--directory", type=Path, default=Path(), metavar="DIR", help="where to (here)")
    exporting.set_defaults(run=export)
    for each in (playing, exporting):
        each.add_argument("id", type=int)


def fetch(context: Context, number: int) -> tuple[str, bytes]:
    """Name and content of a call's recording. Raises CommandFailed."""
    content, size, name = b"", 1, ""
    while len(content) < size:
        piece = context.door.ask(GetRecording(id=number, offset=len(content)))
        name, size, more = piece["name"], piece["size"], base64.b64decode(piece["content"])
        if not more:
            raise CommandFailed(f"the recording of call {number} changed while it was read", "try again")
        content += more
    # A name is used as a file's name here: nothing but its last part counts.
    return Path(name).name, content


def play(context: Context, options: argparse.Namespace) -> int:
    """Plays it with whatever player is installed."""
    name, content = fetch(context, options.id)
    player = player_for(Path(name).suffix)
    if player is None:
        remedy = f"sudo apt install mpv; or as a file: secretaryctl calls export {options.id}"
        raise CommandFailed("there is no player for this recording on this machine", remedy)
    with tempfile.TemporaryDirectory(prefix="secretary-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        code = subprocess.run([*player, str(path)], check=False).returncode
    if code:
        raise CommandFailed(f"{player[0]} ended with code {code}", f"secretaryctl calls export {options.id}")
    return context.answer({"played": options.id, "with": player[0]}, lambda _: None)


def export(context: Context, options: argparse.Namespace) -> int:
    """Two files: sound and words."""
    call = context.door.ask(ShowCall(id=options.id))
    files = {}
    if call["call"]["recording"] is not None:
        name, content = fetch(context, options.id)
        files[name] = content
    else:
        name = f"call_{options.id}"
    files[f"{Path(name).stem}.json"] = (json.dumps(call, ensure_ascii=False, indent=2) + "\n").encode()
    written = []
    for each, content in files.items():
        path = options.directory / each
        try:
            path.touch(mode=0o600)
            path.write_bytes(content)
        except OSError as error:
            raise CommandFailed(f"cannot write {path}: {error.strerror}", "name another folder with -d") from error
        written.append(str(path))

    def show(told: dict[str, Any]) -> None:
        for each in told["files"]:
            context.console.print(safe(each), highlight=False, soft_wrap=True)

    return context.answer({"files": written}, show)


def player_for(suffix: str) -> tuple[str, ...] | None:
    """The command that plays such a file here; None where there is none."""
    for player in PLAYERS:
        fits = suffix == ".wav" if player[0] in ONLY_WAV else suffix == ".opus" if player[0] in ONLY_OPUS else True
        if fits and shutil.which(player[0]):
            return player
    return None
