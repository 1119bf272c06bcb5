"""Requests about calls that are over: finding, keeping, noting, deleting."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class SearchCalls(Asking, frozen=True, kw_only=True, tag="calls.search"):
    """Calls, newest first, that hold all words of `text` in any form ("side by side", begin*, -without), from or about
    `number` (in any form, or its last digits), begun from `since` to `until` (UTC epoch seconds). Answers {"hits":
    [{"call", "snippet"}], "more", "waiting"}; a snippet's `marks` are places in its `text` (characters)."""

    needs: ClassVar[Right] = Right.READ
    text: str = ""
    number: str = ""
    since: float | None = None
    until: float | None = None
    outcome: str = ""
    limit: int = 20
    before: int | None = None


class KeepCall(Asking, frozen=True, kw_only=True, tag="calls.keep"):
    """Whether retention leaves the call's recording alone; answers {"call": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int
    keep: bool = True


class NoteCall(Asking, frozen=True, kw_only=True, tag="calls.note"):
    """Replaces the call's note; answers {"call": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int
    note: str


class TagCall(Asking, frozen=True, kw_only=True, tag="calls.tag"):
    """Adds and removes tags; answers {"call": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class DeleteCall(Asking, frozen=True, kw_only=True, tag="calls.delete"):
    """Hides a call with its messages; `calls.restore` brings it back within a week. Answers {"call": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int


class RestoreCall(Asking, frozen=True, kw_only=True, tag="calls.restore"):
    """Undoes `calls.delete`; answers {"call": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int


Requests = SearchCalls | KeepCall | NoteCall | TagCall | DeleteCall | RestoreCall
