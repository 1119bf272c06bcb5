"""From the first owner's link through every screen to a first simulated call, answered and seen live."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from secretaryd.control.protocol.backup import CreateBackup, ShowBackupJob
from secretaryd.control.protocol.users import ShowSetUp
from tests.fakes.browser import PASSWORD, WIDTHS, Visit, visiting
from tests.webui.browser.conftest import LiveBox
from webui import i18n
from webui.wizard_view import PATHS

pytestmark = pytest.mark.browser

CALL_MS = 120_000
SHOTS = os.environ.get("SECRETARY_SCREENSHOTS", "")
LOOKS = (("ru", "light"), ("en", "dark"))
PLAYED = """() => new Promise((done) => {
    const sound = document.querySelector("#heard audio");
    const look = () => sound.currentTime > 0.2 ? done(sound.duration) : setTimeout(look, 50);
    look();
})"""
TEXTS = i18n.load()
RU = TEXTS["ru"]


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBox]:
    """A box that nobody owns."""
    live = LiveBox(tmp_path_factory.mktemp("z"))
    yield live
    live.close()


def look(window: Visit, path: str, name: str) -> None:
    """A screen in both themes and languages, on a phone and a desk; left in Russian."""
    page = window.page
    for language, theme in LOOKS:
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            window.go(f"{path}?lang={language}&theme={theme}")
            if SHOTS:
                Path(SHOTS).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=f"{SHOTS}/wizard-{name}-{language}-{theme}-{width}.png", full_page=True)
            assert page.locator("h1").count() == 1
            assert not window.is_wide(), f"{path} scrolls sideways at {width}"
            assert window.axe() == [], (path, language, theme, width)
    window.go(f"{path}?lang=ru&theme=light")


def press(page: Page, do: str) -> None:
    page.click(f"button[name=do][value={do}]")


def become_owner(window: Visit, link: str) -> None:
    """From the link to the first screen of the owner's."""
    page = window.page
    window.go("/" + link.split("/", 3)[3])
    expect(page).to_have_url(f"{window.url}{PATHS['language']}")
    look(window, PATHS["language"], "1-language")
    page.click("button[name=lang][value=ru]")
    expect(page).to_have_url(f"{window.url}{PATHS['owner']}?lang=ru")
    look(window, PATHS["owner"], "2-owner")
    page.fill("[name=user]", "Анна")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click("main .primary")
    expect(page).to_have_url(f"{window.url}{PATHS['company']}")


def hear_the_greeting(window: Visit) -> None:
    page = window.page
    look(window, PATHS["company"], "3-company")
    page.fill("[name=company]", "Гудок")
    page.fill("[name=greeting]", "Добрый день! Компания {company}, я {name}.")
    press(page, "hear")
    page.locator("#heard audio").wait_for()
    assert page.input_value("[name=company]") == "Гудок", "what one typed stays"
    assert page.evaluate(PLAYED) > 1.0, "seconds of greeting, and they are being played"
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/wizard-3-company-heard.png", full_page=True)
    assert window.axe() == []
    press(page, "next")
    expect(page).to_have_url(f"{window.url}{PATHS['line']}")


def open_the_sim(box: LiveBox, window: Visit) -> None:
    """A wrong PIN, the same again, the right one."""
    page = window.page
    look(window, PATHS["line"], "4-line-pin")
    expect(page.locator("#pin")).to_contain_text(RU.count("wizard.pin.left", 3))
    for words in (RU("wizard.pin.wrong"), RU("wizard.pin.refused_before")):
        page.fill("[name=pin]", "0000")
        press(page, "pin")
        expect(page.locator("#h-pin")).to_have_text(words)
        expect(page.locator("#pin")).to_contain_text(RU.count("wizard.pin.left", 2))
    window.seen.complaints.clear()  # the browser tells of the two refusals
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/wizard-4-line-wrong.png", full_page=True)
    assert window.axe() == []
    page.fill("[name=pin]", "4321")
    press(page, "pin")
    expect(page.locator("#pin")).to_have_count(0)
    page.locator(".verdict.ok").wait_for(timeout=CALL_MS)
    look(window, PATHS["line"], "4-line")
    page.fill("[name=number]", "8 916 123-45-67")
    press(page, "next")
    expect(page).to_have_url(f"{window.url}{PATHS['models']}")
    accepted = [event["accepted"] for event in box.box.noticed.items if event["kind"] == "pin_tried"]
    assert accepted == [False, True], "the same wrong PIN was not tried twice"


