"""Models: what there is and what it needs, jobs with their progress, measurements, trying them out."""

import base64
import io
import wave
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol.content import ListChanges
from secretaryd.control.protocol.hearing import Speak, Transcribe
from secretaryd.control.protocol.models import (
    InstallModels,
    ListModels,
    ModelsChanged,
    RemoveModel,
    ShowModelsJob,
    UseModel,
    VerifyModels,
)
from secretaryd.control.protocol.trial import AskModel, BenchChanged, RunBench, ShowBench
from tests.fakes.event_window import listening, window
from tests.fakes.page_box import Page, open_page
from webui import i18n
from webui.errors import NotDone
from webui.models_view import bench, job, stock

TEXTS = i18n.load()
HOSTILE = "<script>alert(1)</script>"
SMALL = {
    "name": "vosk-small", "kind": "stt", "language": "ru", "download_mb": 46, "memory_mb": 300, "licence": "Apache-2.0",
    "about": "Небольшая / Small", "installed": True, "active": True,
}  # fmt: skip
LARGE = SMALL | {
    "name": "vosk-large",
    "memory_mb": 6000,
    "about": "Большая / Large",
    "installed": False,
    "active": False,
}
VOICE = SMALL | {"name": "irina", "kind": "tts", "about": "Женский / Woman's", "active": False}
BUNDLE = {
    "name": "ru-small",
    "about": "Для Pi 4 / For a Pi 4",
    "models": ["vosk-small"],
    "memory_mb": 900,
    "download_mb": 500,
    "installed": False,
}
JOB = {
    "id": "1", "do": "install", "names": ["irina"], "who": "анна", "state": "running", "file": "irina.onnx",
    "received": 30_000_000, "total": 60_000_000, "result": {}, "problem": "",
}  # fmt: skip
STOCK: dict[str, Any] = {
    "models": [SMALL, LARGE, VOICE],
    "bundles": [BUNDLE],
    "active": {},
    "free_memory_mb": 1000,
    "free_disk_mb": 9000,
    "job": None,
}
MEASURED = {
    "who": "анна", "state": "done", "step": "llm", "part": 1.0, "at": 1.7e9, "problem": {},
    "result": {
        "disk": {"sync_p50_ms": 1.0, "sync_p95_ms": 2.0}, "voice": {"first_sound": 0.2, "rtf": 0.1},
        "recogniser": {"rtf": 0.3}, "llm": {"first_token": 1.0, "prefill": 400.0, "decode": 20.0},
        "models": [{"name": "qwen-1.5b", "seconds": 1.2, "decode": 9.0, "fits": True}], "recommended": "qwen-1.5b",
    },
}  # fmt: skip


def stocked(p: Page, found: Any = None, measured: Any = None) -> None:
    p.core.answers[ListModels] = lambda _: {**STOCK, **(found or {})}
    p.core.answers[ShowBench] = lambda _: {"job": measured}


