"""The server on engines without models: who may ask what, and whom a bad or slow client can harm (nobody)."""

import asyncio
import socket
import stat
import threading
from pathlib import Path

import pytest
from wyoming.event import Event
from wyoming.info import Info

from tests.voice.speech.conftest import PATIENCE, Peer, Running, running
from tests.voice.speech.fake_engines import SECOND
from tests.voice.speech.test_framing import MALFORMED
from voice.errors import ModelFileError, SpeechUnavailable
from voice.events import Partial
from voice.ports import RATE
from voice.speech.framing import EndOfStream, encode
from voice.speech.health import EngineState
from voice.speech.outbox import Outbox, PeerStalled
from voice.speech.protocol import partial
from voice.speech.server import MAX_CONNECTIONS, bind

FORMAT = {"rate": RATE, "width": 2, "channels": 1}


async def answers(peer: Peer) -> bool:
    await peer.send("ping", text="are you there")
    return (await peer.until("pong")).data["text"] == "are you there"


async def test_a_classic_client_gets_its_transcript(speech: Running) -> None:
    peer = await speech.peer()
    await peer.send("transcribe", language="ru-RU", name="whatever")
    await peer.send("audio-start", **{**FORMAT, "rate": 16000})
    await peer.send("audio-chunk", SECOND, **{**FORMAT, "rate": 16000})
    await peer.send("audio-stop")
    event = await peer.next()
    assert event.type == "transcript", "a classic client gets no partials"
    assert (event.data["text"], event.data["language"]) == ("sound 8000", "ru")
    assert speech.hearing.streams[0].rate == 16000


async def test_a_classic_client_gets_its_sound(speech: Running) -> None:
    peer = await speech.peer()
    await peer.send("synthesize", text="abc. de.", voice={"language": "ru"})
    kinds, sound = [], b""
    while not kinds or kinds[-1] != "audio-stop":
        event = await peer.next()
        kinds.append(event.type)
        sound += event.payload or b""
        assert len(event.payload or b"") <= 1600
    assert kinds[0] == "audio-start"
    assert len(sound) == 320 * len("abcde")


async def test_a_standard_client_can_read_the_description(speech: Running) -> None:
    peer = await speech.peer()
    await peer.send("describe")
    info = Info.from_event(await peer.until("info"))
    assert info.asr[0].models[0].languages == info.tts[0].voices[0].languages == ["ru"]
    assert info.asr[0].installed
    assert info.tts[0].installed


@pytest.mark.parametrize("name", MALFORMED)
async def test_nonsense_ends_its_own_connection_with_a_reason_and_no_other(speech: Running, name: str) -> None:
    good, bad = await speech.peer(), await speech.peer()
    bad.writer.write(MALFORMED[name])
    bad.writer.write_eof()
    event = await bad.next()
    assert (event.type, event.data["code"]) == ("error", "bad-frame")
    with pytest.raises(EndOfStream):
        await bad.next()
    assert await answers(good)


