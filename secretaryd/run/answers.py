"""What the box says and with which voice: persona, FAQ, ladder, flow, and the phrases known beforehand."""

import asyncio
import logging
import wave
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from secretaryd.answer.foresight import Foresight
from secretaryd.answer.ladder import Ladder
from secretaryd.answer.persona import Persona
from secretaryd.answer.phrases import TEXTS
from secretaryd.answer.prompt import Form
from secretaryd.answer.words import Lemmas
from secretaryd.call.english import TEXTS as ENGLISH
from secretaryd.call.words import fixed_lines
from secretaryd.config.schema import Config
from secretaryd.flow.interpreter import Interpreter
from secretaryd.flow.library import default_flow, outgoing_flow
from secretaryd.flow.schema import Flow, Words
from secretaryd.nodes.pool import LlmPool
from secretaryd.owner.content import Content, content_of
from secretaryd.run.models import Chosen
from voice.errors import ModelUnavailable
from voice.llm.protocol import ChatMessage
from voice.models.catalogue import Kind
from voice.models.store import STARTER
from voice.phrase_cache import PhraseCache
from voice.ports import RATE, Synthesizer
from voice.speakable.speaker import Speaker

log = logging.getLogger(__name__)

SLOW_SECONDS: Final = 0.2
"""What takes less says nothing about a model's pace: a prompt that was read already, or an answer nobody waited for."""
MAX_SESSIONS: Final = 8
READY_FOLDER: Final = "ready"


class PoolModel:
    """The node pool as the ladder wants it; remembers when each session's last answer began, and the nodes' pace."""

    def __init__(self, pool: LlmPool, clock: Callable[[], float] | None = None) -> None:
        self._pool = pool
        self._given_clock = clock
        self._first: dict[str, float] = {}
        self.foresight = Foresight()

    def _clock(self) -> float:
        return asyncio.get_running_loop().time() if self._given_clock is None else self._given_clock()

    @property
    def ready(self) -> bool:
        """Some node would answer."""
        return self._pool.ready

    async def stream(
        self, messages: Sequence[ChatMessage], *, session: str, max_tokens: int, first_token_s: float
    ) -> AsyncIterator[str]:
        """Raises ModelUnavailable."""
        asked, began, length = self._clock(), None, 0
        deltas = self._pool.stream(messages, session=session, max_tokens=max_tokens, first_token_s=first_token_s)
        try:
            async with aclosing(deltas):
                async for delta in deltas:
                    if began is None:
                        began = self._clock()
                        self.foresight.read(messages, session, began - asked, began)
                        self._note_first(session, began)
                    else:
                        length += len(delta)
                        self.foresight.wrote(length, self._clock() - began)
                    yield delta
        except ModelUnavailable:
            now = self._clock()
            if began is None and now - asked >= SLOW_SECONDS:
                self.foresight.gave_up(messages, session, now - asked, now)
            raise

    def _note_first(self, session: str, at: float) -> None:
        self._first.setdefault(session, at)
        for old in list(self._first)[:-MAX_SESSIONS]:
            del self._first[old]

    async def prefill(self, messages: Sequence[ChatMessage], *, session: str, partial: str = "") -> None:
        """A hint."""
        began = self._clock()
        await self._pool.prefill(session, messages, partial)
        now = self._clock()
        if now - began >= SLOW_SECONDS:
            self.foresight.read(messages, session, now - began, now)
        else:
            self.foresight.knows(messages, session)

    def predicted(self, messages: Sequence[ChatMessage], *, session: str, characters: int) -> float | None:
        """Seconds until so much of an answer would be there; None where the pace is not known."""
        return self.foresight.seconds(messages, session, characters, self._clock())

    def first_token(self, session: str) -> float | None:
        """time.monotonic() of the first token since the last asking; None where no model answered."""
        return self._first.pop(session, None)


@dataclass(frozen=True, slots=True)
class Speaking:
    """Everything that answers."""

    persona: Persona
    ladder: Ladder
    interpreter: Interpreter
    voice: PhraseCache
    lemmas: Lemmas
    model: PoolModel
    outgoing: Flow
    """Leads the calls that the box makes."""
    values: dict[str, str]
    """What fills the texts of both flows."""
    known: tuple[str, ...]
    """Texts that can be synthesised before anybody calls."""


