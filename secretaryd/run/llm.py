"""Composition root of the llm process."""

import asyncio
import logging

from secretaryd.config.schema import Config
from secretaryd.errors import CannotStart
from secretaryd.notify import Notifier, hanging
from secretaryd.run.models import choose
from secretaryd.run.sockets import prepare_sockets
from voice.busy import Busy
from voice.llm.node import serve
from voice.llm.pace import Pace
from voice.llm.protocol import LlmSettings
from voice.llm.runner import ModelRunner
from voice.models.catalogue import Kind

log = logging.getLogger(__name__)


async def run(config: Config, stop: asyncio.Event) -> None:
    """Serves the language model until `stop`; without one it still answers /health with the reason. Raises
    CannotStart."""
    prepare_sockets(config)
    notifier = Notifier()
    busy = Busy()
    chosen = choose(config)[Kind.LLM]
    model = chosen.model
    if chosen.trouble:
        log.error("no language model", extra={"reason": chosen.trouble})
    settings = LlmSettings(
        socket=config.llm_socket,
        model=model.path if model else None,
        model_name=model.name if model else "",
        starter=bool(model and model.starter),
        pace=Pace.parse(config.llm.pace),
        trouble=chosen.trouble or "no model is configured",
    )

    def ready() -> None:
        notifier.ready()
        log.info("llm ready", extra={"model": settings.model_name, "pace": config.llm.pace or "full"})

    watching = asyncio.create_task(notifier.watch(lambda: hanging(busy.seconds)), name="llm.watchdog")
    try:
        await serve(settings, ready=ready, stop=stop, runner=ModelRunner(settings, busy=busy))
    except OSError as error:
        raise CannotStart(f"{config.llm_socket}: {error.strerror or error}") from error
    finally:
        notifier.stopping()
        watching.cancel()
        await asyncio.wait({watching})
