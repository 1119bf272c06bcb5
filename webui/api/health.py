"""`/health` for monitors, `/metrics` for Prometheus."""

import asyncio
import ipaddress
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from secretaryd.control.protocol import CountCalls
from webui import view
from webui.api.desk import Tools
from webui.api.operation import JSON, Asked, Operation
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.errors import CoreAway, NotDone
from webui.ports import StatusDesk

SECONDS: Final = 4.0
DAY: Final = 86400.0
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
"""The exposition format that every Prometheus reads."""
FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip")
AWAY: Final = (CoreAway, OSError, TimeoutError)
Sample = tuple[str, str, str, float, Mapping[str, str]]
"""Name, type, help, value, labels."""


class HealthState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`status`: ok, degraded or down; everything else for those who may see the dashboard."""

    status: str
    box: dict[str, Any] | None = None
    line: dict[str, Any] | None = None
    modem: dict[str, Any] | None = None
    speech: dict[str, Any] | None = None
    llm: dict[str, Any] | None = None
    storage: dict[str, Any] | None = None
    machine: dict[str, Any] | None = None
    sound: dict[str, Any] | None = None
    clock: dict[str, Any] | None = None
    alerts: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class HealthApi:
    """Both are open to those who show nothing: one word, or nothing at all."""

    status: StatusDesk
    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        return [
            Operation(
                method="GET", path="/health", needs=Permission.PUBLIC, does=self.health, answer=HealthState, greets=True
            ),
            Operation(
                method="GET", path="/metrics", needs=Permission.PUBLIC, does=self.metrics, media=(TEXT,), greets=True
            ),
        ]  # fmt: skip

    async def health(self, asked: Asked) -> Response:
        """ok or degraded (200), down (503) when the core does not answer; the whole state for who may see it."""
        try:
            async with asyncio.timeout(SECONDS):
                status = await self.status.status()
        except AWAY:
            return Response(msgspec.json.encode(HealthState(status="down")), 503, media_type=JSON)
        word = HealthState(status=view.health(status))
        if _may(asked.request, Permission.DASHBOARD):
            more = {key: status[key] for key in HealthState.__struct_fields__ if key in status}
            word = msgspec.convert({**more, "status": word.status}, HealthState)
        return Response(msgspec.json.encode(word), media_type=JSON)

    async def metrics(self, asked: Asked) -> Response:
        """Numbers of the box, for this machine's own Prometheus or for who may see the dashboard."""
        if not _is_here(asked.request) and not _may(asked.request, Permission.DASHBOARD):
            raise HTTPException(401, headers={"www-authenticate": 'Bearer realm="secretary"'})
        try:
            async with asyncio.timeout(SECONDS):
                samples = list(_of_status(await self.status.status()))
        except AWAY:
            samples = [("secretary_up", "gauge", "Whether the core answers.", 0.0, {})]
        if asked.name and _may(asked.request, Permission.CALLS_READ):
            samples += await self._of_calls(asked)
        return Response(exposed(samples), media_type=TEXT)

    async def _of_calls(self, asked: Asked) -> list[Sample]:
        try:
            counts = (await self.tools.desk.ask(CountCalls(since=time.time() - DAY), asked.name))["counts"]
        except (NotDone, CoreAway):
            return []
        words = "Calls of the last 24 hours, and messages."
        return [("secretary_day", "gauge", words, float(count), {"kind": kind}) for kind, count in counts.items()]


def _may(request: Request, needed: Permission) -> bool:
    visitor: Visitor | None = request.scope.get("visitor")
    return visitor is not None and visitor.may(needed)


def _is_here(request: Request) -> bool:
    """Whether this machine asks, and not for somebody else."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _of_status(status: Mapping[str, Any]) -> Iterator[Sample]:
    box, modem, line = status.get("box", {}), status.get("modem", {}), status.get("line", {})
    yield "secretary_up", "gauge", "Whether the core answers.", 1.0, {}
    yield "secretary_info", "gauge", "The program.", 1.0, {"version": str(box.get("version", ""))}
    yield "secretary_uptime_seconds", "gauge", "Since the core's start.", _number(box.get("uptime_seconds")), {}
    yield "secretary_line_state", "gauge", "What the line does.", 1.0, {"state": str(line.get("state", ""))}
    yield "secretary_modem_up", "gauge", "Whether the modem works.", _number(modem.get("up")), {}
    yield "secretary_modem_registered", "gauge", "Whether it is in a network.", _number(modem.get("registered")), {}
    if modem.get("signal_dbm") is not None:
        yield "secretary_modem_signal_dbm", "gauge", "How strong the signal is.", _number(modem["signal_dbm"]), {}
    for name in ("reconnects", "timeouts"):
        yield f"secretary_modem_{name}_total", "counter", f"The modem's {name}.", _number(modem.get(name)), {}
    yield "secretary_speech_up", "gauge", "Recogniser and voice.", _number(status.get("speech", {}).get("up")), {}
    yield "secretary_llm_up", "gauge", "Some language model.", _number(status.get("llm", {}).get("up")), {}
    free = status.get("storage", {}).get("free_bytes")
    yield "secretary_disk_free_bytes", "gauge", "Left where the data are.", _number(free), {}
    for name, value in status.get("machine", {}).items():
        if isinstance(value, (int, float)):
            yield f"secretary_machine_{name}", "gauge", f"The machine's {name}.", _number(value), {}
    for alert in status.get("alerts", ()):
        labels = {"code": str(alert.get("code", "")), "level": str(alert.get("level", ""))}
        yield "secretary_alert", "gauge", "What the owner should know.", 1.0, labels


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def exposed(samples: list[Sample]) -> bytes:
    """Text as Prometheus reads it: samples of one name stand together."""
    lines: list[str] = []
    for name in dict.fromkeys(sample[0] for sample in samples):
        same = [sample for sample in samples if sample[0] == name]
        lines += [f"# HELP {name} {same[0][2]}", f"# TYPE {name} {same[0][1]}"]
        for _, _, _, value, labels in same:
            shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            lines.append(f"{name}{{{shown}}} {value:.15g}" if shown else f"{name} {value:.15g}")
    return ("\n".join(lines) + "\n").encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
