"""What goes wrong in the field, done to real processes: the call goes on, is kept, and the box is well afterwards.

Each play is a coroutine function that gets a folder for a box of its own; the stage plays several at once.
"""

import asyncio
import json
import os
import signal
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from hw.simulator.client import SimulatorClient, SimulatorError
from hw.simulator.wav import read_wav
from secretaryd.control.protocol import (
    AlertChanged,
    CallAnswered,
    CallEnded,
    LevelsMeasured,
    LineChanged,
    ListCalls,
    PhraseHeard,
    SayingStarted,
    ShowCall,
    TurnSaid,
)
from secretaryd.control.protocol.users import InviteUser, Redeem
from storage.store import Reader
from tests.fakes import sound
from tests.fakes.box import ROOT, Box, Evidence, environment, free_port, is_ready, ours, running

pytestmark = [pytest.mark.call, pytest.mark.plays]

CALLERS = ROOT / "hw" / "simulator" / "callers"
FALLBACK_SECONDS = 2.0
"""After a process died in mid-answer something is heard within so long."""
GAP_SECONDS = 2.5
DELAY = 0.4
"""The network's delay, and what finding the place in the recording may err by."""

LEVEL_SECONDS = 0.2
SILENT = -60.0
"""Decibels of full scale."""

GREETED = {"wait": "silence", "seconds": 1.0}
ANSWERED = {"wait": "silence", "seconds": 1.5, "timeout": 15.0}


def script(*steps: dict[str, Any], **top: Any) -> dict[str, Any]:
    """A scenario of these steps."""
    return {"title": {"ru": "проба", "en": "a trial"}, "number": "+79161234567", "step": list(steps), **top}


SHORT = script({"wait": "speech"}, {"pause": 0.5}, {"hang_up": True})
ASK_HOURS = script(GREETED, {"say": "ask_hours"}, ANSWERED)


def quick(folder: Path, extra: dict[str, str] | None = None, **given: Any) -> AbstractAsyncContextManager[Box]:
    """A box whose greeting is short: there are many calls to make."""
    return running(folder, extra={"CALL__GREETING": "Здравствуйте! Слушаю вас.", **(extra or {})}, **given)


def second_of(evidence: Evidence, at: float, box: Box) -> float:
    """A moment (UTC epoch seconds) as seconds of what the caller heard."""
    answered = next(e for e in box.noticed.items if e["kind"] == "answered" and e["call"] == evidence.record["id"])
    return at - datetime.fromisoformat(answered["at"]).timestamp()


def silence_from(evidence: Evidence, at: float, box: Box, seconds: float = 8.0) -> float:
    """The longest silence at the caller's ear in the time after a moment, up to the call's end."""
    heard = sound.read(evidence.heard, 1)
    place = second_of(evidence, at, box)
    return sound.longest_silence(heard, place, min(place + seconds, evidence.record["seconds"]))


def assert_kept_whole(evidence: Evidence) -> None:
    """The recording is as long as the call, both sides in it, the JSON beside it."""
    both = sound.read(evidence.recording, 2)
    seconds = len(both) / sound.RATE
    assert seconds == pytest.approx(evidence.call["recorded_seconds"], abs=0.03)
    assert seconds >= evidence.record["seconds"] - evidence.record["pcm"]["started_after"] - 2.8
    assert sound.loud_seconds(both[:, 1]) > 1.0
    if evidence.record["said"]:
        assert sound.loud_seconds(both[:, 0]) > 0.5
    assert json.loads(evidence.recording.with_suffix(".json").read_text())["call_id"] == evidence.call["id"]


async def assert_well(box: Box) -> None:
    """The next call is answered, understood and kept."""
    await box.until(is_ready, seconds=60.0)
    evidence = await box.call(inline=ASK_HOURS)
    assert evidence.call["outcome"] == "answered", box.log[-3000:]
    assert [turn["source"] for turn in evidence.turns("secretary")][2:3] == ["faq"], evidence.call["turns"]
    assert_kept_whole(evidence)


# --- processes that die or hang -------------------------------------------------------------------------------------


