"""Until the first owner has come: his link in the journal, in a file, and for whoever asks at the box itself."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from secretaryd.bus import Bus
from secretaryd.control.protocol.users import UserChanged
from secretaryd.troubles import Troubles
from storage.errors import StorageError

log = logging.getLogger(__name__)

CODE: Final = "setup.open"
RETRY_SECONDS: Final = 30.0
MODE: Final = 0o600
REQUEST_MODE: Final = 0o640
TEXTS: Final = {
    "ru": "Откройте эту ссылку в браузере дома. Она действует один раз, до {until}; потом здесь появится новая.\r\n",
    "en": "Open this link in a browser at home. It counts once, until {until}; then a new one stands here.\r\n",
}


class FirstOwner:
    """Renews the link before it ends, and takes everything away once somebody has used it."""

    def __init__(
        self,
        invite: Callable[[], Awaitable[tuple[str, float] | None]],
        bus: Bus,
        troubles: Troubles,
        file: Path | None,
        language: str,
        now: Callable[[], float] = time.time,
        request: Path | None = None,
    ) -> None:
        """`invite` makes a link and says until when it counts, None once there are users. `request`: where
        secretary-setup.service looks for what is to be shown on a screen and on the card."""
        self._invite, self._bus, self._troubles, self._file = invite, bus, troubles, file
        self._request = request
        self._text, self._now = TEXTS[language], now

    async def run(self) -> None:
        """Until there is an owner."""
        with self._bus.reader() as events:
            heard = aiter(events)
            while (wait := await self.look()) is not None:
                try:
                    async with asyncio.timeout(wait):
                        while not isinstance((await anext(heard)).event, UserChanged):
                            pass
                except TimeoutError:
                    heard = aiter(events)
                except StopAsyncIteration:  # the box stops
                    return

    async def look(self) -> float | None:
        """Makes a link where one is needed; seconds until the next look, None where there is an owner."""
        try:
            made = await self._invite()
        except StorageError as error:
            log.warning("no link for the first owner", extra={"error": str(error)})
            return RETRY_SECONDS
        if made is None:
            self._troubles.clear(CODE)
            self._remove()
            self._ask("")
            return None
        link, expires = made
        self._troubles.note(CODE)
        log.warning("the box has no owner yet; open this link, once", extra={"link": link})
        text = f"{link}\r\n\r\n{self._text.format(until=time.strftime('%H:%M', time.localtime(expires)))}"
        self._write(text)
        self._ask(text)
        return max(1.0, expires - self._now())

    def _ask(self, text: str) -> None:
        """Whole or not at all: the unit reads it as soon as it is there."""
        if self._request is None:
            return
        new = self._request.with_name(self._request.name + ".new")
        try:
            new.write_bytes(text.encode())
            new.chmod(REQUEST_MODE)
            new.replace(self._request)
        except OSError as error:
            log.warning("the link is on no screen", extra={"error": error.strerror})

    def _write(self, text: str) -> None:
        if self._file is None:
            return
        try:
            self._file.unlink(missing_ok=True)
            self._file.touch(mode=MODE)
            # FAT keeps no modes, and Windows' editor wants its own line ends.
            self._file.write_bytes(text.encode("utf-8-sig"))
        except OSError as error:
            log.warning("the link is in no file", extra={"file": str(self._file), "error": error.strerror})

    def _remove(self) -> None:
        if self._file is None:
            return
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the used link is still in its file", extra={"error": error.strerror})
