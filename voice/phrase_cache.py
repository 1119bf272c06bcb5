"""Sound of phrases that are known beforehand, kept on disk by voice and text, so that they need no synthesis."""

import asyncio
import hashlib
import logging
import os
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Final

from voice.errors import SpeechUnavailable
from voice.ports import RATE, Synthesizer

log = logging.getLogger(__name__)

MEMORY_SECONDS: Final = 120  # of sound kept in memory: 1.9 MB
DISK_FILES: Final = 2000
PREPARED: Final = 4
"""Texts made ahead that were not said yet."""
SEAL_BYTES: Final = 16  # a checksum before the sound
CHUNK_BYTES: Final = RATE * 2 // 5  # 200 ms handed over at a time
USUAL_PACE: Final = 1.0
VERSION: Final = b"2"  # of what `spoken` and the synthesiser make of a text


class Preparation:
    """Sound under way: what is there can be taken while the rest is made."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._news = asyncio.Event()
        self._over = False
        self._failure: SpeechUnavailable | None = None

    def add(self, chunk: bytes) -> None:
        """The next stretch."""
        self._chunks.append(chunk)
        self._news.set()

    def finish(self, failure: SpeechUnavailable | None) -> None:
        """No more comes."""
        self._over, self._failure = True, failure
        self._news.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """From the beginning, each as it is there. Raises SpeechUnavailable where it was not finished."""
        taken = 0
        while True:
            self._news.clear()
            while taken < len(self._chunks):
                taken += 1
                yield self._chunks[taken - 1]
            if self._over:
                break
            await self._news.wait()
        if self._failure is not None:
            raise self._failure


class PhraseCache:
    """Speaks a text: from memory, from disk, else by synthesis. Implements the voice that `Turn` needs.

    `spoken` turns written text into words (voice.speakable). `ready` holds PCM shipped with the box, by text: the last
    resort when neither cache nor synthesiser has it. `fixed` holds PCM that no voice could make better: of another
    language than the voice's.
    """

    def __init__(
        self,
        folder: Path,
        voice_name: str,
        language: str,
        synthesizer: Synthesizer,
        spoken: Callable[[str], str],
        ready: dict[str, bytes] | None = None,
        fixed: dict[str, bytes] | None = None,
    ) -> None:
        self._folder = folder
        self._voice = voice_name
        self._language = language
        self._synthesizer = synthesizer
        self._spoken = spoken
        self._ready = ready or {}
        self._fixed = fixed or {}
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._known: set[str] = set()
        self._prepared: dict[tuple[str, float], Preparation] = {}

    def knows(self, text: str) -> bool:
        """True if the text needs no synthesis."""
        return self._stored(text) is not None

    @property
    def name(self) -> str:
        """The voice's."""
        return self._voice

    async def speak(self, text: str, *, pace: float = USUAL_PACE) -> AsyncIterator[bytes]:
        """PCM of the text in chunks; closing the iterator stops the synthesis. Kept sound is of the usual pace: at
        another one it is made anew, and kept sound stands in only where there is no synthesis. Raises
        SpeechUnavailable."""
        pcm = self._stored(text) if pace == USUAL_PACE else self._fixed.get(text)
        if pcm is not None:
            for chunk in _chunks(pcm):
                yield chunk
            return
        if (preparation := self._prepared.get((text, pace))) is not None:
            async for chunk in preparation.chunks():
                yield chunk
            return
        made: list[bytes] = []
        try:
            async with aclosing(self._say(text, pace)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    made.append(chunk)
                    yield chunk
        except SpeechUnavailable:
            kept = self._stored(text) or self._ready.get(text)
            if made or kept is None:
                raise
            log.warning("no synthesis: a ready phrase is played")
            for chunk in _chunks(kept):
                yield chunk
            return
        if text in self._known and pace == USUAL_PACE:
            self._keep(text, b"".join(made))

    async def prepare(self, text: str, *, pace: float = USUAL_PACE) -> None:
        """Begins to make the sound of a text that will perhaps be said; `speak` then takes it over where it stands.
        Returns when all of it is there; cancelling stops it. Raises SpeechUnavailable."""
        key = text, pace
        known = text in self._fixed or (pace == USUAL_PACE and self._stored(text) is not None)
        if known or key in self._prepared:
            return
        preparation = self._prepared[key] = Preparation()
        while len(self._prepared) > PREPARED:
            del self._prepared[next(iter(self._prepared))]
        try:
            async with aclosing(self._say(text, pace)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    preparation.add(chunk)
            preparation.finish(None)
        except BaseException as error:
            preparation.finish(error if isinstance(error, SpeechUnavailable) else SpeechUnavailable("not finished"))
            if self._prepared.get(key) is preparation:
                del self._prepared[key]
            raise

    async def warm(self, texts: Iterable[str]) -> int:
        """Synthesises what is not stored yet and keeps it; returns how many were made. Raises SpeechUnavailable."""
        count = 0
        for text in texts:
            self._known.add(text)
            if not self.knows(text):
                self._keep(text, b"".join([chunk async for chunk in self._say(text)]))
                count += 1
        self._trim()
        return count

    def files(self, texts: Iterable[str]) -> set[str]:
        """Names of the files in which the sound of these texts is kept, made or not."""
        return {self._path(text).name for text in texts}

    def _say(self, text: str, pace: float = USUAL_PACE) -> AsyncIterator[bytes]:
        return self._synthesizer.say(self._spoken(text), language=self._language, pace=pace)

    def _stored(self, text: str) -> bytes | None:
        if text in self._fixed:
            return self._fixed[text]
        if text in self._memory:
            self._memory.move_to_end(text)
            return self._memory[text]
        try:
            sealed = self._path(text).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("a kept phrase cannot be read", extra={"reason": str(error)})
            return None
        pcm = sealed[SEAL_BYTES:]
        if not pcm or sealed[:SEAL_BYTES] != _seal(pcm):
            return None  # a power cut may leave a name with half its contents
        self._remember(text, pcm)
        return pcm

    def _path(self, text: str) -> Path:
        key = hashlib.blake2b(
            b"\0".join((VERSION, self._voice.encode(), self._language.encode(), text.encode())), digest_size=16
        )
        return self._folder / f"{key.hexdigest()}.pcm"

    def _keep(self, text: str, pcm: bytes) -> None:
        """Atomic: a power cut leaves either the whole phrase or none. Not synced: it can always be made again."""
        if not pcm:
            return  # silence is no phrase: the voice may do better next time
        self._remember(text, pcm)
        path = self._path(text)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(_seal(pcm) + pcm)
            fresh.replace(path)
        except OSError as error:
            log.warning("phrase not kept", extra={"reason": str(error)})
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def _remember(self, text: str, pcm: bytes) -> None:
        self._memory[text] = pcm
        total = sum(map(len, self._memory.values()))
        while total > MEMORY_SECONDS * RATE * 2 and len(self._memory) > 1:
            total -= len(self._memory.popitem(last=False)[1])

    def _trim(self) -> None:
        try:
            files = sorted(self._folder.glob("*.pcm"), key=lambda path: path.stat().st_mtime)
            for path in files[: max(0, len(files) - DISK_FILES)]:
                path.unlink(missing_ok=True)
            for leftover in self._folder.glob("*.new"):
                leftover.unlink(missing_ok=True)
        except OSError as error:
            log.warning("old phrases not cleared away", extra={"reason": str(error)})


def forget_others(folder: Path, names: Collection[str]) -> int:
    """Removes kept sound that nothing says any more: an answer that was edited may have named a person. `names` are of
    every voice that keeps its sound there. Returns how many went; never raises."""
    count = 0
    try:
        for path in folder.glob("*.pcm"):
            if path.name not in names:
                path.unlink(missing_ok=True)
                count += 1
    except OSError as error:
        log.warning("old phrases not cleared away", extra={"reason": str(error)})
    return count


def _chunks(pcm: bytes) -> Iterator[bytes]:
    for start in range(0, len(pcm), CHUNK_BYTES):
        yield pcm[start : start + CHUNK_BYTES]


def _seal(pcm: bytes) -> bytes:
    return hashlib.blake2b(pcm, digest_size=SEAL_BYTES).digest()
