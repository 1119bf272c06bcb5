"""What a caller may ask of the conversation itself, at any moment: "повторите", "перезвоните", "не записывайте". PURE.

A phrase is a command only where nothing in it asks for something else: "вы можете повторить" is one, "вы можете
повторить заказ" is a question for the answers. Requests to be called back or put through may carry more words with them
(a name, a time, a reason); what was asked is then told by the rest. Phrases are as a recogniser writes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from secretaryd.answer.words import plain_words, word_set

INSULT_WORDS: Final = 2
"""A phrase so short that holds an insult is one; a longer one only where the insult is aimed at us."""
INSULTS: Final = 2
"""So many in one phrase leave no doubt."""
ADVERT_SIGNS: Final = 2
NEGATION_REACH: Final = 4
"""Words: "не надо, чтобы мне перезвонили"."""


class Command(StrEnum):
    """What is asked."""

    REPEAT = "repeat"
    SLOWER = "slower"
    LOUDER = "louder"
    ENGLISH = "english"
    """To be spoken to in English; only of a box that speaks another language."""
    CALL_BACK = "call_back"
    HUMAN = "human"
    STOP_RECORDING = "stop_recording"
    ABUSE = "abuse"
    ADVERT = "advert"


Words = tuple[str, ...]


def _phrases(text: str) -> tuple[Words, ...]:
    return tuple(tuple(part.replace("ё", "е").split()) for part in text.split("/"))


@dataclass(frozen=True, slots=True)
class _Whole:
    """A command that a phrase is as a whole: one of the heads, and beside it nothing but `beside` and courtesies."""

    heads: tuple[Words, ...]
    beside: frozenset[str]
    alone: tuple[Words, ...] = ()
    """Heads that are too common to stand beside anything."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """One language's words."""

    courtesies: frozenset[str]
    padding: frozenset[str]
    """Words that say nothing wherever they stand."""
    whole: dict[Command, _Whole]
    connect: frozenset[str]
    """Verbs of putting somebody through; with a person they are enough."""
    wish: frozenset[str]
    """Weaker words, which ask for a person only where nothing else is said."""
    people: frozenset[str]
    beside_people: frozenset[str]
    call_back: tuple[Words, ...]
    not_call_back: frozenset[str]
    """A question about a call, or a promise of one, is no request."""
    negations: frozenset[str]
    unwanted: tuple[Words, ...]
    obscene: tuple[str, ...]
    """Beginnings of words."""
    insults: frozenset[str]
    aimed: frozenset[str]
    orders: tuple[Words, ...]
    """"Shut up" and the like."""
    adverts: tuple[Words, ...]
    """One of these is enough."""
    advert_signs: tuple[Words, ...]


def command(heard: str, language: str) -> Command | None:
    """The command in a phrase; None where it is none, and in languages without tables. Never raises."""
    tables = TABLES.get(language)
    if tables is None or not (words := _words(heard, tables)):
        return None
    if _is_advert(words, tables):
        return Command.ADVERT
    if _is_abuse(words, tables):
        return Command.ABUSE
    for which, whole in tables.whole.items():
        if _is_whole(words, whole, tables.courtesies):
            return which
    if _wants_human(words, tables):
        return Command.HUMAN
    return Command.CALL_BACK if _call_back_at(words, tables) is not None else None


def call_back_details(heard: str, language: str) -> str:
    """What a request to be called back says besides: a name, a time, a reason; empty where it says nothing more."""
    tables = TABLES.get(language)
    if tables is None or (at := _call_back_at(words := _words(heard, tables), tables)) is None:
        return " ".join(plain_words(heard))
    rest = [*words[: at[0]], *words[at[1] :]]
    while rest and rest[0] in tables.courtesies:
        rest = rest[1:]
    while rest and rest[-1] in tables.courtesies:
        rest = rest[:-1]
    return "" if set(rest) <= tables.courtesies else " ".join(rest)


def _words(heard: str, tables: _Tables) -> Words:
    return tuple(word for word in plain_words(heard) if word not in tables.padding)


def _is_whole(words: Words, whole: _Whole, courtesies: frozenset[str]) -> bool:
    bare = tuple(word for word in words if word not in courtesies)
    if bare in whole.alone or words in whole.alone:
        return True
    joined = "".join(bare)  # a recogniser may hear "вы ключи запись"
    if any(joined == "".join(head) for head in whole.heads):
        return True
    return any(
        (at := _find(words, head)) >= 0
        and all(word in whole.beside or word in courtesies for word in (*words[:at], *words[at + len(head) :]))
        for head in whole.heads
    )


