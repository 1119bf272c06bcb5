"""Talking with the model in a true browser: typed, spoken into a microphone that plays a caller's question, heard."""

import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr
from playwright.sync_api import Browser, Page, Playwright, expect

from hw.simulator import callers
from tests.fakes.browser import MICROPHONE, Visit, chromium, visiting
from tests.webui.browser.conftest import LiveBox
from tests.webui.browser.test_every_page import LOOKS, look_at

pytestmark = pytest.mark.browser

ANSWER_MS = 120_000
RATE = 48_000
QUIET_SECONDS = 4
HEARS = """
window.played = []; window.ended = 0;
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  window.played.push(this.src);
  this.addEventListener("ended", () => { window.ended += 1; }, { once: true });
  return play.call(this);
};
"""
"""Notes what is played, and what was heard to its end."""


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A caller who asks for the opening hours, then is quiet; Chromium plays it over and over."""
    with wave.open(str(Path(callers.__file__).parent / "ask_hours.wav")) as file:
        rate, pcm = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")
    loud = soxr.resample(pcm.astype(np.float32) / 32768, rate, RATE)
    whole = np.concatenate([np.zeros(RATE // 2), loud, np.zeros(RATE * QUIET_SECONDS)])
    path = tmp_path_factory.mktemp("microphone") / "question.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(np.rint(np.clip(whole, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def speaking(player: Playwright, question: Path) -> Iterator[Browser]:
    """A browser whose microphone hears that."""
    with chromium(player, *MICROPHONE, f"--use-file-for-fake-audio-capture={question}") as found:
        yield found


@pytest.fixture
def spoken_to(box: LiveBox, speaking: Browser, cookies: Callable[[str, str], object]) -> Iterator[Visit]:
    """A window of an owner who may use the microphone."""
    state = cookies("анна", "admin")
    with visiting(speaking, box.url, state=state, permissions=("microphone",)) as window:
        window.page.add_init_script(HEARS)
        yield window


def asked(page: Page, text: str) -> None:
    """A question, typed, and its answer waited for."""
    page.fill("#f-text", text)
    page.click("#compose .btn.primary")
    page.locator("#talk .theirs", has_text=text).last.wait_for()
    expect(page.locator("#talk > li").last).to_have_class("ours", timeout=ANSWER_MS)


def test_a_question_is_typed_answered_word_by_word_and_made_anew(visit: Callable[..., Visit]) -> None:
    page = visit("анна").go("/chat")
    page.fill("#f-text", "Как вы работаете?")
    page.click("main .form .btn.primary")
    page.wait_for_url("**/chat/*")
    expect(page.locator("#talk > li").last).to_have_class("ours", timeout=ANSWER_MS)
    expect(page.locator("h1")).to_have_text("Как вы работаете?")
    first = page.locator("#talk > li.ours").get_attribute("id")
    page.locator("#talk details summary").click()
    expect(page.locator("#talk dl")).to_contain_text("Модель")
    page.locator("[data-again] button").click()
    expect(page.locator(f"#{first}")).to_have_count(0)
    expect(page.locator("#talk > li").last).to_have_class("ours", timeout=ANSWER_MS)
    expect(page.locator("#talk > li")).to_have_count(2)
    asked(page, "Где вы находитесь?")
    expect(page.locator("#talk > li")).to_have_count(4)
    page.reload()
    expect(page.locator("#talk > li")).to_have_count(4)


def test_a_chat_is_renamed_found_deleted_and_brought_back(visit: Callable[..., Visit]) -> None:
    page = visit("анна").go("/chat")
    page.click("main .form .btn.primary")
    page.wait_for_url("**/chat/*")
    page.click("[data-opens=settings]")
    page.fill("#f-name", "Синий кит")
    page.click("#rename .btn")
    expect(page.locator("h1")).to_have_text("Синий кит")
    page.click("[data-opens=settings]")
    page.fill("#f-prompt", "Ты — попугай.")
    page.click("#chosen .btn.primary")
    page.click("[data-opens=settings]")
    expect(page.locator("#f-prompt")).to_have_value("Ты — попугай.")
    page.click("#settings form[action$=reset] button")
    page.click("[data-opens=settings]")
    expect(page.locator("#f-prompt")).not_to_have_value("Ты — попугай.")
    page.click("form[action$=delete] button")
    page.locator(".bread button", has_text="Отменить").click()
    expect(page.locator("h1")).to_have_text("Синий кит")
    page.goto(page.url.rpartition("/chat/")[0] + "/chat?q=кит")
    expect(page.locator("#list .row-link")).to_have_count(1)


def test_what_is_said_into_the_microphone_is_asked_answered_and_heard(spoken_to: Visit) -> None:
    page = spoken_to.go("/chat")
    page.click("[data-mic]")
    page.wait_for_url("**/chat/*", timeout=ANSWER_MS)
    expect(page.locator("#talk .theirs .words")).to_contain_text("график работы", timeout=ANSWER_MS)
    expect(page.locator("#talk > li").last).to_have_class("ours", timeout=ANSWER_MS)

    page.click("#voice")
    expect(page.locator("#voice-state")).to_have_text("Слушаю…")
    expect(page.locator("#talk .theirs")).to_have_count(2, timeout=ANSWER_MS)
    page.wait_for_function("() => window.played.length > 0", timeout=ANSWER_MS)
    page.wait_for_function("() => window.ended > 0", timeout=ANSWER_MS)
    expect(page.locator("#voice-state")).to_have_text("Слушаю…", timeout=ANSWER_MS)
    page.click("#voice")
    expect(page.locator("#voice")).to_have_attribute("aria-pressed", "false")
    assert spoken_to.axe() == []


def test_an_answer_is_heard_by_its_button(visit: Callable[..., Visit]) -> None:
    window = visit("анна")
    window.page.add_init_script(HEARS)
    page = window.go("/chat")
    page.locator("#list .row-link").first.click()
    asked(page, "Сколько стоит?")
    page.locator("#talk a[data-says]").last.click()
    page.wait_for_function("() => window.ended > 0", timeout=ANSWER_MS)
    expect(page.locator("#talk a[data-says]").last).not_to_have_attribute("aria-pressed", "true")


def test_a_question_of_the_faq_is_tried_by_voice(spoken_to: Visit) -> None:
    page = spoken_to.go("/faq")
    page.click("[data-mic]")
    page.locator("#tried .mark").wait_for(timeout=ANSWER_MS)
    assert "график работы" in page.input_value("#f-heard")
    assert spoken_to.axe() == []


def test_a_page_that_is_not_secure_says_why_there_is_no_microphone(visit: Callable[..., Visit]) -> None:
    window = visit("анна")
    window.page.add_init_script("Object.defineProperty(globalThis, 'isSecureContext', { get: () => false })")
    page = window.go("/chat")
    expect(page.locator("[data-mic]")).to_be_disabled()
    expect(page.locator("#mic-off a")).to_have_attribute("href", "/trust")
    assert window.axe() == []


def test_without_a_script_one_asks_and_reads_all_the_same(visit: Callable[..., Visit]) -> None:
    page = visit("анна", javascript=False).go("/chat")
    page.fill("#f-text", "Есть ли парковка?")
    page.click("main .form .btn.primary")
    page.wait_for_url("**/chat/*")
    late = time.monotonic() + ANSWER_MS / 1000
    while page.locator("#talk .ours:not(.open)").count() == 0:  # a reader's browser does it by itself, every 5 s
        assert time.monotonic() < late
        page.reload()
    expect(page.locator("[data-mic]")).to_be_hidden()


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_a_chat_is_well_in_every_look(visit: Callable[..., Visit], language: str, theme: str, width: int) -> None:
    window = visit("анна", language=language, theme=theme, width=width)
    page = window.go("/chat")
    path = page.locator("#list .row-link").first.get_attribute("href")
    assert path is not None
    look_at(window, path, f"chat-talk-{language}-{theme}-{width}")
    page.locator("#talk details summary").first.click()
    page.click("[data-opens=settings]")
    assert window.axe() == []
    assert not window.is_wide()
