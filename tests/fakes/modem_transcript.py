"""Reads transcripts of AT ports (the format is in hw/modem/transcript.py) and replays them as a modem."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.modem_port import FakeModem

FOLDER = Path(__file__).parents[1] / "transcripts"

_LINE = re.compile(r'\+(\d+\.\d{3}) ([<>]) "((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|(.))")
_PLAIN = {"r": "\r", "n": "\n", '"': '"', "\\": "\\"}
_FINAL = re.compile(rb"\r\n(OK|ERROR|NO CARRIER|\+CM[ES] ERROR:[^\r\n]*)\r\n")


@dataclass(frozen=True, slots=True)
class Chunk:
    """What passed at once; `way` is `<` from the modem, `>` to it."""

    seconds: float
    way: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole file."""

    header: dict[str, str]
    chunks: tuple[Chunk, ...]

    @property
    def from_modem(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks if chunk.way == "<")


def parse(text: str) -> Transcript:
    """Raises ValueError with the number of the first line that is not of the format."""
    header: dict[str, str] = {}
    chunks: list[Chunk] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            key, colon, value = line[1:].partition(":")
            if colon:
                header[key.strip()] = value.strip()
        elif line.strip():
            match = _LINE.fullmatch(line)
            if match is None:
                raise ValueError(f"line {number} is not a chunk: {line!r}")
            seconds, way, quoted = match.groups()
            chunks.append(Chunk(float(seconds), way, _ESCAPE.sub(_unescape, quoted).encode("latin-1")))
    return Transcript(header, tuple(chunks))


def load(name: str) -> Transcript:
    return parse((FOLDER / name).read_text(encoding="ascii"))


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _PLAIN[match[2]]


class ReplayModem(FakeModem):
    """Answers each command as the transcript does (the first time with its first answer, and so on); a command that
    the transcript does not have is an ERROR. What came unasked is said by `play`."""

    def __init__(self, transcript: Transcript, *, chunk: int = 4096) -> None:
        super().__init__({}, chunk=chunk)
        self.echo = False
        self._answers: dict[str, list[bytes]] = {}
        self._unasked: list[Chunk] = []
        asked: str | None = None
        for piece in transcript.chunks:
            if piece.way == ">":
                asked = piece.data.decode("ascii").strip()
                self._answers.setdefault(asked, []).append(b"")
            elif asked is None:
                self._unasked.append(piece)
            else:
                self._answers[asked][-1] += piece.data
                if _FINAL.search(self._answers[asked][-1]):
                    asked = None

    async def write(self, data: bytes) -> None:
        command = data[:-1].decode("ascii")
        self.sent.append(command)
        answers = self._answers.get(command, [b"\r\nERROR\r\n"])
        self.raw(answers.pop(0) if len(answers) > 1 else answers[0])

    def play(self) -> None:
        for piece in self._unasked:
            self.raw(piece.data)
