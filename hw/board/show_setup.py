"""Shows the first owner's link where a hand reaches the box: above the login prompt of a screen, and in a file on the
card's FAT partition, for whoever puts the card into a computer. Run as root by secretary-setup.service, which can do
nothing else; the core leaves word of what to show, and an empty word once the box has its owner."""

import io
import os
import re
import sys
from pathlib import Path
from typing import Final

from hw.board import request_file
from hw.board.request_file import Refused

MOST_BYTES: Final = 4096
LINK: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}/setup\?token=[A-Za-z0-9_-]{20,200}")
RELOAD: Final = Path("/run/agetty.reload")
"""What `agetty --reload` touches: every login prompt is drawn anew."""


def read(request: Path, owner: int) -> str:
    """What the core wants shown, "" for nothing any more. Raises Refused, OSError."""
    text = request_file.read(request, owner, MOST_BYTES).decode("utf-8", "replace").strip()
    if text and not LINK.fullmatch(text.splitlines()[0].strip()):
        raise Refused("no link")
    return text


def issue(text: str) -> str:
    """For a login prompt: agetty takes a backslash for an order, and the link is drawn as a QR code too."""
    import segno  # not needed where there is nothing to show

    drawn = io.StringIO()
    segno.make(text.splitlines()[0].strip(), error="l").terminal(out=drawn, compact=True)
    return f"\n{text}\n\n{drawn.getvalue()}\n".replace("\\", "")


def show(text: str, prompt: Path, card: Path) -> None:
    """Writes both, or takes both away. A card that is not mounted is left alone: the file would lie on another disk.
    Raises OSError."""
    if text:
        _write(prompt, issue(text).encode())
    else:
        prompt.unlink(missing_ok=True)
    if not os.path.ismount(card.parent):
        return
    if text:
        # FAT keeps no modes, and Windows' editor wants its own line ends and a mark of the encoding.
        lines = [line.rstrip() for line in text.splitlines()]
        _write(card, "\r\n".join([*lines, ""]).encode("utf-8-sig"))
    else:
        card.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def main(arguments: list[str]) -> int:
    """`show_setup REQUEST USER PROMPT CARD`."""
    import pwd

    request, user, prompt, card = Path(arguments[0]), arguments[1], Path(arguments[2]), Path(arguments[3])
    try:
        show(read(request, pwd.getpwnam(user).pw_uid), prompt, card)
        if RELOAD.exists():
            RELOAD.touch()
    except (Refused, OSError, KeyError) as error:
        sys.stderr.write(f"the link is not shown everywhere: {error}\n")
        return 1
    finally:
        request.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
