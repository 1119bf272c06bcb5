"""The state of the box: the page can show it, alerts come and go once, numbers are masked."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hw.modem.events import DownReason, ModemInfo, SimState
from hw.modem.status import ModemStatus
from secretaryd import health as module
from secretaryd.config.schema import Llm, LlmNode
from secretaryd.nodes.ports import NodeHealth, NodeState
from secretaryd.notices import SIM_CODES, TABLE, alert, modem_code
from secretaryd.run.models import Chosen
from tests.fakes.status_tree import WELL
from tests.fakes.well_box import NODE, SPEECH, UP, Well
from voice.models.catalogue import Kind
from voice.speech.health import EngineHealth, EngineState
from webui import i18n
from webui.view import present

TEXTS = i18n.load()


@pytest.fixture(autouse=True)
def plenty_of_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_free_bytes", lambda _: 20_000_000_000)


@pytest.fixture
def box(tmp_path: Path) -> Well:
    return Well(tmp_path)


async def test_a_well_box_has_no_alerts(box: Well) -> None:
    assert await box.codes() == []
    assert box.published() == []


def engine(state: EngineState, **more: Any) -> EngineHealth:
    return EngineHealth("x", state, **more)


FAULTS = {
    "modem.no_port": lambda b: setattr(b, "modem", ModemStatus(down_reason=DownReason.NO_PORT)),
    "sound.firmware": lambda b: setattr(
        b, "modem", replace(UP, info=ModemInfo("SIMCOM", "SIM7600G-H", "LE20B06SIM7600G22", "1"))
    ),
    "sound.failed": lambda b: setattr(b, "modem", replace(UP, troubles=("uplink_stuck", "downlink_silent"))),
    "sound.worn": lambda b: setattr(b, "modem", replace(UP, troubles=("sound_worn",))),
    "modem.call_stuck": lambda b: setattr(b, "modem", replace(UP, troubles=("call_stuck",))),
    "modem.refusing": lambda b: setattr(b, "modem", replace(UP, troubles=("refused", "unregistered"))),
    "sim.absent": lambda b: setattr(b, "modem", replace(UP, sim=SimState.ABSENT)),
    "network.none": lambda b: setattr(b, "modem", replace(UP, registered=False)),
    "network.denied": lambda b: setattr(b, "modem", replace(UP, registered=False, denied=True)),
    "speech.down": lambda b: setattr(b.speech, "seen", None),
    "stt.failed": lambda b: setattr(
        b.speech, "seen", replace(SPEECH, recognizer=engine(EngineState.FAILED, reason="no file"))
    ),
    "tts.failed": lambda b: setattr(b.speech, "seen", replace(SPEECH, voice=engine(EngineState.FAILED, reason="x"))),
    "starter.models": lambda b: setattr(
        b.speech, "seen", replace(SPEECH, voice=engine(EngineState.READY, starter=True))
    ),
    "llm.down": lambda b: setattr(b.pool, "nodes", (replace(NODE, state=NodeState.AWAY, reason="refused"),)),
    "starter.chat": lambda b: setattr(b.pool, "nodes", (replace(NODE, state=NodeState.REFUSED, starter=True),)),
    "model.missing": lambda b: b.chosen.update({Kind.TTS: Chosen(Kind.TTS, None, "no such model")}),
    "recording.failed": lambda b: b.troubles.note("recording.failed", "disk full"),
    "config.fallback": lambda b: b.troubles.note("config.fallback", "[cal]: unknown section"),
    "database.damaged": lambda b: b.troubles.note("database.damaged"),
    "database.fallback": lambda b: b.troubles.note("database.fallback"),
    "database.restored": lambda b: b.troubles.note("database.restored"),
    "backup.no_key": lambda b: b.troubles.note("backup.no_key"),
    "backup.failed": lambda b: b.troubles.note("backup.failed"),
}


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_each_fault_is_one_alert_that_comes_once_and_goes_once(tmp_path: Path, code: str, language: str) -> None:
    box = Well(tmp_path, language)
    await box.health.look()
    before = (box.modem, box.speech.seen, box.pool.nodes)
    FAULTS[code](box)
    assert await box.codes() == [code]
    await box.health.look()
    assert box.published() == [(code, True)]
    box.modem, box.speech.seen, box.pool.nodes = before
    box.chosen.clear()
    box.troubles.clear(code)
    assert await box.codes() == []
    assert box.published() == [(code, True), (code, False)]


async def test_a_full_disk_is_told(box: Well, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_free_bytes", lambda _: 1_000_000)
    assert await box.codes() == ["disk.low"]


def test_a_disk_that_cannot_be_asked_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert module._free_bytes(Path("/nowhere/at/all")) == 0


async def test_the_worst_comes_first(box: Well) -> None:
    for code in ("starter.models", "llm.down", "sim.absent"):
        FAULTS[code](box)
    assert await box.codes() == ["sim.absent", "llm.down", "starter.models"]


NO_ALERT = {
    "a model that loads": lambda b: setattr(b.pool, "nodes", (replace(NODE, state=NodeState.LOADING),)),
    "a model not asked yet": lambda b: setattr(b.pool, "nodes", (NodeHealth("local"),)),
    "no model at all": lambda b: setattr(b.pool, "nodes", ()),
    "one of two models": lambda b: setattr(b.pool, "nodes", (replace(NODE, state=NodeState.AWAY), NODE)),
    "a SIM that is busy": lambda b: setattr(b, "modem", replace(UP, sim=SimState.BUSY)),
}


@pytest.mark.parametrize("name", NO_ALERT)
async def test_what_is_no_fault_is_no_alert(box: Well, name: str) -> None:
    NO_ALERT[name](box)
    assert await box.codes() == []


async def test_a_starting_box_does_not_cry_over_its_speech_process(box: Well) -> None:
    assert [each.code for each in box.health.alerts()] == []


async def test_speech_coming_up_is_told_each_time(box: Well) -> None:
    box.speech.seen = replace(SPEECH, voice=engine(EngineState.LOADING))
    await box.health.look()
    assert not box.health.speech_came_up.is_set()
    for _ in range(2):
        box.speech.seen = SPEECH
        await box.health.look()
        assert box.health.speech_came_up.is_set()
        box.health.speech_came_up.clear()
        await box.health.look()
        assert not box.health.speech_came_up.is_set()
        box.speech.seen = None
        await box.health.look()


def shape(tree: dict[str, Any]) -> dict[str, set[str]]:
    return {key: set(value) if isinstance(value, dict) else set() for key, value in tree.items()}


async def test_the_status_has_everything_that_the_page_shows(tmp_path: Path) -> None:
    box = Well(tmp_path, llm=Llm(model="qwen"))
    await box.health.look()
    status = msgspec.json.decode(msgspec.json.encode(await box.health.status()))
    ours, theirs = shape(status), shape(WELL)
    assert theirs.keys() <= ours.keys()
    for key, parts in theirs.items():
        assert parts <= ours[key], key
    for language in ("ru", "en"):
        page = present(status, [], TEXTS[language])
        assert page.state == "ok"
        assert page.name == "Гуля"
        assert [tile.state for tile in page.tiles] == ["ok"] * 4
        assert not page.simulated
        assert not page.starter


@pytest.mark.parametrize("code", FAULTS)
async def test_the_page_shows_every_fault(box: Well, code: str) -> None:
    FAULTS[code](box)
    await box.health.look()
    page = present(await box.health.status(), None, TEXTS["ru"])
    if code == "starter.models":  # has a banner of its own
        assert page.starter
        assert not page.alerts
        return
    (shown,) = page.alerts
    assert shown.text == TABLE[code][1][0] or shown.text.startswith(TABLE[code][1][0][:-1] + " (")
    assert shown.remedy == TABLE[code][1][1]
    assert page.state != "ok" or shown.level == "info"


NUMBERS = [
    ("+79161234567", "+7916•••4567"),
    ("84951234567", "8495•••4567"),
    ("1234567", "•••67"),
    ("123456", "•••56"),
    ("12345", "•••45"),
    ("112", "112"),
    (None, None),
]


@pytest.mark.parametrize(("number", "shown"), NUMBERS)
async def test_the_caller_is_masked(box: Well, number: str | None, shown: str | None) -> None:
    box.caller = number
    status = await box.health.status()
    assert status["line"]["number_masked"] == shown
    if number is not None and number != shown:
        assert number not in repr(status)


@pytest.mark.parametrize(("port", "simulated"), [("/dev/ttyUSB2", False), ("/dev/pts/3", True), ("", False)])
async def test_a_modem_on_a_pseudo_terminal_is_a_simulator(box: Well, port: str, simulated: bool) -> None:
    box.modem = replace(UP, at_port=port)
    assert (await box.health.status())["box"]["simulated"] is simulated


async def test_a_down_box_still_has_a_status(box: Well) -> None:
    box.modem = ModemStatus()
    box.speech.seen = None
    box.pool.nodes = ()
    await box.health.look()
    status = await box.health.status()
    assert (status["modem"]["up"], status["modem"]["reason"]) == (False, "starting")
    assert status["speech"] == {"up": False, "reason": "nobody answers"}
    assert (status["llm"]["up"], status["llm"]["model"]) == (False, "")
    assert present(status, None, TEXTS["ru"]).state == "bad"


@pytest.mark.parametrize("reason", DownReason)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_reason_of_a_modem_that_is_down_has_words(reason: DownReason, language: str) -> None:
    assert alert(modem_code(reason), language, "EIO").text.endswith("(EIO).")


def test_every_state_of_a_sim_is_thought_of() -> None:
    assert set(SIM_CODES) | {SimState.UNKNOWN, SimState.READY, SimState.BUSY} == set(SimState)
    assert set(SIM_CODES.values()) <= TABLE.keys()


@pytest.mark.parametrize("code", TABLE)
def test_every_alert_has_words_in_both_languages_and_what_to_do(code: str) -> None:
    level, ru, en = TABLE[code]
    assert level in ("info", "warning", "error")
    assert ru[0].endswith(".")
    assert en[0].endswith(".")
    assert any("а" <= char <= "я" for char in ru[0].lower())
    assert not any("а" <= char <= "я" for char in "".join(en).lower())
    assert bool(ru[1]) == bool(en[1])
    assert ru[1] or level == "info", "a fault without a remedy helps nobody"


def test_nodes_beside_the_local_one_are_missed_too(tmp_path: Path) -> None:
    box = Well(tmp_path, llm=Llm(model="", node=(LlmNode("office", "http://10.0.0.2/v1"),)))
    box.health._nodes = (NodeHealth("office", NodeState.FAILED, reason="401"),)
    assert [each.text for each in box.health.alerts() if "office: 401" in each.text]


MAY_SPEAK = [
    (Llm(model="starter"), False),
    (Llm(model="starter", allow_starter=True), True),
    (Llm(model=""), False),
    (Llm(model="", allow_starter=True), False),
    (Llm(model="qwen"), True),
    (Llm(model="", node=(LlmNode("office", "http://10.0.0.2/v1"),)), True),
]


@pytest.mark.parametrize(("llm", "allowed"), MAY_SPEAK)
async def test_the_page_knows_whether_a_model_is_meant_to_answer(tmp_path: Path, llm: Llm, allowed: bool) -> None:
    assert (await Well(tmp_path, llm=llm).health.status())["llm"]["allowed"] is allowed
