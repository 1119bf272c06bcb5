"""The owner's edits put together: his files, and how the running core takes them into use."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from secretaryd.config.schema import Config
from secretaryd.owner.content import Content
from secretaryd.owner.keeper import Commit, Log, Owner
from secretaryd.run.answers import Speaking, make_speaking
from secretaryd.run.models import Chosen
from voice.models.catalogue import Kind
from voice.ports import Synthesizer


class Reloader:
    """Builds what speaks anew from edited content; `take` puts it to work from the next call on."""

    def __init__(
        self,
        chosen: dict[Kind, Chosen],
        synthesizer: Synthesizer,
        first: Speaking,
        take: Callable[[Config, Speaking], None],
    ) -> None:
        """`first` is what speaks now: its word analyser, costly to build, goes on, and so does what it knows of the
        model's pace."""
        self._chosen, self._model, self._synthesizer = chosen, first.model, synthesizer
        self._lemmas, self._take = first.lemmas, take

    def prepare(self, config: Config, content: Content) -> Commit:
        """In a worker thread: an index of a thousand questions takes longer than a frame of sound."""
        speaking = make_speaking(config, self._chosen, self._model, self._synthesizer, content, self._lemmas)
        shown = as_shown(config, content)
        return lambda: self._take(shown, speaking)


def as_shown(config: Config, content: Content) -> Config:
    """The configuration with the name and company that callers hear."""
    persona = content.persona
    return replace(config, box=replace(config.box, name=persona.name, company=persona.company))


def make_owner(config: Config, content: Content, reloader: Reloader, audit: Log, config_file: Path | None) -> Owner:
    """`config_file` is what --config named."""
    return Owner(config, content, reloader, audit, config_file)
