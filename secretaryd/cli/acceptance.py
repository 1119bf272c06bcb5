"""secretaryctl modem acceptance: twenty calls and messages with a person's help, or with the simulator's."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any, Final

from hw.acceptance.run import Acceptance
from hw.acceptance.script import STEPS, Report, Step, Verdict, judged_again, to_plain
from hw.errors import HardwareError
from hw.modem.keeper import ModemSettings
from hw.modem.transcript import TranscriptWriter
from hw.simulator.client import SimulatorClient
from secretaryd.cli.context import Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.reasons import sentence_in

OTHER: Final = "+79161234567"
TEXTS: Final = {
    "ru": {"go": "Enter: начать, s: пропустить", "heard": "Был слышен прерывистый тон? (д/н, Enter: не знаю)",
           "pass": "сошлось", "fail": "НЕ СОШЛОСЬ", "skipped": "пропущено", "kept": "Отчёт"},
    "en": {"go": "Enter: begin, s: skip", "heard": "Was a broken tone heard? (y/n, Enter: no idea)",
           "pass": "agrees", "fail": "DIFFERS", "skipped": "skipped", "kept": "Report"},
}  # fmt: skip
COLOURS: Final = {"pass": "green", "fail": "red", "skipped": "dim"}


def add(command: Any, group: Any) -> None:
    """Adds the command to the group `modem`."""
    acceptance = command("acceptance", "20 calls and messages with your help: what the driver believed of them", group)
    acceptance.add_argument("report", type=Path, help="where the report goes; its AT transcript lies beside it")
    acceptance.add_argument("--number", default="", metavar="NUMBER", help="your telephone's, for calls to it")
    acceptance.add_argument("--balance-code", default="", metavar="CODE", help="such as *100#")
    acceptance.add_argument("--steps", default="", metavar="ID,ID", help="only these")
    acceptance.add_argument("--simulator", type=Path, metavar="SOCKET", help="a simulator does the person's part")
    acceptance.add_argument("--replay", action="store_true", help="judge a report again; touches no modem")
    acceptance.set_defaults(run=run)


def run(context: Context, options: argparse.Namespace) -> int:
    """0 where everything agrees, 1 where something differs. Raises CommandFailed."""
    if options.replay:
        return _replay(context, options.report)
    steps = tuple(step for step in STEPS if not options.steps or step.id in options.steps.split(","))
    if not steps:
        raise CommandFailed("no such steps", "there are " + ", ".join(step.id for step in STEPS), 2)
    try:
        report = asyncio.run(_accept(context, options, steps))
    except FileExistsError as error:
        raise CommandFailed(f"{error.filename} is there already", "give another name", 2) from error
    except HardwareError as error:
        told = sentence_in(error, context.config.box.language)
        raise CommandFailed(told, "stop the box first: sudo systemctl stop secretaryd") from error
    plain = to_plain(report)
    options.report.write_text(json.dumps(plain, ensure_ascii=False, indent=2) + "\n", "utf-8")
    text = TEXTS[context.config.box.language]
    context.answer(plain, lambda _: context.console.print(f"{text['kept']}: {safe(str(options.report))}"))
    return int(any(verdict.result == "fail" for _, _, verdict in report.steps))


async def _accept(context: Context, options: argparse.Namespace, steps: tuple[Step, ...]) -> Report:
    modem = context.config.modem
    helper: Person | Simulated
    if options.simulator is not None:
        client = SimulatorClient(options.simulator)
        ports = (await client.status())["ports"]
        settings = ModemSettings(at_port=ports["at"], pcm_port=ports["pcm"])
        helper = Simulated(context, client)
        number, code = options.number or OTHER, options.balance_code or "*100#"
    else:
        pin = Path(modem.sim_pin_file) if modem.sim_pin_file else None
        settings = ModemSettings(at_port=modem.at_port, pcm_port=modem.pcm_port, sim_pin_file=pin)
        helper = Person(context)
        number, code = options.number, options.balance_code
    with options.report.with_suffix(".transcript.txt").open("x", encoding="ascii") as out:
        writer = TranscriptWriter(out, mask=True)
        writer.header("captured", "by secretaryctl modem acceptance")
        try:
            return await Acceptance(settings, helper, number, code, writer).run(steps)
        finally:
            writer.flush()


class Teller:
    """Says what is to be done and what came of it."""

    def __init__(self, context: Context) -> None:
        self.context, self.language = context, context.config.box.language
        self.text = TEXTS[self.language]
        self._number = 0

    def show(self, step: Step) -> None:
        """The step's words."""
        self._number += 1
        words = step.en if self.language == "en" else step.ru
        if not self.context.as_json:
            self.context.console.print(f"\n[bold]{self._number}.[/] {safe(words)} [dim]({step.id})[/]", highlight=False)

    def told(self, _: Step, verdict: Verdict) -> None:
        """See Helper."""
        if self.context.as_json:
            return
        why = "; ".join(verdict.why)
        self.context.console.print(
            f"   [{COLOURS[verdict.result]}]{self.text[verdict.result]}[/] {safe(why)}", highlight=False
        )