def _wants_human(words: Words, tables: _Tables) -> bool:
    if not tables.people & set(words):
        return False
    verb = next((at for at, word in enumerate(words) if word in tables.connect), -1)
    if verb >= 0:
        return not _negated(words[:verb], tables)
    bare = [word for word in words if word not in tables.courtesies]
    known = tables.people | tables.beside_people | tables.wish
    return set(bare) <= known and (bool(tables.wish & set(bare)) or len(bare) == 1)


def _call_back_at(words: Words, tables: _Tables) -> tuple[int, int] | None:
    """Where a request to be called back stands (start, end)."""
    if tables.not_call_back & set(words):
        return None
    for head in tables.call_back:
        at = _find(words, head)
        if at >= 0 and not _negated(words[:at], tables):
            return at, at + len(head)
    return None


def _negated(before: Words, tables: _Tables) -> bool:
    """Whether what comes next is said not to be done."""
    return bool(set(before[-1:]) & tables.negations) or any(
        _find(before[-NEGATION_REACH:], phrase) >= 0 for phrase in tables.unwanted
    )


def _is_abuse(words: Words, tables: _Tables) -> bool:
    if any(word.startswith(root) for word in words for root in tables.obscene):
        return True
    if any(_find(words, order) >= 0 for order in tables.orders):
        return True
    if not tables.insults & set(words):
        return False
    if len(tables.insults.intersection(words)) >= INSULTS:
        return True
    aimed = any(set(pair) & tables.insults and set(pair) & tables.aimed for pair in pairwise(words))
    return aimed or len([word for word in words if word not in tables.courtesies]) <= INSULT_WORDS


def _is_advert(words: Words, tables: _Tables) -> bool:
    if any(_find(words, sign) >= 0 for sign in tables.adverts):
        return True
    return sum(_find(words, sign) >= 0 for sign in tables.advert_signs) >= ADVERT_SIGNS


def _find(words: Sequence[str], wanted: Words) -> int:
    size = len(wanted)
    return next((at for at in range(len(words) - size + 1) if tuple(words[at : at + size]) == wanted), -1)


def _forms(*texts: str) -> frozenset[str]:
    return word_set(" ".join(texts))


def _all(*texts: str) -> tuple[Words, ...]:
    return tuple(phrase for text in texts for phrase in _phrases(text))


def _joined(*groups: Iterable[str]) -> frozenset[str]:
    return frozenset(word for group in groups for word in group)


_RU_AGAIN = _forms("""
    я вы вас вам мне меня а и что не это так как раз еще все можете можно могли бы не сказали говорите говорить
    последнее последнюю предыдущее фразу ответ вопрос слова слово целиком сначала плохо слышно слышу понял поняла
    расслышал расслышала сразу чуть немного
""")

