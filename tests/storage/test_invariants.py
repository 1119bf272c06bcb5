"""Any order of calls to the repositories leaves the data whole."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from storage.calls import OUTCOMES, CallRepository
from storage.database import open_database
from storage.errors import NotFound, WrongState
from storage.messages import MessageRepository
from storage.migrate import migrate
from storage.records import CallRecord, TurnRecord
from storage.schema import rows_of

TIMES = st.floats(0, 1e9)
IDS = st.integers(1, 6)
TEXT = st.text(max_size=20)


class Repositories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.db = open_database("sqlite:///x.db", Path(self.folder.name))
        self.db.pragma("synchronous", 0)  # the test is of logic, not of the disk
        migrate(self.db)
        rows = rows_of(self.db)
        self.calls, self.messages = CallRepository(self.db, rows), MessageRepository(self.db, rows)
        self.model: dict[int, CallRecord] = {}
        self.turns: dict[int, list[TurnRecord]] = {}
        self.left: dict[int, bool] = {}

    @rule(number=st.none() | TEXT, at=TIMES)
    def begin(self, number: str | None, at: float) -> None:
        call = self.calls.begin("line1", "in", number, "", at)
        self.model[call.id], self.turns[call.id] = call, []

    @rule(which=IDS, at=TIMES)
    def answered(self, which: int, at: float) -> None:
        try:
            self.model[which] = self.calls.answered(which, at, None, "f@1")
        except NotFound:
            assert which not in self.model
        except WrongState:
            assert self.model[which].answered is not None or self.model[which].ended is not None

    @rule(which=IDS, text=TEXT)
    def add_turn(self, which: int, text: str) -> None:
        turn = TurnRecord("caller", text, 0.0, 1.0, "caller")
        try:
            self.calls.add_turn(which, turn)
            self.turns[which].append(turn)
        except NotFound:
            assert which not in self.model

    @rule(which=IDS, at=TIMES, outcome=st.sampled_from(sorted(OUTCOMES)))
    def finish(self, which: int, at: float, outcome: str) -> None:
        try:
            done = self.calls.finish(which, at, outcome, "caller", "", 0.0)
            assert self.model[which].ended is None
            self.model[which] = done
        except NotFound:
            assert which not in self.model
        except WrongState:
            assert self.model[which].ended is not None

    @rule(which=IDS, matter=TEXT)
    def message(self, which: int, matter: str) -> None:
        try:
            self.left[self.messages.add(which, 1.0, "", "", matter).id] = False
        except NotFound:
            assert which not in self.model

    @rule(which=IDS, handled=st.booleans())
    def handle(self, which: int, handled: bool) -> None:
        try:
            self.messages.mark_handled(which, handled)
            self.left[which] = handled
        except NotFound:
            assert which not in self.left

    @rule(at=TIMES)
    def crash(self, at: float) -> None:
        for call in self.calls.still_open():
            self.model[call.id] = self.calls.close_one(call, at, "crash", 0.0)
        assert self.calls.still_open() == ()

    @invariant()
    def all_is_whole(self) -> None:
        kept = {call.id: call for call in self.calls.recent()}
        assert kept.keys() == self.model.keys()
        for which, call in kept.items():
            assert self.calls.get(which).turns == tuple(self.turns[which])
            assert (call.ended is None) == (call.outcome == "")
            assert call.answered is None or call.answered >= call.began
            assert call.ended is None or call.ended >= (call.answered or call.began)
            assert (call.number, call.outcome) == (self.model[which].number, self.model[which].outcome)
        assert {m.id: m.handled for m in self.messages.list()} == self.left
        assert self.calls.stats(0).unhandled == list(self.left.values()).count(False)

    def teardown(self) -> None:
        self.db.close()
        self.folder.cleanup()


Repositories.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestRepositories = Repositories.TestCase
