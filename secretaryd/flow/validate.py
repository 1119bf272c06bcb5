"""Reads a flow and finds everything that is wrong with it at once. Pure."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from secretaryd.flow import builtin
from secretaryd.flow.parse import (
    ALIASES,
    LATER,
    MAX_NODES,
    NODE_TYPES,
    Problem,
    Reader,
    Report,
    as_words,
    is_name,
    meant,
    shown,
    targets,
)
from secretaryd.flow.schema import (
    LISTENING,
    Ai,
    AnnounceRecording,
    Flow,
    HangUpNode,
    Listen,
    Node,
    SilencePolicy,
    Speak,
    Words,
    edges,
    ways_out,
)

MAX_BYTES: Final = 512 * 1024
MAX_REPROMPTS: Final = 5
_KNOWN = ("id", "version", "language", "name", "start", "entry", "nodes", "silence", "marks", "failure", "comment")


class FlowInvalid(Exception):
    """The flow cannot run; `problems` are all of them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def load(raw: str | bytes | Mapping[str, Any], *, record: bool = False, flow_id: str = "flow") -> Flow:
    """A complete flow that can run, from JSON text or a decoded value. Where `record` is on and the way to the first
    listening node lacks the announcement of recording, the built-in one is put there. FlowInvalid names every error."""
    flow, problems = read(raw, flow_id=flow_id)
    errors = [problem for problem in problems if not problem.warning]
    if flow is None or errors:
        raise FlowInvalid(errors)
    return builtin.announced(flow) if record else flow


def validate(raw: str | bytes | Mapping[str, Any], *, record: bool) -> list[Problem]:
    """Every error and warning. With `record`, a way to a listening node without announcement is an error too: the owner
    sees that before the box mends it by itself."""
    flow, problems = read(raw)
    if flow is not None and record and not any(not problem.warning for problem in problems):
        report = Report(problems)
        _check_announced(flow, report)
    return problems


def read(raw: str | bytes | Mapping[str, Any], *, flow_id: str = "flow") -> tuple[Flow | None, list[Problem]]:
    """The flow completed with the built-in ending, None where nothing can be made of it, and every problem found."""
    report = Report()
    value = _decoded(raw, report)
    if value is None:
        return None, report.problems
    nodes = _nodes(value, report)
    if not nodes:
        return None, report.problems
    for name in value:
        if name not in _KNOWN:
            report.warn("", f'unknown field "{shown(name)}"{meant(str(name), _KNOWN)}')
    flow = _mended(_flow(value, nodes, flow_id, report), report)
    if flow.start in flow.nodes:
        _check_graph(flow, report)
    return flow, report.problems


def _decoded(raw: str | bytes | Mapping[str, Any], report: Report) -> Mapping[str, Any] | None:
    if isinstance(raw, str | bytes):
        if len(raw) > MAX_BYTES:
            report.error("", f"larger than {MAX_BYTES} bytes")
            return None
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError) as error:
            report.error("", f"not JSON: {shown(error)}")
            return None
    if not isinstance(raw, Mapping):
        report.error("", "must be a JSON object")
        return None
    return raw


def _nodes(value: Mapping[str, Any], report: Report) -> dict[str, Node]:
    """Nodes by id, from a mapping or from a list whose items carry their ids."""
    raw = value.get("nodes")
    if isinstance(raw, list):
        pairs = [(item.get("id"), item) if isinstance(item, dict) else (None, item) for item in raw[: MAX_NODES + 1]]
    elif isinstance(raw, dict):
        pairs = list(raw.items())
    else:
        report.error("", '"nodes" is missing')
        return {}
    if len(pairs) > MAX_NODES:
        report.error("", f"more than {MAX_NODES} nodes")
        return {}
    if not pairs:
        report.error("", "there are no nodes")
    nodes: dict[str, Node] = {}
    for name, item in pairs:
        if not is_name(name) or str(name).startswith("builtin."):
            report.error("", f"bad node id {shown(name)!r}")
        elif name in nodes:
            report.error(str(name), "this id is used twice")
        elif isinstance(item, dict):
            node = _node(str(name), item, report)
            if node is not None:
                nodes[node.id] = node
        else:
            report.error(str(name), "a node must be a JSON object")
    return nodes


