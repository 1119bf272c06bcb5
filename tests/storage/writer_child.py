"""A box in miniature: keeps calls and records as fast as it can, saying on stdout what has been acknowledged, until it
is killed. Usage: writer_child.py DATA_DIR"""

import asyncio
import sys
from datetime import UTC
from pathlib import Path

from storage.records import TurnRecord
from storage.store import Storage


async def main(data_dir: Path) -> None:
    store = await Storage.open("sqlite:///secretary.db", data_dir)
    recorder = store.recorder(0.0, "+79001234567", UTC)
    call = await store.begin("line1", "in", "+79001234567", "shown", 0.0)
    await store.answered(call.id, 0.0, recorder.path, "default@1")
    frame = b"\x10\x00" * 160
    for count in range(100_000):
        for _ in range(50):
            recorder.write(frame, frame)
        while recorder.seconds < count + 1:  # noqa: ASYNC110 (the recorder knows no loop)
            await asyncio.sleep(0.001)
        await store.add_turn(call.id, TurnRecord("caller", f"фраза {count}", count, count + 0.5, "caller"))
        print(call.id, count + 1, recorder.seconds, flush=True)


asyncio.run(main(Path(sys.argv[1])))