async def speech_killed_while_a_number_is_read_back(folder: Path) -> None:
    async with quick(folder) as box:
        ringing = await box.ring("leave_message")
        _, at = await box.speaks(ringing, 90.0, detail="read_back")
        box.signal("speech", signal.SIGKILL)
        evidence = await box.over(ringing)
        assert evidence.turns("secretary")[-1]["end"] > second_of(evidence, at, box) - 2.0, (
            "something was said after it"
        )
        assert silence_from(evidence, at, box, 6.0) <= FALLBACK_SECONDS + DELAY
        assert evidence.call["outcome"] == "message"
        (message,) = evidence.messages
        assert message["number"] == "+79123456789"
        assert_kept_whole(evidence)
        await assert_well(box)


async def speech_killed_in_mid_answer(folder: Path) -> None:
    """The answer that is under way is said to its end; when the recogniser is back the caller is understood again."""
    asks_on = script(GREETED, {"say": "ask_services"}, ANSWERED, {"pause": 4.0}, {"say": "interrupt_address"}, ANSWERED)
    async with quick(folder) as box:
        ringing = await box.ring(inline=asks_on)
        _, at = await box.speaks(ringing, source="faq")
        killed = box.signal("speech", signal.SIGKILL)
        said, _ = await box.event(ringing, TurnSaid, source="faq")
        assert said.text == "У нас цветы, букеты и подарки с доставкой."
        evidence = await box.over(ringing)
        assert silence_from(evidence, at, box, 2.5) <= FALLBACK_SECONDS + DELAY
        assert "address" in [turn["detail"].split()[0] for turn in evidence.turns("secretary") if turn["detail"]]
        assert_kept_whole(evidence)
        assert box.pids()["speech"] != killed


async def speech_and_llm_dead_for_good(folder: Path) -> None:
    """With nothing but the core the box greets, takes the call, and keeps it."""
    async with quick(folder) as box:
        for name in ("speech", "llm"):  # stopped, so that the supervisor does not start them again
            box.signal(name, signal.SIGSTOP)
        try:
            evidence = await box.call(
                inline=script(GREETED, {"say": "ask_hours"}, {"wait": "silence", "seconds": 3.0}, max_seconds=45.0)
            )
            assert evidence.turns("secretary")[0]["detail"] in ("greeting", "recording")
            assert sound.loud_seconds(sound.read(evidence.heard, 1)) > 5.0
            assert evidence.call["outcome"] in ("answered", "message")
            assert evidence.call["summary"] != "Ничего не сказал."
            assert_kept_whole(evidence)
        finally:
            for name in ("speech", "llm"):
                box.signal(name, signal.SIGCONT)
        await assert_well(box)


async def recogniser_hangs_before_a_question(folder: Path) -> None:
    """It is not dead, it says nothing: the caller hears within two seconds that he was not understood."""
    async with quick(folder) as box:
        ringing = await box.ring(inline=script(GREETED, {"say": "ask_hours"}, ANSWERED))
        await box.event(ringing, TurnSaid, text="Разговор записывается.")
        box.signal("speech", signal.SIGSTOP)
        try:
            evidence = await box.over(ringing)
        finally:
            box.signal("speech", signal.SIGCONT)
        assert evidence.record["responses"][0]["gap"] <= FALLBACK_SECONDS + ROUND_TRIP, evidence.record["responses"]
        assert_kept_whole(evidence)
        await assert_well(box)


async def llm_killed_while_it_answers(folder: Path) -> None:
    """Slowed down, so that it is still at it when it dies; not so much that it is passed by."""
    async with quick(folder, extra={"LLM__PACE": "300/10"}) as box:
        ringing = await box.ring(
            inline=script(GREETED, {"say": "ask_how_long"}, ANSWERED, {"say": "ask_hours"}, ANSWERED)
        )
        await box.event(ringing, PhraseHeard)
        box.signal("llm", signal.SIGKILL)
        evidence = await box.over(ringing)
        assert evidence.record["responses"][0]["gap"] <= FALLBACK_SECONDS + ROUND_TRIP, evidence.record["responses"]
        answers = [(turn["source"], turn["detail"].split()[0]) for turn in evidence.turns("secretary")]
        assert ("fact", "term") in answers, answers
        assert ("faq", "hours") in answers, answers
        assert_kept_whole(evidence)
        await box.until(is_ready, seconds=60.0)
        again = await box.call(inline=script(GREETED, {"say": "ask_how_long"}, ANSWERED))
        assert "model" in [turn["source"] for turn in again.turns("secretary")]


