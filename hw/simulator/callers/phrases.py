"""The table of phrases that callers can say."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Phrase:
    """One entry of phrases.toml; `parts` are spoken with `gap` seconds between them."""

    id: str
    parts: tuple[str, ...]
    voice: str
    rate: int = 150
    pitch: int = 50
    gap: float = 0.8

    @property
    def text(self) -> str:
        """All words, as a recogniser should write them."""
        return " ".join(self.parts)

    @property
    def path(self) -> Path:
        """Where its WAV lies."""
        return FOLDER / f"{self.id}.wav"


def load_phrases(path: Path = FOLDER / "phrases.toml") -> dict[str, Phrase]:
    """All phrases by id. Raises KeyError, TypeError or tomllib.TOMLDecodeError on a bad table."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {key: Phrase(id=key, parts=tuple(row.pop("text")), **row) for key, row in table.items()}
