"""Which language models the core may ask."""

from pathlib import Path

from secretaryd.config.schema import Config
from secretaryd.nodes.openai import OpenAiNode
from secretaryd.nodes.ports import NodeSettings
from secretaryd.run.secrets import api_key
from storage.secrets import Secrets


def make_nodes(config: Config, secrets: Secrets) -> list[OpenAiNode]:
    """The local node first, then the configured ones, in order."""
    settings = []
    if config.llm.model:
        settings.append(NodeSettings("local", f"unix:{config.llm_socket}"))
    for node in config.llm.node:
        key = Path(node.api_key_file) if node.api_key_file else None
        settings.append(NodeSettings(node.name, node.url, node.model, key, api_key(secrets, node.api_key_secret)))
    return [OpenAiNode(each) for each in settings]