BAD_REQUESTS = {
    "synthesize without text": ("synthesize", {}),
    "synthesize too much": ("synthesize", {"text": "а" * 4001}),
    "synthesize at no pace": ("synthesize", {"text": "а", "pace": "fast"}),
    "synthesize too fast": ("synthesize", {"text": "а", "pace": 9}),
    "stereo": ("audio-start", {**FORMAT, "channels": 2}),
    "eight bits": ("audio-start", {**FORMAT, "width": 1}),
    "one hertz": ("audio-start", {**FORMAT, "rate": 1}),
    "no rate": ("audio-start", {}),
    "finish what was not begun": ("finish-phrase", {"id": 1}),
    "a text for a position": ("audio-chunk", {**FORMAT, "position": "0"}),
    "phrases that are a text": ("phrase-list", {"phrases": "да"}),
    "too many phrases": ("phrase-list", {"phrases": ["да"] * 501}),
    "a number for a language": ("transcribe", {"language": 1}),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
async def test_a_request_that_makes_no_sense_is_refused_and_the_connection_stays(speech: Running, name: str) -> None:
    peer = await speech.peer()
    kind, data = BAD_REQUESTS[name]
    await peer.send(kind, **data)
    event = await peer.next()
    assert (event.type, event.data["code"]) == ("error", "bad-request")
    assert await answers(peer)


async def test_unknown_events_are_dropped(speech: Running) -> None:
    peer = await speech.peer()
    await peer.send("detect", names=["ok"])
    assert await answers(peer)


@pytest.mark.parametrize("kind", ["transcribe", "synthesize"])
async def test_another_language_is_refused_by_name(speech: Running, kind: str) -> None:
    peer = await speech.peer()
    await peer.send(kind, text="hello", language="en_US")
    event = await peer.next()
    assert (event.type, event.data["code"]) == ("error", "language")
    assert "ru" in event.data["text"]


async def test_sound_after_a_refusal_is_heard_by_nobody(speech: Running) -> None:
    """Who was refused has often sent the first sound already: it must not go to the recogniser of the calls."""
    peer = await speech.peer()
    await peer.send("transcribe", language="en_US")
    await peer.send("audio-start", **FORMAT)
    await peer.send("audio-chunk", b"\1\0" * 80, **FORMAT)
    assert (await peer.next()).data["code"] == "language"
    await peer.send("ping")
    await peer.until("pong")
    assert not speech.hearing.streams
    await peer.send("transcribe", language="ru")
    await peer.send("audio-start", **FORMAT)
    await peer.send("ping")
    await peer.until("pong")
    assert len(speech.hearing.streams) == 1


async def test_a_broken_engine_costs_the_request_only(speech: Running) -> None:
    peer = await speech.peer()
    await peer.send("synthesize", text="good. break.")
    await peer.until("audio-chunk")
    assert (await peer.next()).data["code"] == "engine"
    await peer.send("audio-start", **FORMAT)
    await peer.send("audio-chunk", b"\xff\xff", **FORMAT)
    assert (await peer.next()).data["code"] == "engine"
    assert await answers(peer)


async def test_a_cancelled_text_stops_at_once_and_the_next_one_is_spoken(speech: Running) -> None:
    peer = await speech.peer()
    await peer.send("synthesize", text="one. hang. three.")
    await peer.until("audio-chunk")
    await peer.send("synthesize", text="two at a time")
    assert (await peer.next()).data["code"] == "busy"
    await peer.send("cancel")
    stop = await peer.until("audio-stop")
    assert stop.data["cancelled"] is True
    await peer.send("synthesize", text="next.")
    assert (await peer.until("audio-chunk")).payload
    assert [utterance.made for utterance in speech.speaking.utterances] == [1, 1]


async def test_a_client_that_leaves_stops_its_utterance(speech: Running) -> None:
    peer = await speech.peer()
    await peer.send("synthesize", text="one. hang.")
    await peer.until("audio-chunk")
    peer.close()
    stopped = speech.speaking.utterances[0].stopped
    assert await asyncio.to_thread(stopped.wait, PATIENCE)
    other = await speech.peer()
    await other.send("synthesize", text="two.")
    assert await other.until("audio-stop")


async def test_a_slow_reader_holds_up_nobody(speech: Running) -> None:
    slow, quick = await speech.peer(), await speech.peer()
    await slow.send("synthesize", text=".".join(["a" * 99] * 35))
    for _ in range(3):
        await quick.send("synthesize", text="short.")
        assert await quick.until("audio-stop")
    assert speech.speaking.utterances[0].made < 35, "what nobody reads is not made"
    sound = b""
    while (event := await slow.next()).type != "audio-stop":
        sound += event.payload or b""
    assert len(sound) == 320 * 99 * 35


async def test_one_huge_chunk_is_decoded_in_grains(speech: Running) -> None:
    peer = await speech.peer()
    await peer.send("audio-start", **FORMAT)
    await peer.send("audio-chunk", SECOND * 30, **FORMAT)
    await peer.send("audio-stop")
    assert (await peer.until("transcript")).data["text"] == f"sound {30 * RATE}"
    assert speech.hearing.streams[0].largest <= 2 * RATE // 10


async def test_a_gap_in_the_sound_moves_the_clock(speech: Running) -> None:
    peer = await speech.peer()
    await peer.send("audio-start", **FORMAT)
    await peer.send("audio-chunk", bytes(320), position=0)
    await peer.send("audio-chunk", bytes(320), position=800)
    await peer.send("audio-chunk", bytes(320), position=960)
    await peer.send("audio-stop")
    await peer.until("transcript")
    assert speech.hearing.streams[0].gaps == [(160, 640)]


async def test_too_many_clients_are_told_so(speech: Running) -> None:
    peers = [await speech.peer() for _ in range(MAX_CONNECTIONS)]
    for peer in peers:
        assert await answers(peer)
    extra = await speech.peer()
    assert (await extra.next()).data["code"] == "busy"
    peers[0].close()
    async with asyncio.timeout(PATIENCE):
        while True:
            peer = await speech.peer()
            await peer.send("ping")
            if (await peer.next()).type == "pong":
                break


async def test_before_its_model_is_there_a_request_is_refused_as_loading(socket_path: Path) -> None:
    hold = threading.Event()
    async with running(socket_path, load_hearing=lambda: hold.wait(PATIENCE) and None) as speech:
        try:
            peer = await speech.peer()
            await peer.send("audio-start", **FORMAT)
            assert (await peer.next()).data["code"] == "loading"
            assert (await speech.client.describe()).recognizer.state is EngineState.LOADING
        finally:
            hold.set()


async def test_a_missing_model_is_a_reason_until_it_is_there(socket_path: Path) -> None:
    from tests.voice.speech.fake_engines import FakeHearing

    models: list[FakeHearing] = []

    def load() -> FakeHearing:
        if not models:
            raise ModelFileError("ear: there is no such directory")
        return models[0]

    async with running(socket_path, load_hearing=load) as speech:
        health = await speech.client.reload()
        assert health.recognizer.state is EngineState.FAILED
        assert "no such directory" in health.recognizer.reason
        assert health.voice.state is EngineState.READY, "one engine's failure is not the other's"
        with pytest.raises(SpeechUnavailable, match="no such directory"):
            async with speech.client.listen(language="ru"):
                pass
        assert [chunk async for chunk in speech.client.say("one.", language="ru")]
        models.append(FakeHearing())
        assert (await speech.client.reload()).recognizer.state is EngineState.READY
        async with speech.client.listen(language="ru") as stream:
            stream.send(bytes(320))
            assert (await stream.finish_phrase()).text == "sound 160"
        models.clear()
        health = await speech.client.reload(force=True)
        assert health.recognizer.state is EngineState.READY, "a model that works is kept when its successor does not"
        assert "no such directory" in health.recognizer.reason


async def test_the_socket_is_for_the_group_and_goes_with_the_server(socket_path: Path) -> None:
    async with running(socket_path):
        assert stat.S_IMODE(socket_path.stat().st_mode) == 0o660
    assert not socket_path.exists()


async def test_a_socket_left_by_a_killed_process_is_taken_over_and_a_living_one_is_not(socket_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_path))
    async with running(socket_path) as speech:
        with pytest.raises(OSError, match="another process"):
            await asyncio.to_thread(bind, socket_path)
        assert await speech.client.describe()


