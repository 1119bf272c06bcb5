"""Carrying out what the checks ordered. Each order is small, undoes nothing of the owner's, and says what it did."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from secretaryd.doctor.check import Chmod, Finding, Fix, Remove, Run, Wrong

FIX_SECONDS: Final = 60


class FixFailed(Exception):
    """An order could not be carried out; the text says why."""


def apply(fix: Fix) -> str:
    """Does it and says what was done. Raises FixFailed."""
    try:
        match fix:
            case Chmod(path, mode):
                if path.is_symlink():
                    raise FixFailed(f"{path} is a link")
                path.chmod(mode)
                return f"chmod {mode:04o} {path}"
            case Remove(path):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
                return f"rm {path}"
            case Run(command):
                subprocess.run(command, check=True, capture_output=True, timeout=FIX_SECONDS, stdin=subprocess.DEVNULL)
                return " ".join(command)
    except (OSError, subprocess.SubprocessError) as error:
        raise FixFailed(str(error)) from error


def mend(findings: Sequence[Finding], do: Callable[[Fix], str] = apply) -> tuple[Finding, ...]:
    """What is wrong and can be mended safely, mended; a failure is told in its place, and the rest goes on."""
    return tuple(_mended(finding, do) for finding in findings)


def _mended(finding: Finding, do: Callable[[Fix], str]) -> Finding:
    if not isinstance(finding.outcome, Wrong) or not finding.outcome.fixes:
        return finding
    done = []
    for fix in finding.outcome.fixes:
        try:
            done.append(do(fix))
        except FixFailed as error:
            done.append(f"failed: {error}")
    return replace(finding, done=tuple(done))
