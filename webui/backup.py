"""Backups: what there is, a new one, taken elsewhere, read whole, gone back to; the owner's key kit."""

import base64
import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from secretaryd.control.protocol import ShowConfig, Stamped
from secretaryd.control.protocol.backup import (
    BackupChanged,
    CreateBackup,
    ListBackups,
    MakeBackupKey,
    ReadBackup,
    RemoveBackup,
    RestoreBackup,
    ShowBackupJob,
    VerifyBackup,
)
from webui import forms, stream
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.backup_view import NAME, job, kept, may_restore
from webui.errors import CoreAway, NotDone
from webui.feed import Feed, Feeds
from webui.limits import Limit
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.settings_view import groups
from webui.stream import Put

log = logging.getLogger(__name__)

ENTRIES: Final = (Entry("/backup", "backup.title", "archive", Permission.MANAGE, "box", 40),)
MAX_KEY: Final = 4000
REFUSED: Final = (400, 404, 409, 422)
"""Told on the page."""
BINARY: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class BackupPages:
    """`/backup` and what lies below it. What takes long is a job of the core's: it goes on when nobody looks."""

    desk: RequestDesk
    renderer: Renderer
    feeds: Feeds

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        manage, post = Permission.MANAGE, ["POST"]
        return [
            page("/backup", self.show, manage),
            page("/backup/events", self.events, manage),
            page("/backup/create", self.create, manage, post),
            page("/backup/key", self.key, manage, post),
            page("/backup/{name}/file", self.file, manage, limit=Limit.DOWNLOAD),
            page("/backup/{name}/verify", self.verify, manage, post),
            page("/backup/{name}/restore", self.restore, manage, post),
            page("/backup/{name}/remove", self.remove, manage, post),
        ]

    async def show(self, request: Request) -> Response:
        """All archives, the schedule, how far the job is."""
        return await self._page(request)

    async def events(self, request: Request) -> Response:
        """Server-sent events: the job, and the list once it has changed."""

        async def told(_feed: Feed, stamped: Stamped) -> Iterable[Put]:
            if not isinstance(stamped.event, BackupChanged):
                return []
            try:
                return await self._news(request, stamped.event)
            except (CoreAway, NotDone) as error:
                log.warning("no news for a page of backups", extra={"error": str(error)})
                return []

        return stream.events(request, self.feeds, told)

    async def create(self, request: Request) -> Response:
        """Begins one."""
        recordings = forms.line(await forms.form_of(request), "recordings") == "1"
        return await self._done(request, CreateBackup(recordings=recordings), "backup.told.begun")

    async def verify(self, request: Request) -> Response:
        """Begins to read all of it, changing nothing: also the dry run of going back to it."""
        key = forms.area(await forms.form_of(request), "key", MAX_KEY)
        return await self._done(request, VerifyBackup(name=_name(request), key=key), "backup.told.reading")

    async def restore(self, request: Request) -> Response:
        """Goes back to one that has just been read whole; another is read first."""
        name, key = _name(request), forms.area(await forms.form_of(request), "key", MAX_KEY)
        last = job((await self._ask(request, ShowBackupJob()))["job"], self.renderer.say(request))
        if not may_restore(last, name):
            return await self._done(request, VerifyBackup(name=name, key=key), "backup.told.first")
        return await self._done(request, RestoreBackup(name=name, key=key), "backup.told.restoring")

    async def remove(self, request: Request) -> Response:
        """Deletes one; the page has asked before."""
        return await self._done(request, RemoveBackup(name=_name(request)), "backup.told.removed")

    async def key(self, request: Request) -> Response:
        """Makes the owner's kit, and shows it this once."""
        replace = forms.line(await forms.form_of(request), "replace") == "1"
        try:
            made = await self._ask(request, MakeBackupKey(replace=replace))
        except NotDone as error:
            return await self._refused(request, error)
        return self.renderer.page(request, "backup_key.html", secret=str(made["secret"]), public=str(made["public"]))

    async def file(self, request: Request) -> Response:
        """The archive as it lies there, encrypted; that it was taken is written into the audit."""
        name = _name(request)
        first = await self._ask(request, ReadBackup(name=name))
        headers = {
            "content-disposition": f'attachment; filename="{name}"',
            "content-length": str(int(first["size"])),
        }
        return StreamingResponse(self._pieces(request, name, first), headers=headers, media_type=BINARY)

    async def _pieces(self, request: Request, name: str, piece: dict[str, Any]) -> AsyncIterator[bytes]:
        done, whole = 0, int(piece["size"])
        while content := base64.b64decode(piece["content"])[: whole - done]:
            yield content
            done += len(content)
            if done >= whole:
                return
            piece = await self._ask(request, ReadBackup(name=name, offset=done))

    async def _done(self, request: Request, asked: Any, key: str) -> Response:
        try:
            await self._ask(request, asked)
        except NotDone as error:
            return await self._refused(request, error)
        return self.renderer.done(request, "/backup", key)

    async def _refused(self, request: Request, error: NotDone) -> Response:
        if error.status not in REFUSED:
            raise error
        return await self._page(request, error.status, trouble=str(error), remedy=error.remedy)

    async def _page(self, request: Request, code: int = 200, trouble: str = "", remedy: str = "") -> Response:
        say = self.renderer.say(request)
        config = (await self._ask(request, ShowConfig()))["config"]
        schedule = next((group for group in groups(config, say) if group.name == "backup"), None)
        listed = await self._listed(request)
        async with self.feeds.ready(forms.who(request)) as feed:
            return self.renderer.page(
                request, "backup.html", code, mark=feed.here, kept=listed, job=listed.job, schedule=schedule,
                trouble=trouble, remedy=remedy, troubles={}, typed={},
            )  # fmt: skip

    async def _listed(self, request: Request) -> Any:
        """Without archives where their folder is not there: that is told, and the rest of the page works."""
        say = self.renderer.say(request)
        try:
            return kept(await self._ask(request, ListBackups()), say)
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            told = {"trouble": str(error)}
            log.info("no list of backups", extra=told)
            return kept({"folder": str(error)}, say)

    async def _news(self, request: Request, event: BackupChanged) -> list[Put]:
        say = self.renderer.say(request)
        if event.state == "running":
            going = job((await self._ask(request, ShowBackupJob()))["job"], say)
            return [Put("job", self.renderer.part(request, "backup_job.html", job=going))]
        found = await self._listed(request)
        return [
            Put("job", self.renderer.part(request, "backup_job.html", job=found.job)),
            Put("archives", self.renderer.part(request, "backup_list.html", kept=found)),
        ]

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))


def _name(request: Request) -> str:
    name = str(request.path_params["name"])
    if not NAME.fullmatch(name):
        raise HTTPException(404)
    return name
