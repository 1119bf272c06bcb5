"""A box in miniature for power cuts: calls, turns, messages, recordings, one after the other, saying on stdout what has
been acknowledged (a line of JSON each). Usage: keeping.py DATA_DIR SEED CALLS"""

import asyncio
import json
import random
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

from storage.recordings import Recorder, recording_name
from storage.records import TurnRecord
from storage.store import Storage

FRAME = b"\x10\x00" * 160
SYNC_SECONDS = 0.004
"""Stands for the second of the box: the child does in milliseconds what a call does in seconds."""


def say(**what: Any) -> None:
    print(json.dumps(what, ensure_ascii=False), flush=True)


async def one_call(store: Storage, chance: random.Random, count: int) -> None:
    number = f"+7900{chance.randrange(10**7):07}"
    call = await store.begin("line1", "in", number, "shown", float(count))
    say(call=call.id, number=number)
    recorder = Recorder(store.data_dir / recording_name(float(count), number, UTC), sync_seconds=SYNC_SECONDS)
    await store.answered(call.id, float(count), recorder.path, "default@1")
    say(call=call.id, recording=str(recorder.path.relative_to(store.data_dir)))
    for turn in range(chance.randint(1, 4)):
        for _ in range(chance.randint(5, 60)):
            recorder.write(FRAME, FRAME)
        text = f"фраза {turn} {'о' * chance.randint(0, 600)}"
        await store.add_turn(call.id, TurnRecord("caller", text, turn, turn + 0.5, "caller"))
        say(call=call.id, turn=text, seconds=recorder.seconds)
    if chance.random() < 0.15:
        say(call=call.id, forgotten=True)
        await asyncio.to_thread(recorder.discard)
        await store.forget_recording(call.id)
        say(call=call.id, gone=True)
    if chance.random() < 0.4:
        message = await store.add_message(call.id, float(count), "Анна", number, f"перезвонить {count}")
        say(call=call.id, message=message.matter)
    summary = await asyncio.to_thread(recorder.close)
    say(call=call.id, seconds=summary.seconds)
    done = await store.finish(call.id, count + 1.0, "answered", "caller", "итог", summary.seconds)
    say(call=call.id, finished=True)
    if done.recording is not None:
        await store.write_sidecar(done, UTC)
        say(call=call.id, sidecar=True)


async def main(data_dir: Path, seed: int, calls: int) -> None:
    chance = random.Random(seed)
    store = await Storage.open("sqlite:///secretary.db", data_dir)
    await store.close_open(0.0, UTC)
    for count in range(calls):
        await one_call(store, chance, count)
    if chance.random() < 0.5:
        await store.close()
        say(closed=True)


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
