"""The process that fetches, copies and checks models: ``python -m secretaryd.shop.child ORDER``. It takes the order's
file away, does it, and leaves word of how far it is beside the models."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from secretaryd.shop.order import STATE, STOP, Order, State, put, read_order
from voice.errors import ModelFileError
from voice.models.download import Progress
from voice.models.install import Installer
from voice.models.store import Store
from voice.models.usb import import_models

TOLD_SECONDS: Final = 0.5
NICE: Final = 15
"""A call goes first: as its unit has it."""


class Teller:
    """Writes the state down."""

    def __init__(self, order: Order) -> None:
        self._order, self._folder, self._told = order, Path(order.models), 0.0

    def progress(self, now: Progress) -> None:
        """Between pieces of a download."""
        if time.monotonic() - self._told >= TOLD_SECONDS:
            self._told = time.monotonic()
            self.tell("running", file=Path(now.name).name, received=now.received, total=now.total)

    def tell(self, state: str, **more: Any) -> None:
        """Raises OSError."""
        put(self._folder / STATE, State(id=self._order.id, state=state, **more))


def end_on_word(order: Order, leave: Callable[[int], None] = os._exit) -> None:
    """Ends this process as soon as somebody wants it, whatever it waits for: a power cut does no harm to models either.
    For a thread of its own."""
    stop = Path(order.models) / STOP
    while not stop.exists():
        time.sleep(TOLD_SECONDS)
    put(stop.with_name(STATE), State(id=order.id, state="stopped"))
    stop.unlink(missing_ok=True)
    leave(0)


def do(order: Order, installer: Installer | None = None) -> State:
    """The whole job; the state in which it ended. Raises OSError where not even that can be written."""
    folder = Path(order.models)
    folder.mkdir(parents=True, exist_ok=True)
    teller = Teller(order)
    teller.tell("running")
    try:
        end = State(id=order.id, state="done", result=_result(order, Store(folder), teller, installer))
    except (ModelFileError, OSError) as error:
        end = State(id=order.id, state="failed", reason=str(error))
    put(folder / STATE, end)
    return end


def _result(order: Order, store: Store, teller: Teller, installer: Installer | None) -> dict[str, Any]:
    match order.do:
        case "install":
            done: list[str] = []
            for name in order.names:
                found = (installer or Installer(store)).install(
                    name, force=order.force, again=order.again, on_progress=teller.progress
                )
                done += [manifest.name for manifest in found]
            return {"installed": list(dict.fromkeys(done))}
        case "import":
            return {"installed": [manifest.name for manifest in import_models(Path(order.source), store)]}
        case "verify":
            faults = {}
            for name in order.names or [manifest.name for manifest in store.installed()]:
                teller.tell("running", file=name)
                faults[name] = [str(fault) for fault in store.verify(name)]
            return {"faults": faults}
    raise ModelFileError("nobody knows how to {do}", do=order.do)


def main() -> int:
    """Exit code 0 where the job was done, well or not; 2 where there is none."""
    path = Path(sys.argv[1])
    try:
        order = read_order(path)
        path.unlink()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        path.unlink(missing_ok=True)
        return 2
    own = os.getpriority(os.PRIO_PROCESS, 0)  # that of the core, above the ordinary, where it is a child of it
    os.setpriority(os.PRIO_PROCESS, 0, max(own, NICE))
    threading.Thread(target=end_on_word, args=(order,), daemon=True).start()
    do(order)
    return 0


if __name__ == "__main__":
    sys.exit(main())