async def llm_hangs(folder: Path) -> None:
    async with quick(folder) as box:
        ringing = await box.ring(inline=script(GREETED, {"say": "ask_how_long"}, ANSWERED))
        await box.event(ringing, CallAnswered)
        box.signal("llm", signal.SIGSTOP)
        try:
            evidence = await box.over(ringing)
        finally:
            box.signal("llm", signal.SIGCONT)
        (reply,) = evidence.record["responses"]
        assert reply["gap"] <= GAP_SECONDS + ROUND_TRIP
        assert evidence.turns("secretary")[2]["source"] == "fact"
        await box.until(lambda status: bool(status["llm"]["up"]))


ROUND_TRIP = 0.5


async def core_killed_in_mid_call(folder: Path) -> None:
    async with quick(folder) as box:
        ringing = await box.ring(inline=script(GREETED, {"say": "ask_services"}, {"wait": "silence", "timeout": 4.0}))
        call_id, _ = await box.speaks(ringing, source="faq")
        box.signal("core", signal.SIGKILL)
        record = await box.simulator.wait(ringing.id)
        await box.until(lambda status: bool(status["modem"]["up"]) and status["line"]["state"] == "idle", seconds=60.0)
        shown = await box.control.ask(ShowCall(id=call_id))
        call = shown["call"]
        assert (call["outcome"], call["end_cause"]) == ("failed", "crash")
        assert call["ended"] is not None
        both = sound.read(Path(call["recording_path"]), 2)
        assert len(both) / sound.RATE >= 5.0, "up to about the last second before the crash"
        assert sound.loud_seconds(both[:, 0]) > 0.5
        assert sound.loud_seconds(both[:, 1]) > 3.0
        kept = json.loads(Path(call["recording_path"]).with_suffix(".json").read_text())
        assert [turn["text"] for turn in kept["turns"]][:2] == [turn["text"] for turn in call["turns"]][:2]
        assert len(call["turns"]) >= 3
        assert record["ended_by"] in ("caller", "box")
        listed = (await box.control.ask(ListCalls()))["calls"]
        assert all(row["ended"] is not None for row in listed)
        await assert_well(box)


async def core_killed_and_the_caller_stays(folder: Path) -> None:
    """The new core finds him in the modem, says so, and goes on in a row that names the first."""
    async with quick(folder) as box:
        ringing = await box.ring(
            inline=script(GREETED, {"silence": 30.0}, {"say": "ask_hours"}, ANSWERED, max_seconds=90.0)
        )
        first, _ = await box.event(ringing, SayingStarted, detail="recording")
        box.signal("core", signal.SIGKILL)
        record = await box.simulator.wait(ringing.id)
        assert record["ended_by"] == "caller"
        await box.until(lambda status: bool(status["modem"]["up"]) and status["line"]["state"] == "idle", seconds=60.0)
        calls = (await box.control.ask(ListCalls()))["calls"]
        again, before = calls[0], calls[1]
        assert before["id"] == first.call
        assert (before["outcome"], before["end_cause"]) == ("failed", "crash")
        assert again["number"] == before["number"]
        assert again["summary"].startswith(f"Продолжение звонка №{before['id']} после сбоя.")
        said = (await box.control.ask(ShowCall(id=again["id"])))["call"]["turns"]
        assert [turn["detail"] for turn in said if turn["who"] == "secretary"][:2] == ["resumed", "recording"]
        assert "faq" in [turn["source"] for turn in said]


async def spoken(box: Box, seconds: float) -> None:
    """Waits until so much more of ours has sounded, by the line's own clock."""
    async with asyncio.timeout(30.0), box.control.events(levels=True) as events:
        async for stamped in events:
            if isinstance(stamped.event, LevelsMeasured) and stamped.event.said > SILENT:
                seconds -= LEVEL_SECONDS
                if seconds <= 0:
                    return


