"""The flows that come with the box."""

from importlib import resources

from secretaryd.flow.schema import Flow
from secretaryd.flow.validate import load


def default_flow(*, record: bool) -> Flow:
    """Greeting, announcement of recording, conversation, message, goodbye; the texts are in Russian and English."""
    text = resources.files("secretaryd.flow").joinpath("default.json").read_text(encoding="utf-8")
    return load(text, record=record)
