"""Tasks, dialled calls and facts of the SIM for the event loop; reached as `storage.outgoing`."""

from storage.outgoing.records import SimFact, TaskRecord
from storage.outgoing.tasks import TaskRepository
from storage.outgoing.usage import UsageRepository
from storage.thread import StorageThread


class Outgoing:
    """A method that writes returns when the write is durable."""

    def __init__(self, thread: StorageThread, tasks: TaskRepository, usage: UsageRepository) -> None:
        self._thread, self._tasks, self._usage = thread, tasks, usage

    async def call_back(self, call_id: int, made: float, wish: str = "") -> TaskRecord:
        """The caller of that call wants to be called back, at the number that the network presented. Raises NotFound,
        StorageError where there is none."""
        return await self._thread.run(self._tasks.call_back, call_id, made, wish)

    async def tasks(
        self, states: tuple[str, ...] = (), limit: int = 50, before: int | None = None
    ) -> tuple[TaskRecord, ...]:
        """Newest first."""
        return await self._thread.run(self._tasks.list, states, limit, before)

    async def task(self, task_id: int) -> TaskRecord:
        """Raises NotFound."""
        return await self._thread.run(self._tasks.get, task_id)

    async def begin(self, task_id: int, at: float) -> TaskRecord:
        """An attempt begins. Raises NotFound."""
        return await self._thread.run(self._tasks.begin, task_id, at)

    async def settle_task(self, task_id: int, state: str, result: str, call_id: int | None) -> TaskRecord:
        """What came of an attempt. Raises NotFound."""
        return await self._thread.run(self._tasks.settle, task_id, state, result, call_id)

    async def close_task(self, task_id: int, state: str, who: str, where: str) -> TaskRecord:
        """The owner's word on it. Raises NotFound."""
        return await self._thread.run(self._tasks.close, task_id, state, who, where)

    async def reopen(self) -> int:
        """What a crash left in the middle is open again."""
        return await self._thread.run(self._tasks.reopen)

    async def reserve(self, began: float, line: str, number: str, reserved: float, task_id: int | None = None) -> int:
        """A call is about to be dialled."""
        return await self._thread.run(self._usage.reserve, began, line, number, reserved, task_id)

    async def settle(self, entry: int, seconds: float) -> None:
        """A dialled call lasted so long."""
        await self._thread.run(self._usage.settle, entry, seconds)

    async def used(self, since: float) -> tuple[int, float]:
        """(calls, seconds) since then."""
        return await self._thread.run(self._usage.since, since)

    async def last_call(self) -> float | None:
        """When a call that was answered began last."""
        return await self._thread.run(self._usage.last)

    async def note(self, key: str, value: str, at: float) -> None:
        """Something learnt of the SIM."""
        await self._thread.run(self._usage.note, key, value, at)

    async def sim(self) -> dict[str, SimFact]:
        """All that is known of the SIM."""
        return await self._thread.run(self._usage.facts)
