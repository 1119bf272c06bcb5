"""A flow is read whole: every problem at once, with its node and a hint."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.flow.library import default_flow
from secretaryd.flow.schema import AnnounceRecording, Listen, Speak
from secretaryd.flow.validate import FlowInvalid, load, read, validate

ROADMAP = (Path(__file__).parent / "roadmap_ivr.json").read_text(encoding="utf-8")

BYE = {"type": "hang_up", "text": "До свидания!"}


def flow(**nodes: Any) -> dict[str, Any]:
    return {"start": next(iter(nodes)), "nodes": nodes}


def listen(default: str = "bye", **more: Any) -> dict[str, Any]:
    return {"type": "listen", "default": default, **more}


def errors(raw: Any, *, record: bool = False) -> list[str]:
    return [str(problem) for problem in validate(raw, record=record) if not problem.warning]


def warnings(raw: Any, *, record: bool = False) -> list[str]:
    return [str(problem) for problem in validate(raw, record=record) if problem.warning]


def test_default_flow_is_without_a_single_remark() -> None:
    text = Path("secretaryd/flow/default.json").read_text(encoding="utf-8")
    assert validate(text, record=True) == []
    assert default_flow(record=True).pin == "default@1"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_text_of_the_default_flow_exists_in_both_languages(language: str) -> None:
    for node in default_flow(record=True).nodes.values():
        words = getattr(node, "words", None)
        if words and not {""} & set(words.by_language):
            assert words.by_language[language], node.id


def test_roadmap_example_loads_unchanged_and_its_missing_nodes_fall_to_default() -> None:
    loaded = load(ROADMAP)
    heard = loaded.nodes["listen"]
    assert isinstance(heard, Listen)
    assert (heard.timeout, heard.intents, heard.default) == (5.0, (), "ai_response")
    assert [w for w in warnings(ROADMAP) if "handle_schedule" in w]
    assert errors(ROADMAP) == []


def test_recording_without_announcement_is_an_error_for_the_owner_and_mended_for_the_caller() -> None:
    assert errors(ROADMAP, record=True) == [
        "listen: recording is on, and no announce_recording node comes before this one"
    ]
    mended = load(ROADMAP, record=True)
    greeting = mended.nodes["greeting"]
    assert isinstance(greeting, Speak)
    assert isinstance(mended.nodes[greeting.next], AnnounceRecording)


def test_announcement_on_a_side_way_is_not_enough() -> None:
    raw = flow(
        a={"type": "listen", "default": "b"}, b={"type": "announce_recording", "next": "c"}, c=listen("bye"), bye=BYE
    )
    assert errors(raw, record=True) == ["a: recording is on, and no announce_recording node comes before this one"]
    assert load(raw, record=True).start == "builtin.recording"


CASES = [
    ("not JSON", "{", "not JSON"),
    ("not an object", "[]", "must be a JSON object"),
    ("deep nesting", "[" * 100_000, "not JSON"),
    ("too large", " " * 600_000, "larger than"),
    ("no nodes", {}, '"nodes" is missing'),
    ("empty nodes", {"nodes": {}}, "there are no nodes"),
    ("nodes of a wrong kind", {"nodes": 5}, '"nodes" is missing'),
    ("too many nodes", flow(**{f"n{i}": BYE for i in range(400)}), "more than 300 nodes"),
    ("unknown type", flow(a={"type": "speek", "text": "x"}), 'a: unknown node type "speek"; did you mean "speak"?'),
    ("no type", flow(a={"text": "x"}), 'a: unknown node type "None"'),
    ("type of a wrong kind", flow(a={"type": ["speak"]}), "a: unknown node type"),
    *[
        (f"{kind} comes later", flow(a={"type": kind}), f'a: node type "{kind}" is not in this version')
        for kind in ("menu", "condition", "record", "transfer", "sms")
    ],
    ("node is no object", flow(a="x"), "a: a node must be a JSON object"),
    (
        "dangling next",
        flow(a={"type": "speak", "text": "x", "next": "by"}, bye=BYE),
        'a: leads to "by", which is not there; did you mean "bye"?',
    ),
    ("start is not there", {"start": "b", "nodes": {"bye": BYE}}, '"start" is "b", which is not there'),
    ("start is missing", {"nodes": {"bye": BYE}}, '"start" is missing'),
    ("text missing", flow(a={"type": "speak", "next": "bye"}, bye=BYE), 'a: "text" is missing'),
    (
        "text of a wrong kind",
        flow(a={"type": "speak", "text": 7, "next": "bye"}, bye=BYE),
        'a: "text" must be a string',
    ),
    (
        "text too long",
        flow(a={"type": "speak", "text": "x" * 1001, "next": "bye"}, bye=BYE),
        "a: the text is longer than 1000",
    ),
    ("timeout zero", flow(a=listen(timeout=0), bye=BYE), 'a: "timeout" must be 0.5 to 60 seconds, not 0'),
    ("timeout true", flow(a=listen(timeout=True), bye=BYE), 'a: "timeout" must be'),
    ("timeout text", flow(a=listen(timeout="5"), bye=BYE), 'a: "timeout" must be'),
    (
        "timeout not a number",
        '{"start":"a","nodes":{"a":{"type":"listen","timeout":NaN,"default":"b"},"b":{"type":"hang_up"}}}',
        'a: "timeout" must be',
    ),
    ("listen without default", flow(a={"type": "listen"}), "where does all else go?"),
    ("intents of a wrong kind", flow(a=listen(intents=[1]), bye=BYE), 'a: "intents" must map names to nodes'),
    (
        "too many intents",
        flow(a=listen(intents={str(i): "bye" for i in range(60)}), bye=BYE),
        "a: more than 50 intents",
    ),
    ("bad keys", flow(a=listen(intents={"x": {"next": "bye", "keys": "12x"}}), bye=BYE), 'a: intent "x": keys are'),
    (
        "phrases of a wrong kind",
        flow(a=listen(intents={"x": {"next": "bye", "phrases": 3}}), bye=BYE),
        'intent "x": phrases',
    ),
    ("intent without next", flow(a=listen(intents={"x": {}}), bye=BYE), '"intents.x.next" must be the id of a node'),
    ("persona of a wrong kind", flow(a={"type": "ai", "persona": 1}, bye=BYE), 'a: "persona" must be a name'),
    ("mark to nowhere", flow(a={"type": "ai", "marks": {"message": "m"}}), 'a: leads to "m"'),
    (
        "message fields",
        flow(a={"type": "message", "fields": ["age"], "next": "bye"}, bye=BYE),
        'a: "fields" are some of',
    ),
    ("id of a wrong kind", {"id": 5, **flow(bye=BYE)}, '"id" must be a short string'),
    ("version of a wrong kind", {"version": "1", **flow(bye=BYE)}, '"version" must be a whole number'),
    ("language unknown", {"language": "de", **flow(bye=BYE)}, '"language" must be "ru" or "en"'),
    ("silence of a wrong kind", {"silence": 5, **flow(bye=BYE)}, '"silence" must be an object'),
    ("reprompts out of bounds", {"silence": {"reprompts": 99}, **flow(bye=BYE)}, '"silence.reprompts" must be 0 to 5'),
    ("silence to nowhere", {"silence": {"then": "x"}, **flow(bye=BYE)}, '"silence.then" is "x"'),
    ("failure to nowhere", {"failure": "x", **flow(bye=BYE)}, '"failure" is "x"'),
    (
        "deaf loop",
        flow(a={"type": "speak", "text": "x", "next": "b"}, b={"type": "speak", "text": "y", "next": "a"}),
        "a loop in which nobody listens",
    ),
    ("no end", flow(a={"type": "speak", "text": "x", "next": "a"}), "a: no way from here ends the call"),
    ("reserved id", {"start": "builtin.x", "nodes": {"builtin.x": BYE}}, "bad node id"),
    ("same id twice", {"nodes": [{"id": "a", **BYE}, {"id": "a", **BYE}]}, "a: this id is used twice"),
    ("list item without id", {"nodes": [BYE, {"id": "b", **BYE}]}, "bad node id 'None'"),
]


@pytest.mark.parametrize(("raw", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_wrong_is_said_with_its_node(raw: Any, expected: str) -> None:
    found = errors(raw)
    assert any(expected in error for error in found), found
    with pytest.raises(FlowInvalid) as raised:
        load(raw)
    assert [str(problem) for problem in raised.value.problems] == found


WARNINGS = [
    (flow(a=listen(), bye=BYE, lost={**BYE}), "lost: cannot be reached"),
    (flow(a={"type": "speak", "text": "x"}), '"next" is missing: the call ends with a goodbye'),
    (flow(a=listen("ai"), ai={"type": "ai", "next": "a"}), "no hang_up node can be reached"),
    (flow(a=listen(timeot=3), bye=BYE), 'unknown field "timeot"; did you mean "timeout"?'),
    ({"nods": 1, **flow(bye=BYE)}, 'unknown field "nods"; did you mean "nodes"?'),
    (flow(a=listen(intents={"x": "nowhere"}), bye=BYE), 'intent "x" leads to "nowhere"'),
]


@pytest.mark.parametrize(("raw", "expected"), WARNINGS)
def test_what_is_odd_is_a_warning_and_still_loads(raw: Any, expected: str) -> None:
    assert any(expected in warning for warning in warnings(raw)), warnings(raw)
    load(raw)


def test_every_error_is_told_at_once() -> None:
    raw = flow(a={"type": "speek"}, b=listen(timeout=900), c={"type": "speak", "next": "zzz"}, d={"type": "sms"})
    assert {error.split(":")[0] for error in errors(raw)} >= {"a", "b", "c", "d"}


def test_a_list_of_nodes_starts_at_the_first() -> None:
    raw = {"nodes": [{"id": "a", "type": "say", "text": "x", "next": "b"}, {"id": "b", "type": "hangup"}]}
    assert load(raw).start == "a"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["nodes", "start", "type", "text", "next", "default", "intents", "timeout", "silence", "a", "b"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read_without_a_crash(raw: Any) -> None:
    loaded, problems = read(json.dumps(raw))
    assert loaded is not None or any(not problem.warning for problem in problems)
