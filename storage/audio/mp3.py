"""MP3 by LAME's own program: libsndfile's encoder (1.2.2) gives 8 kHz sound back at half its loudness, and its length
is not kept. Used in the child process; `encoder` also before, to say what is missing."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

PROGRAM: Final = "lame"
OPTIONS: Final = ("--quiet", "-m", "s", "-b", "32", "--resample", "8")
"""Two separate sides, 32 kbit/s for both together, at the telephone's own rate."""
SECONDS: Final = 1500.0
"""For the longest call on the slowest machine; the child as a whole has a little more."""


def encoder() -> str | None:
    """The program's path; None where it is not installed."""
    return shutil.which(PROGRAM)


def encode(source: Path, target: Path) -> None:
    """WAV to MP3; the LAME tag keeps the exact length. Raises OSError, also where the program fails or is missing."""
    program = encoder()
    if program is None:
        raise FileNotFoundError(f"{PROGRAM} is not installed")
    command = [program, *OPTIONS, str(source), str(target)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{PROGRAM} was not done within {SECONDS:.0f} s") from error
    if done.returncode:
        raise OSError(f"{PROGRAM}: {done.stderr.decode(errors='replace').strip()[-200:] or done.returncode}")
