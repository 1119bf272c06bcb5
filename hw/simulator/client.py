"""Talks to a running simulator over its control socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

MAX_LINE = 16 * 1024 * 1024


class SimulatorError(Exception):
    """The simulator refused: `code`, and `ru`/`en` for the user; `problems` lists everything wrong with a value."""

    def __init__(self, code: str, ru: str, en: str, problems: list[str] | None = None) -> None:
        super().__init__(f"{ru} / {en}" if ru != en else en)
        self.code = code
        self.ru = ru
        self.en = en
        self.problems = problems or []


class SimulatorGone(SimulatorError):
    """There is no simulator at that socket (any more)."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__("gone", f"симулятор не отвечает ({path}): {why}", f"no simulator at {path}: {why}")


class SimulatorClient:
    """One connection a request; safe to use from several tasks."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    async def call(
        self,
        scenario: str | None = None,
        *,
        wav: Path | str | None = None,
        inline: dict[str, Any] | None = None,
        number: str | None = None,
        presentation: str | None = None,
        network: dict[str, Any] | None = None,
    ) -> str:
        """Rings the box; returns the call's id at once. Raises SimulatorError: busy, unreachable, bad_value."""
        given = {
            "scenario": scenario,
            "wav": None if wav is None else str(Path(wav).absolute()),
            "inline": inline,
            "number": number,
            "presentation": presentation,
            "network": network,
        }
        answer = await self.request("call", **{key: value for key, value in given.items() if value is not None})
        return str(answer["call"])

    async def callee(self, scenario: str | None = None, *, inline: dict[str, Any] | None = None) -> None:
        """Who takes the calls of the box from now on; nobody without a scenario. Raises SimulatorError: bad_value."""
        given: dict[str, Any] = {"scenario": scenario, "inline": inline}
        wanted = {key: value for key, value in given.items() if value is not None}
        await self.request("callee", **(wanted or {"clear": True}))

    async def wait(self, call: str) -> dict[str, Any]:
        """The call's record, once it is over."""
        record: dict[str, Any] = (await self.request("wait", call=call))["record"]
        return record

    async def status(self) -> dict[str, Any]:
        """How things stand."""
        status: dict[str, Any] = (await self.request("status"))["status"]
        return status

    async def scenarios(self) -> list[dict[str, Any]]:
        """The bundled scenarios: name, title {ru, en}."""
        found: list[dict[str, Any]] = (await self.request("scenarios"))["scenarios"]
        return found

    async def faults(self, set: str | None = None, *, clear: str | None = None, **options: Any) -> dict[str, Any]:  # noqa: A002
        """Sets a fault (with options), or clears one (or "all"); returns those that are on."""
        change: dict[str, Any] = {"set": set, "options": options} if set else {"clear": clear} if clear else {}
        on: dict[str, Any] = (await self.request("faults", **change))["faults"]
        return on

    async def hang_up(self) -> None:
        """The caller hangs up now."""
        await self.request("hang_up")

    async def digits(self, digits: str) -> None:
        """The caller presses digits now."""
        await self.request("digits", digits=digits)

    async def sms(self, text: str, *, number: str = "+79161234567", flash: bool = False, wide: bool = False) -> int:
        """Writes to the box; returns the message's id in the ledger (`wide`: a reference of 16 bits for long texts).
        A `number` that is none is a sender's name."""
        return int((await self.request("sms", text=text, number=number, flash=flash, wide=wide))["sms"])

    async def sms_pdu(self, pdu: str) -> int:
        """Delivers octets (hexadecimal) as they are."""
        return int((await self.request("sms", pdu=pdu))["sms"])

    async def quit(self) -> None:
        """Ends the simulator."""
        await self.request("quit")

    async def events(self, since: int | None = None) -> AsyncIterator[dict[str, Any]]:
        """Everything that happens, from event number `since` on (None: from now). Ends with the simulator."""
        async with self._connect() as stream:
            await stream.send({"do": "events", "since": since})
            self._checked(await stream.receive())
            while (line := await stream.receive()) is not None:
                yield line["event"]

    async def request(self, do: str, **arguments: Any) -> dict[str, Any]:
        """One request, one answer. Raises SimulatorError."""
        async with self._connect() as stream:
            await stream.send({"do": do, **arguments})
            return self._checked(await stream.receive())

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator["_Stream"]:
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._path), limit=MAX_LINE)
        except OSError as error:
            raise SimulatorGone(self._path, str(error)) from error
        try:
            yield _Stream(reader, writer)
        except ConnectionError as error:
            raise SimulatorGone(self._path, str(error)) from error
        finally:
            writer.close()

    def _checked(self, answer: dict[str, Any] | None) -> dict[str, Any]:
        if answer is None:
            raise SimulatorGone(self._path, "closed")
        if not answer["ok"]:
            raise SimulatorError(**answer["error"])
        return answer

    async def ready(self, *, seconds: float = 10.0) -> Self:
        """Waits until the simulator answers. Raises TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while True:
                try:
                    await self.status()
                except SimulatorGone:
                    await asyncio.sleep(0.05)
                else:
                    return self


class _Stream:
    """JSON lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, message: dict[str, Any]) -> None:
        self._writer.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
        await self._writer.drain()

    async def receive(self) -> dict[str, Any] | None:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            return None
        message: dict[str, Any] = json.loads(line)
        return message