async def sigterm_in_mid_call(folder: Path) -> None:
    async with quick(folder) as box:
        ringing = await box.ring("opening_hours")
        call_id, _ = await box.speaks(ringing, source="faq")
        await spoken(box, 1.0)  # of a sentence cut in its first word nothing counts as said
        await box.stop()
    record = next(row for row in ledger(folder) if row["what"] == "call")
    assert (record["ended_by"], record["end_reason"]) == ("box", "CHUP")
    reader = await Reader.open(f"sqlite:///{folder}/data/secretary.db", folder / "data")
    try:
        call = await reader.call(call_id)
        recording = reader.recording_path(call)
    finally:
        await reader.close()
    assert (call.outcome, call.end_cause) == ("answered", "shutdown")
    assert call.turns[-1].interrupted
    assert len(sound.read(recording, 2)) / sound.RATE == pytest.approx(call.recorded_seconds, abs=0.03)
    assert call.recorded_seconds >= record["seconds"] - record["pcm"]["started_after"] - 2.8
    assert recording.with_suffix(".json").is_file()


# --- the modem ------------------------------------------------------------------------------------------------------


def ledger(folder: Path) -> list[dict[str, Any]]:
    """What the simulator wrote down."""
    return [json.loads(line) for line in (folder / "simulator" / "ledger.jsonl").read_text().splitlines()]


@asynccontextmanager
async def simulator(folder: Path) -> AsyncIterator[SimulatorClient]:
    """A simulated modem on its own, plugged in by hand."""
    with (folder / "simulator.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hw.simulator", "--state-dir", str(folder / "simulator")),
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        yield await SimulatorClient(folder / "simulator" / "simulator.sock").ready()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def no_modem_at_the_port_until_later(folder: Path) -> None:
    ports = {
        "MODEM__AT_PORT": str(folder / "simulator/modem-at"),
        "MODEM__PCM_PORT": str(folder / "simulator/modem-pcm"),
    }
    async with running(
        folder,
        simulate=False,
        extra={**ports, "LLM__ALLOW_STARTER": "true"},
        ready=lambda status: status["modem"]["reason"] == "no_port" and status["speech"]["up"] and status["llm"]["up"],
    ) as box:
        status = await box.status()
        assert not status["modem"]["up"]
        assert "modem-at" in status["modem"]["detail"]
        assert status["line"]["state"] == "away"
        alert = next(alert for alert in status["alerts"] if alert["code"] == "modem.no_port")
        assert "Модем не найден" in alert["text"]
        assert alert["remedy"]
        assert await page(box, "/health") == (200, '{"status":"degraded"}')
        # A box without an owner says on its page where the link for him is found, and nothing else.
        link = (await box.control.ask(InviteUser(name="owner", role="admin")))["link"]
        await box.control.ask(Redeem(token=link.rpartition("token=")[2], name="owner"))
        assert "Модем не найден" in (await page(box, "/"))[1]
        async with simulator(folder):
            await assert_well(box)


async def page(box: Box, path: str) -> tuple[int, str]:
    """A page of the web process, once it listens."""
    async with asyncio.timeout(30.0):
        while True:
            try:
                return await box.page(path)
            except OSError:
                await asyncio.sleep(0.1)  # another process has no event of ours


async def modem_vanishes_in_mid_call(folder: Path) -> None:
    async with quick(folder) as box:
        ringing = await box.ring("opening_hours")
        await box.event(ringing, SayingStarted, detail="recording")
        await box.simulator.faults("port_loss", seconds=2.0)
        evidence = await box.over(ringing)
        assert evidence.record["ended_by"] == "modem_lost"
        assert (evidence.call["end_cause"], evidence.call["outcome"]) == ("line lost", "answered")
        assert evidence.turns("secretary")[0]["detail"] == "greeting"
        assert_kept_whole(evidence)
        await box.until(lambda status: not status["modem"]["up"])
        status = await box.until(is_ready, seconds=60.0)
        assert status["modem"]["reconnects"] == 1
        await assert_well(box)


async def sim_absent_then_put_in(folder: Path) -> None:
    async with quick(folder) as box:
        await box.simulator.faults("sim_absent")
        status = await box.until(lambda status: status["modem"]["sim"] == "absent")
        assert "sim.absent" in [alert["code"] for alert in status["alerts"]]
        with pytest.raises(SimulatorError):
            await box.simulator.call("opening_hours")
        await box.simulator.faults("reboot")
        await box.until(lambda status: bool(status["modem"]["up"]) and status["modem"]["sim"] == "absent", seconds=60.0)
        await box.simulator.faults(clear="sim_absent")
        await assert_well(box)


