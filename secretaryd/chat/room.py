"""Answers of the model in chats, while they are made: begun, followed by whoever looks, stopped, kept."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from secretaryd.nodes.ports import ModelPool, NodeHealth
from storage.chat.door import Chats
from storage.chat.records import ASSISTANT, ChatMessageRecord
from storage.errors import StorageError
from voice.errors import ModelUnavailable
from voice.llm.protocol import ChatMessage, Priority

log = logging.getLogger(__name__)

MAX_TOKENS: Final = 512
PATIENCE_SECONDS: Final = 180.0
"""Until the first word: a call may be on the line, and goes first."""
MAX_AT_ONCE: Final = 4
MAX_ANSWER: Final = 20_000
"""Characters: a node may not know when to end."""
DONE: Final = "done"
STOPPED: Final = "stopped"
FAILED: Final = "failed"
NO_GROUNDS: Final[Mapping[str, Any]] = {}


class TooMany(Exception):
    """Others are being answered; later."""


class Answer:
    """One answer, while it is made. `message` is what was kept of it, once it is over."""

    def __init__(self, grounds: Mapping[str, Any]) -> None:
        self.text = ""
        self.why: dict[str, Any] = dict(grounds)
        """What it rests on: what it was told beside the question; then which model, and its times in seconds."""
        self.over = False
        self.message: ChatMessageRecord | None = None
        self.failure = ""
        self.stopping = False
        self._news = asyncio.Condition()

    async def add(self, delta: str) -> None:
        """The next piece."""
        async with self._news:
            self.text += delta
            self._news.notify_all()

    async def end(self) -> None:
        """No more comes."""
        async with self._news:
            self.over = True
            self._news.notify_all()

    async def pieces(self) -> AsyncIterator[str]:
        """From the beginning, until it is over; for any number of readers."""
        told = 0
        while True:
            async with self._news:
                while not self.over and len(self.text) == told:
                    await self._news.wait()
                piece, over = self.text[told:], self.over
            told += len(piece)
            if piece:
                yield piece
            if over:
                return


class ChatRoom:
    """Owns the answers under way; `run` as long as the box does."""

    def __init__(
        self,
        model: ModelPool,
        chats: Chats,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model, self._chats, self._clock, self._timer = model, chats, clock, timer
        self._answers: dict[int, Answer] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def under_way(self, chat: int) -> Answer | None:
        """The one of that chat."""
        return self._answers.get(chat)

    def begin(
        self, chat: int, messages: Sequence[ChatMessage], node: str, grounds: Mapping[str, Any] = NO_GROUNDS
    ) -> Answer:
        """Has the model answer; `grounds` is kept with what it says. Raises TooMany, also while the same chat is being
        answered."""
        if chat in self._answers or len(self._answers) >= MAX_AT_ONCE:
            raise TooMany
        answer = self._answers[chat] = Answer(grounds)
        self._tasks[chat] = asyncio.create_task(self._make(chat, answer, messages, node), name=f"chat.{chat}")
        return answer

    async def stop(self, chat: int) -> bool:
        """Ends the answer under way, and waits until what is there of it is kept; whether there was one."""
        answer, task = self._answers.get(chat), self._tasks.get(chat)
        if answer is None or task is None:
            return False
        answer.stopping = True
        task.cancel()
        await asyncio.wait({task})
        return True

    async def close(self) -> None:
        """Stops all."""
        for chat in list(self._answers):
            await self.stop(chat)

    async def _make(self, chat: int, answer: Answer, messages: Sequence[ChatMessage], node: str) -> None:
        state, began = FAILED, self._timer()

        def answering(node: NodeHealth) -> None:
            answer.why |= {"node": node.name, "model": node.model, "first": round(self._timer() - began, 3)}

        try:
            words = self._model.stream(
                messages,
                session=f"chat-{chat}",
                priority=Priority.OWNER,
                max_tokens=MAX_TOKENS,
                first_token_s=PATIENCE_SECONDS,
                only=node,
                answering=answering,
            )
            async with aclosing(words):
                async for delta in words:
                    await answer.add(delta)
                    if len(answer.text) >= MAX_ANSWER:
                        break
            state = DONE
        except ModelUnavailable as error:
            answer.failure = str(error)
            answer.why["failed"] = "starter" if "starter" in answer.failure else "no_model"
        except asyncio.CancelledError:
            if not answer.stopping:
                raise
            state = STOPPED
        finally:
            answer.why["seconds"] = round(self._timer() - began, 3)
            await self._keep(chat, answer, state)

    async def _keep(self, chat: int, answer: Answer, state: str) -> None:
        try:
            if answer.text or state == FAILED:
                answer.message = await self._chats.add(
                    chat, ASSISTANT, answer.text, self._clock(), state, answer.failure, answer.why
                )
        except StorageError as error:  # the chat may have been deleted meanwhile
            log.warning("an answer is not kept", extra={"chat": chat, "reason": str(error)})
            answer.failure = answer.failure or str(error)
        finally:
            del self._answers[chat], self._tasks[chat]
            await answer.end()
