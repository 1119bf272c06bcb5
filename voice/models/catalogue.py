"""The list of models a real installation chooses from: what each needs and where it comes from."""

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import msgspec

from voice.errors import ModelFileError, reason_of

MB: Final = 1_000_000
"""Sizes for people are decimal, as download pages state them."""


class Kind(StrEnum):
    """What a model is for."""

    STT = "stt"
    TTS = "tts"
    LLM = "llm"


SETTING: Final = {Kind.STT: "stt.model", Kind.TTS: "tts.voice", Kind.LLM: "llm.model"}
"""The configuration key that names the model in use."""


class Source(StrEnum):
    """Who publishes the file and its checksum."""

    VOSK = "vosk"
    PIPER = "piper"
    HUGGINGFACE = "huggingface"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model. Sizes and memory are approximate: the source's own list is asked for exact ones."""

    name: str
    kind: Kind
    language: str
    source: Source
    version: str
    download_mb: int
    installed_mb: int
    memory_mb: int
    licence: str
    boards: tuple[str, ...]
    about: str
    repository: str = ""
    """owner/name on Hugging Face; empty for the other sources, which find a model by its name."""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A recogniser, a voice and a chat model that go together on one board."""

    name: str
    language: str
    models: tuple[str, ...]
    about: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Entries and bundles by name."""

    entries: dict[str, Entry]
    bundles: dict[str, Bundle]

    def expand(self, name: str) -> tuple[Entry, ...]:
        """The models that `name` (a model or a bundle) stands for; raises ModelFileError with near names if unknown."""
        if name in self.entries:
            return (self.entries[name],)
        if name in self.bundles:
            return tuple(self.entries[model] for model in self.bundles[name].models)
        raise unknown_name(name, self)

    def memory_mb(self, name: str) -> int:
        """Memory the model, or the whole bundle at once, needs when loaded."""
        return sum(entry.memory_mb for entry in self.expand(name))


def unknown_name(name: str, catalogue: Catalogue) -> ModelFileError:
    """The error for a name that is neither installed nor in the catalogue."""
    known = [*catalogue.bundles, *catalogue.entries]
    near = get_close_matches(name, known, n=2, cutoff=0.5)
    if near:
        choice = ", ".join(near)
        return ModelFileError("no model {name!r}; did you mean: {known}?", name=name, known=choice)
    choice = ", ".join(known)
    return ModelFileError("no model {name!r}; known: {known}", name=name, known=choice)


def load(path: Path | None = None) -> Catalogue:
    """The shipped catalogue, or the one at `path`; raises ModelFileError for a file that does not fit the form."""
    return _read(path) if path is not None else _shipped()


@cache
def _shipped() -> Catalogue:
    """Read once: it comes with the program, and a page asks for it each time that it is shown."""
    return _read(resources.files(__package__) / "catalogue.toml")


def _read(file: Traversable) -> Catalogue:
    try:
        raw = tomllib.loads(file.read_text("utf-8"))
        entries = {
            name: msgspec.convert({"name": name, **table}, Entry) for name, table in raw.get("models", {}).items()
        }
        bundles = {
            name: msgspec.convert({"name": name, **table}, Bundle) for name, table in raw.get("bundles", {}).items()
        }
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError, TypeError, AttributeError) as error:
        raise ModelFileError("broken catalogue: {why}", why=reason_of(error)) from error
    for bundle in bundles.values():
        if missing := set(bundle.models) - set(entries):
            raise ModelFileError(
                "bundle {name} names unknown models: {known}", name=bundle.name, known=", ".join(sorted(missing))
            )
    return Catalogue(entries, bundles)
