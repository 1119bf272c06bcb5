"""Composition root of the core: the one place that puts modem, line, calls, answers, storage and control together.

Start ladder: data directory and database first (the only things without which there is no box), then the control
socket so that the box can say what is wrong, then the modem. Nothing else is waited for: the phone is answered by
whatever works. The way down is the reverse: the call in progress is ended politely and kept, then the rest is let go.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from hw.modem.events import MemoryChanged, NetworkTime
from secretaryd.alive import stuck
from secretaryd.answer.collect import Collector
from secretaryd.answer.errors import BadContent
from secretaryd.bus import Bus
from secretaryd.call.calls import Calls
from secretaryd.call.driver import CallDriver, Caller, CallSettings
from secretaryd.call.ports import TalkParts
from secretaryd.call.report import Report
from secretaryd.call.speculate import SpeculationCounts
from secretaryd.call.talk import Talk
from secretaryd.config.schema import Config
from secretaryd.control.roles import Actors
from secretaryd.control.server import ControlApp, serve
from secretaryd.desk.box import BoxDesk
from secretaryd.desk.calls import CallsDesk
from secretaryd.desk.content import ContentDesk
from secretaryd.desk.desk import Desk
from secretaryd.desk.duty import DutyDesk
from secretaryd.desk.legacy import LegacyDesk
from secretaryd.desk.secrets import SecretsDesk
from secretaryd.desk.talking import TalkingDesk
from secretaryd.desk.users import UsersDesk
from secretaryd.errors import CannotStart, RestartWanted
from secretaryd.health import Health
from secretaryd.house.keeper import Housekeeper
from secretaryd.nodes.pool import LlmPool
from secretaryd.notify import Notifier
from secretaryd.owner.content import content_at_start
from secretaryd.people.screening import Verdict
from secretaryd.reasons import Several
from secretaryd.recent import watch
from secretaryd.run.answers import Speaking, answerable, make_speaking
from secretaryd.run.backup import finish_restore, make_backups, start_code
from secretaryd.run.board import board_work
from secretaryd.run.care import make_care, make_trial
from secretaryd.run.chat import make_chat
from secretaryd.run.english import make_english, tongue
from secretaryd.run.line import make_keeper, make_sound, make_timekeeper
from secretaryd.run.memory import Memory
from secretaryd.run.models import Chosen, choose, english_models
from secretaryd.run.nodes import make_nodes
from secretaryd.run.outgoing import make_dialling
from secretaryd.run.owner import Reloader, as_shown, make_owner
from secretaryd.run.people import make_first_owner, make_rights, make_users
from secretaryd.run.second import make_second
from secretaryd.run.secrets import sim_pin
from secretaryd.run.sms import make_courier, make_sms
from secretaryd.run.sockets import prepare_sockets
from secretaryd.sms.memory import MemoryWatch
from secretaryd.troubles import Troubles
from storage.errors import StorageError
from storage.records import CallRecord
from storage.store import Storage
from voice.ears import EarEvent, Ears
from voice.echo import EchoGuard
from voice.endpoint import Endpointer
from voice.errors import SpeechUnavailable
from voice.gate import SpeechStarted
from voice.models.catalogue import Kind
from voice.phrase_cache import forget_others
from voice.speech.client import SpeechClient
from voice.vad import SpeechDetector

log = logging.getLogger(__name__)

LINE: Final = "line1"
FAREWELL_SECONDS: Final = 12.0
WARM_AGAIN_SECONDS: Final = 30.0


async def run(
    config: Config, stop: asyncio.Event, *, config_trouble: str = "", config_file: Path | None = None
) -> None:
    """Runs the core until `stop`. `config_trouble` is what is wrong with the owner's file where another stands in for
    it; `config_file` what --config named. Raises CannotStart, and RestartWanted once all is closed."""
    prepare_sockets(config)
    storage = await _open_storage(config)
    try:
        core = _Core(config, storage, config_file)
    except BadContent as error:
        await storage.close()
        raise CannotStart("; ".join(error.problems)) from error
    try:
        if config_trouble:
            core.troubles.note("config.fallback", config_trouble)
        await storage.close_open(time.time(), core.zone)
        await storage.outgoing.reopen()
        await core.run(stop)
    finally:
        await storage.close()
        log.info("closed")
    if core.restart:
        raise RestartWanted  # the new start finishes the restore, before anything is opened


async def _open_storage(config: Config) -> Storage:
    folder = config.box.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if finish_restore(config):
            raise RestartWanted
        return await Storage.open(config.database_url, folder, spare=True)
    except StorageError as error:
        raise CannotStart(f"{folder}: {error}") from error
    except OSError as error:
        raise CannotStart(f"{folder}: {error.strerror}; set box.data_dir to a folder you may write to") from error


class _Core:
    """The parts, and who runs them."""

    def __init__(self, config: Config, storage: Storage, config_file: Path | None) -> None:
        content = content_at_start(config)
        self._config, self._file = as_shown(config, content), config_file
        self._storage = storage
        self.zone = ZoneInfo(config.box.timezone)
        self._bus, self._lines = Bus(), watch()
        self.troubles = Troubles()
        self._rooms = MemoryWatch(self.troubles)
        self._speculated = SpeculationCounts()
        if storage.notice:
            self.troubles.note(start_code(storage), storage.notice)
        chosen = choose(config)
        self._speech = SpeechClient(config.speech_socket)
        self._pool = LlmPool(make_nodes(config, storage.secrets), allow_starter=config.llm.allow_starter)
        self._speaking: Speaking = make_speaking(config, chosen, self._pool, self._speech, content)
        self._english = None
        if (models := english_models(config)) is not None:
            self._english = make_english(config, models.voice, self._speaking.model, self._speech)
        if content.trouble:
            self.troubles.note("content.fallback", Several(content.trouble))
        reloader = Reloader(chosen, self._speech, self._speaking, self._take)
        self._owner = make_owner(config, content, reloader, storage.audit, config_file)
        self._courier = make_courier(LINE, storage, self._bus, lambda: self._config, self.zone)
        inbox = self._courier if config.sms.enabled else None
        self._keeper = make_keeper(config, sim_pin(config, storage.secrets), self._fact, inbox)
        self._sound = make_sound(config, self._keeper)
        self._memory = Memory(storage, config.box.language, self._bus.forget)
        self._calls = Calls(LINE, config.call.answer_after_rings, self._make_driver, storage, self._bus)
        self._time = make_timekeeper(config, self._bus, self.troubles, self._calls)
        self._health = self._make_health(chosen)
        self._sms = make_sms(
            self._courier, storage, self._bus, lambda: self._config, self._owner, self._keeper, self._calls, self.zone
        )
        self._parts = self._make_parts()
        self._dialling = make_dialling(
            lambda: self._config,
            LINE,
            self.zone,
            storage,
            self._bus,
            self._calls,
            self._keeper,
            self.troubles,
            lambda: self._speaking,
            lambda: self._parts,
        )
        self._second, self._second_desk = make_second(config, storage, self._calls.idle, self._bus, self.troubles)
        self._chat, self._chat_desks = make_chat(
            storage, self._pool, self._calls, self._speech, lambda: self._speaking, config.box.language
        )
        self.restart, self._stop = False, asyncio.Event()
        self._backups, self._backup_desk = make_backups(
            lambda: self._config, storage, self._calls, self._bus, self.troubles, self._begin_anew
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, or until a restore wants a new start; then down again in reverse."""
        self._stop = stop
        notifier = Notifier()
        control_up, control_stop = asyncio.Event(), asyncio.Event()
        actors = Actors()
        users = await make_users(self._config, self._storage, actors, self._bus)
        desk = self._make_desk(users, DutyDesk(self._storage, actors, self._bus, self._config.box.language))
        app = ControlApp(desk, self._bus, make_rights(actors), self._config.box.language).app()
        await self._memory.start()
        async with asyncio.TaskGroup() as group:
            spawn = group.create_task
            control = spawn(serve(app, self._config.control.socket, control_up.set, control_stop), name="control")
            calls = spawn(self._calls.run(), name="calls")
            await control_up.wait()
            running = [
                spawn(self._health.run(), name="health"),
                spawn(self._pool.run(), name="llm.pool"),
                spawn(self._keeper.run(), name="modem"),
                spawn(self._warm(), name="warm"),
                spawn(self._housekeeper().run(), name="house"),
                spawn(self._second.run(), name="second"),
                spawn(make_first_owner(self._config, users, self._bus, self.troubles).run(), name="owner"),
                *(spawn(work, name=name) for name, work in self._work().items()),
                spawn(self._backups.run(), name="backups"),
                spawn(self._trial.run(), name="trial"),
                spawn(self._sms.run(self._keeper, self._calls), name="sms"),
                spawn(notifier.watch(self._stuck), name="watchdog"),
                spawn(self._tell_status(notifier), name="status"),
            ]
            notifier.ready()
            log.info("ready", extra={"socket": str(self._config.control.socket)})
            await stop.wait()
            notifier.stopping()
            log.info("stopping")
            await self._calls.finish(FAREWELL_SECONDS)
            await self._chat.close()
            for task in (*reversed(running), calls):
                task.cancel()
            self._bus.close()  # else the control socket waits for every open event stream
            control_stop.set()
            await asyncio.wait({control, calls, *running})
        await self._pool.aclose()

    def _make_desk(self, *people: UsersDesk | DutyDesk) -> Desk:
        language = self._config.box.language
        content = ContentDesk(self._owner, lambda: self._speaking.ladder, language)
        self._care, care = make_care(
            self._storage, self._bus, self._health, lambda: self._config, self._file, content.set_config, self._lines,
            self._calls, self._backups, self._begin_anew,
        )  # fmt: skip
        self._trial = make_trial(self._pool, self._calls, self._bus, lambda: self._config)
        topics = (
            BoxDesk(self._owner, self._health),
            CallsDesk(self._calls, self._storage, self._bus, language, self._memory.directory),
            content,
            SecretsDesk(self._storage.secrets, self._storage, language),
            TalkingDesk(self._calls, self._storage, language),
            self._backup_desk,
            self._second_desk,
            LegacyDesk(self._owner, self._storage, language),
            self._sms.desk,
            self._trial,
            *people,
        )
        desk = Desk(
            [
                *(topic.handlers() for topic in topics),
                *self._memory.handlers(),
                *self._dialling.handlers,
                *self._chat_desks,
                *care,
            ],
            language,
        )
        assert not desk.missing, f"nobody handles {desk.missing}"
        return desk

    def _begin_anew(self) -> None:
        self.restart = True
        self._stop.set()

    def _take(self, config: Config, speaking: Speaking) -> None:
        """The owner's edit, from the next call on; what can be known beforehand is synthesised anew."""
        self._config, self._speaking = config, speaking
        self._parts = self._make_parts()
        self._calls.rings_wanted = config.call.answer_after_rings
        self._health.config = config
        self.troubles.clear("content.fallback")
        self._health.speech_came_up.set()

    def _housekeeper(self) -> Housekeeper:
        return self._memory.housekeeper(lambda: self._config, self._calls, self.troubles, lambda: self._time.is_set)

    def _fact(self, fact: object) -> None:
        if isinstance(fact, NetworkTime):
            self._time.network_told(fact.at)
        if isinstance(fact, MemoryChanged):
            self._rooms.changed(fact)
        self._calls.fact(fact)  # type: ignore[arg-type]  # the keeper publishes hw.modem.events.Fact

    def _make_driver(self, caller: Caller) -> CallDriver:
        settings = CallSettings(LINE, self.zone, float(self._config.call.max_seconds))
        report = Report(self._config.box.language)
        return CallDriver(
            settings,
            self._keeper,
            self._storage,
            self._bus,
            self._make_talk,
            caller,
            report,
            self._memory.directory.find,
            after=self._dialling.call_backs.after,
        )

    def _make_talk(self, record: CallRecord, report: Report) -> Talk:
        parts = self._parts if report.screened is Verdict.TAKE else self._memory.goodbye(self._parts)
        return Talk(parts, record, report)

    def _make_parts(self) -> TalkParts:
        config, speaking = self._config, self._speaking
        return TalkParts(
            storage=self._storage,
            bus=self._bus,
            troubles=self.troubles,
            zone=self.zone,
            language=config.box.language,
            record=config.call.record,
            interpreter=speaking.interpreter,
            answers=speaking.ladder,
            voice=speaking.voice,
            sound=self._sound,
            make_ears=self._make_ears,
            make_collector=lambda caller: Collector(speaking.lemmas, caller),
            speculated=self._speculated,
            release=self._pool.release,
            first_token=speaking.model.first_token,
            english=tongue(self._english) if self._english is not None else None,
        )

    def _make_ears(self, publish: Callable[[EarEvent], None]) -> Ears:
        language = self._config.box.language
        return Ears(
            self._speech,
            language,
            SpeechDetector(),
            Endpointer(language=language, answerable=answerable(lambda: self._speaking, self._english)),
            lambda event: isinstance(event, SpeechStarted),
            publish,
            echo=EchoGuard(),
        )

    def _make_health(self, chosen: dict[Kind, Chosen]) -> Health:
        def caller() -> str | None:
            driver = self._calls.driver
            return driver.caller.number if driver is not None else None

        return Health(
            self._config,
            chosen,
            lambda: self._keeper.status,
            self._calls,
            self._speech,
            self._pool,
            self._bus,
            self.troubles,
            caller=caller,
            sound=lambda: self._sound.state.plain(),
            clock_set=lambda: self._time.is_set,
            speculated=self._speculated,
        )

    async def _warm(self) -> None:
        """Synthesises what can be known beforehand, every time that the speech process has come up. A call goes first:
        recogniser and voice share the machine."""
        while True:
            await self._health.speech_came_up.wait()
            self._health.speech_came_up.clear()
            began, count = time.monotonic(), 0
            try:
                for speaking in filter(None, (self._speaking, self._english)):
                    for text in speaking.known:
                        await self._calls.idle()
                        count += await speaking.voice.warm([text])
            except SpeechUnavailable as error:
                log.warning("phrases not warmed", extra={"reason": str(error)})
                await asyncio.sleep(WARM_AGAIN_SECONDS)
                self._health.speech_came_up.set()
                continue
            gone = await asyncio.to_thread(forget_others, self._config.box.data_dir / "phrases", self._phrase_files())
            took = round(time.monotonic() - began, 1)
            log.info("phrases warmed", extra={"made": count, "forgotten": gone, "seconds": took})

    def _phrase_files(self) -> set[str]:
        """Of all that may be said by what is in force now."""
        speaking = filter(None, (self._speaking, self._english))
        return {name for each in speaking for name in each.voice.files(each.known)}

    def _work(self) -> dict[str, Coroutine[Any, Any, None]]:
        alerts, voice = self._health.alerts, self._speech
        board = board_work(
            lambda: self._config, self._keeper, self._calls, alerts, self._bus, self.troubles, voice, self._courier
        )
        return {**self._dialling.work(), **board, **{name: run() for name, run in self._care.items()}}

    def _stuck(self) -> str | None:
        """Why the watchdog should not be fed."""
        silent = time.monotonic() - self._keeper.alive_at if self._keeper.status.up else None
        return stuck(modem_silent=silent, calls=self._calls.beat.silent, line=self._parts.beat.silent)

    async def _tell_status(self, notifier: Notifier) -> None:
        """One line for `systemctl status`, renewed with every event of the line."""
        with self._bus.reader() as reader:
            async for _ in reader:
                modem = self._keeper.status
                where = f"{modem.operator or '-'} {modem.bars}/4" if modem.up else f"no modem: {modem.down_reason}"
                notifier.status(f"{self._calls.state}; {where}")
