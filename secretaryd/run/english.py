"""A call in English, on a box that speaks another language by itself."""

from dataclasses import replace

from secretaryd.answer.collect import Collector
from secretaryd.call.ports import Tongue
from secretaryd.config.schema import Config
from secretaryd.run.answers import PoolModel, Speaking, make_speaking
from secretaryd.run.models import ENGLISH, Chosen
from voice.models.catalogue import Kind
from voice.models.store import ResolvedModel
from voice.ports import Synthesizer


def make_english(config: Config, voice: ResolvedModel, model: PoolModel, synthesizer: Synthesizer) -> Speaking:
    """Everything that answers in English. Raises BadContent."""
    ours = replace(config, box=replace(config.box, language=ENGLISH), call=replace(config.call, greeting=""))
    return make_speaking(ours, {Kind.TTS: Chosen(Kind.TTS, voice)}, model, synthesizer)


def tongue(speaking: Speaking) -> Tongue:
    """The same, as a call takes it up."""
    return Tongue(
        ENGLISH,
        speaking.interpreter,
        speaking.ladder,
        speaking.voice,
        lambda caller: Collector(speaking.lemmas, caller),
    )