def _node(name: str, raw: Mapping[str, Any], report: Report) -> Node | None:
    kind = raw.get("type")
    kind = ALIASES.get(kind, kind) if isinstance(kind, str) else kind
    if isinstance(kind, str) and kind in LATER:
        report.error(name, f'node type "{kind}" is not in this version')
        return None
    make = NODE_TYPES.get(kind) if isinstance(kind, str) else None
    if make is None:
        known = [*NODE_TYPES, *LATER]
        report.error(name, f'unknown node type "{shown(kind)}"{meant(str(kind), known)}')
        return None
    reader = Reader(name, raw, report)
    node = make(reader)
    reader.done()
    return node


def _flow(value: Mapping[str, Any], nodes: dict[str, Node], flow_id: str, report: Report) -> Flow:
    read = Reader("", value, report)
    name = value.get("id", flow_id)
    if not is_name(name):
        report.error("", f'"id" must be a short string, not {shown(name)!r}')
        name = flow_id
    version = value.get("version", 1)
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        report.error("", f'"version" must be a whole number, not {shown(version)!r}')
        version = 1
    language = value.get("language", "ru")
    if language not in ("ru", "en"):
        report.error("", f'"language" must be "ru" or "en", not {shown(language)!r}')
        language = "ru"
    start = value.get("start", value.get("entry", next(iter(nodes)) if isinstance(value.get("nodes"), list) else None))
    if not is_name(start):
        report.error("", '"start" is missing')
        start = next(iter(nodes))
    failure = read.target("failure", otherwise=builtin.OFFER)
    marks = {"message": builtin.MESSAGE, "hangup": builtin.GOODBYE, **targets(value.get("marks"), "marks", read)}
    return Flow(
        id=str(name),
        version=version,
        language=language,
        start=str(start),
        nodes=nodes,
        silence=_silence(value.get("silence"), read),
        marks=marks,
        failure=failure,
    )


def _silence(raw: object, read: Reader) -> SilencePolicy:
    if raw is None:
        return SilencePolicy(2, builtin.REPROMPTS, builtin.OFFER)
    if not isinstance(raw, dict):
        read.report.error("", '"silence" must be an object: reprompts, texts, then')
        return SilencePolicy(2, builtin.REPROMPTS, builtin.OFFER)
    inner = Reader("", raw, read.report)
    times = raw.get("reprompts", 2)
    if isinstance(times, bool) or not isinstance(times, int) or not 0 <= times <= MAX_REPROMPTS:
        read.report.error("", f'"silence.reprompts" must be 0 to {MAX_REPROMPTS}, not {shown(times)!r}')
        times = 2
    texts = raw.get("texts")
    words: tuple[Words, ...] = builtin.REPROMPTS
    if isinstance(texts, list) and 0 < len(texts) <= MAX_REPROMPTS:
        words = tuple(_reprompt(text, read) for text in texts)
    elif texts is not None:
        read.report.error("", f'"silence.texts" must be 1 to {MAX_REPROMPTS} texts')
    return SilencePolicy(times, words, inner.target("then", otherwise=builtin.OFFER))


def _reprompt(raw: object, read: Reader) -> Words:
    """A text, texts by language, or {"phrase": ..., "text": ...}."""
    if isinstance(raw, dict) and "text" in raw:
        phrase = raw.get("phrase", "")
        return as_words(raw["text"], phrase if is_name(phrase) else "", "", read.report)
    return as_words(raw, "", "", read.report)