RUSSIAN: Final = _Tables(
    courtesies=_forms("""
        а ну э ээ эм алло ало пожалуйста скажите простите извините прошу добрый день вечер утро доброе здравствуйте
        девушка будьте добры любезны так вот слушайте послушайте да нет хорошо спасибо
    """),
    padding=_forms("просто лучше уж тогда уже вообще же давайте"),
    whole={
        Command.STOP_RECORDING: _Whole(
            heads=_all(
                "не записывайте/не записывай/не надо записывать/не нужно записывать/не надо ничего записывать",
                "прекратите запись/прекратите записывать/остановите запись/выключите запись",
                "выключи запись/отключите запись",
                "удалите запись/сотрите запись/против записи/не согласен на запись/не согласна на запись",
                "не даю согласия на запись/не давал согласия на запись/не давала согласия на запись/без записи",
                "не хочу чтобы меня записывали/не хочу чтобы разговор записывали/не хочу чтобы вы меня записывали",
                "не хочу чтобы разговор записывался/не хочу записываться/перестаньте записывать/уберите запись",
            ),
            beside=_forms(
                "меня нас мой наш этот разговор разговора звонок звонка это я мы вы мне хочу чтобы прошу голос ничего "
                "можно давайте лучше и больше диктофон"
            ),
        ),
        Command.SLOWER: _Whole(
            heads=_all(
                "медленнее/помедленнее/медленней/помедленней/не так быстро/слишком быстро/очень быстро говорите",
                "не спешите/не торопитесь/быстро говорите/говорите медленно",
            ),
            beside=_joined(_RU_AGAIN, _forms("повторите повтори повторить слишком очень быстро успеваю записать")),
        ),
        Command.LOUDER: _Whole(
            heads=_all(
                "громче/погромче/говорите громче/можно громче/можно погромче/можете громче/сделайте громче",
                "тихо говорите/очень тихо/слишком тихо",
            ),
            beside=_joined(_RU_AGAIN, _forms("чуть немного говорите говорить слишком очень тихо повторите слышно")),
        ),
        Command.ENGLISH: _Whole(
            heads=_all(
                "по английски/по-английски/на английском/английский/на английском языке/по английски говорите/инглиш",
                "спик инглиш/ду ю спик инглиш/дую спик инглиш/ду ю спик/инглиш плиз/нот спик рашн/донт спик рашн",
                "но рашн",
            ),
            beside=_forms("""
                вы вас ли можно можете говорите говорить говорит кто-нибудь кто нибудь есть у со мной мне меня я только
                лучше
                язык языке понимаете разговариваете хелло хеллоу хай хей плиз ду дую ю кен кэн ай ви сорри
                экскьюз ми эни эниван самван энибади самбади энибоди самбоди зере хир лиз из оф э эй хау вот а
                говорю русский по-русски русски не знаю
            """),
            alone=_all("хелло/хеллоу/гуд монинг/гуд морнинг/гуд афтернун/гуд ивнинг/хелло хелло/сорри плиз"),
        ),
        Command.REPEAT: _Whole(
            heads=_all(
                "повторите/повтори/можете повторить/можно повторить/повторить можете/еще раз/еще разок/не расслышал",
                "не расслышала/не понял/не поняла/что вы сказали/что вы говорите/как вы сказали/плохо слышно",
                "не слышно/не слышу/плохо вас слышу/могли бы повторить/повторить пожалуйста",
            ),
            beside=_RU_AGAIN,
            alone=_all("что/что что/чего/как как/повторить/что простите/простите что"),
        ),
    },
    connect=_forms(
        "соедините соедини соединить переключите переключи переключить позовите позови пригласите пригласить"
    ),
    wish=_forms("переведите дайте нужен нужна нужно хочу хотел хотела можно могу поговорить поговорю говорить надо"),
    people=_forms("""
        человеком человека человек оператором оператора оператор оператору менеджером менеджера менеджер менеджеру
        директором директора директор начальником начальника специалистом специалиста специалист администратором
        администратора администратор бухгалтерией бухгалтером бухгалтера сотрудником сотрудника руководителем
        руководителя хозяином хозяина консультантом консультанта мастером кем-нибудь живым
    """),
    beside_people=_forms("""
        с со на к меня нас мне нам я мы вы бы ли живым живого живой вашим вашего ваш другим кем сейчас срочно прямо не
        роботом роботами робот а нибудь настоящим настоящего реальным дежурным свободным любым
    """),
    call_back=_all(
        "попросите его перезвонить мне/попросите перезвонить мне/попросите мне перезвонить/попросите его перезвонить",
        "попросите перезвонить/передайте чтобы мне перезвонили/передайте чтобы перезвонили/пусть мне перезвонят",
        "пусть перезвонят мне/пусть он мне перезвонит/пусть она мне перезвонит/пусть перезвонит/пусть перезвонят",
        "чтобы мне перезвонили/можете мне перезвонить/можете перезвонить мне/перезвонить мне/мне перезвонить",
        "мне перезвонили/закажите обратный звонок/заказать обратный звонок/обратный звонок/перезвоните мне",
        "перезвоните нам/мне перезвоните/перезвоните/перезвони мне/наберите меня/позвоните мне",
    ),
    not_call_back=_forms("когда почему зачем сколько кто куда где обещали обещал обещала должны перезвоню или"),
    negations=_forms("не"),
    unwanted=_all("не надо/не нужно/не стоит/не хочу/не прошу"),
    obscene=("хуй", "хуе", "хуя", "хуи", "пизд", "ебат", "ебан", "ебал", "ебуч", "заеб", "уеб", "мудак", "мудил",
             "долбоеб", "бляд", "блят"),
    insults=_forms(
        "дура дуры дурак идиот идиотка идиоты тварь сука суки бля скотина дебил дебилка дебилы тупица козел козлы урод",
        "уродина уроды тупая тупой тупые",
    ),
    aimed=_forms("ты вы тебя вас какая какой"),
    orders=_all("заткнись/заткнитесь/пошел ты/пошла ты/пошли вы/иди к черту/идите к черту/пошел на/пошла на/пошли на"),
    adverts=_all(
        "оставайтесь на линии/нажмите один/нажмите два/нажмите ноль/нажмите цифру/нажмите клавишу/нажмите кнопку",
        "выгодное предложение/уникальное предложение/специальное предложение/вам одобрен кредит/вам одобрена",
        "вы выиграли/пройдите опрос/пройти опрос/пройти короткий опрос/поучаствовать в опросе/вас приветствует",
        "предлагаем сотрудничество/коммерческое предложение/абонент временно недоступен/после звукового сигнала",
        "перезвоните позже или оставьте",
    ),
    advert_signs=_all(
        "мы предлагаем/предлагаем вам/хотим предложить/хочу предложить/наша компания/акция/скидка/скидки/скидку",
        "бесплатную консультацию/бесплатная консультация/кредит/кредита/кредитную карту/под выгодный процент/процентов",
        "инвестиции/инвестировать/продвижение сайта/продвижению сайтов/интернет и телевидение/только сегодня",
        "вам положена/списание долгов/списать долги/заинтересует/подключить тариф/страховку",
    ),
)  # fmt: skip

