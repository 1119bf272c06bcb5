"""Work that a page or a widget owns: it ends with its owner."""

from collections.abc import Callable, Coroutine
from typing import Any

from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.worker import Worker


def work(owner: DOMNode, todo: Callable[[], Coroutine[Any, Any, None]], group: str) -> Worker[None]:
    """Begins it; what was going on in the same group of the same owner is cancelled."""

    async def done() -> None:
        try:
            await todo()
        except NoMatches:
            if owner.app.is_running:  # on the way out pages lose their widgets before their work is cancelled
                raise

    given: Any = done  # a coroutine given as such would warn where it is cancelled before it began
    started: Worker[None] = owner.run_worker(given, name=group, group=group, exclusive=True)
    return started