async def test_stopping_ends_open_connections(socket_path: Path) -> None:
    async with running(socket_path) as speech:
        await speech.client.reload()
        peer = await speech.peer()
        await peer.send("synthesize", text="hang.")
        await peer.until("audio-start")
    assert speech.speaking.utterances[0].stopped.is_set()
    with pytest.raises((EndOfStream, OSError)):
        await peer.next()


async def test_an_outbox_is_bounded_and_gives_up_on_who_never_reads() -> None:
    outbox, dropped = Outbox(stalled_after=0.01), 0
    for _ in range(100):
        dropped += not outbox.offer(partial(Partial("да")))
    assert dropped == 100 - 32

    class Stuck:
        def write(self, data: bytes) -> None:
            assert data == encode(partial(Partial("да")))

        async def drain(self) -> None:
            await asyncio.Event().wait()

    with pytest.raises(PeerStalled):
        await outbox.pump(Stuck())  # type: ignore[arg-type]


async def test_a_flood_of_events_is_answered_in_order(speech: Running) -> None:
    peer = await speech.peer()
    raw = b"".join(encode(Event("ping", {"text": str(i)})) for i in range(500))
    peer.writer.write(raw)
    assert [(await peer.next()).data["text"] for _ in range(500)] == [str(i) for i in range(500)]
