"""`/admin/messages…`: what callers left."""

from dataclasses import dataclass

import msgspec

from secretaryd.control.protocol import HandleMessage, ListMessages
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_
from webui.api.paging import Page, parted, place_of
from webui.api.telephony import LeftMessage
from webui.auth.roles import Permission


class Messages(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    items: list[LeftMessage]
    next: str | None


class MessageFilter(Page, frozen=True, kw_only=True):
    """`handled`: those that were dealt with, or those that were not."""

    handled: bool | None = None


class MessageChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether it was dealt with."""

    handled: bool


@dataclass(frozen=True, slots=True)
class MessagesApi:
    """List and handle."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        root = "/admin/messages"
        return [
            Operation(
                method="GET", path=root, needs=Permission.MESSAGES_READ, does=self.list, query=MessageFilter,
                answer=Messages, cached=True,
            ),
            Operation(
                method="PATCH", path=f"{root}/{{id:int}}", needs=Permission.MESSAGES_HANDLE, does=self.handle,
                body=MessageChange, answer=LeftMessage,
            ),
        ]  # fmt: skip

    async def list(self, asked: Asked) -> Messages:
        """Messages, newest first."""
        query: MessageFilter = asked.query
        request = ListMessages(limit=query.limit + 1, before=place_of(query.cursor, int), handled=query.handled)
        items, after = parted((await self.tools.desk.ask(request, asked.name))["messages"], query.limit, "id")
        return Messages(items=as_(list[LeftMessage], items), next=after)

    async def handle(self, asked: Asked) -> LeftMessage:
        """Dealt with, or not after all."""
        request = HandleMessage(id=asked.id, handled=asked.body.handled)
        return as_(LeftMessage, (await self.tools.desk.ask(request, asked.name))["message"])
