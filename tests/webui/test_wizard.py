"""The first set-up over a core in memory, by plain forms: who may, what is kept, what a second click does."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from secretaryd.control.protocol import CountCalls
from secretaryd.control.protocol.backup import ListBackups, MakeBackupKey, RestoreBackup, VerifyBackup
from secretaryd.control.protocol.content import SetConfig, SetPersona, ShowPersona
from secretaryd.control.protocol.hearing import Speak
from secretaryd.control.protocol.models import ImportModels, InstallModels, ListModels, StopModels, UseModel
from secretaryd.control.protocol.sim import EnterPin, ShowSim
from tests.fakes.page_box import PASSWORD, Browser, Page, open_page
from tests.fakes.status_tree import WELL
from webui import i18n, wizard_restore, wizard_screens
from webui.errors import NotDone
from webui.wizard_marks import STEPS, Mark
from webui.wizard_view import PATHS, bar, bundles, checks, greeting_of, number_of, pin_left, takes_calls, token_of

TOKEN = "A" * 43
KIT = "AGE-SECRET-KEY-1" + "Q" * 58
TEXTS = i18n.load()
RU = TEXTS["ru"]
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
PERSONA: dict[str, Any] = {
    "id": "gulya", "own": False, "name": "Гуля", "company": "Ромашка", "style": "", "version": "v1",
    "greeting": "Здравствуйте! {company}, {name}.", "text": "", "facts": [],
}  # fmt: skip
MODELS: dict[str, Any] = {
    "models": [], "active": {"stt": "starter", "tts": "starter", "llm": "starter"}, "job": None,
    "free_memory_mb": 3000, "free_disk_mb": 20000,
    "bundles": [
        {"name": "en-small", "models": ["e"], "memory_mb": 900, "download_mb": 400, "installed": False},
        {"name": "ru-small", "models": ["v", "p"], "memory_mb": 900, "download_mb": 400, "installed": False},
        {"name": "ru-large", "models": ["big"], "memory_mb": 9000, "download_mb": 4000, "installed": False},
    ],
}  # fmt: skip


class Fresh:
    """A box that waits for its owner, as the page sees it."""

    def __init__(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        self.page, self.core = page, page.core
        self.core.invitations = {TOKEN: ""}
        self.open = True
        self.modem: dict[str, Any] = {**WELL["modem"], "registered": True}
        self.models: dict[str, Any] = dict(MODELS)
        self.backups: dict[str, Any] = {"folder": "/b", "backups": [], "owner_key": False, "job": None}
        self.number = ""
        self.pins: list[EnterPin] = []
        monkeypatch.setattr(page.core, "status", self.status)
        self.core.answers |= {
            ShowPersona: lambda _: PERSONA,
            SetPersona: lambda _: {},
            Speak: lambda _: {"wav": base64.b64encode(b"RIFF").decode(), "seconds": 1.0, "voice": "starter"},
            ShowSim: lambda _: {"sim": {"number": self.number}},
            SetConfig: self._set,
            EnterPin: self._pin,
            ListModels: lambda _: self.models,
            InstallModels: lambda _: {"job": {}},
            ImportModels: lambda _: {"job": {}},
            StopModels: lambda _: {"stopped": True},
            UseModel: lambda _: {"restart": ["secretaryd"]},
            ListBackups: lambda _: self.backups,
            MakeBackupKey: self._make_key,
            VerifyBackup: lambda _: {"job": {}},
            RestoreBackup: lambda _: {"job": {}},
        }

    async def status(self) -> dict[str, Any]:
        alerts = [{"code": "setup.open", "level": "warning", "text": "x"}] if self.open and not self.core.roles else []
        return {**WELL, "box": {**WELL["box"], "language": "ru"}, "modem": self.modem, "alerts": alerts}

    def _set(self, asked: SetConfig) -> Any:
        assert asked.key == "sim.number"
        self.number = asked.value
        return {"restart": []}

    def _pin(self, asked: EnterPin) -> Any:
        self.pins.append(asked)
        if asked.pin == "4321":
            self.modem = {**self.modem, "sim": "ready"}
            return {"opened": True, "sim": "ready", "left": 3}
        left = 3 - len(self.pins)
        return {"opened": False, "sim": "puk_required" if left <= 0 else "pin_wrong", "left": left}

    def _make_key(self, _: MakeBackupKey) -> Any:
        if self.backups["owner_key"]:
            raise NotDone("Ключ уже есть.", 409, "kit_there")
        self.backups = {**self.backups, "owner_key": True}
        return {"secret": KIT, "public": "age1x"}

    async def with_link(self) -> Browser:
        """A browser that has opened the link."""
        browser = await self.page.browser()
        assert (await browser.get(f"/setup?token={TOKEN}")).headers["location"] == PATHS["language"]
        return browser

    async def owner(self) -> Browser:
        """One whose user became the owner."""
        browser = await self.with_link()
        assert (await browser.post(PATHS["owner"], **FORM)).headers["location"] == PATHS["company"]
        return browser

    async def send(self, browser: Browser, path: str, **form: str) -> Any:
        return await browser.post(path, csrf=await self.page.csrf(browser), **form)


FORM = {"user": "Анна", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
async def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with open_page(tmp_path) as page:
        yield Fresh(page, monkeypatch)


# --- the way in -------------------------------------------------------------------------------------------------------


async def test_who_opens_a_box_without_an_owner_is_told_where_the_link_is_found(fresh: Fresh) -> None:
    browser = await fresh.page.browser()
    assert (await browser.get("/")).headers["location"] == "/setup"
    text = (await browser.get("/setup")).text
    for words in ("secretaryctl setup", "secretary-setup.txt", RU("wizard.find.screen")):
        assert words in text
    assert TOKEN not in text
    fresh.open = False
    assert (await browser.get("/")).status_code == 200
    assert (await browser.get("/setup")).headers["location"] == "/signin?next=/setup"


@pytest.mark.parametrize("path", ["/setup/language", "/setup/owner"])
async def test_nobody_sees_a_screen_without_the_link(fresh: Fresh, path: str) -> None:
    browser = await fresh.page.browser()
    assert (await browser.get(path)).headers["location"] == "/setup"
    for step in STEPS[2:]:
        assert (await browser.get(PATHS[step])).headers["location"].startswith("/signin?next=")
        assert (await browser.post(PATHS[step], do="next")).status_code == 401


async def test_a_pasted_link_is_taken_and_nonsense_is_told(fresh: Fresh) -> None:
    browser = await fresh.page.browser()
    link = f"http://secretary.local/setup?token={TOKEN}"
    taken = await browser.http.get("/setup", params={"token": f"  {link} "})
    assert taken.headers["location"] == PATHS["language"]
    assert "httponly" in taken.headers["set-cookie"].lower()
    assert "path=/setup" in taken.headers["set-cookie"].lower()
    refused = await browser.http.get("/setup", params={"token": HOSTILE})
    assert refused.status_code == 400
    assert RU("wizard.find.bad") in refused.text
    assert token_of("x" * 19) == token_of("ы" * 43) == ""


async def test_the_link_makes_one_owner_once(fresh: Fresh) -> None:
    first, second = await fresh.with_link(), await fresh.with_link()
    shown = (await first.get(f"{PATHS['owner']}?lang=en")).text
    assert TEXTS["en"]("wizard.owner.make") in shown
    assert TOKEN not in shown, "it stands in a cookie of these pages alone"
    came = await first.post(PATHS["owner"], **FORM)
    assert came.headers["location"] == PATHS["company"]
    assert first.token
    assert (await first.get(PATHS["company"])).status_code == 200
    stranger = {"user": "Мэллори", "password": "совсем другие слова 8", "again": "совсем другие слова 8"}
    late = await second.post(PATHS["owner"], **stranger)
    assert late.status_code == 403
    assert not second.token
    assert RU("wizard.owner.anew") in late.text
    assert fresh.core.roles == {"Анна": "admin"}


async def test_the_owners_form_sent_twice_is_as_good_as_once(fresh: Fresh) -> None:
    browser, same, other = await fresh.with_link(), await fresh.with_link(), await fresh.with_link()
    await browser.post(PATHS["owner"], **FORM)
    again = await same.post(PATHS["owner"], **FORM)
    assert (again.status_code, again.headers["location"]) == (303, PATHS["company"])
    assert (await same.get(PATHS["company"])).status_code == 200
    wrong = await other.post(PATHS["owner"], **{**FORM, "password": "семь пядей во лбу", "again": "семь пядей во лбу"})
    assert wrong.status_code == 403, "the link is used up, and that is not the password"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"again": "x"}, "password.differ"),
        ({"password": "short", "again": "short"}, "password.short"),
        ({"password": "password1234", "again": "password1234"}, "password.guessable"),
    ],
)
async def test_a_weak_password_does_not_use_the_link_up(fresh: Fresh, change: dict[str, str], text: str) -> None:
    browser = await fresh.with_link()
    refused = await browser.post(PATHS["owner"], **{**FORM, **change})
    assert (refused.status_code, RU(text) in refused.text) == (400, True)
    assert 'value="Анна"' in refused.text
    assert (await browser.post(PATHS["owner"], **FORM)).status_code == 303


async def test_an_old_link_is_told_with_the_place_of_the_new_one(fresh: Fresh) -> None:
    browser = await fresh.with_link()
    fresh.core.invitations = {"B" * 43: ""}
    refused = await browser.post(PATHS["owner"], **FORM)
    assert refused.status_code == 403
    assert RU("wizard.owner.anew") in refused.text


async def test_another_site_cannot_become_the_owner(fresh: Fresh) -> None:
    browser = await fresh.with_link()
    forged = await browser.http.post(PATHS["owner"], data=FORM, headers={"sec-fetch-site": "cross-site"})
    assert forged.status_code == 403
    assert fresh.core.roles == {}


async def test_who_wants_his_backup_back_comes_to_it_first(fresh: Fresh) -> None:
    browser = await fresh.with_link()
    assert 'name="restore" value="1"' in (await browser.get(f"{PATHS['owner']}?restore=1")).text
    came = await browser.post(PATHS["owner"], restore="1", **FORM)
    assert came.headers["location"] == "/setup/restore"


async def test_it_goes_on_where_it_was_on_another_device(fresh: Fresh) -> None:
    browser = await fresh.owner()
    await fresh.send(browser, PATHS["company"], do="skip")
    phone = await fresh.page.browser()
    await phone.sign_in()
    home = (await phone.get("/")).text
    assert RU("wizard.trial.unfinished") in home
    assert RU("wizard.trial.unfinished.text", seen=3, of=6) in home
    assert (await phone.get("/setup")).headers["location"] == PATHS["line"]
    shown = (await phone.get(PATHS["owner"])).text
    assert RU("wizard.owner.there") in shown, "back is possible, and makes no second owner"
    await fresh.page.browser("boris", "operator")
    assert RU("wizard.trial.unfinished") not in (await (await fresh.page.browser("boris", "operator")).get("/")).text


async def test_a_box_from_before_the_wizard_is_not_asked_for_it(fresh: Fresh) -> None:
    fresh.open = False
    browser = await fresh.page.browser("Анна")
    assert RU("wizard.trial.unfinished") not in (await browser.get("/")).text
    assert (await browser.get("/setup")).headers["location"] == "/"


# --- company and greeting ---------------------------------------------------------------------------------------------


async def test_a_greeting_is_heard_before_it_is_kept(fresh: Fresh) -> None:
    browser = await fresh.owner()
    typed = {"name": "Лидия", "company": "Гудок", "greeting": "Добрый день, {company}! Я {name}."}
    page = await fresh.send(browser, PATHS["company"], do="hear", **typed)
    source = re.search(r'<audio[^>]* src="([^"]+)"', page.text)
    assert source is not None
    sound = await browser.get(source[1].replace("&amp;", "&"))
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/wav")
    assert fresh.page.asked(Speak)[-1].text == "Добрый день, Гудок! Я Лидия."
    assert fresh.page.asked(SetPersona) == []
    kept = await fresh.send(browser, PATHS["company"], do="next", **{**typed, "name": "Гуля"})
    assert kept.headers["location"] == PATHS["line"]
    assert fresh.page.asked(SetPersona) == [SetPersona(company="Гудок", greeting=typed["greeting"])]
    assert (await browser.get("/setup/greeting.wav?greeting=%20")).status_code == 404


async def test_what_the_core_refuses_is_told_with_what_was_typed(fresh: Fresh) -> None:
    def refuse(_: Any) -> Any:
        raise NotDone("Так нельзя.", 422)

    fresh.core.answers[SetPersona] = refuse
    browser = await fresh.owner()
    answer = await fresh.send(browser, PATHS["company"], do="next", name=HOSTILE, company="", greeting="x")
    assert answer.status_code == 422
    assert "Так нельзя." in answer.text
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
    assert (await browser.get("/setup")).headers["location"] == PATHS["company"]


# --- the line ---------------------------------------------------------------------------------------------------------


async def test_a_wrong_pin_is_told_with_what_is_left_and_never_shown(fresh: Fresh) -> None:
    fresh.modem = {**fresh.modem, "sim": "pin_required", "pin_tries": 3, "operator": ""}
    browser = await fresh.owner()
    assert RU.count("wizard.pin.left", 3) in (await browser.get(PATHS["line"])).text
    wrong = await fresh.send(browser, PATHS["line"], do="pin", pin="0911")
    assert wrong.status_code == 409
    assert RU("wizard.pin.wrong") in wrong.text
    assert RU.count("wizard.pin.left", 2) in wrong.text
    assert "0911" not in wrong.text
    assert fresh.pins == [EnterPin(pin="0911")]
    last = await fresh.send(browser, PATHS["line"], do="pin", pin="0912")
    assert RU("wizard.pin.left.last") in last.text
    assert 'name="last"' in last.text
    blocked = await fresh.send(browser, PATHS["line"], do="pin", pin="0913", last="1")
    assert RU("wizard.pin.puk") in blocked.text
    assert fresh.pins[-1].last
    right = await fresh.send(browser, PATHS["line"], do="pin", pin="4321")
    assert right.headers["location"] == PATHS["line"]
    assert RU("wizard.line.sim.ready") in (await browser.get(PATHS["line"])).text


@pytest.mark.parametrize("code", ["last_try", "refused_before", "bad_pin", "no_modem"])
async def test_a_pin_that_is_not_tried_is_told_in_the_readers_words(fresh: Fresh, code: str) -> None:
    def refuse(_: Any) -> Any:
        raise NotDone("in the box's language", 409, code)

    fresh.core.answers[EnterPin] = refuse
    fresh.modem = {**fresh.modem, "sim": "pin_required", "pin_tries": 1}
    browser = await fresh.owner()
    answer = await fresh.send(browser, f"{PATHS['line']}?lang=en", do="pin", pin="1234")
    assert TEXTS["en"](f"wizard.pin.{code}") in answer.text


async def test_the_number_is_kept_as_it_is_dialled_and_a_deaf_line_is_not_done(fresh: Fresh) -> None:
    browser = await fresh.owner()
    bad = await fresh.send(browser, PATHS["line"], do="next", number="звоните")
    assert (bad.status_code, RU("wizard.line.number.bad") in bad.text) == (400, True)
    on = await fresh.send(browser, PATHS["line"], do="next", number="8 (916) 123-45-67")
    assert on.headers["location"] == PATHS["models"]
    assert fresh.number == "+79161234567"
    await fresh.send(browser, PATHS["line"], do="next", number="+7 916 123-45-67")
    assert len(fresh.page.asked(SetConfig)) == 1, "the same number is no change"
    assert (await fresh.page.gate.wizard.progress()).marks["line"] is Mark.DONE
    fresh.modem = {**fresh.modem, "up": False, "reason": "no_port"}
    other = await fresh.page.browser("Вера")
    assert RU("modem.no_port") in (await other.get(PATHS["line"])).text


# --- models -----------------------------------------------------------------------------------------------------------


async def test_models_come_by_network_or_by_a_stick_that_is_there(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, stick = await fresh.owner(), tmp_path / "media" / "STICK"
    monkeypatch.setattr(wizard_screens, "STICKS", (f"{tmp_path}/media/*",))
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path) == stick)
    text = (await browser.get(PATHS["models"])).text
    assert text.index(RU("wizard.bundle.ru-small")) < text.index(RU("wizard.bundle.en-small"))
    assert RU("wizard.models.short") in text
    assert RU("wizard.models.stick.none") in text
    assert (await fresh.send(browser, PATHS["models"], do="install", name="ru-small")).status_code == 303
    assert fresh.page.asked(InstallModels) == [InstallModels(names=("ru-small",))]
    for elsewhere in ("/etc", "", "/media/../etc"):
        await fresh.send(browser, PATHS["models"], do="stick", name=elsewhere)
    assert fresh.page.asked(ImportModels) == []
    stick.mkdir(parents=True)
    (tmp_path / "media" / "folder").mkdir()
    shown = (await browser.get(PATHS["models"])).text
    assert str(stick) in shown
    assert "media/folder" not in shown
    await fresh.send(browser, PATHS["models"], do="stick", name=str(stick))
    assert fresh.page.asked(ImportModels) == [ImportModels(source=str(stick))]


async def test_a_download_is_followed_stopped_and_put_to_use(fresh: Fresh) -> None:
    browser = await fresh.owner()
    running = {"do": "install", "state": "running", "file": "model.gguf", "received": 30, "total": 120, "problem": ""}
    fresh.models = {**MODELS, "job": running}
    text = (await browser.get(PATHS["models"])).text
    assert 'value="25"' in text
    assert "model.gguf" in text
    assert 'value="install"' not in text, "one at a time"

    def busy(_: Any) -> Any:
        raise NotDone("Уже что-то делается.", 409, "busy", "Дождитесь конца.")

    fresh.core.answers[InstallModels] = busy
    second = await fresh.send(browser, PATHS["models"], do="install", name="ru-small")
    assert (second.status_code, "Уже что-то делается." in second.text) == (409, True)
    await fresh.send(browser, PATHS["models"], do="stop")
    assert len(fresh.page.asked(StopModels)) == 1
    small = {**MODELS["bundles"][1], "installed": True}
    fresh.models = {**MODELS, "bundles": [small], "job": {**running, "state": "failed", "problem": "no network"}}
    assert "no network" in (await browser.get(PATHS["models"])).text
    await fresh.send(browser, PATHS["models"], do="use", name="ru-small")
    assert [one.name for one in fresh.page.asked(UseModel)] == ["v", "p"]


# --- the key ----------------------------------------------------------------------------------------------------------


async def test_the_key_is_shown_until_it_is_kept_and_never_after(fresh: Fresh) -> None:
    browser = await fresh.owner()
    assert KIT not in (await browser.get(PATHS["key"])).text
    for _ in range(2):  # sent twice, it is one key all the same
        assert (await fresh.send(browser, PATHS["key"], do="make")).headers["location"] == PATHS["key"]
    assert len(fresh.page.asked(MakeBackupKey)) == 1
    assert KIT in (await browser.get(PATHS["key"])).text
    other = await fresh.page.browser("Вера")
    assert KIT not in (await other.get(PATHS["key"])).text
    assert (await other.get("/setup/key.txt")).status_code == 404
    file = await browser.get("/setup/key.txt")
    assert KIT in file.text
    assert "attachment" in file.headers["content-disposition"]
    hasty = await fresh.send(browser, PATHS["key"], do="kept")
    assert (hasty.status_code, RU("wizard.key.unconfirmed") in hasty.text, KIT in hasty.text) == (400, True, True)
    assert (await fresh.send(browser, PATHS["key"], do="kept", kept="1")).headers["location"] == "/"
    assert KIT not in (await browser.get(PATHS["key"])).text
    assert RU("wizard.key.there") in (await browser.get(PATHS["key"])).text
    assert (await browser.get("/setup/key.txt")).status_code == 404


# --- the end ----------------------------------------------------------------------------------------------------------


async def test_at_the_end_one_calls_and_sees_that_it_works(fresh: Fresh) -> None:
    fresh.number = "+79161234567"
    fresh.core.answers[CountCalls] = lambda _: {"counts": {**fresh.core.counts, "answered": 0}}
    browser = await fresh.owner()
    for step in STEPS[2:]:
        await fresh.send(browser, PATHS[step], do="skip")
    home = (await browser.get("/")).text
    assert 'href="tel:+79161234567"' in home
    fresh.core.answers[CountCalls] = lambda _: {"counts": {**fresh.core.counts, "answered": 1}}
    home = (await browser.get("/")).text
    assert RU("wizard.trial.works") in home
    assert 'href="/calls/7"' in home
    assert (await fresh.send(browser, "/setup/tried")).status_code == 303
    home = (await browser.get("/")).text
    assert RU("wizard.trial.works") not in home
    progress = await fresh.page.gate.wizard.progress()
    assert progress.tried
    assert progress.marks["key"] is Mark.SKIPPED
    assert (await browser.get("/setup")).headers["location"] == "/"


async def test_a_screen_that_was_done_is_not_skipped_later(fresh: Fresh) -> None:
    browser = await fresh.owner()
    await fresh.send(browser, PATHS["company"], do="next", name="Гуля")
    await fresh.send(browser, PATHS["company"], do="skip")
    assert (await fresh.page.gate.wizard.progress()).marks["company"] is Mark.DONE


# --- back from a backup -----------------------------------------------------------------------------------------------

ARCHIVE = {"name": "secretary-20261101-033000-nightly.tar.gz.age", "made": 1.79e9, "bytes": 5, "kind": "nightly"}


async def test_a_backup_is_looked_at_told_and_then_restored(fresh: Fresh) -> None:
    browser = await fresh.owner()
    assert RU("wizard.restore.empty") in (await browser.get("/setup/restore")).text
    fresh.backups = {**fresh.backups, "backups": [ARCHIVE]}
    assert ARCHIVE["name"] in (await browser.get("/setup/restore")).text
    for other in ("/etc/passwd", ""):
        refused = await fresh.send(browser, "/setup/restore", do="look", name=other)
        assert refused.status_code == 400
    assert fresh.page.asked(VerifyBackup) == []
    early = await fresh.send(browser, "/setup/restore", do="go", sure="1")
    assert early.status_code == 303
    assert fresh.page.asked(RestoreBackup) == [], "nothing is restored that was not looked at"
    await fresh.send(browser, "/setup/restore", do="look", name=ARCHIVE["name"], key=f" {KIT}\r\n")
    assert fresh.page.asked(VerifyBackup) == [VerifyBackup(name=ARCHIVE["name"], key=KIT)]
    fresh.backups |= {"job": {"do": "verify", "state": "running", "step": "", "part": 0.4, "problem": {}}}
    assert 'value="40"' in (await browser.get("/setup/restore")).text
    result = {"created": 1.79e9, "recordings": 21, "bytes": 3e9, "models": ["m"], "secrets": ["sim_pin"]}
    fresh.backups |= {"job": {"do": "verify", "state": "done", "part": 1.0, "result": result, "problem": {}}}
    told = (await browser.get("/setup/restore")).text
    assert KIT not in told
    for words in (RU("wizard.restore.what.you"), RU("wizard.restore.what.secrets"), "sim_pin", "21 запись"):
        assert words in told
    unsure = await fresh.send(browser, "/setup/restore", do="go")
    assert (unsure.status_code, fresh.page.asked(RestoreBackup)) == (400, [])
    for _ in range(2):
        await fresh.send(browser, "/setup/restore", do="go", sure="1")
    assert fresh.page.asked(RestoreBackup) == [RestoreBackup(name=ARCHIVE["name"], key=KIT)]
    fresh.backups |= {"job": {"do": "restore", "state": "running", "part": 0.1, "problem": {}}}
    assert RU("wizard.restore.going.text") in (await browser.get("/setup/restore")).text
    fresh.backups |= {"job": None}  # the core has started again
    assert RU("wizard.restore.over") in (await browser.get("/setup/restore")).text
    on = await fresh.send(browser, "/setup/restore", do="on")
    assert on.headers["location"] == PATHS["line"]
    assert (await browser.get("/setup")).headers["location"] == PATHS["line"]


@pytest.mark.parametrize("do", ["verify", "restore"])
async def test_a_backup_that_cannot_be_read_changes_nothing_and_is_told(fresh: Fresh, do: str) -> None:
    fresh.backups = {**fresh.backups, "backups": [ARCHIVE]}
    browser = await fresh.owner()
    await fresh.send(browser, "/setup/restore", do="look", name=ARCHIVE["name"])
    if do == "restore":
        await fresh.send(browser, "/setup/restore", do="go", sure="1")
    failed = {"do": do, "state": "failed", "part": 0.0, "problem": {"text": "Ключ не подходит.", "code": "wrong_key"}}
    fresh.backups |= {"job": failed}
    told = (await browser.get("/setup/restore")).text
    assert "Ключ не подходит." in told
    assert RU("wizard.restore.failed.text") in told
    await fresh.send(browser, "/setup/restore", do="other")
    assert ARCHIVE["name"] in (await browser.get("/setup/restore")).text
    assert (await fresh.send(browser, "/setup/restore", do="on")).headers["location"] == PATHS["company"]


async def test_archives_on_sticks_are_offered(fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick = tmp_path / "media" / "STICK" / str(ARCHIVE["name"])
    stick.parent.mkdir(parents=True)
    stick.touch()
    monkeypatch.setattr(wizard_restore, "PLACES", (f"{tmp_path}/media/*/*.tar.gz.age",))
    browser = await fresh.owner()
    assert str(stick.parent) in (await browser.get("/setup/restore")).text
    await fresh.send(browser, "/setup/restore", do="look", name=str(stick))
    assert fresh.page.asked(VerifyBackup) == [VerifyBackup(name=str(stick))]


# --- pure -------------------------------------------------------------------------------------------------------------


def modem(**change: Any) -> dict[str, Any]:
    return {"modem": {"up": True, "sim": "ready", "registered": True, "operator": "МТС", "signal_dbm": -77, **change}}


@pytest.mark.parametrize(
    ("status", "tones", "takes"),
    [
        (modem(), ["ok", "ok", "ok"], True),
        (modem(signal_dbm=-104), ["ok", "ok", "warn"], True),
        (modem(signal_dbm=None), ["ok", "ok", "ok"], True),
        (modem(registered=False), ["ok", "ok", "warn"], False),
        (modem(operator=""), ["ok", "ok", "warn"], False),
        (modem(sim="pin_required"), ["ok", "bad"], False),
        (modem(sim="busy"), ["ok", "warn"], False),
        (modem(up=False, reason="starting"), ["warn"], False),
        (modem(up=False, reason="no_port"), ["bad"], False),
        ({}, ["bad"], False),
        ({"modem": {"up": "yes"}}, ["bad"], False),
    ],
)
def test_a_line_is_looked_at_from_below(status: dict[str, Any], tones: list[str], takes: bool) -> None:
    for say in TEXTS.values():
        found = checks(status, say)
        assert [check.tone for check in found] == tones
        assert takes_calls(found) is takes
        assert all(check.title and check.text for check in found if status)


@pytest.mark.parametrize(
    ("sim", "tries", "wanted"),
    [
        ("pin_required", 2, (True, 2)), ("pin_wrong", None, (True, None)), ("ready", 3, (False, 3)),
        ("pin_required", -4, (True, 0)), ("pin_required", "many", (True, None)),
    ],
)  # fmt: skip
def test_a_pin_is_asked_for_where_the_sim_wants_one(sim: str, tries: Any, wanted: tuple[bool, int | None]) -> None:
    assert pin_left(modem(sim=sim, pin_tries=tries)) == wanted


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""), ("  ", ""), ("+79161234567", "+79161234567"), ("8 916 123-45-67", "+79161234567"),
        ("7(916)1234567", "+79161234567"), ("+375 29 123-45-67", "+375291234567"), ("900", None), ("+7916", None),
        ("+7916123456x", None), ("+0123456789", None), (HOSTILE, None), ("٨٩١٦١٢٣٤٥٦٧", None),
    ],
)  # fmt: skip
def test_a_number_is_kept_whole_or_not_at_all(typed: str, kept: str | None) -> None:
    assert number_of(typed) == kept


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"text": "[ru]\ngreeting = 'Я {name}.'", "greeting": "Я Гуля."}, "Я {name}."),
        ({"text": "[en]\ngreeting = 'x'", "greeting": "Я Гуля."}, "Я Гуля."),
        ({"text": "[ru", "greeting": "Я Гуля."}, "Я Гуля."),
        ({"text": "ru = 7", "greeting": 7}, ""),
        ({}, ""),
    ],
)
def test_a_greeting_is_edited_with_its_blanks(answer: dict[str, Any], shown: str) -> None:
    assert greeting_of(answer, "ru") == shown


def test_bundles_are_what_a_core_of_another_version_says_of_them() -> None:
    assert bundles({}, "ru", RU) == ()
    (one,) = bundles({"bundles": [{"name": "new", "models": "x"}, {}, 7]}, "ru", RU)
    assert (one.about, one.models, one.fits, one.active) == ("new", "", True, False)
    used = {**MODELS, "active": {"stt": "v", "tts": "p", "llm": "l"}}
    used["bundles"] = [{**MODELS["bundles"][1], "installed": True}]
    assert bundles(used, "ru", RU)[0].active


def test_the_bar_leads_only_where_one_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    from webui.wizard_marks import Progress

    before = bar("language", Progress(), signed_in=False)
    assert [step.path for step in before] == ["", PATHS["owner"], "", "", "", ""]
    after = bar("line", Progress({"company": Mark.SKIPPED}), signed_in=True)
    assert [step.state for step in after] == ["todo", "todo", "skipped", "here", "todo", "todo"]
    assert len(STEPS) <= 6
