"""The control socket: one JSON object a line, both ways. README.md of this package documents it."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hw.simulator import scenario as scenarios
from hw.simulator.events import Lagging
from hw.simulator.faults import TABLE as FAULTS
from hw.simulator.options import OptionError
from hw.simulator.session import CallRefused
from hw.simulator.simulator import Simulator

MAX_LINE = 1024 * 1024
MAX_CLIENTS = 32

Request = dict[str, Any]
Answer = dict[str, Any]


class Refused(Exception):
    """A request that cannot be carried out."""

    def __init__(self, code: str, ru: str, en: str, problems: list[str] | None = None) -> None:
        super().__init__(en)
        self.answer: Answer = {"code": code, "ru": ru, "en": en, "problems": problems or []}


def _text(request: Request, key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str) or not value:
        raise Refused("bad_request", f"нужна строка {key}", f"a string {key} is needed")
    return value


class ControlServer:
    """Serves the control socket of one simulator."""

    def __init__(self, simulator: Simulator, path: Path, quit_event: asyncio.Event) -> None:
        self._simulator = simulator
        self._path = path
        self._quit = quit_event
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._verbs: dict[str, Callable[[Request], Awaitable[Answer]]] = {
            "call": self._call,
            "callee": self._callee,
            "wait": self._wait,
            "hang_up": self._hang_up,
            "digits": self._digits,
            "sms": self._sms,
            "status": self._status,
            "scenarios": self._scenarios,
            "faults": self._faults,
            "quit": self._stop,
        }

    async def open(self) -> None:
        """Listens; a socket left behind by a dead process is replaced."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, str(self._path), limit=MAX_LINE)
        self._path.chmod(0o660)

    async def close(self) -> None:
        """Stops listening and ends all conversations."""
        if self._server is not None:
            self._server.close()
        clients = list(self._clients)
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._clients) >= MAX_CLIENTS:
            writer.close()
            return
        self._clients.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, Lagging):
            pass  # the other end went away, or did not read its events
        finally:
            self._clients.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                await _send(writer, {"ok": False, "error": {"code": "too_long", "ru": "", "en": "line too long"}})
                return
            request: Any = None
            with contextlib.suppress(json.JSONDecodeError, UnicodeDecodeError):
                request = json.loads(line)
            if not isinstance(request, dict):
                bad = Refused("bad_request", "нужен объект JSON в одной строке", "one JSON object a line is needed")
                await _send(writer, {"id": None, "ok": False, "error": bad.answer})
                continue
            if request.get("do") == "events":
                await self._stream(request, reader, writer)
                return
            await _send(writer, {"id": request.get("id"), **await self._answer(request)})

    async def _answer(self, request: Request) -> Answer:
        try:
            verb = self._verbs.get(_text(request, "do"))
            if verb is None:
                known = ", ".join([*self._verbs, "events"])
                raise Refused("unknown", f"неизвестный запрос; есть {known}", f"unknown request; there are {known}")
            return {"ok": True, **await verb(request)}
        except Refused as error:
            return {"ok": False, "error": error.answer}
        except CallRefused as error:
            return {"ok": False, "error": {"code": error.code, "ru": error.ru, "en": error.en, "problems": []}}
        except OptionError as error:
            text = "; ".join(error.problems)
            return {"ok": False, "error": {"code": "bad_value", "ru": text, "en": text, "problems": error.problems}}

    async def _stream(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        since = request.get("since")
        with self._simulator.hub.listen(since if isinstance(since, int) else None) as listener:
            await _send(writer, {"id": request.get("id"), "ok": True, "last_event": self._simulator.hub.number})
            gone = asyncio.ensure_future(reader.read())  # a listener says nothing more; this ends when it leaves
            try:
                while not gone.done():
                    event = asyncio.ensure_future(listener.next())
                    await asyncio.wait((gone, event), return_when=asyncio.FIRST_COMPLETED)
                    if not event.done():
                        event.cancel()
                        return
                    await _send(writer, {"event": event.result()})
            finally:
                gone.cancel()

    # --- verbs ----------------------------------------------------------------------------------------------------

    async def _call(self, request: Request) -> Answer:
        return {"call": self._simulator.call(await self._scenario(request))}

    async def _callee(self, request: Request) -> Answer:
        scenario = None if request.get("clear") else await self._scenario(request)
        self._simulator.expect_call(scenario)
        return {"callee": None if scenario is None else scenario.name}

    async def _scenario(self, request: Request) -> scenarios.Scenario:
        given = [key for key in ("scenario", "wav", "inline") if request.get(key) is not None]
        if len(given) != 1:
            raise Refused(
                "bad_request", "нужно одно из scenario, wav, inline", "one of scenario, wav, inline is needed"
            )
        extra = {key: request[key] for key in ("number", "presentation", "network") if request.get(key) is not None}
        if given == ["scenario"]:
            return await asyncio.to_thread(scenarios.find, _text(request, "scenario"), extra)
        if given == ["wav"]:
            return await asyncio.to_thread(scenarios.from_wav, Path(_text(request, "wav")), extra)
        table = request["inline"]
        if not isinstance(table, dict):
            raise Refused("bad_request", "inline: нужна таблица", "inline must be a table")
        return await asyncio.to_thread(scenarios.build, "inline", {**table, **extra})

    async def _wait(self, request: Request) -> Answer:
        call = _text(request, "call")
        session = self._simulator.session
        if session is not None and session.record.id == call:
            return {"record": asdict(await asyncio.shield(session.done))}
        if call in self._simulator.finished:
            return {"record": asdict(self._simulator.finished[call])}
        raise Refused("unknown_call", f"нет звонка {call}", f"no call {call}")

    async def _hang_up(self, _: Request) -> Answer:
        if not self._simulator.hang_up():
            raise Refused("no_call", "сейчас нет звонка", "there is no call")
        return {}

    async def _digits(self, request: Request) -> Answer:
        digits = _text(request, "digits")
        if not scenarios.DIGITS.fullmatch(digits):
            raise Refused("bad_value", "цифры: от 1 до 40 из 0-9 * # A-D", "digits: 1 to 40 of 0-9 * # A-D")
        if not self._simulator.press(digits):
            raise Refused("no_call", "сейчас нет разговора", "there is no answered call")
        return {}

    async def _sms(self, request: Request) -> Answer:
        if request.get("pdu") is not None:
            return {"sms": self._simulator.message(pdu=_text(request, "pdu"))}
        flags = {name: bool(request.get(name, False)) for name in ("flash", "wide")}
        number, text = _text(request, "number"), _text(request, "text")
        return {"sms": self._simulator.message(sender=number, text=text, **flags)}

    async def _status(self, _: Request) -> Answer:
        return {"status": self._simulator.status()}

    async def _scenarios(self, _: Request) -> Answer:
        found = await asyncio.to_thread(lambda: [scenarios.find(name) for name in scenarios.names()])
        return {"scenarios": [{"name": one.name, "title": dict(one.title)} for one in found]}

    async def _faults(self, request: Request) -> Answer:
        options = request.get("options", {})
        if not isinstance(options, dict):
            raise Refused("bad_request", "options: нужна таблица", "options must be a table")
        if request.get("set") is not None:
            self._simulator.set_fault(_text(request, "set"), options)
        elif request.get("clear") is not None:
            name = _text(request, "clear")
            self._simulator.clear_fault(None if name == "all" else name)
        known = {name: {"about": fault.about, "options": fault.options} for name, fault in FAULTS.items()}
        return {"faults": self._simulator.faults.all(), "known": known}

    async def _stop(self, _: Request) -> Answer:
        self._quit.set()
        return {}


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
    await writer.drain()
