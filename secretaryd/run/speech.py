"""Composition root of the speech process."""

import asyncio
import logging

from secretaryd.config.schema import Config
from secretaryd.errors import CannotStart
from secretaryd.notify import Notifier, hanging
from secretaryd.run.models import ENGLISH, choose, english_models, second_model
from secretaryd.run.sockets import prepare_sockets
from voice.busy import Busy
from voice.models.catalogue import Kind
from voice.speech.server import serve
from voice.speech.settings import LanguageModels, SpeechSettings

log = logging.getLogger(__name__)


async def run(config: Config, stop: asyncio.Event) -> None:
    """Serves recogniser and voice until `stop`. Raises CannotStart."""
    prepare_sockets(config)
    notifier = Notifier()
    busy = Busy()
    chosen = choose(config)
    recognizer, voice = chosen[Kind.STT].model, chosen[Kind.TTS].model
    assert recognizer is not None
    assert voice is not None
    for trouble in (chosen[Kind.STT].trouble, chosen[Kind.TTS].trouble):
        if trouble:
            log.error("a bundled model stands in", extra={"reason": trouble})
    second = second_model(config)
    settings = SpeechSettings(
        socket=config.speech_socket,
        recognizer=recognizer.path,
        recognizer_name=recognizer.name,
        voice=voice.path,
        voice_name=voice.name,
        language=config.box.language,
        further=_further(config),
        second=second.path if second is not None else None,
        second_name=second.name if second is not None else "",
    )

    def ready() -> None:
        notifier.ready()
        log.info("speech ready", extra={"recognizer": recognizer.name, "voice": voice.name})

    watching = asyncio.create_task(notifier.watch(lambda: hanging(busy.seconds)), name="speech.watchdog")
    try:
        await serve(settings, ready=ready, stop=stop, busy=busy)
    except OSError as error:
        raise CannotStart(f"{config.speech_socket}: {error.strerror or error}") from error
    finally:
        notifier.stopping()
        watching.cancel()
        await asyncio.wait({watching})


def _further(config: Config) -> tuple[LanguageModels, ...]:
    if (models := english_models(config)) is None:
        return ()
    ear, mouth = models.recognizer, models.voice
    return (LanguageModels(ENGLISH, ear.path, mouth.path, ear.name, mouth.name),)
