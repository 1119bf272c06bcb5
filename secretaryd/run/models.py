"""Which model files a process takes: the configured one, or what the box can still work with, and why."""

import logging
from dataclasses import dataclass
from typing import Final

from secretaryd.config.schema import Config
from voice.errors import ModelFileError
from voice.models.catalogue import Kind
from voice.models.store import STARTER, ResolvedModel, resolve

log = logging.getLogger(__name__)

ENGLISH: Final = "en"


def models_in_use(config: Config) -> set[str]:
    """Everything that the configuration names as a model."""
    stt, tts = config.stt, config.tts
    return {stt.model, stt.english, stt.second, tts.voice, tts.english, config.llm.model} - {""}


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


def second_model(config: Config) -> ResolvedModel | None:
    """The recogniser for a second hearing; None where none is configured, or it is not there."""
    if not config.stt.second:
        return None
    try:
        return resolve(config.stt.second, Kind.STT, config.box.data_dir / "models")
    except ModelFileError as error:
        log.error("no second transcription: the model is not there", extra={"reason": str(error)})
        return None


@dataclass(frozen=True, slots=True)
class EnglishModels:
    """What hears and speaks English."""

    recognizer: ResolvedModel
    voice: ResolvedModel


def english_models(config: Config) -> EnglishModels | None:
    """The configured ones; None where the box speaks English anyway, or either is not configured or not there."""
    wanted = config.stt.english, config.tts.english
    if config.box.language == ENGLISH or not all(wanted):
        return None
    folder = config.box.data_dir / "models"
    try:
        return EnglishModels(resolve(wanted[0], Kind.STT, folder), resolve(wanted[1], Kind.TTS, folder))
    except ModelFileError as error:
        log.error("no English: a model is not there", extra={"reason": str(error)})
        return None
