"""Words by which a phrase is taken for finished, in Russian and English. Tables only; `voice.completeness` judges."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tables:
    """One language's words. Endings are matched against the last words of the text."""

    answers: frozenset[str]
    """A text of nothing but these, begun with one of `openers`, is an answer to a yes-or-no question."""
    openers: frozenset[str]
    goodbyes: tuple[str, ...]
    """Endings after which people say no more."""
    please: str
    asking: frozenset[str]
    """Before `please`, these only begin a question: "скажите пожалуйста"."""
    questions: frozenset[str]
    """A question word with two words behind it makes a full question."""
    requests: frozenset[str]
    """So does a verb of asking with two words behind it."""
    yes_no: tuple[str, ...]
    """Beginnings of yes-or-no questions, of two words or more, ..."""
    yes_no_words: int
    """... which are full with so many words in all."""
    preludes: frozenset[str]
    """What may come before such a beginning."""
    whole: tuple[str, ...]
    """Texts that are a turn of their own."""
    asked_of: tuple[str, ...]
    """Endings of verbs in the second person: with something said before it, such a verb closes a question."""
    you: str
    joints: frozenset[str]
    """Words that lead into a clause of which the verb may be no question."""
    tails: tuple[str, ...]
    """Questions asked at the end, behind what they are about."""
    dangling: frozenset[str]
    """Nobody ends a phrase with these words."""
    hanging: tuple[str, ...]
    """... nor with these endings."""
    subjects: frozenset[str]
    """Nobody says one of these and no more; "э" is often heard as one."""
    made_up: frozenset[str]
    """What a recogniser that hears silence adds to a phrase that is complete."""
    number_heralds: frozenset[str]
    """After these a number is dictated, however short it still is."""
    hundreds: dict[str, str]
    tens: dict[str, str]
    teens: dict[str, str]
    units: dict[str, str]
    number_glue: frozenset[str]
    """Words within a dictated number that are no digits."""
    trunk: str
    """First digits of whole numbers: with one of them alone a number begins."""
    closed: tuple[tuple[int, str], ...]
    """(length, first digits that it may have) of whole phone numbers."""
    name_leads: tuple[str, ...]
    """What comes before a name; with two words behind it, or two words alone, an answer to "what is your name?"."""
    verdicts: frozenset[str]
    """Words that tell whether something is right; in an answer to that, they are all there is to say."""
    denials: frozenset[str]
    """Those of them that say that it is wrong."""
    instead: frozenset[str]
    """Before a number these say that another one follows: "не сорок пять" (а сорок шесть)."""
    wishes: tuple[str, ...]
    """Endings of a request that is whole as it stands."""


def plain(text: str) -> str:
    """As the tables are written: lower case, no punctuation."""
    return text.lower().replace("ё", "е").replace("-", " ").translate(_PUNCTUATION)


_PUNCTUATION = str.maketrans(dict.fromkeys(".,!?;:…«»\"'()", " "))