def answerable(own: Callable[[], Speaking], english: Speaking | None) -> Callable[[str, str], bool]:
    """Tells of a text in a language whether there is an answer to it without a model."""

    def answer(text: str, language: str) -> bool:
        speaking = own()
        if english is not None and language != speaking.persona.language:
            speaking = english
        return speaking.ladder.without_model(text) is not None

    return answer


def make_speaking(
    config: Config,
    chosen: dict[Kind, Chosen],
    pool: LlmPool | PoolModel,
    synthesizer: Synthesizer,
    content: Content | None = None,
    lemmas: Lemmas | None = None,
) -> Speaking:
    """Builds it; `content` is what was shipped unless the owner has his own; the model may be shared with what answers
    in another language. Raises BadContent (secretaryd.answer.errors) for a persona or FAQ with errors."""
    language, zone = config.box.language, ZoneInfo(config.box.timezone)
    content = content or content_of(config, None, None)
    persona, entries = content.persona, tuple(each.entry for each in content.known)
    lemmas = lemmas or Lemmas()
    model = pool if isinstance(pool, PoolModel) else PoolModel(pool)
    only_starter = config.llm.model == STARTER and not config.llm.node
    ladder = Ladder(
        persona,
        entries,
        lemmas,
        lambda: datetime.now(zone),
        model,
        form=Form.FOCUSED if only_starter else Form.FULL,
    )
    values = {
        "greeting": persona.greeting,
        "calling": persona.calling,
        "name": persona.name,
        "company": persona.company,
    }
    outgoing = Interpreter(outgoing_flow(record=config.call.record), values=values)
    interpreter = Interpreter(default_flow(record=config.call.record), values=values)
    voice = chosen[Kind.TTS].model
    assert voice is not None, "a voice is always chosen: the bundled one stands in"
    speaker = Speaker(language, morph=lemmas.morph)
    cache = PhraseCache(
        config.box.data_dir / "phrases",
        voice.name,
        language,
        synthesizer,
        speaker.speak,
        ready_sounds(language),
        english_sounds() if language != "en" else None,
    )
    flows = [interpreter, outgoing] if config.dial.enabled else [interpreter]
    flow_texts = [words.text(language, values) for flow in flows for words in _flow_words(flow)]
    fixed = [entry.answer.fill(persona.values) for entry in entries if entry.answer.fields <= persona.values.keys()]
    facts = [fact.say for fact in persona.facts]
    known = tuple(dict.fromkeys([*flow_texts, *TEXTS[language].values(), *fixed_lines(language), *fixed, *facts]))
    texts = tuple(text for text in known if text)
    return Speaking(persona, ladder, interpreter, cache, lemmas, model, outgoing.flow, values, texts)


def _flow_words(interpreter: Interpreter) -> list[Words]:
    flow = interpreter.flow
    own = [words for node in flow.nodes.values() if isinstance(words := getattr(node, "words", None), Words)]
    return [*own, *flow.silence.words]


def ready_texts(language: str) -> dict[str, str]:
    """Id to text of the phrases whose sound comes with the box: ready phrases and the default flow's own."""
    texts = {str(key): text for key, text in TEXTS[language].items()}
    for words in _flow_words(Interpreter(default_flow(record=True))):
        text = words.text(language, {})
        if words.phrase and text and "greeting" not in words.phrase:
            texts[f"flow_{words.phrase}"] = text
    return texts


def ready_sounds(language: str) -> dict[str, bytes]:
    """Text to PCM (8 kHz mono s16le) of the phrases that come with the box as sound."""
    return _sounds(language, ready_texts(language))


def english_sounds() -> dict[str, bytes]:
    """The same of what a box says in English whatever it speaks."""
    return _sounds("en", {str(key): text for key, text in ENGLISH.items()})


def _sounds(language: str, texts: Mapping[str, str]) -> dict[str, bytes]:
    folder = resources.files("secretaryd.answer").joinpath(READY_FOLDER).joinpath(language)
    sounds = {}
    for phrase_id, text in texts.items():
        file = folder.joinpath(f"{phrase_id}.wav")
        if not file.is_file():
            continue
        with file.open("rb") as raw, wave.open(raw) as sound:
            if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2):
                sounds[text] = sound.readframes(sound.getnframes())
    return sounds
