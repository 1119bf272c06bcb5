"""The flows that come with the box."""

from importlib import resources

from secretaryd.flow.schema import Flow
from secretaryd.flow.validate import load


def default_flow(*, record: bool) -> Flow:
    """Greeting, announcement of recording, conversation, message, goodbye; the texts are in Russian and English."""
    return _bundled("default", record)


def outgoing_flow(*, record: bool) -> Flow:
    """The same for a call that the box makes: who calls, announcement, what for, conversation."""
    return _bundled("outgoing", record)


def _bundled(name: str, record: bool) -> Flow:
    text = resources.files("secretaryd.flow").joinpath(f"{name}.json").read_text(encoding="utf-8")
    return load(text, record=record)
