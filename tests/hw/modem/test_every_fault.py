"""What this modem does in the field is a fault or a switch of the simulator, and the driver lives through each: a call
in progress comes to an end that is told, and the next one is answered. In virtual time."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

import pytest

from hw.errors import HardwareError
from hw.modem.events import CallOver, CallUp, Fact, ModemUp, Ringing
from hw.simulator.faults import TABLE
from hw.simulator.profile import NASTY, PLAIN, Profile, with_overrides
from tests.hw.modem.test_mending import Scene, play

FIELD: dict[str, tuple[str, ...]] = {
    "AT+CPCMREG=1 is refused n times, then taken": ("pcm_error",),
    "OK, but AT+CPCMREG? stays 0 for seconds": ("pcm_late",),
    "16 kHz whatever was set, and the read-back lies": ("pcm_16k", "default_bandwidth=0,1"),
    "no uplink from the first byte, or after a while": ("uplink_stuck",),
    "uplink taken and not audible": ("uplink_mute",),
    "the second call's sound is degraded until a reset": ("pcm_degraded",),
    "the port vanishes in mid-call, renumbered, the call up or gone": ("port_loss",),
    "no downlink, or digital silence": ("pcm_silent", "pcm_zeros"),
    "RING without CLIP, CLIP withheld, unavailable or malformed": (
        "clip_missing",
        "clip_withheld",
        "clip_unavailable",
        "clip_malformed",
        "withheld_form=no_validity",
    ),
    "END without NO CARRIER, the reverse, neither": ("no_no_carrier", "no_end", "silent_end"),
    "END before the OK of CHUP or after it, BEGIN before the OK of ATA or after it": (
        "chup_order=end_first",
        "chup_order=ok_first",
        "answer_order=begin_first",
        "answer_order=ok_first",
    ),
    "ATA refused; CHUP taken and ignored": ("answer_refused", "chup_ignored"),
    "an OK that comes after its time": ("late_ok",),
    "URCs inside answers, twice, with a doubled CR": ("urcs_inside_answers=true", "duplicate_urcs", "doubled_cr=true"),
    "SIM busy, asking for a PIN, removed, broken": (
        "sim_busy_s=8.0",
        "sim_pin",
        "sim_puk",
        "sim_absent",
        "sim_failure",
    ),
    "no registration, no signal, LTE only": ("not_registered", "no_signal", "lte_only"),
    "MISSED_CALL minutes late": ("late_missed",),
    "a slow module": ("slow", "slow_every=2"),
    "a module that restarts in mid-session": ("reboot",),
    "a module that hangs, or does not speak": ("hung", "mute"),
    "a waiting call": ("waiting_call",),
    "the clock before the network's time": ("clock_unset",),
    "garbage on the AT port": ("garbage", "bytes"),
    "no URC for keys": ("no_rxdtmf",),
    "odd reads, bursts, a clock that drifts": ("pcm_chunking=odd", "pcm_chunking=bursts", "pcm_ppm=-100.0"),
}
"""Messages and USSD have tables of their own."""

NAMES = sorted({name for names in FIELD.values() for name in names})
GONE = frozenset(
    {"sim_pin", "sim_puk", "sim_absent", "sim_failure", "not_registered", "mute", "hung", "reboot", "port_loss"}
)
"""With these nobody gets through, or nobody is heard: they come in mid-call."""


def test_what_is_named_is_there() -> None:
    faults = {name for name in NAMES if "=" not in name}
    assert faults <= TABLE.keys()
    elsewhere = {name for name in TABLE if name.startswith(("sms_", "cms_", "ussd_", "dial_", "sim_full", "memory_"))}
    forgotten = TABLE.keys() - faults - elsewhere
    assert len(forgotten) <= 12, forgotten  # those of messages, USSD and dialling, by whatever name


async def one_call(scene: Scene, name: str | None = None) -> None:
    """Rings, answers, opens the sound, talks, hangs up; under a fault anything of it may be refused."""
    seen = len(scene.facts)

    def fresh(kind: type[Fact]) -> bool:
        return any(isinstance(fact, kind) for fact in scene.facts[seen:])

    if name is not None and name not in GONE:
        fault(scene, name)
    call = scene.modem.ring(patience=40.0)
    await until(lambda: fresh(Ringing) or call.ended is not None, 60)
    for _ in range(3):
        with contextlib.suppress(HardwareError):
            await scene.keeper.answer()
            break
        await asyncio.sleep(3)
    await until(lambda: fresh(CallUp) or fresh(CallOver), 60)
    if name in GONE:
        fault(scene, name)  # type: ignore[arg-type]
    with contextlib.suppress(HardwareError):
        await scene.keeper.open_sound()
    scene.modem.press_key("5")
    await asyncio.sleep(20)
    with contextlib.suppress(HardwareError):
        await scene.keeper.close_sound()
    scene.modem.hang_up() if call.id % 2 else None
    for _ in range(3):
        with contextlib.suppress(HardwareError):
            await scene.keeper.hang_up()
            break
        await asyncio.sleep(5)


def fault(scene: Scene, name: str) -> None:
    options: dict[str, dict[str, Any]] = {"sim_pin": {"pin": "1234"}, "port_loss": {"seconds": 9.0, "reset": False}}
    if name == "hung":
        scene.modem.hang()
    else:
        scene.modem.fault(name, **options.get(name, {}))


async def until(condition: Any, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.25)


def profile_of(base: Profile, name: str) -> Profile:
    if "=" not in name:
        return base
    key, _, text = name.partition("=")
    kind = type(getattr(base, key))
    value = text == "true" if kind is bool else kind(text)
    return with_overrides(replace(base, name="trial"), {key: value})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("base", [PLAIN, NASTY], ids=["plain", "nasty"])
def test_the_driver_lives_through_it_and_takes_the_next_call(name: str, base: Profile) -> None:
    async def story(scene: Scene) -> None:
        await scene.until(ModemUp)
        trouble = name if "=" not in name else None
        await one_call(scene, trouble)
        await until(lambda: scene.keeper.status.call == "idle", 120)
        for standing in scene.modem.faults.all():
            if standing != "hung":
                scene.modem.clear(standing)
        await until(lambda: scene.keeper.status.up and scene.keeper.status.registered, 240)
        await until(lambda: not scene.modem.module.state.calls, 60)
        await asyncio.sleep(40)  # a reset that waited for the end of the call
        await until(lambda: scene.keeper.status.up and scene.keeper.status.registered, 240)
        ups = sum(isinstance(fact, CallUp) for fact in scene.facts)
        await one_call(scene)
        assert sum(isinstance(fact, CallUp) for fact in scene.facts) == ups + 1
        await until(lambda: scene.keeper.status.call == "idle", 60)

    scene = play(story, profile_of(base, name), power=True)
    assert scene.modem.calls[-1].answered is not None
    ends = sum(isinstance(fact, CallOver) for fact in scene.facts)
    ups = sum(isinstance(fact, CallUp) for fact in scene.facts)
    assert ends >= ups, "an end that was never told"
