"""Records a true modem into a transcript: the init sequence, then whatever happens on the line.

It answers no call and dials none. Nothing else may hold the port meanwhile.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hw.at.port import open_serial
from hw.errors import ModemError
from hw.modem.events import Fact, ModemUp
from hw.modem.session import Session
from hw.modem.sim import PinBox
from hw.modem.transcript import TranscriptWriter
from hw.ports import BytePort

DEFAULT_SECONDS: Final = 60.0


class RecordingPort:
    """hw.ports.BytePort that writes down all that passes."""

    def __init__(self, inner: BytePort, writer: TranscriptWriter) -> None:
        self._inner = inner
        self._writer = writer
        self._began = asyncio.get_running_loop().time()

    async def read(self) -> bytes:
        """See BytePort."""
        data = await self._inner.read()
        self._writer.chunk(self._elapsed(), "<", data)
        return data

    async def write(self, data: bytes) -> None:
        """See BytePort."""
        self._writer.chunk(self._elapsed(), ">", data)
        await self._inner.write(data)

    async def close(self) -> None:
        """See BytePort."""
        await self._inner.close()

    def _elapsed(self) -> float:
        return asyncio.get_running_loop().time() - self._began


async def capture(
    port: Path,
    file: Path,
    *,
    seconds: float = DEFAULT_SECONDS,
    mask: bool = True,
    on_fact: Callable[[Fact], None] = lambda _: None,
) -> None:
    """Starts the modem on `port` and writes `file` for so many seconds. `mask` hides digits of numbers; a PIN never
    appears (none is entered). Raises ModemError when the modem is lost or never comes up, with what was recorded kept;
    FileExistsError rather than overwrite."""
    line = await open_serial(port)
    try:
        with file.open("x", encoding="ascii") as out:
            await _record(line, TranscriptWriter(out, mask=mask), seconds, on_fact)
    finally:
        await line.close()


async def _record(line: BytePort, writer: TranscriptWriter, seconds: float, on_fact: Callable[[Fact], None]) -> None:
    writer.header("captured", "by secretaryctl modem capture")

    def hear(fact: Fact) -> None:
        if isinstance(fact, ModemUp):
            writer.header("model", fact.info.model)
            writer.header("firmware", fact.info.firmware)
        on_fact(fact)

    try:
        async with asyncio.timeout(seconds):
            await Session(RecordingPort(line, writer), hear, PinBox(None, None)).run()
    except TimeoutError:
        return  # that is how a capture ends
    finally:
        writer.flush()


def main(arguments: list[str] | None = None) -> int:
    """`python -m hw.modem.capture PORT FILE`: 0 well, 2 bad usage, 3 no modem."""
    parser = argparse.ArgumentParser(prog="hw.modem.capture", description=__doc__)
    parser.add_argument("port", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS)
    parser.add_argument("--unmasked", action="store_true", help="keep all digits of numbers")
    chosen = parser.parse_args(arguments)

    def show(fact: Fact) -> None:
        sys.stdout.write(f"{type(fact).__name__}\n")

    try:
        asyncio.run(capture(chosen.port, chosen.file, seconds=chosen.seconds, mask=not chosen.unmasked, on_fact=show))
    except FileExistsError:
        sys.stderr.write(f"{chosen.file} exists already\n")
        return 2
    except (ModemError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
