"""Who may ask the core: uids as this machine knows them, users of the page as the database does."""

import grp
import logging
import os
import pwd
from pathlib import Path
from typing import Final

from secretaryd.bus import Bus
from secretaryd.config.schema import Config
from secretaryd.control.rights import Rights
from secretaryd.control.roles import Actors
from secretaryd.desk.users import UsersDesk
from secretaryd.owner.first import FirstOwner
from secretaryd.troubles import Troubles
from storage.backup import swap
from storage.store import Storage

log = logging.getLogger(__name__)

CONSOLE_GROUP: Final = "secretary-console"
WEB_USER: Final = "secretary-web"
ANYWHERE: Final = ("0.0.0.0", "[::]", "::", "")  # noqa: S104 (told apart, not bound)
MDNS_NAME: Final = "secretary.local"
SETUP_REQUEST: Final = "setup"
"""In the folder of the sockets, where secretary-setup.path looks for it."""


def make_rights(actors: Actors) -> Rights:
    """root, the core's own user and the console group manage; the page acts in its users' names."""
    admins = {0, os.geteuid()}
    try:
        admins |= {pwd.getpwnam(name).pw_uid for name in grp.getgrnam(CONSOLE_GROUP).gr_mem}
    except KeyError:
        log.debug("no console group on this machine")
    try:
        delegates = {pwd.getpwnam(WEB_USER).pw_uid}
    except KeyError:
        delegates = set()
    return Rights(frozenset(admins - delegates), frozenset(delegates), actors)


def make_first_owner(config: Config, users: UsersDesk, bus: Bus, troubles: Troubles) -> FirstOwner:
    """Who keeps a link until somebody has used it."""
    file = Path(config.web.setup_file) if config.web.setup_file else None
    # Under systemd a unit of root's shows it; elsewhere nobody would take the word away.
    request = config.control.socket.parent / SETUP_REQUEST if "INVOCATION_ID" in os.environ else None
    return FirstOwner(users.invite_owner, bus, troubles, file, config.box.language, request=request)


def page_address(config: Config) -> str:
    """Where a browser in the house finds the page, without a path."""
    host, _, port = config.web.listen.rpartition(":")
    scheme, usual = ("https", "443") if config.web.tls else ("http", "80")
    shown = MDNS_NAME if host in ANYWHERE else host
    return f"{scheme}://{shown if port == usual else f'{shown}:{port}'}"


async def make_users(config: Config, storage: Storage, actors: Actors, bus: Bus) -> UsersDesk:
    """The desk of the page's users, with their rights loaded. Raises StorageError."""
    place = page_address(config)
    desk = UsersDesk(
        storage.users,
        storage.audit,
        actors,
        config.box.language,
        lambda token, first: f"{place}/{'setup' if first else 'welcome'}?token={token}",
        bus.publish,
    )
    await desk.load()
    if name := swap.signed(config.box.data_dir):
        await desk.keep_admin(name)
    return desk
