"""Requests about calls that are over: finding, keeping, noting, deleting."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Message, Right


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


class GetRecording(Asking, frozen=True, kw_only=True, tag="calls.recording"):
    """A piece of a call's sound, from `offset` on; who listens is written into the audit. Answers {"name", "size",
    "offset", "content" (base64)}; the last piece ends at `size`."""

    needs: ClassVar[Right] = Right.READ
    id: int
    offset: int = 0


class GetPeaks(Asking, frozen=True, kw_only=True, tag="calls.peaks"):
    """The outline of a call's sound for drawing: answers {"seconds", "caller": [...], "secretary": [...]}, the loudest
    sample of each of as many equal parts, 0 to 255; empty where there is no recording, or it was not looked at yet."""

    needs: ClassVar[Right] = Right.READ
    id: int


class HearAgain(Asking, frozen=True, kw_only=True, tag="calls.hear_again"):
    """Has a call's recording heard by the second recogniser (`stt.second`), the next time that nobody calls, also where
    that was done before. Answers {"second": {"state", "model", "at", "reason", "lines"}}; `calls.show` then carries it
    as call.second, and the event `call.heard_again` tells when it is done."""

    needs: ClassVar[Right] = Right.ACT
    id: int


class ShowHearing(Asking, frozen=True, kw_only=True, tag="calls.hearing"):
    """How far the second hearing is: answers {"model": "" where none is configured, "current": the call that is heard
    now or null, "waiting": how many are still to be heard}."""

    needs: ClassVar[Right] = Right.READ


Requests = (
    SearchCalls
    | KeepCall
    | NoteCall
    | TagCall
    | DeleteCall
    | RestoreCall
    | GetRecording
    | GetPeaks
    | HearAgain
    | ShowHearing
)


class CallHeardAgain(Message, frozen=True, kw_only=True, tag="call.heard_again"):
    """The second recogniser has heard a call; `lines` are those that it made."""

    call: int
    model: str
    lines: int


Events = CallHeardAgain
