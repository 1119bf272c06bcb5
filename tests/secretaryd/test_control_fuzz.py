"""The whole protocol against the core's own desk: whatever is asked, the answer is an answer or a reasoned refusal."""

import asyncio
import base64
import json
import threading
import time
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import httpx2
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secretaryd.config.schema import Box, Config, Control, Llm, Modem
from secretaryd.control.protocol import Request, Right
from secretaryd.control.rights import Peer, Refused, Rights
from secretaryd.run import core

REQUESTS = sorted(get_args(Request), key=lambda kind: str(kind.__struct_config__.tag))
ANSWER_SECONDS = 10.0
EXAMPLES = 12
HOSTILE = (
    "",
    "0",
    "../../etc/passwd",
    "'; DROP TABLE call; --",
    "+79161234567",
    "\x00",
    "‮",
    "ё" * 300,
    "{x}",
    "[red]",
    "call.record",
)
NUMBERS = (0, 1, -1, 2**31, 2**63 - 1, -(2**63), 10**9)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """JSON of a field's type, often of the nasty kind."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values(each) for each in inner])
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (list, tuple, frozenset, set):
        return st.lists(values(inner[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return struct(hint)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30)),
        bytes: st.one_of(
            st.binary(max_size=600).map(lambda raw: base64.b64encode(raw).decode()), st.sampled_from(HOSTILE)
        ),
        bool: st.booleans(),
        int: st.one_of(st.sampled_from(NUMBERS), st.integers(-(2**63), 2**63 - 1)),
        float: st.floats(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
        Any: st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=5)), st.lists, max_leaves=4
        ),
    }
    return plain[hint]


def struct(kind: type[msgspec.Struct]) -> st.SearchStrategy[dict[str, Any]]:
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name in kind.__struct_fields__}
    return st.fixed_dictionaries({name: values(hint) for name, hint in hints.items()})


class RunningCore:
    """The core as it is started, without a modem and without engines, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.config = Config(
            box=Box(data_dir=folder / "data"),
            control=Control(socket=folder / "control.sock"),
            llm=Llm(model=""),
            modem=Modem(at_port=str(folder / "no-modem")),
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="core")
        self._ready, self.failure = threading.Event(), ""

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await core.run(self.config, self._stop)

    def __enter__(self) -> httpx2.Client:
        self._thread.start()
        assert self._ready.wait(10)
        socket = self.config.control.socket
        end = time.monotonic() + 30
        while not socket.exists() and self._thread.is_alive() and time.monotonic() < end:
            time.sleep(0.05)  # a socket's appearance is nothing that one can wait on
        transport = httpx2.HTTPTransport(uds=str(socket), verify=False)
        self._http = httpx2.Client(transport=transport, base_url="http://secretaryd", timeout=ANSWER_SECONDS)
        return self._http

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the core did not end"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    with RunningCore(tmp_path_factory.mktemp("fuzz")) as http:
        yield http


def asked(http: httpx2.Client, body: bytes) -> int:
    """The status of the answer, which is JSON and, where it is a refusal, has a code and words."""
    answer = http.post("/v1/request", content=body)
    plain = answer.json()
    assert answer.status_code == 200 or 400 <= answer.status_code < 500 or answer.status_code == 503, answer.text
    if answer.status_code != 200:
        assert plain["code"]
        assert plain["text"]
    return int(answer.status_code)


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: str(kind.__struct_config__.tag))
def test_every_request_is_answered_or_refused_with_a_reason(kind: Any, door: httpx2.Client) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(struct(kind))
    def ask(fields: dict[str, Any]) -> None:
        body = {"request": {"type": kind.__struct_config__.tag, **fields}}
        assert asked(door, json.dumps(body).encode()) != 400 or fields, "a request of the protocol is not malformed"

    ask()


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(REQUESTS), st.dictionaries(st.text(max_size=8), JSON, max_size=3), JSON, JSON)
def test_fields_of_any_type_are_a_client_error(
    door: httpx2.Client, kind: Any, more: Any, actor: Any, number: Any
) -> None:
    fields = dict.fromkeys(kind.__struct_fields__, more)
    body = {"request": {**fields, **more, "type": kind.__struct_config__.tag}, "actor": actor, "version": number}
    asked(door, json.dumps(body).encode())


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=200), JSON.map(lambda plain: json.dumps(plain).encode())))
def test_any_bytes_are_a_client_error(door: httpx2.Client, body: bytes) -> None:
    assert asked(door, body) == 400


def test_after_all_of_it_the_core_is_well(door: httpx2.Client) -> None:
    assert asked(door, b'{"request": {"type": "status"}}') == 200
    assert asked(door, b'{"request": {"type": "calls.list"}}') == 200


# --- rights -----------------------------------------------------------------------------------------------------------

ANNA = "anna"
WEB, ALIEN = 900, 1234


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: str(kind.__struct_config__.tag))
def test_who_has_only_one_right_may_ask_only_what_needs_it(kind: Any) -> None:
    for right in Right:
        _check(kind, right)


def _check(kind: Any, right: Right) -> None:
    rights = Rights(frozenset({0}), frozenset({WEB}), {ANNA: frozenset({right})})

    def allowed(peer: Peer) -> bool:
        try:
            rights.require(peer, kind.needs)
        except Refused:
            return False
        return True

    expected = kind.needs in (right, Right.LOOK)
    assert allowed(Peer(WEB, ANNA)) is expected
    assert allowed(Peer(0, ANNA)) is expected, "an admin who names an actor has the actor's rights"
    assert allowed(Peer(0))
    assert not allowed(Peer(ALIEN))
    assert not allowed(Peer(ALIEN, ANNA))
    assert allowed(Peer(WEB)) is (kind.needs is Right.LOOK)
    assert allowed(Peer(WEB, "mallory")) is (kind.needs is Right.LOOK)


def test_what_changes_something_needs_more_than_looking_or_reading() -> None:
    """By the verb at the end of a request's name."""
    reading = {
        "list",
        "show",
        "test",
        "search",
        "verify",
        "export",
        "status",
        "role",
        "count",
        "check",
        "stats",
        "usage",
        "peaks",
        "recording",
        "helpers",
        "threads",
        "hearing",
        "follow",
        "prompt",
    }
    weak = {kind.__struct_config__.tag for kind in REQUESTS if kind.needs in (Right.LOOK, Right.READ)}
    assert {str(tag) for tag in weak if str(tag).rpartition(".")[2] not in reading} <= DELIBERATE


DELIBERATE = {"users.redeem", "users.note"}
"""Changes that may be asked with little: each guards itself."""
