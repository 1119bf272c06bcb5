"""Following one call, and what the simulator's commands say without a simulator."""

from pathlib import Path

import pytest
from rich.console import Console

from secretaryd.cli.context import Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.simulate import _pair
from secretaryd.cli.watch import watch_call
from secretaryd.control.protocol import CallAnswered, CallEnded, CallRang, PhraseHeard


def context(socket: Path) -> Context:
    return Context(Console(width=300), Console(stderr=True), None, socket, as_json=False)


def ended(call: int, outcome: str) -> CallEnded:
    return CallEnded(
        call=call, outcome=outcome, cause="secretary", summary="Сказал: [b]«да»[/b].", seconds=9.0, recording="/r/x.wav"
    )


@pytest.mark.parametrize(("outcome", "code"), [("answered", 0), ("message", 0), ("missed", 1), ("failed", 1)])
def test_a_call_is_followed_from_the_ring_to_its_end(box, capsys, outcome: str, code: int) -> None:
    box.publish(ended(1, "answered"))  # of a call before: not ours

    def ring() -> None:
        box.publish(
            CallRang(call=2, number="+79161234567", presentation="presented"),
            ended(1, "missed"),
            CallAnswered(call=2),
            PhraseHeard(call=2, text="да", confidence=0.0, start=1.0, end=2.0),
            ended(2, outcome),
        )

    assert watch_call(context(box.socket), ring) == code
    told = capsys.readouterr().out
    assert "Звонящий: да" in told
    assert "Итог: Сказал: [b]«да»[/b]." in told
    assert "Запись: /r/x.wav" in told


def test_a_box_that_ends_in_the_middle_is_told(box) -> None:
    def ring() -> None:
        box.publish(CallRang(call=1, number=None, presentation="withheld"))
        box.stop()

    with pytest.raises(CommandFailed, match=r"ended|not running"):
        watch_call(context(box.socket), ring)


def test_without_a_box_nobody_is_rung(tmp_path: Path) -> None:
    def ring() -> None:
        raise AssertionError("rang all the same")

    with pytest.raises(CommandFailed, match="not running"):
        watch_call(context(tmp_path / "none.sock"), ring)


@pytest.mark.parametrize("command", ["call --no-watch", "scenarios", "hangup", "digits 12", "fault"])
def test_without_a_simulator_the_remedy_is_told(ctl, command: str) -> None:
    ran = ctl("simulate", *command.split())
    assert ran.code == 3
    assert "no simulated modem" in ran.err
    assert "make run SIMULATE=1" in ran.err


PAIRS = [
    ("a=1", ("a", 1)),
    ("a=1.5", ("a", 1.5)),
    ("a=true", ("a", True)),
    ("a=x=y", ("a", "x=y")),
    ("a=", ("a", "")),
]


@pytest.mark.parametrize(("text", "pair"), PAIRS)
def test_options_of_faults(text: str, pair: tuple[str, object]) -> None:
    assert _pair(text) == pair


def test_an_option_without_a_value_is_bad_usage(ctl) -> None:
    assert ctl("simulate", "fault", "sim_absent", "oops").code == 2