async def test_the_page_says_what_each_model_needs_of_what_is_free(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stocked(p)
        shown = (await (await p.browser("анна")).get("/models")).text
        assert "Свободно: памяти 1,0 ГБ" in shown
        assert "В работе займёт 300 МБ памяти" in shown
        assert "Не хватает памяти" in shown
        assert "Большая" in shown
        assert "Large" not in shown, "each reader has his half of the catalogue's words"


async def test_a_model_that_does_not_fit_is_installed_only_after_a_warning(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stocked(p)
        p.core.answers[InstallModels] = lambda _: {"job": JOB}
        browser = await p.browser("анна")
        shown = (await browser.get("/models")).text
        assert 'data-opens="force-vosk-large"' in shown
        csrf = await p.csrf(browser)
        await browser.post("/models/install", csrf=csrf, name="ru-small")
        await browser.post("/models/install", csrf=csrf, name="vosk-large", force="1")
        assert p.asked(InstallModels) == [
            InstallModels(names=("ru-small",)), InstallModels(names=("vosk-large",), force=True)
        ]  # fmt: skip


async def test_a_job_is_seen_by_reloading_and_by_itself(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stocked(p, {"job": JOB})
        p.core.answers[ShowModelsJob] = lambda _: {"job": JOB | {"received": 45_000_000}}
        browser = await p.browser("анна")
        shown = (await browser.get("/models")).text
        assert 'value="50"' in shown
        assert '<meta http-equiv="refresh"' in shown
        async with window(p, browser, "/models/events") as w:
            await listening(p, "анна")
            p.core.tell(ModelsChanged(do="install", state="running", received=1, total=2))
            (put,) = (await w.until("put"))["data"]
            assert put["to"] == "job"
            assert 'value="75"' in put["html"]
            stocked(p, {"job": JOB | {"state": "done"}})
            p.core.tell(ModelsChanged(do="install", state="done"))
            assert [one["to"] for one in (await w.until("put"))["data"]] == ["job", "stock"]


async def test_a_broken_download_says_that_it_goes_on(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stocked(p, {"job": JOB | {"state": "failed", "problem": "no network"}})
        shown = (await (await p.browser("анна")).get("/models")).text
        assert "no network" in shown
        assert "загрузка продолжится с того места" in shown


async def test_what_the_core_refuses_is_told_on_the_page(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stocked(p)

        def busy(_: Any) -> Any:
            raise NotDone("С моделями уже что-то делается.", 409, "busy", "Дождитесь конца.")

        p.core.answers[VerifyModels] = p.core.answers[RemoveModel] = busy
        browser = await p.browser("анна")
        for path in ("/models/verify", "/models/remove"):
            answer = await browser.post(path, csrf=await p.csrf(browser), name="irina")
            assert answer.status_code == 409
            assert "Дождитесь конца." in answer.text


async def test_a_chosen_model_is_a_setting_that_can_be_taken_back(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stocked(p)
        p.core.answers[UseModel] = lambda _: {"key": "tts.voice", "value": "irina", "restart": ["secretary-speech"]}
        p.core.answers[ListChanges] = lambda _: {"changes": [{"number": 5}]}
        browser = await p.browser("анна")
        await browser.post("/models/use", csrf=await p.csrf(browser), name="irina")
        shown = (await browser.get("/models")).text
        assert "заработает после перезапуска." in shown
        assert 'action="/changes/5/undo"' in shown


async def test_a_measurement_is_begun_shown_and_recommends(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        stocked(p)
        p.core.answers[RunBench] = lambda _: {"job": MEASURED}
        browser = await p.browser("анна")
        assert "За минуту коробка измерит" in (await browser.get("/models")).text
        await browser.post("/models/bench", csrf=await p.csrf(browser))
        assert p.asked(RunBench)
        stocked(p, measured=MEASURED)
        async with window(p, browser, "/models/events") as w:
            await listening(p, "анна")
            p.core.tell(BenchChanged(state="done"))
            (put,) = (await w.until("put"))["data"]
        assert (put["to"], put["how"]) == ("bench", "outer")
        assert "Этой коробке подходит qwen-1.5b." in put["html"]
        assert "читает 400,0, пишет 20,0 токенов/с" in put["html"]


async def test_names_of_models_stay_text(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        bad = SMALL | {"name": HOSTILE, "about": HOSTILE, "licence": HOSTILE, "installed": True, "active": False}
        stocked(p, {"models": [bad], "job": JOB | {"names": [HOSTILE], "file": HOSTILE}})
        shown = (await (await p.browser("анна")).get("/models")).text
        assert "alert(1)" in shown
        assert "<script>alert" not in shown


async def test_a_phrase_is_said_in_the_voice_of_the_calls(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        p.core.answers[Speak] = lambda request: {"wav": base64.b64encode(request.text.encode()).decode()}
        browser = await p.browser("анна")
        shown = (await browser.get("/models/try?say=%D0%90%D0%B3%D0%B0%20%26%20x")).text
        assert 'src="/models/try/said.wav?text=%D0%90%D0%B3%D0%B0+%26+x"' in shown
        sound = await browser.get("/models/try/said.wav?text=%D0%90%D0%B3%D0%B0")
        assert sound.content.decode() == "Ага"
        assert (await browser.get("/models/try/said.wav?text=")).status_code == 404


async def test_the_model_is_asked_and_its_answer_stays_text(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        p.core.answers[AskModel] = lambda _: {"text": HOSTILE, "first": 0.5, "took": 2.0}
        browser = await p.browser("анна")
        answer = await browser.post("/models/try/ask", csrf=await p.csrf(browser), text="  Сколько\nвремени?  ")
        assert p.asked(AskModel) == [AskModel(text="Сколько времени?")]
        assert "&lt;script&gt;alert(1)" in answer.text
        assert "первое слово через 0,5 с, всё за 2,0 с" in answer.text


async def test_during_a_call_trying_is_refused_in_the_core_s_words(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:

        def refuse(_: Any) -> Any:
            raise NotDone("Идёт звонок: машина занята им.", 409, "call_running", "Попробуйте после звонка.")

        p.core.answers[AskModel] = refuse
        browser = await p.browser("анна")
        answer = await browser.post("/models/try/ask", csrf=await p.csrf(browser), text="ау")
        assert answer.status_code == 409
        assert "Попробуйте после звонка." in answer.text


def recording() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x01\x00" * 800)
    return out.getvalue()


async def test_a_recording_is_recognised_and_what_is_none_is_told(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        p.core.answers[Transcribe] = lambda _: {"text": "добрый день", "confidence": 0.9, "seconds": 0.1, "took": 0.2}
        browser = await p.browser("анна")
        headers = {
            "x-csrf-token": await p.csrf(browser),
            "sec-fetch-site": "same-origin",
            "content-type": "application/octet-stream",
        }
        heard = await browser.http.post("/models/try/hear", content=recording(), headers=headers)
        assert "добрый день" in heard.text
        assert "уверенность 90" in heard.text
        refused = await browser.http.post("/models/try/hear", content=b"GIF89a", headers=headers)
        assert refused.status_code == 422
        assert "Это не звук" in refused.text


@pytest.mark.parametrize("role", ["operator", "editor", "viewer"])
async def test_only_who_manages_sees_models(tmp_path: Path, role: str) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", role)
        for path in ("/models", "/models/try", "/models/events"):
            assert (await browser.get(path)).status_code == 403


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from([*STOCK]),
        junk | st.lists(st.dictionaries(st.sampled_from([*SMALL, "models"]), junk), max_size=3),
    ),
    st.dictionaries(st.sampled_from([*JOB]), junk | st.just("running") | st.just("done")),
    st.dictionaries(
        st.sampled_from([*MEASURED]),
        junk | st.just("done") | st.dictionaries(st.sampled_from([*MEASURED["result"]]), junk),
    ),
)
def test_whatever_another_version_tells_makes_a_page(found: Any, work: Any, measured: Any) -> None:
    for say in TEXTS.values():
        stock(found, say)
        job(work, say)
        bench(measured, say)
