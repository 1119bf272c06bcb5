"""A true call on the simulated line, as two windows of Chromium see it."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.fakes.browser import Visit
from tests.webui.browser.conftest import LiveBox

pytestmark = pytest.mark.browser

CALL_MS = 120_000
SHOWN_SECONDS = 1.0
"""From an event of the core to the screen."""


def test_a_call_is_shown_while_it_goes_on_and_one_steps_in(box: LiveBox, visit: Callable[..., Visit]) -> None:
    phone, desk = visit("анна", width=390), visit("анна", width=1280)
    page, home = phone.go("/live"), desk.go("/")
    expect(page.locator("#live-head .going")).to_have_count(0)
    shown = page.evaluate_handle(
        """() => new Promise((done) => {
            const seen = () => document.querySelector(".going") && done(Date.now() / 1000);
            new MutationObserver(seen).observe(document.getElementById("live-head"), {childList: true, subtree: true});
        }).then((at) => { window.shownAt = at; }) && 1"""
    )
    assert shown
    ringing = box.ring("silent_caller")
    page.locator(".going").wait_for(timeout=CALL_MS)
    rang = box.wait(box.box.told.first(lambda one: type(one.event).__name__ == "CallRang", since=ringing.told))
    assert page.evaluate("window.shownAt") - rang.at < SHOWN_SECONDS
    expect(home.locator(".now.busy")).to_be_visible(timeout=CALL_MS)
    page.locator("#live-talk .ours").first.wait_for(timeout=CALL_MS)
    assert phone.axe() == []
    assert not phone.is_wide()

    page.fill("[name=text]", "Одну минуту, пожалуйста.")
    page.click("form[data-clears] .btn.primary")
    expect(page.locator(".bread p")).to_have_text("Сейчас прозвучит.", timeout=CALL_MS)
    expect(page.locator("[name=text]")).to_have_value("")
    said = page.locator("#live-talk .ours", has_text="Одну минуту, пожалуйста.")
    said.first.wait_for(timeout=CALL_MS)
    page.click("form[action='/live/hangup'] button")
    page.locator(".now.off").wait_for(timeout=CALL_MS)
    box.wait(box.box.over(ringing))
    expect(home.locator(".now.busy")).to_have_count(0, timeout=CALL_MS)
    expect(home.locator("#day .rows li").first).to_be_visible()


def test_signing_out_elsewhere_closes_an_open_page_within_a_second(visit: Callable[..., Visit]) -> None:
    watching = visit("petr", "operator")
    page = watching.go("/live")
    other = visit("petr", "operator").go("/account")
    began = time.monotonic()
    other.click("form[action='/signout'] button")
    page.wait_for_url("**/signin?next=**")
    assert time.monotonic() - began < 4.0, "a second, and a page's load on a busy machine"