def _words(text: str) -> frozenset[str]:
    return frozenset(plain(text).split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(plain(line).strip() for line in text.split("/"))


def _values(text: str) -> dict[str, str]:
    return dict(item.split("=", 1) for item in plain(text).split())


RUSSIAN = Tables(
    # Not "понятно": a caller who says so takes leave in the same breath, and would be cut off before it.
    answers=_words(
        "да нет ага угу не надо нужно хорошо конечно верно правильно ладно согласен согласна подходит точно именно так "
        "можно нельзя спасибо пожалуйста отлично разумеется ни в коем случае неверно неправильно "
        "годится договорились больше ничего всё стоп подождите хватит давайте громче погромче тише медленнее "
        "помедленнее быстрее еще"
    ),
    openers=_words(
        "да нет ага угу хорошо конечно верно правильно ладно согласен согласна подходит неверно неправильно отлично "
        "разумеется точно именно годится договорились стоп хватит ничего"
    ),
    goodbyes=_lines(
        "до свидания/всего доброго/всего хорошего/всего наилучшего/до встречи/до завтра/хорошего дня/пока/пока пока/"
        "счастливо/будьте здоровы/до связи/на связи"
    ),
    please="пожалуйста",
    asking=_words("скажите подскажите извините простите добры"),
    questions=_words(
        "сколько когда где куда откуда какой какая какое какие какую каких кто почему зачем чем чей долго"
    ),
    requests=_words(
        "скажите подскажите соедините переключите перезвоните повторите расскажите объясните напомните пригласите "
        "позовите скажи подскажи"
    ),
    yes_no=_lines(
        "вы работаете/вы принимаете/вы доставляете/вы делаете/вы можете/вы будете/вы открыты/вы еще/вы сможете/"
        "у вас есть/у вас можно/у вас работает/есть ли/можно ли/можно заказать/можно оплатить/можно записаться/"
        "можно узнать/можно забрать/можно вернуть/могу ли/работаете ли/нельзя ли/"
        "как до вас/как к вам/как мне/как можно/как вас/как у вас/как быстро/как оплатить/как заказать/как оформить"
    ),
    yes_no_words=3,
    preludes=_words(
        "а и ну алло угу ага да так добрый день вечер утро здравствуйте привет скажите подскажите пожалуйста извините"
    ),
    asked_of=("ете", "ите", "етесь", "итесь"),
    tails=_lines("до скольки/со скольки/до какого часа/с какого часа/во сколько"),
    you="вы",
    joints=_words("что чтобы если когда пока раз"),
    whole=_lines("это робот/вы робот/вы человек/кто это/кто вы/с кем я говорю/вы меня слышите/вы тут/что вы умеете"),
    dangling=_words(
        "и а но или либо что чтобы потому поэтому если когда как где куда откуда сколько какой какая какое какие "
        "который в во на с со к ко по о об обо у от до из за для при про без под над через между перед около после "
        "насчёт э ээ эээ эм эмм м мм ммм ну вот значит типа короче мой моя моё мои мою ваш ваша ваше ваши наш наша "
        "не ни бы очень будет был была плюс номер номеру имя фамилия отчество зовут улица дом квартира подъезд код "
        "нужен нужна нужны"
    ),
    hanging=_lines(
        "мой номер/номер телефона/мой телефон/телефон такой/мой адрес/адрес такой/меня зовут/зовут меня/моё имя/"
        "моя фамилия/я хочу/я хотел/я хотела/хотел бы/хотела бы/хотелось бы/мне нужно/мне надо/мне бы/нам нужно/"
        "я звоню/звоню вам/по поводу/по вопросу/дело в том/так как/потому что/скажите/подскажите/запишите/передайте/"
        "передайте ему/передайте ей/у вас/у меня/у нас/к вам/к нам/до вас/от вас/как вас/можно ли/"
        "могу ли/могу я/а это/ну это/вот это"
    ),
    subjects=_words("это я мы мне нам меня вы вас"),
    made_up=_words("в до к"),
    number_heralds=_words("номер номеру телефон телефона мобильный сотовый код плюс диктую запишите записывайте"),
    hundreds=_values(
        "сто=1 двести=2 триста=3 четыреста=4 пятьсот=5 шестьсот=6 семьсот=7 восемьсот=8 девятьсот=9",
    ),
    tens=_values(
        "двадцать=20 тридцать=30 сорок=40 пятьдесят=50 шестьдесят=60 семьдесят=70 восемьдесят=80 девяносто=90",
    ),
    teens=_values(
        "десять=10 одиннадцать=11 двенадцать=12 тринадцать=13 четырнадцать=14 пятнадцать=15 шестнадцать=16 "
        "семнадцать=17 восемнадцать=18 девятнадцать=19"
    ),
    units=_values(
        "ноль=0 нуль=0 один=1 одна=1 раз=1 два=2 две=2 три=3 четыре=4 пять=5 шесть=6 семь=7 восемь=8 девять=9",
    ),
    number_glue=_words("плюс дефис тире"),
    trunk="789",
    # 8 or +7 with ten digits, or the ten alone, whose area code then begins with 3, 4 or 9 (Russian numbering plan).
    closed=((11, "78"), (10, "349")),
    name_leads=_lines("меня зовут/мое имя/это говорит/говорит/вас беспокоит/беспокоит/это/я"),
    verdicts=_words(
        "да нет не ага угу верно правильно неверно неправильно точно все так именно хорошо номер конечно спасибо"
    ),
    denials=_words("нет не неверно неправильно"),
    instead=_words("не"),
    wishes=_lines(
        "оставить сообщение/оставлю сообщение/заказать доставку/сделать заказ/перезвоните мне/мне перезвонить/"
        "перезвоните пожалуйста"
    ),
)

ENGLISH = Tables(
    answers=_words(
        "yes no yeah yep nope sure ok okay right correct thanks thank you please fine good great of course that's "
        "thats not really all exactly stop wait nothing else it that is"
    ),
    openers=_words("yes no yeah yep nope sure ok okay right correct fine great exactly stop nothing of that's thats"),
    goodbyes=_lines("goodbye/good bye/bye/bye bye/see you/see you later/have a nice day/have a good day/take care"),
    please="please",
    asking=_words("me say"),
    questions=_words("what when where why who how which whose"),
    requests=_words("tell give connect repeat explain"),
    yes_no=_lines(
        "do you have/do you do/do you work/do you deliver/are you open/can i/can you/could you/could i/is there/"
        "are there/may i/is it"
    ),
    yes_no_words=4,
    preludes=_words("hello hi and so well good morning afternoon evening excuse me please"),
    asked_of=(),
    tails=(),
    you="you",
    joints=frozenset(),
    whole=_lines("are you a robot/are you human/who is this/who are you/can you hear me"),
    dangling=_words(
        "and or but because so if that when where how what which who the a an my your his her our their its i of to "
        "in on at for with from by about into is are was were will would can could should um uh er erm hmm like well "
        "not plus number name"
    ),
    hanging=_lines(
        "my number/phone number/my name/my name is/name is/this is/i want/i need/i would like/i'd like/i wanted/"
        "i am calling/i'm calling/calling about/tell me/can you/could you/do you/do you have/are you/is it/let me"
    ),
    subjects=_words("it this that i we you he she they"),
    made_up=_words("a the to"),
    number_heralds=_words("number is phone mobile cell code plus"),
    hundreds={},
    tens=_values("twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90"),
    teens=_values(
        "ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19",
    ),
    units=_values("zero=0 oh=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9"),
    number_glue=_words("plus dash"),
    trunk="",
    # Ten digits, or eleven with a trunk or country prefix (North America, Britain, Russia).
    closed=((11, "0178"), (10, "23456789")),
    name_leads=_lines("my name is/this is/it is/i am"),
    verdicts=_words("yes no yeah yep nope right correct exactly wrong not it is that is thats that's ok okay thanks"),
    denials=_words("no nope wrong not"),
    instead=_words("not"),
    wishes=_lines("leave a message/take a message/call me back/place an order"),
)

TABLES: dict[str, Tables] = {"ru": RUSSIAN, "en": ENGLISH}