def _mended(flow: Flow, report: Report) -> Flow:
    """`flow` with the built-in nodes; edges to nowhere are reported, and intents among them left to `default`."""
    nodes: dict[str, Node] = {**flow.nodes, **builtin.nodes()}
    for node in flow.nodes.values():
        if isinstance(node, Listen):
            nodes[node.id] = node = _listen_mended(node, nodes, report)
        for target in edges(node):
            if target not in nodes:
                report.error(node.id, f'leads to "{shown(target)}", which is not there{meant(target, flow.nodes)}')
    for what, target in (("start", flow.start), ("silence.then", flow.silence.then), ("failure", flow.failure)):
        if target not in nodes:
            report.error("", f'"{what}" is "{shown(target)}", which is not there{meant(target, flow.nodes)}')
    for mark, target in flow.marks.items():
        if target not in nodes:
            report.error(
                "", f'mark "{shown(mark)}" leads to "{shown(target)}", which is not there{meant(target, flow.nodes)}'
            )
    return replace(flow, nodes=nodes)


def _listen_mended(node: Listen, nodes: Mapping[str, Node], report: Report) -> Listen:
    """Without the intents whose node is missing, as long as there is a default to take them."""
    if node.default not in nodes:
        return node
    lost = [intent for intent in node.intents if intent.next not in nodes]
    for intent in lost:
        hint = meant(intent.next, nodes)
        report.warn(
            node.id, f'intent "{intent.name}" leads to "{intent.next}", which is not there: goes to default{hint}'
        )
    return replace(node, intents=tuple(intent for intent in node.intents if intent not in lost))


def _check_graph(flow: Flow, report: Report) -> None:
    reached = _reach(flow, [flow.start], lambda _: True)
    for name in flow.nodes:
        if name not in reached and not name.startswith("builtin."):
            report.warn(name, "cannot be reached from the start")
    ends = {name for name in reached if isinstance(flow.nodes[name], HangUpNode)}
    if not any(not name.startswith("builtin.") for name in ends):
        report.warn("", "no hang_up node can be reached: the built-in goodbye ends the call")
    for name in sorted(reached - _leading_to(flow, reached, ends)):
        report.error(name, "no way from here ends the call")
    for name in _deaf_loops(flow, reached):
        report.error(name, "a loop in which nobody listens to the caller")


def _reach(flow: Flow, start: list[str], passes: Callable[[Node], bool]) -> set[str]:
    """Nodes reached from `start`, going on only through nodes that `passes` accepts."""
    seen, queue = set(start), deque(start)
    while queue:
        node = flow.nodes[queue.popleft()]
        if not passes(node):
            continue
        for target in ways_out(flow, node):
            if target in flow.nodes and target not in seen:
                seen.add(target)
                queue.append(target)
    return seen


def _leading_to(flow: Flow, reached: set[str], ends: set[str]) -> set[str]:
    back: dict[str, list[str]] = {}
    for name in reached:
        for target in ways_out(flow, flow.nodes[name]):
            back.setdefault(target, []).append(name)
    found, queue = set(ends), deque(ends)
    while queue:
        for name in back.get(queue.popleft(), ()):
            if name not in found:
                found.add(name)
                queue.append(name)
    return found


def _deaf_loops(flow: Flow, reached: set[str]) -> list[str]:
    """Speaking nodes that come back to themselves with no listening in between; one a loop."""
    found: list[str] = []
    known: set[str] = set()
    for name in sorted(reached):
        way: list[str] = []
        place = name
        while place not in known and place in flow.nodes and isinstance(flow.nodes[place], Speak | AnnounceRecording):
            known.add(place)
            way.append(place)
            (place,) = edges(flow.nodes[place])
        if place in way:
            found.append(place)
    return found


def _check_announced(flow: Flow, report: Report) -> None:
    """Recording may not begin in secret: no listening node before the announcement."""
    if flow.start not in flow.nodes:
        return
    quiet = _reach(flow, [flow.start], lambda node: not isinstance(node, (AnnounceRecording, *LISTENING)))
    for name in sorted(quiet):
        if isinstance(flow.nodes[name], (Listen, Ai, *LISTENING)):
            report.error(name, "recording is on, and no announce_recording node comes before this one")
