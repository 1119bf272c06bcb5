"""One call in full: what was said, what answered, how long it took, the recording."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from secretaryd.control.protocol import ShowCall
from secretaryd.control.protocol.archive import KeepCall, NoteCall, TagCall
from tui.amounts import clock, full_moment, phone
from tui.keys import bound
from tui.kit import Kit
from tui.live import Spoken, latency_parts, total_of
from tui.plain import joined, plain
from tui.screens.dialling import dial_form
from tui.screens.form import Field, Form
from tui.screens.page import Page
from tui.tree import Tree
from tui.widgets.styled import Toned, lines, styled
from tui.widgets.transcript import Transcript
from tui.work import work


def turns_of(call: Tree, messages: list[Tree]) -> list[Spoken]:
    """The kept turns, and the messages after them."""
    found = []
    for turn in call.parts("turns"):
        latency = turn.part("latency").values
        who = "keys" if turn.text("source") == "keys" else "secretary" if turn.text("who") == "secretary" else "caller"
        found.append(
            Spoken(
                who,
                turn.text("text"),
                turn.text("source"),
                turn.text("detail"),
                confidence=turn.number("confidence") or 0.0,
                interrupted=bool(turn.flag("interrupted")),
                latency=latency_parts(latency),
                total=total_of(latency),
            )
        )
    for message in messages:
        words = joined((message.text("name"), phone(message.text("number")), message.text("matter")))
        found.append(Spoken("message", words))
    return found


class CallPage(Page):
    """Comes over the list; Escape goes back to it."""

    NAME = "call"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("escape", "app.pop_screen", "key.back"),
        bound("p", "play", "key.play"),
        bound("e", "path", "key.path"),
        bound("n", "note", "key.note"),
        bound("k", "keep", "key.keep"),
        bound("c", "dial", "key.dial"),
    ]
    DEFAULT_CSS = """
    CallPage #facts { height: auto; margin-bottom: 1; }
    """

    def __init__(self, kit: Kit, call: int) -> None:
        super().__init__(kit)
        self._call = call
        self._path = ""
        self._known = Tree({})
        self._playing: Worker[None] | None = None

    def body(self) -> Iterable[Widget]:
        """Facts, transcript."""
        yield Static(markup=False, id="facts")
        yield Transcript(self.say)

    def on_mount(self) -> None:
        """The transcript has the keys."""
        self.query_one(Transcript).focus()

    def look(self) -> None:
        """Reads it."""
        work(self, self._look, "look")

    async def _look(self) -> None:
        with self.told():
            answer = Tree.of(await self.kit.door.ask(ShowCall(id=self._call)))
            call = answer.part("call")
            self._known = call
            self._path = str(call.values.get("recording_path") or "")
            self.refresh_bindings()
            self.query_one("#facts", Static).update(lines(*(styled(*row) for row in self._facts(call))))
            await self.query_one(Transcript).show(turns_of(call, answer.parts("messages")))

    def _facts(self, call: Tree) -> list[list[Toned]]:
        say = self.say
        number = phone(call.text("number")) or say.known(f"number.{call.text('presentation')}")
        outcome, cause = call.text("outcome"), call.text("end_cause")
        answered, ended = call.number("answered"), call.number("ended")
        lasted = clock(ended - answered) if ended is not None and answered is not None else ""
        head: list[Toned] = [
            (f"№ {self._call}  ", "dim"),
            (number, "bold"),
            "  ",
            full_moment(call.number("began"), say),
        ]
        words = (say.known(f"outcome.{outcome}", outcome), say.known(f"cause.{cause}", cause), lasted)
        rows: list[list[Toned]] = [head, [joined(words)]]
        if summary := call.text("summary"):
            rows.append([(summary, "")])
        tags = call.values.get("tags")
        marks = [f"#{plain(tag)}" for tag in tags] if isinstance(tags, list | tuple) else []
        if about := joined((call.text("note"), *marks, say("call.kept") if call.flag("keep") else "")):
            rows.append([("✎ ", "warn"), (about, "")])
        if self._path:
            rows.append([("♪ ", "ok"), (plain(self._path), "dim")])
        return rows

    def check_action(self, action: str, _: tuple[object, ...]) -> bool | None:
        """No key for what cannot be: no recording, no loudspeaker."""
        if action == "play":
            return bool(self._path) and self.kit.tools.player.plays(self._path)
        return bool(self._path) if action == "path" else True

    def action_play(self) -> None:
        """Plays the recording on this machine; the key again stops it."""
        if self._playing is not None and self._playing.is_running:
            self._playing.cancel()
            self.tell(self.say("play.stopped"))
            return
        self._playing = work(self, self._play, "play")

    async def _play(self) -> None:
        self.tell(self.say("play.playing"))
        try:
            await self.kit.tools.player.play(self._call)
        except OSError as error:
            self.tell(self.say("play.failed"), plain(error), "error")

    def action_path(self) -> None:
        """Where recording and transcript lie, for copying by hand."""
        sidecar = str(PurePath(self._path).with_suffix(".json"))
        self.app.copy_to_clipboard(self._path)
        self.tell(self.say("call.paths"), f"{plain(self._path)}\n{plain(sidecar)}")

    def action_note(self) -> None:
        """A note and tags of the owner's own."""
        say, tags = self.say, self._tags()
        fields = (
            Field("note", say("column.note"), self._known.lines("note"), lines=3),
            Field("tags", say("call.tags"), ", ".join(tags), hint=say("call.tags.hint")),
        )
        self.app.push_screen(Form(self.kit, say("key.note"), fields, self._save_note))

    def _tags(self) -> list[str]:
        tags = self._known.values.get("tags")
        return [str(tag) for tag in tags] if isinstance(tags, list | tuple) else []

    async def _save_note(self, typed: dict[str, str]) -> None:
        before, now = set(self._tags()), {tag.strip() for tag in typed["tags"].split(",") if tag.strip()}
        if now != before:
            tagging = TagCall(id=self._call, add=tuple(sorted(now - before)), remove=tuple(sorted(before - now)))
            await self.kit.door.ask(tagging)
        await self.kit.door.ask(NoteCall(id=self._call, note=typed["note"]))
        self.tell(self.say("saved"))
        self.look()

    def action_keep(self) -> None:
        """The recording outlives the others; the same key takes it back."""
        work(self, self._keep, "keep")

    async def _keep(self) -> None:
        with self.told():
            keep = not self._known.flag("keep")
            await self.kit.door.ask(KeepCall(id=self._call, keep=keep))
            self.tell(self.say("call.kept" if keep else "call.unkept"))
            self.look()

    def action_dial(self) -> None:
        """Calls back."""
        dial_form(self, self._known.text("number"))
