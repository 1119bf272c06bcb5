"""What was not as a conversation's file wants it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from storage.records import TurnRecord
from tests.fakes.caller_script import Expect, Step
from tests.fakes.scripted_engines import UNSCRIPTED
from tests.fakes.virtual_call import Played


def judge(played: Played) -> list[str]:
    """Everything that was not as the script wants it."""
    problems = list(played.problems)
    script, expect = played.script, played.script.expect
    bounds = [*played.marks, len(played.turns)]
    if len(played.marks) < len(script.steps):
        problems.append(f"the call was over after {len(played.marks)} of {len(script.steps)} steps")
    for number, step in enumerate(script.steps[: len(played.marks)], 1):
        turns = played.turns[bounds[number - 1] : bounds[number]]
        problems += [f"step {number}: {problem}" for problem in _judge_step(step, turns)]
    problems += _judge_end(played, expect)
    return problems


def _judge_step(step: Step, turns: Sequence[TurnRecord]) -> list[str]:
    box = [turn for turn in turns if turn.who == "secretary"]
    said = " ".join(turn.text for turn in box)
    heard = [turn for turn in turns if turn.who == "caller"]
    problems = [f"{word!r} is not in {said!r}" for word in step.answer if not has(said, word)]
    problems += [f"{word!r} is in {said!r}" for word in step.not_answer if has(said, word)]
    words = " ".join(turn.text for turn in heard)
    problems += [f"{word!r} was not understood: {words!r}" for word in step.understood if not has(words, word)]
    if step.source and not any(f"{turn.source}:{turn.detail}".startswith(step.source) for turn in box):
        problems.append(f"no {step.source} among {[f'{turn.source}:{turn.detail}' for turn in box]}")
    if step.phrases is not None and len(heard) != step.phrases:
        problems.append(f"{len(heard)} phrases, not {step.phrases}: {[turn.text for turn in heard]}")
    if step.stops is not None and any(turn.interrupted for turn in box) is not step.stops:
        problems.append(f"the box {'went on' if step.stops else 'was stopped'}: {[turn.text for turn in box]}")
    if step.quiet and box:
        problems.append(f"said {said!r}")
    return problems


def _judge_end(played: Played, expect: Expect) -> list[str]:
    call, problems = played.call, []
    said = " ".join(turn.text for turn in played.turns if turn.who == "secretary")
    told = [(message.name, message.number, message.matter) for message in played.messages]
    problems += judge_outcome(expect, call.outcome, call.summary, told, said)
    kept = played.recording is not None and played.recording.exists()
    found = {"end": call.end_cause, "pace": played.pace, "recorded": (kept, played.recordings)}
    wanted = {"end": expect.end, "pace": expect.pace, "recorded": (expect.recorded, int(expect.recorded))}
    problems += [f"{key} is {found[key]!r}, not {wanted[key]!r}" for key in wanted if found[key] != wanted[key]]
    if any(UNSCRIPTED in turn.detail for turn in played.turns):
        problems.append("the model was asked what the script has no answer for")
    if expect.gap is not None:
        problems += [f"silent for {gap:.1f} s before {text!r}" for gap, text in _gaps(played.turns) if gap > expect.gap]
    if expect.seconds is not None and played.seconds > expect.seconds:
        problems.append(f"took {played.seconds:.0f} s")
    return problems


def _gaps(turns: Sequence[TurnRecord]) -> list[tuple[float, str]]:
    """(seconds, words) of our silences before an answer: behind the caller's words, or behind a filler."""
    return [
        (after.start - before.end, after.text)
        for before, after in pairwise(turns)
        if after.who == "secretary" and (before.who == "caller" or before.source == "filler")
    ]


def judge_outcome(
    expect: Expect, outcome: str, summary: str, messages: Sequence[tuple[str, str, str]], said: str
) -> list[str]:
    """What the call came to; `messages` are (name, number, matter), `said` is all that the box said."""
    count = expect.messages if expect.messages is not None else int(expect.outcome == "message")
    found: dict[str, Any] = {"outcome": outcome, "messages": len(messages)}
    wanted: dict[str, Any] = {"outcome": expect.outcome, "messages": count}
    for at, name in enumerate(("name", "number")):
        if (value := getattr(expect, name)) is not None:
            found[name], wanted[name] = messages[0][at] if messages else None, value
    matter = "; ".join(message[2] for message in messages)
    problems = [f"{key} is {found[key]!r}, not {wanted[key]!r}" for key in wanted if found[key] != wanted[key]]
    for words, text in ((expect.matter, matter), (expect.summary, summary), (expect.said, said)):
        problems += [f"{word!r} is not in {text!r}" for word in words if not has(text, word)]
    for words, text in ((expect.not_matter, matter), (expect.never, said)):
        problems += [f"{word!r} is in {text!r}" for word in words if has(text, word)]
    return problems


def has(text: str, wanted: str) -> bool:
    """Whether words stand in a text, letter case and ё apart."""
    return _plain(wanted) in _plain(text)


def _plain(text: str) -> str:
    return text.lower().replace("ё", "е")
