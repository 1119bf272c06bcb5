"""What a file or folder is, by its contents: a Vosk model, a Piper voice, a chat model in GGUF."""

import json
import struct
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voice.errors import ModelFileError, reason_of
from voice.models.catalogue import Kind

KALDI_BINARY: Final = b"\0B"
"""Kaldi's mark at the start of every binary file."""
GGUF_VERSIONS: Final = (2, 3)
MAX_DEPTH: Final = 3
MAX_SEEN: Final = 5000
"""Folders and candidate files looked at on a stick."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A model found on disk."""

    kind: Kind
    entry: Path
    """What the engine is given: a folder for Vosk, a file for the others."""
    files: tuple[Path, ...]
    """Files that belong together; for a folder, the folder itself."""

    @property
    def name(self) -> str:
        """A name by default: the folder's, or the file's without its extension."""
        return self.entry.name if self.kind is Kind.STT else self.entry.stem


def recognise(path: Path) -> Recognised:
    """What `path` is; raises ModelFileError, saying what is missing, for anything else (truncated ones included)."""
    if path.is_dir():
        return _vosk(path)
    if path.suffix == ".gguf":
        return _gguf(path)
    if path.suffix == ".onnx":
        return _piper(path)
    raise _unknown(path, "not a Vosk folder, a Piper .onnx or a .gguf")


def find(folder: Path) -> tuple[Recognised, ...]:
    """Every model in `folder` or up to MAX_DEPTH levels below it (a USB stick); the rest is passed over.

    Raises OSError if the folder cannot be read.
    """
    found: list[Recognised] = []
    waiting = deque([(folder, 0)])
    seen = 0
    while waiting and seen < MAX_SEEN:
        path, depth = waiting.popleft()
        seen += 1
        try:
            found.append(recognise(path))
            continue
        except ModelFileError:
            pass  # not a model by itself; if it is a folder, there may be some inside
        if path.is_dir() and depth < MAX_DEPTH:
            inside = sorted(p for p in path.iterdir() if not p.name.startswith(".") and not p.is_symlink())
            waiting.extend((p, depth + 1) for p in inside if p.is_dir() or p.suffix in (".gguf", ".onnx"))
    return tuple(found)


def _vosk(folder: Path) -> Recognised:
    # Both layouts that libvosk loads: am/final.mdl, or the older one with final.mdl at the top.
    for acoustic in (folder / "am" / "final.mdl", folder / "final.mdl"):
        if acoustic.is_file():
            break
    else:
        raise _unknown(folder, "no am/final.mdl")
    if _head(acoustic, 2) != KALDI_BINARY:
        raise _unknown(acoustic, "not a Kaldi model")
    graphs = [
        p for top in (folder / "graph", folder) for p in (top / "HCLG.fst", top / "HCLr.fst", top / "HCLr.fst.gz")
    ]
    if not any(p.is_file() and p.stat().st_size for p in graphs):
        raise _unknown(folder, "no decoding graph (HCLG.fst or HCLr.fst)")
    return Recognised(Kind.STT, folder, (folder,))


def _piper(path: Path) -> Recognised:
    settings = path.with_name(f"{path.name}.json")
    try:
        about = json.loads(settings.read_text("utf-8"))
        rate, symbols = about["audio"]["sample_rate"], about["phoneme_id_map"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unknown(settings, "no settings of a Piper voice") from error
    if not isinstance(rate, int) or not isinstance(symbols, dict) or not path.is_file() or path.stat().st_size < 1024:
        raise _unknown(path, "not a Piper voice")
    return Recognised(Kind.TTS, path, (path, settings))


def _gguf(path: Path) -> Recognised:
    head = _head(path, 24)
    if head[:4] != b"GGUF" or len(head) < 24 or struct.unpack("<I", head[4:8])[0] not in GGUF_VERSIONS:
        raise _unknown(path, "not a GGUF file")
    return Recognised(Kind.LLM, path, (path,))


def _head(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise _unknown(path, reason_of(error)) from error


def _unknown(path: Path, reason: str) -> ModelFileError:
    return ModelFileError("{path}: {why}", path=path, why=reason)