def keep_the_key(window: Visit) -> None:
    page = window.page
    look(window, PATHS["key"], "6-key")
    press(page, "make")
    shown = page.locator(".secret").inner_text()
    assert shown.startswith("AGE-SECRET-KEY-1")
    look(window, PATHS["key"], "6-key-shown")
    assert page.locator(".secret").inner_text() == shown
    press(page, "kept")
    assert PATHS["key"] in page.url, "the box has to be ticked first"
    page.check("[name=kept]")
    press(page, "kept")
    expect(page).to_have_url(f"{window.url}/")


def lock_the_sim(box: LiveBox) -> None:
    box.wait(box.box.simulator.faults("sim_pin", pin="4321"))
    box.wait(box.box.simulator.faults("reboot"))
    box.wait(box.box.until(lambda status: status["modem"]["sim"] == "pin_required", seconds=90.0))


def test_from_the_link_to_the_first_call_seen_live(fresh: LiveBox, browser: Browser) -> None:
    with visiting(browser, fresh.url) as window:
        look(window, "/", "0-find")
        expect(window.page).to_have_url(f"{fresh.url}/setup")
        link = fresh.ask(ShowSetUp())["link"]
        assert link.startswith(f"{fresh.url}/setup?token=")
        assert link not in fresh.wait(fresh.box.page("/setup"))[1]
        become_owner(window, link)
        look(window, "/setup/restore", "1-restore")
        window.go(PATHS["company"])
        hear_the_greeting(window)
    assert fresh.ask(ShowSetUp())["link"] is None

    lock_the_sim(fresh)
    with visiting(browser, fresh.url, check=False) as window:  # another browser: it goes on where it was
        page = window.go("/signin")
        page.fill("[name=user]", "Анна")
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.locator("#trial").wait_for()
        look(window, "/", "7-unfinished")
        page.click("#trial .primary")
        expect(page).to_have_url(f"{window.url}{PATHS['line']}")
        open_the_sim(fresh, window)
        look(window, PATHS["models"], "5-models")
        press(page, "next")
        expect(page).to_have_url(f"{window.url}{PATHS['key']}")
        keep_the_key(window)
        see_the_first_call(fresh, window)
        window.seen.check()


def see_the_first_call(box: LiveBox, window: Visit) -> None:
    page = window.page
    expect(page.locator("#trial .number")).to_have_text("+79161234567")
    look(window, "/", "7-call")
    ringing = box.ring("opening_hours")
    page.locator(".now.busy .lamp.busy").first.wait_for(timeout=CALL_MS)
    page.click("#trial a[href='/live']")
    page.locator("#live-talk .ours, #live-open .ours").first.wait_for(timeout=CALL_MS)
    expect(page.locator("#live-talk")).to_contain_text("Гудок", timeout=CALL_MS)
    evidence = box.wait(box.box.over(ringing))
    assert evidence.record["passed"], evidence.record["checks"]
    window.go("/")
    expect(page.locator("#trial")).to_contain_text(RU("wizard.trial.works"))
    look(window, "/", "7-works")
    page.click("#trial .quiet")
    expect(page.locator("#trial")).to_have_count(0)


def test_a_backup_is_brought_back_and_the_owner_stays_one(fresh: LiveBox, browser: Browser) -> None:
    fresh.ask(CreateBackup())
    fresh.wait(until_done(fresh))
    with visiting(browser, fresh.url, javascript=False, check=False) as window:
        link = fresh.ask(ShowSetUp())["link"]
        page = window.go("/" + link.split("/", 3)[3])
        page.check("[name=restore]")
        page.click("button[name=lang][value=ru]")
        page.fill("[name=user]", "Анна")
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=again]", PASSWORD)
        page.click("main .primary")
        expect(page).to_have_url(f"{fresh.url}/setup/restore")
        press(page, "look")
        while page.locator("[name=sure]").count() == 0:
            page.reload()
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/wizard-8-held.png", full_page=True)
        assert RU("wizard.restore.what.you") in page.locator("main").inner_text()
        page.check("[name=sure]")
        press(page, "go")
        while page.locator("button[value=on]").count() == 0:
            page.goto(f"{fresh.url}/setup/restore")
        press(page, "on")
        expect(page).to_have_url(f"{fresh.url}{PATHS['line']}")
        fresh.wait(fresh.box.until(lambda status: bool(status["modem"]["up"])))


async def until_done(box: LiveBox) -> None:
    while (job := (await box.box.control.ask(ShowBackupJob()))["job"]) is None or job["state"] == "running":
        pass
    assert job["state"] == "done", job
