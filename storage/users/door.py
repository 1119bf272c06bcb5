"""Users for the event loop; reached as `storage.users`."""

from storage.thread import StorageThread
from storage.users.records import UserRecord
from storage.users.rows import UserRepository


class Users:
    """A method that writes returns when the write is durable, and has written the audit."""

    def __init__(self, thread: StorageThread, rows: UserRepository) -> None:
        self._thread, self._rows = thread, rows

    async def list(self) -> tuple[UserRecord, ...]:
        """By name."""
        return await self._thread.run(self._rows.list)

    async def change(
        self,
        name: str,
        role: str | None,
        disabled: bool | None,
        grants: tuple[str, ...] | None,
        *,
        who: str,
        where: str = "control",
    ) -> UserRecord:
        """Another role, other grants, or out, or in again. Raises NotFound."""
        return await self._thread.run(self._rows.change, name, role, disabled, grants, who, where)

    async def remove(self, name: str, *, who: str, where: str = "control") -> None:
        """Raises NotFound."""
        await self._thread.run(self._rows.remove, name, who, where)

    async def invite(
        self, token: str, name: str, role: str, expires: float, *, who: str, where: str = "control"
    ) -> None:
        """A token for one who becomes that user; `name` is "" for the first owner's. Raises WrongState."""
        await self._thread.run(self._rows.invite, token, name, role, expires, who, where)

    async def redeem(self, token: str, name: str, now: float, *, where: str = "web") -> UserRecord:
        """Uses a token up. Raises NotFound, WrongState."""
        return await self._thread.run(self._rows.redeem, token, name, now, where)

    async def sweep(self, now: float) -> None:
        """Forgets invitations that are too old."""
        await self._thread.run(self._rows.sweep, now)
