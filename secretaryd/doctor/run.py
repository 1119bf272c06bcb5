"""All checks over one set of facts. PURE."""

from typing import Final

from secretaryd.doctor import box, machine, models, modem, service
from secretaryd.doctor.check import Check, Finding
from secretaryd.doctor.facts import Facts

CHECKS: Final[tuple[Check, ...]] = (*service.CHECKS, *modem.CHECKS, *box.CHECKS, *models.CHECKS, *machine.CHECKS)


def examine(facts: Facts) -> tuple[Finding, ...]:
    """Every check once, in the order in which they are shown."""
    return tuple(Finding(check, check.look(facts)) for check in CHECKS)


def worst(findings: tuple[Finding, ...]) -> int:
    """Exit code: 0 nothing worse than notes, 1 warnings or errors."""
    return 1 if any(finding.level in ("error", "warning") for finding in findings) else 0
