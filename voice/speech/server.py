"""The speech process: a Unix socket, two engines, any number of clients within reason.

Closing: `stop` set, the socket no longer accepts, loads and connections are cancelled and awaited (an utterance's
graph is told to stop at its next node, a decoding grain ends within milliseconds), the engines' threads drop what
waits for them, the socket's file is removed. A model still loading is left behind on a daemon thread.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from voice.busy import Busy
from voice.speech import protocol
from voice.speech.connection import Connection, Engines, Pair
from voice.speech.framing import READ_LIMIT, encode
from voice.speech.host import EngineHost
from voice.speech.ports import HearingEngine, SpeakingEngine
from voice.speech.second import ChildEngine, SecondEars
from voice.speech.settings import LanguageModels, SpeechSettings

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 16
BACKLOG = 16
SOCKET_MODE = 0o660


async def serve(
    settings: SpeechSettings, *, ready: Callable[[], None], stop: asyncio.Event, busy: Busy | None = None
) -> None:
    """Runs until `stop`. `ready` is called when the socket accepts; the models are loaded after that, and `describe`
    tells how far they are. `busy` then tells how long the engines' threads have been at one piece of work. Raises
    OSError when the socket cannot be made (EADDRINUSE: another process has it)."""
    server = SpeechServer(
        settings,
        lambda: load_recognizer(settings.recognizer),
        lambda: load_voice(settings.voice, settings.threads),
        busy,
        tuple(_pair(each, settings.threads, busy) for each in settings.further),
        _second(settings),
    )
    await server.run(ready, stop)


def load_recognizer(model: Path) -> HearingEngine:
    """Vosk. Imported here: the library is slow to import, and its absence is a reason to show, not to die of."""
    from voice.speech.engines.vosk import VoskEngine

    return VoskEngine.load(model)


def load_voice(model: Path, threads: int) -> SpeakingEngine:
    """Piper; see load_recognizer."""
    from voice.speech.engines.piper import PiperEngine

    return PiperEngine.load(model, threads=threads)


class SpeechServer:
    """The composition of socket and engines; the loaders run on threads of their own."""

    def __init__(
        self,
        settings: SpeechSettings,
        recognizer: Callable[[], HearingEngine],
        voice: Callable[[], SpeakingEngine],
        busy: Busy | None = None,
        further: tuple[Pair, ...] = (),
        second: SecondEars | None = None,
    ) -> None:
        """`further`: other languages' engines; `second`: for calls that are over."""
        self._path = settings.socket
        self._engines = Engines(
            EngineHost("speech-vosk", settings.recognizer_name, recognizer, busy),
            EngineHost("speech-piper", settings.voice_name, voice, busy),
            settings.language.split("-")[0].lower(),
            _version(),
            further,
            second,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """See `serve`."""
        listener = await asyncio.to_thread(bind, self._path)
        try:
            async with asyncio.TaskGroup() as group:
                server = await asyncio.start_unix_server(self._accept(group), sock=listener, limit=READ_LIMIT)
                self._own(group.create_task(self._load(), name="speech.load"))
                ready()
                try:
                    await stop.wait()
                finally:
                    server.close()
                    for task in self._tasks:
                        task.cancel()
        finally:
            listener.close()
            self._path.unlink(missing_ok=True)
            for pair in self._engines.pairs:
                pair.hearing.close()
                pair.speaking.close()

    async def _load(self) -> None:
        """Both of a language at once; one language after the other, since the first is what calls wait for."""
        for pair in self._engines.pairs:
            await asyncio.gather(pair.hearing.load(), pair.speaking.load())

    def _accept(self, group: asyncio.TaskGroup) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        connections: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(connections) >= MAX_CONNECTIONS:
                log.warning("speech socket is full", extra={"connections": len(connections)})
                writer.write(encode(protocol.error(protocol.Code.BUSY, "too many connections")))
                writer.close()
                return
            task = group.create_task(self._serve_one(reader, writer), name="speech.connection")
            connections.add(task)
            task.add_done_callback(connections.discard)
            self._own(task)

        return accept

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await Connection(self._engines, reader, writer).run()
        except Exception:  # a fault of ours in one connection must not end the others' calls
            log.exception("speech connection failed")

    def _own(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _pair(models: LanguageModels, threads: int, busy: Busy | None) -> Pair:
    return Pair(
        models.language,
        EngineHost(
            f"speech-vosk-{models.language}", models.recognizer_name, lambda: load_recognizer(models.recognizer), busy
        ),
        EngineHost(
            f"speech-piper-{models.language}", models.voice_name, lambda: load_voice(models.voice, threads), busy
        ),
    )


def _second(settings: SpeechSettings) -> SecondEars | None:
    if (model := settings.second) is None:
        return None
    return SecondEars(settings.second_name, lambda: ChildEngine.spawn(model))


def bind(path: Path) -> socket.socket:
    """A listening Unix socket of mode 0660. A killed process's file is replaced; a living one's is not (OSError)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(path))
            except OSError:
                path.unlink()
            else:
                raise OSError(errno.EADDRINUSE, f"another process answers on {path}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        listener.bind(str(path))
        path.chmod(SOCKET_MODE)  # nobody can connect before listen()
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _version() -> str:
    try:
        return version("secretary-box")
    except PackageNotFoundError:
        return "unpacked"