class Person(Teller):
    """hw.acceptance.run.Helper: the owner with a telephone."""

    async def begin(self, step: Step) -> bool:
        """See Helper."""
        self.show(step)
        return (await asyncio.to_thread(input, f"   {self.text['go']} ")).strip().lower() not in ("s", "ы")

    async def heard(self, _: Step) -> bool | None:
        """See Helper."""
        said = (await asyncio.to_thread(input, f"   {self.text['heard']} ")).strip().lower()
        return {"д": True, "y": True, "н": False, "n": False}.get(said[:1])


class Simulated(Teller):
    """The simulator in the person's place."""

    def __init__(self, context: Context, client: SimulatorClient) -> None:
        super().__init__(context)
        self._client = client
        self._call: str | None = None
        self._later: list[asyncio.Task[Any]] = []

    async def begin(self, step: Step) -> bool:
        """See Helper."""
        self.show(step)
        self._call = None
        if step.does:
            await self._client.callee(inline=_scene(ANSWERS, callee={"does": step.does, "ring_seconds": 5.0}))
        elif step.id.startswith("message"):
            await self._client.sms("test 123" if step.id == "message_latin" else "проверка связи", number=OTHER)
        elif step.id in SCENES:
            self._call = await self._client.call(inline=SCENES[step.id])
            if step.id == "second_call":
                self._later.append(asyncio.create_task(self._knock()))
        return True

    async def _knock(self) -> None:
        await asyncio.sleep(5.0)
        await self._client.faults("waiting_call", seconds=2.0)

    async def heard(self, step: Step) -> bool | None:
        """See Helper: the record of the network's other end tells."""
        for task in self._later:
            await task
        self._later.clear()
        if self._call is None or step.does:
            return None
        record = await self._client.wait(self._call)
        return bool(record["box_speech"])


def _scene(steps: list[dict[str, Any]], **top: Any) -> dict[str, Any]:
    return {"title": {"ru": "приёмка", "en": "acceptance"}, "number": OTHER, "step": steps, **top}


TALK: Final[list[dict[str, Any]]] = [{"pause": 1.5}, {"say": "ask_hours"}, {"pause": 2.0}, {"hang_up": True}]
ANSWERS: Final[list[dict[str, Any]]] = [{"pause": 2.5}, {"say": "yes"}, {"pause": 4.0}, {"hang_up": True}]
WAITS: Final[list[dict[str, Any]]] = [{"pause": 30.0}]
SCENES: Final[dict[str, dict[str, Any]]] = {
    "gives_up": _scene(WAITS, give_up_after=8.0),
    "known_number": _scene(WAITS, give_up_after=9.0),
    "withheld": _scene(WAITS, give_up_after=9.0, presentation="withheld"),
    "far_end_hangs_up": _scene([{"pause": 0.3}, {"hang_up": True}]),
    "we_hang_up": _scene(WAITS),
    "keys": _scene([{"pause": 1.5}, {"say": "yes"}, {"digits": "159#"}, {"pause": 1.5}, {"hang_up": True}]),
    "second_call": _scene([{"pause": 9.0}, {"hang_up": True}]),
    "long_call": _scene([{"pause": 1.5}, {"say": "long_story"}, {"pause": 2.0}, {"hang_up": True}]),
    **{name: _scene(TALK) for name in ("sound_1", "sound_2", "sound_3", "again_at_once", "last_call")},
}


def _replay(context: Context, path: Path) -> int:
    try:
        found = judged_again(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandFailed(f"{path} is no report: {error}", code=2) from error
    plain = {
        name: {"kept": kept.result, "now": now.result, "why": list(now.why)} for name, (kept, now) in found.items()
    }

    def show(steps: dict[str, Any]) -> None:
        for name, step in steps.items():
            context.console.print(
                f"{name:18} {step['kept']:8} {step['now']:8} {safe('; '.join(step['why']))}", highlight=False
            )

    context.answer(plain, show)
    return int(any(kept != now for kept, now in found.values()))