_EN_AGAIN = _forms("""
    i you me it that the what can could would again more once didnt did not cant hear understand catch last thing bit
    little repeat say said so is too
""")

ENGLISH: Final = _Tables(
    courtesies=_forms("please sorry hello hi excuse me well um uh er okay ok thanks thank you no yes"),
    padding=_forms("just rather then really"),
    whole={
        Command.STOP_RECORDING: _Whole(
            heads=_all(
                "dont record/do not record/stop recording/stop the recording/no recording/delete the recording",
                "dont want to be recorded/do not want to be recorded/not consent to recording",
                "not consent to being recorded",
            ),
            beside=_forms("me this the call conversation i my voice do dont it"),
        ),
        Command.SLOWER: _Whole(
            heads=_all("slower/more slowly/slow down/too fast/not so fast"),
            beside=_joined(_EN_AGAIN, _forms("speak speaking talk talking are a")),
        ),
        Command.LOUDER: _Whole(
            heads=_all("louder/speak up/too quiet/very quiet"),
            beside=_joined(_EN_AGAIN, _forms("speak please are you very too a hardly bit hear")),
        ),
        Command.REPEAT: _Whole(
            heads=_all(
                "repeat/say that again/say it again/once more/come again/didnt hear/did not hear/cant hear you",
                "didnt catch/did not catch/what did you say",
            ),
            beside=_EN_AGAIN,
            alone=_all("what/pardon/pardon me/again/sorry what/what was that"),
        ),
    },
    connect=_forms("connect transfer"),
    wish=_forms("speak talk need want get put"),
    people=_forms("human person somebody someone operator manager director boss representative agent people"),
    beside_people=_forms("to with a an the real live i me through would like can could may id"),
    call_back=_all(
        "call me back/ring me back/give me a call back/ask him to call me/ask her to call me/ask them to call me",
        "have him call me/have someone call me/have somebody call me/phone me back",
    ),
    not_call_back=_forms("when why who promised"),
    negations=_forms("not dont never"),
    unwanted=_all("do not/dont want/not want"),
    obscene=("fuck", "motherfuck", "bullshit", "asshole", "cunt"),
    insults=_forms("idiot stupid moron bitch bastard shit dumb"),
    aimed=_forms("you youre such"),
    orders=_all("shut up/go to hell/screw you"),
    adverts=_all(
        "press one/press two/stay on the line/special offer/exclusive offer/you have won/youve won/short survey",
        "extended warranty/unique offer/leave a message after the tone",
    ),
    advert_signs=_all(
        "our company/we offer/we would like to offer/discount/credit card/loan/investment/only today/special price"
    ),
)

TABLES: Final[dict[str, _Tables]] = {"ru": RUSSIAN, "en": ENGLISH}
