"""Which model files a process takes: the configured one, or what the box can still work with, and why."""

from dataclasses import dataclass

from secretaryd.config.schema import Config
from voice.errors import ModelFileError
from voice.models.catalogue import Kind
from voice.models.store import STARTER, ResolvedModel, resolve


@dataclass(frozen=True, slots=True)
class Chosen:
    """`model` is None only for a language model that is not configured or not there; `trouble` is for the owner."""

    kind: Kind
    model: ResolvedModel | None
    trouble: str = ""


def choose(config: Config) -> dict[Kind, Chosen]:
    """Recogniser and voice fall back to the bundled ones, since a caller must be heard and answered; the bundled chat
    model stands in for nothing, since it is a toy."""
    models = config.box.data_dir / "models"
    wanted = {Kind.STT: config.stt.model, Kind.TTS: config.tts.voice, Kind.LLM: config.llm.model}
    chosen = {}
    for kind, value in wanted.items():
        if not value:
            chosen[kind] = Chosen(kind, None)
            continue
        try:
            chosen[kind] = Chosen(kind, resolve(value, kind, models))
        except ModelFileError as error:
            instead = None if kind is Kind.LLM else resolve(STARTER, kind, models)
            chosen[kind] = Chosen(kind, instead, str(error))
    return chosen
