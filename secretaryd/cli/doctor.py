"""secretaryctl doctor: what is wrong with this box, why, and what to do; with the box up or down."""

import argparse
from typing import Any, Final

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed, Door, as_run_here
from secretaryd.cli.text import safe
from secretaryd.config.load import ConfigError, load
from secretaryd.config.schema import Config
from secretaryd.control.client import ControlError
from secretaryd.control.protocol import ListCalls, Status
from secretaryd.doctor import gather, whole
from secretaryd.doctor.check import Finding, Skipped, Well, Wrong
from secretaryd.doctor.facts import Facts, Live
from secretaryd.doctor.fix import mend
from secretaryd.doctor.run import CHECKS, examine, worst
from secretaryd.doctor.whole import plain_finding

MARKS: Final = {
    "ok": "[green]✓[/]",
    "skipped": "[dim]·[/]",
    "note": "[cyan]i[/]",
    "warning": "[yellow]![/]",
    "error": "[red]✗[/]",
}
NEWEST_CALLS: Final = 10
SILENT: Final = "no sound"
"""The cause that the core gives a call in which the modem let no sound pass."""
SUMMARY: Final = {
    "ru": "Проверок: {all}. Ошибок: {error}, предупреждений: {warning}, заметок: {note}, пропущено: {skipped}.",
    "en": "Checks: {all}. Errors: {error}, warnings: {warning}, notes: {note}, skipped: {skipped}.",
}
FIXABLE: Final = {"ru": "исправит --fix", "en": "--fix mends it"}


def add(command: Command) -> None:
    """Adds the command."""
    doctor = command("doctor", "what is wrong with this box, why, and what to do")
    doctor.add_argument("name", nargs="*", metavar="CHECK", help="only these checks, or those of a topic (modem, disk)")
    doctor.add_argument("--fix", action="store_true", help="mend what can be mended safely, then look again")
    doctor.add_argument("--full", action="store_true", help="also compare checksums of the models: reads every byte")
    doctor.add_argument("--all", action="store_true", help="show what is well and what was skipped too")
    doctor.add_argument("--list", action="store_true", help="names of all checks")
    doctor.set_defaults(run=examine_box)


def examine_box(context: Context, options: argparse.Namespace) -> int:
    """Exit code 0 where nothing is worse than a note, else 1."""
    config, errors = configured(context)
    language = config.box.language
    if options.list:
        return _list(context, language)
    facts = gathered(context, config, errors, full=options.full)
    findings = _chosen(examine(facts), options.name)
    if options.fix and any(isinstance(finding.outcome, Wrong) and finding.outcome.fixes for finding in findings):
        mended = {finding.check.name: finding.done for finding in mend(findings)}
        config, errors = configured(context)
        again = _chosen(examine(gathered(context, config, errors, full=options.full)), options.name)
        findings = tuple(Finding(each.check, each.outcome, mended.get(each.check.name, ())) for each in again)
    context.answer(
        {"ok": not worst(findings), "checks": [plain_finding(finding, language) for finding in findings]},
        lambda _: _show(context, findings, language, everything=options.all or bool(options.name)),
    )
    return worst(findings)


def configured(context: Context) -> tuple[Config, tuple[str, ...]]:
    """A broken file is a finding, not a reason to stop."""
    try:
        return as_run_here(load(context.config_file), context.door), ()
    except ConfigError as error:
        return Config(), error.errors


def gathered(context: Context, config: Config, errors: tuple[str, ...], *, full: bool = False) -> Facts:
    """Everything that the checks look at."""
    live, trouble = _live(context, config, broken=bool(errors))
    return whole.gathered(context.config_file, config, errors, live, trouble, full=full)


def _live(context: Context, config: Config, *, broken: bool) -> tuple[Live | None, str]:
    """What the running box says, or why it says nothing."""
    try:
        door = Door(context.socket or config.control.socket) if broken else context.door
        status: dict[str, Any] = door.ask(Status())
        calls = door.ask(ListCalls(limit=NEWEST_CALLS))["calls"]
    except (CommandFailed, ControlError) as error:
        return None, str(error)
    return gather.live(status, sum(call["end_cause"] == SILENT for call in calls)), ""


def _chosen(findings: tuple[Finding, ...], names: list[str]) -> tuple[Finding, ...]:
    if not names:
        return findings
    known = {finding.check.name for finding in findings}
    for name in names:
        if name not in known and not any(each.startswith(f"{name}.") for each in known):
            raise CommandFailed(f"there is no check {name!r}", "secretaryctl doctor --list", code=2)
    return tuple(
        finding
        for finding in findings
        if any(finding.check.name == name or finding.check.name.startswith(f"{name}.") for name in names)
    )


def _show(context: Context, findings: tuple[Finding, ...], language: str, *, everything: bool) -> None:
    counts = dict.fromkeys(MARKS, 0)
    for finding in findings:
        counts[finding.level] += 1
        if everything or finding.done or not isinstance(finding.outcome, Well | Skipped):
            _show_one(context, finding, language)
    context.console.print(SUMMARY[language].format(all=len(findings), **counts), highlight=False)


def _show_one(context: Context, finding: Finding, language: str) -> None:
    plain = plain_finding(finding, language)
    detail = f"  [dim]{safe(plain['detail'])}[/]" if plain["detail"] else ""
    name = f"[dim]{plain['name']}[/]"
    out = context.console
    out.print(f"{MARKS[plain['level']]} {safe(plain['title'])}{detail}  {name}", highlight=False, soft_wrap=True)
    if plain["cause"]:
        out.print(f"    {safe(plain['cause'])}", highlight=False, soft_wrap=True)
        mark = f"  [dim]({FIXABLE[language]})[/]" if plain["fixable"] else ""
        out.print(f"    → {safe(plain['remedy'])}{mark}", highlight=False, soft_wrap=True)
    for done in plain["done"]:
        out.print(f"    [green]⚒[/] {safe(done)}", highlight=False, soft_wrap=True)


def _list(context: Context, language: str) -> int:
    rows = [{"name": check.name, "title": check.title.of(language)} for check in CHECKS]

    def show(_: Any) -> None:
        for row in rows:
            context.console.print(f"{row['name']:24}{safe(row['title'])}", highlight=False)

    return context.answer({"checks": rows}, show)
