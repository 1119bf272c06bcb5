"""Messages to the text a model was trained on: its own chat template, else ChatML. Pure.

Prompts are append-only: the text of a conversation begins with the text of the same conversation a turn earlier, so
that what was evaluated stays evaluated.
"""

import re
from collections.abc import Callable, Sequence
from typing import NoReturn

from jinja2 import TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from voice.errors import VoiceError
from voice.llm.protocol import ChatMessage

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
DROP_MESSAGES = 6
"""Old messages are dropped six at a time, so that the prompt's beginning stays the same for the next turns."""

_MARK = "\x02open\x03"
_CONTROL = re.compile(r"<(?=\|[^|<>\s]{1,40}\|>|/?s>|(?:start|end)_of_turn>)|\[(?=/?INST\])")


class PromptError(VoiceError):
    """The messages do not fit the model's chat template."""


class PromptTooLong(PromptError):
    """The system prompt and the last message alone exceed the context."""


def neutral(text: str) -> str:
    """`text` with what a tokeniser would take for a control token broken by a space, so that no caller, page or
    document can end its turn and speak as somebody else."""
    return _CONTROL.sub(lambda found: found.group() + " ", text.replace("\x00", ""))


class ChatTemplate:
    """A model's own way to write a conversation down."""

    def __init__(self, source: str | None, *, bos: str = "", eos: str = "") -> None:
        """`source` is the GGUF's `tokenizer.chat_template` (Jinja2) or None. Raises PromptError."""
        # The template comes with a downloaded file: it is run in the sandbox.
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, undefined=Undefined)
        environment.globals["raise_exception"] = _refuse
        self._tokens = {"bos_token": bos, "eos_token": eos}
        try:
            self._template = environment.from_string(source or CHATML)
        except TemplateError as error:
            raise PromptError(f"the model's chat template is broken: {error}") from error

    def prompt(self, messages: Sequence[ChatMessage]) -> str:
        """The text after which the model speaks. Raises PromptError."""
        return self._render(messages, answer=True)

    def opening(self, messages: Sequence[ChatMessage], partial: str) -> str:
        """The beginning that every prompt of `messages` followed by a user's message starting with `partial` shares:
        the user's message is left open. Raises PromptError."""
        if messages and messages[-1].role == "user" and not partial:
            return self.prompt(messages)
        opened = (*messages, ChatMessage("user", f"{neutral(partial)}{_MARK}"))
        return self._render(opened, answer=False).partition(_MARK)[0].rstrip(" ")

    def _render(self, messages: Sequence[ChatMessage], *, answer: bool) -> str:
        rows = [{"role": message.role, "content": neutral(message.content)} for message in messages]
        try:
            return self._template.render(messages=rows, add_generation_prompt=answer, tools=None, **self._tokens)
        except Exception as error:  # the template is a stranger's program
            raise PromptError(f"the model's chat template refuses these messages: {error}") from error


def fit(
    messages: Sequence[ChatMessage], limit: int, tokens: Callable[[Sequence[ChatMessage]], list[int]]
) -> tuple[list[int], int]:
    """Tokens of as many of the newest messages as fit into `limit`, and how many old ones were dropped. The system
    prompt and the last message always stay. Raises PromptTooLong."""
    first = next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))
    system, turns = messages[:first], messages[first:]
    dropped = 0
    while True:
        found = tokens([*system, *turns[dropped:]])
        if len(found) <= limit:
            return found, dropped
        if dropped >= len(turns) - 1:
            raise PromptTooLong(f"the prompt is {len(found)} tokens long and {limit} fit")
        dropped = min(dropped + DROP_MESSAGES, len(turns) - 1)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)