async def pin_tried_once_and_never_again(folder: Path) -> None:
    pin = folder / "pin"
    folder.mkdir()

    def write(text: str) -> None:
        pin.write_text(text)
        pin.chmod(0o600)

    def tries() -> list[bool]:
        return [row["accepted"] for row in ledger(folder) if row["what"] == "pin_tried"]

    async def restarted(modem_sim: str) -> dict[str, Any]:
        """The SIM is locked again by the modem's restart."""
        mark = len(box.told.items)
        await box.simulator.faults("reboot")
        await box.told.first(lambda stamped: getattr(stamped.event, "up", True) is False, since=mark)
        return await box.until(lambda s: s["modem"]["up"] and s["modem"]["sim"] == modem_sim, seconds=60.0)

    async with quick(folder, extra={"MODEM__SIM_PIN_FILE": str(pin)}) as box:
        await box.simulator.faults("sim_pin", pin="4321")
        status = await restarted("pin_required")
        assert "sim.pin_required" in [alert["code"] for alert in status["alerts"]]
        assert tries() == []
        write("0000")
        status = await restarted("pin_wrong")
        assert "sim.pin_wrong" in [alert["code"] for alert in status["alerts"]]
        assert tries() == [False]
        await restarted("pin_wrong")
        box.signal("core", signal.SIGKILL)  # a new core must remember
        await box.until(lambda s: s["modem"]["up"] and s["modem"]["sim"] == "pin_wrong", seconds=60.0)
        assert tries() == [False], "one wrong PIN, tried once: three lock the SIM"
        write("4321")
        await restarted("ready")
        assert tries() == [False, True]
        await assert_well(box)


async def garbage_on_the_at_port_in_a_call(folder: Path) -> None:
    async with quick(folder) as box:
        await box.simulator.faults("garbage", every=0.3)
        ringing = await box.ring("opening_hours")
        await box.event(ringing, CallAnswered)
        for junk in ("2b434c4950", "0d0a2b", "ff00fe0d0a", "4f4b0d0a", "564f494345"):  # +CLIP, CRLF +, ..., OK, VOICE
            await box.simulator.faults("bytes", hex=junk)
        await box.simulator.faults("waiting_call", number="+79031112233", seconds=3.0)
        evidence = await box.over(ringing)
        assert evidence.record["passed"], evidence.record["checks"]
        assert evidence.call["number"] == "+79161234567"
        assert ("faq", "hours exact 100") in [(turn["source"], turn["detail"]) for turn in evidence.turns("secretary")]
        assert_kept_whole(evidence)
        listed = (await box.control.ask(ListCalls(outcome="missed")))["calls"]
        assert [row["number"] for row in listed] == ["+79031112233"], "who knocked meanwhile"
        await box.simulator.faults(clear="all")
        await assert_well(box)


async def silent_sound_port(folder: Path) -> None:
    """Nothing comes from the caller; the box speaks all the same, and the call is kept."""
    async with quick(folder) as box:
        await box.simulator.faults("pcm_silent")
        evidence = await box.call(inline=script(GREETED, {"say": "ask_hours"}, {"wait": "silence"}, max_seconds=30.0))
        heard = sound.read(evidence.heard, 1)
        assert sound.loud_seconds(heard) > 3.0
        both = sound.read(evidence.recording, 2)
        assert sound.loud_seconds(both[:, 0]) == 0.0
        assert sound.loud_seconds(both[:, 1]) > 3.0
        assert evidence.turns("caller") == []
        await box.simulator.faults(clear="all")
        await assert_well(box)


async def sound_port_that_takes_nothing(folder: Path) -> None:
    """The modem takes no uplink: nobody hears us, so the call is ended honestly and kept."""
    async with quick(folder) as box:
        await box.simulator.faults("uplink_stuck", seconds=0.5)
        evidence = await box.call(inline=script({"silence": 40.0}, max_seconds=40.0))
        assert evidence.record["ended_by"] == "box"
        assert evidence.record["seconds"] < 30.0
        assert evidence.call["end_cause"] == "line lost"
        await box.simulator.faults(clear="all")
        await assert_well(box)


