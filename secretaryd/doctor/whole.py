"""One whole look at the box: the facts from everywhere, and findings as plain data."""

import os
from pathlib import Path
from typing import Any

from secretaryd.config.load import config_path
from secretaryd.config.schema import Config
from secretaryd.doctor import gather, host
from secretaryd.doctor.check import WHY, Finding, Skipped, Wrong
from secretaryd.doctor.facts import Facts, Live
from secretaryd.health import VERSION
from secretaryd.reasons import in_language


def gathered(
    file: Path | None,
    config: Config,
    errors: tuple[str, ...],
    live: Live | None,
    trouble: str,
    *,
    full: bool = False,
) -> Facts:
    """Everything that the checks look at; it blocks. `file` is what --config named, `live` what the running box says,
    `trouble` why it says nothing."""
    around = gather.Around()
    return Facts(
        config=gather.configuration(config_path(file, os.environ), config, errors),
        data=gather.data(config),
        machine=host.machine(around),
        hardware=gather.hardware(config, around, host.modem_manager_runs()),
        models=gather.models(config, full=full),
        units=host.units(),
        sockets=gather.sockets(config),
        live=live,
        live_trouble=trouble,
        web_answers=gather.page_answers(config),
        own_version=VERSION,
    )


def plain_finding(finding: Finding, language: str) -> dict[str, Any]:
    """As JSON has it, in words of the language."""
    check, outcome = finding.check, finding.outcome
    wrong = isinstance(outcome, Wrong)
    return {
        "name": check.name,
        "level": finding.level,
        "title": check.title.of(language),
        "detail": WHY[outcome.why].of(language)
        if isinstance(outcome, Skipped)
        else in_language(outcome.detail, language),
        "cause": check.cause.of(language) if wrong else "",
        "remedy": check.remedy.of(language) if wrong else "",
        "fixable": bool(isinstance(outcome, Wrong) and outcome.fixes),
        "done": list(finding.done),
    }