async def callers_without_a_usable_number(folder: Path) -> None:
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("clip_missing", {}, "unavailable"),
        ("clip_withheld", {}, "withheld"),
        ("clip_unavailable", {}, "unavailable"),
        *(("clip_malformed", {"form": form}, "unavailable" if form == 3 else "malformed") for form in range(6)),
    ]
    async with quick(folder) as box:
        seen = []
        for fault, options, _ in cases:
            await box.simulator.faults(fault, **options)
            evidence = await box.call(inline=SHORT)
            await box.simulator.faults(clear="all")
            call = evidence.call
            seen.append((fault, options, call["number"], call["presentation"], evidence.record["answered_after"] < 3.5))
            assert call["outcome"] == "answered"
            assert "unknown" in evidence.recording.name
        assert seen == [(fault, options, None, how, True) for fault, options, how in cases]


# --- what people bring ----------------------------------------------------------------------------------------------


async def a_users_own_recordings(folder: Path) -> None:
    folder.mkdir()
    voice = read_wav(CALLERS / "ask_hours.wav")
    wide = soxr.resample(voice.astype(np.float32), 8000, 44100)
    stereo = folder / "стерео 44.wav"
    with wave.open(str(stereo), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(np.repeat(wide.astype("<i2"), 2).tobytes())
    truncated = folder / "truncated.wav"
    truncated.write_bytes(stereo.read_bytes()[:20000])
    nonsense = folder / "song.wav"
    nonsense.write_bytes(b"ID3\x04" + os.urandom(5000))
    async with quick(folder / "b") as box:
        for wrong, words in ((truncated, "обрывается"), (nonsense, "WAV"), (folder / "none.wav", "none.wav")):
            with pytest.raises(SimulatorError) as refused:
                await box.simulator.call(wav=wrong)
            assert words in refused.value.ru, refused.value.ru
            assert refused.value.en
        evidence = await box.call(wav=stereo)
        assert [turn["text"] for turn in evidence.turns("caller")] == ["здравствуйте подскажите график работы"]
        assert evidence.turns("secretary")[2]["detail"].startswith("hours")


async def program(arguments: list[str], environ: dict[str, str], seconds: float = 30.0) -> tuple[int, str]:
    """Exit code and everything that a process of ours wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "secretaryd", *arguments),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), seconds)
    assert process.returncode is not None
    return process.returncode, out.decode()


async def a_second_instance_is_refused(folder: Path) -> None:
    async with quick(folder) as box:
        before = box.pids()
        other = environment(folder, free_port(), {"CONTROL__SOCKET": str(folder / "other" / "control.sock")})
        code, text = await program(["core"], other)
        assert code == 3, text
        assert "another instance" in text
        assert str(before["core"]) in text
        assert "Traceback" not in text
        code, text = await program(
            ["all", "--simulate"], {**box.environ, "SECRETARYD__WEB__LISTEN": f"127.0.0.1:{free_port()}"}
        )
        assert code == 3, text
        assert "Traceback" not in text
        assert box.pids() == before
        assert set(ours(folder)) == {*before.values(), box.process.pid}
        await assert_well(box)


async def a_bad_configuration(folder: Path) -> None:
    folder.mkdir()
    file = folder / "secretaryd.toml"
    file.write_text(
        '[box]\nnmae = "Гуля"\ntimezone = "Mars/Olympus"\n'
        '[call]\nanswer_after_rings = "one"\nmax_seconds = 5\n[wbe]\nlisten = ""\n'
    )
    environ = {key: value for key, value in environment(folder, free_port()).items() if "WEB__LISTEN" not in key}
    for role in (["all", "--simulate"], ["core"], ["web"]):
        code, text = await program([*role, "--config", str(file)], environ)
        assert code == 2, text
        for expected in ("nmae", "did you mean 'name'", "timezone", "answer_after_rings", "wbe"):
            assert expected in text, (expected, text)
        assert "Traceback" not in text
    code, text = await program(["core", "--config", str(folder / "none.toml")], environ)
    assert code == 2, text
    assert "none.toml" in text
    assert not ours(folder)


@asynccontextmanager
async def small_disk(folder: Path, size: str) -> AsyncIterator[Path]:
    """A file system of its own for the data."""
    data = folder / "data"
    data.mkdir(parents=True)
    mount = await asyncio.create_subprocess_exec("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(data))
    if await mount.wait():
        pytest.skip("mounting a small disk needs root")
    try:
        yield data
    finally:
        unmount = await asyncio.create_subprocess_exec("umount", "-l", str(data))
        await unmount.wait()


def fill(data: Path, leave: int) -> Path:
    """Takes all room of a disk but this."""
    room = os.statvfs(data)
    filler = data / "filler"
    filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - leave)))
    return filler


async def the_disk_fills_up_while_recording(folder: Path) -> None:
    async with small_disk(folder, "16m") as data, quick(folder) as box:
        asks = script(GREETED, {"say": "ask_services"}, ANSWERED, {"say": "ask_hours"}, ANSWERED, {"pause": 2.0})
        await box.told.first(lambda s: isinstance(s.event, LineChanged | AlertChanged))
        filler = fill(data, 600_000)
        ringing = await box.ring(inline=asks)
        alert = await box.told.first(
            lambda s: isinstance(s.event, AlertChanged) and s.event.code == "recording.failed", seconds=60.0
        )
        assert "Запись" in getattr(alert.event, "text", "")
        record = await box.simulator.wait(ringing.id)
        details = [s.event.detail for s in box.told.items[ringing.told :] if isinstance(s.event, TurnSaid)]
        assert [d.split()[0] for d in details if d][:4] == ["greeting", "recording", "services", "hours"]
        assert len(record["box_speech"]) >= 3, "the caller was answered to the end"
        ended, _ = await box.event(ringing, CallEnded, 30.0)
        call = (await box.control.ask(ShowCall(id=ended.call)))["call"]
        assert call["outcome"] == "answered"
        kept = [turn["detail"].split()[0] for turn in call["turns"] if turn["detail"]]
        assert kept[:4] == ["greeting", "recording", "services", "hours"], "its words found room on the full disk"
        filler.unlink()
        both = sound.read(Path(call["recording_path"]), 2)
        assert 1.0 < len(both) / sound.RATE < record["seconds"] - 3.0, "kept up to where the room ended"
        await assert_well(box)


PLAYS = {
    "speech killed while a number is read back: the message is kept": speech_killed_while_a_number_is_read_back,
    "speech killed in mid-answer: the answer is said, the next question understood": speech_killed_in_mid_answer,
    "speech and llm hang: the call is taken and kept": speech_and_llm_dead_for_good,
    "the recogniser hangs: the caller hears within two seconds that he was not understood": (
        recogniser_hangs_before_a_question
    ),
    "llm killed while it answers: the facts answer within two seconds": llm_killed_while_it_answers,
    "llm hangs: the rest of the ladder answers in time": llm_hangs,
    "core killed in mid-call: the call is closed and playable": core_killed_in_mid_call,
    "core killed in mid-call: the caller who stays is taken over": core_killed_and_the_caller_stays,
    "SIGTERM in mid-call: a polite end": sigterm_in_mid_call,
    "no modem at the port: the box is up and says why": no_modem_at_the_port_until_later,
    "the modem vanishes in mid-call: the call is kept as line lost": modem_vanishes_in_mid_call,
    "SIM absent: told, and well when it is there": sim_absent_then_put_in,
    "PIN wrong: tried once, never again until the file changes": pin_tried_once_and_never_again,
    "garbage and half lines on AT, a second caller: the call is not disturbed": garbage_on_the_at_port_in_a_call,
    "a sound port that stays silent": silent_sound_port,
    "a sound port that takes nothing": sound_port_that_takes_nothing,
    "callers without a usable number are answered": callers_without_a_usable_number,
    "recordings of other forms are played, broken ones refused": a_users_own_recordings,
    "a second instance is refused": a_second_instance_is_refused,
    "a bad configuration lists every error": a_bad_configuration,
    "the disk fills up while recording": the_disk_fills_up_while_recording,
}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS.keys())
def test_the_box_stands(stage: Any, play: Any) -> None:
    """What happened is asserted by the play; here it is waited for."""
    stage.result(play)
