"""What callers ask of the conversation itself, and what only sounds like it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.answer.persona import QUESTIONS
from secretaryd.call.commands import TABLES, Command, call_back_details, command

COMMANDS = {
    Command.REPEAT: [
        "повторите пожалуйста", "повторите", "вы можете повторить", "а что вы сказали", "не расслышал повторите", "что",
        "еще раз пожалуйста", "простите я не поняла", "вас плохо слышно", "алло вас не слышно повторите",
    ],
    Command.SLOWER: ["помедленнее пожалуйста", "говорите медленнее", "повторите медленнее", "не так быстро",
                     "вы слишком быстро говорите"],
    Command.LOUDER: ["громче", "говорите погромче пожалуйста", "можно громче", "вы очень тихо говорите"],
    Command.ENGLISH: [
        "хелло ду ю спик инглиш", "инглиш плиз", "вы говорите по английски", "кто-нибудь говорит на английском",
        "можно по-английски", "хеллоу", "гуд монинг",
    ],
    Command.CALL_BACK: [
        "перезвоните мне", "перезвоните пожалуйста", "это анна попросите перезвонить мне завтра утром",
        "пусть мне перезвонят", "закажите обратный звонок", "можете мне перезвонить после обеда",
        "я хочу чтобы мне перезвонили", "наберите меня вечером",
    ],
    Command.HUMAN: [
        "соедините с человеком", "здравствуйте соедините меня с директором по поводу договора", "оператор",
        "позовите менеджера", "мне нужен живой человек", "можно директора", "переведите на оператора",
        "хочу поговорить с человеком а не с роботом",
    ],
    Command.STOP_RECORDING: [
        "не записывайте пожалуйста", "не записывайте разговор", "я не хочу чтобы меня записывали", "выключите запись",
        "я против записи", "вы ключи запись",
    ],
    Command.ABUSE: ["вы дура", "какая тупая", "заткнись", "да пошла ты", "суки"],
    Command.ADVERT: [
        "вас приветствует банк хорошие деньги", "чтобы узнать подробности нажмите один", "вам одобрен кредит",
        "мы предлагаем вам скидку на окна", "у нас для вас выгодное предложение", "оставайтесь на линии",
    ],
}  # fmt: skip
ENGLISH = {
    Command.REPEAT: ["could you repeat that please", "sorry what", "i did not hear you"],
    Command.SLOWER: ["slower please", "you are speaking too fast"],
    Command.LOUDER: ["speak up please", "could you speak louder"],
    Command.CALL_BACK: ["please call me back tomorrow", "have someone call me back"],
    Command.HUMAN: ["connect me to a person", "i want to speak to a human", "can i talk to the manager"],
    Command.STOP_RECORDING: ["do not record me", "please stop recording this call"],
    Command.ABUSE: ["you are stupid", "shut up"],
    Command.ADVERT: ["you have won a prize press one"],
}
OTHERWISE = [
    "вы можете повторить заказ", "можно повторить прошлый заказ", "когда вы мне перезвоните", "я перезвоню позже",
    "почему вы не перезвонили", "не надо чтобы мне перезвонили", "сколько человек у вас работает",
    "не записывайте меня на завтра", "запишите меня на завтра", "вы делаете запись на прием", "директор на месте",
    "как зовут директора", "у вас есть скидки", "какая у вас скидка", "можно оформить в кредит", "что у вас есть",
    "вы меня слышите", "где тупик садовый", "сколько рублей", "вы можете привезти помедленнее", "хлеб привезли",
    "передайте директору что я опоздаю", "не соединяйте с оператором", "медленно ли едет курьер", "курьер уже едет",
    "можно быстро", "я человек занятой", "повторный прием сколько стоит", "небо", "потребляет ли много",
    "громко играет музыка", "есть уроки английского языка", "сколько стоит английский завтрак",
    "оскорблять", "у вас есть акция", "вы пришлете мастера", "соедините трубы", "",
]  # fmt: skip


def cases(table: dict[Command, list[str]]) -> list[tuple[str, Command]]:
    return [(text, which) for which, texts in table.items() for text in texts]


@pytest.mark.parametrize(("heard", "wanted"), cases(COMMANDS))
def test_a_command_is_known(heard: str, wanted: Command) -> None:
    assert command(heard, "ru") is wanted


@pytest.mark.parametrize(("heard", "wanted"), cases(ENGLISH))
def test_an_english_command_is_known(heard: str, wanted: Command) -> None:
    assert command(heard, "en") is wanted


@pytest.mark.parametrize("heard", OTHERWISE)
def test_the_same_words_in_another_sense_are_none(heard: str) -> None:
    assert command(heard, "ru") is None


def ordinary(language: str) -> list[str]:
    """Every wording of every question with a ready answer, but for those that ask the same as a command."""
    table = tomllib.loads((QUESTIONS / f"{language}.toml").read_text(encoding="utf-8"))
    same = ("repeat", "human", "callback")
    return [text for entry in table["entry"] if entry["id"] not in same for text in entry["variants"]]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_ordinary_question_is_a_command(language: str) -> None:
    taken = {text: which for text in ordinary(language) if (which := command(text, language)) is not None}
    assert taken == {}


LEADS = ["", "а ", "ну ", "алло ", "девушка ", "здравствуйте ", "простите пожалуйста "]
TAILS = ["", " пожалуйста", " спасибо", " будьте добры"]


@given(st.sampled_from(cases(COMMANDS)), st.sampled_from(LEADS), st.sampled_from(TAILS))
def test_courtesies_change_nothing(case: tuple[str, Command], lead: str, tail: str) -> None:
    heard, wanted = case
    assert command(f"{lead}{heard}{tail}", "ru") is wanted


THINGS = ["заказ", "договор", "доставку", "цветы", "адрес", "курьера", "букет на завтра"]


@given(st.sampled_from(["повторите", "вы можете повторить", "еще раз", "медленнее", "не записывайте"]),
       st.sampled_from(THINGS))  # fmt: skip
def test_a_thing_beside_it_makes_it_a_question_for_the_answers(heard: str, thing: str) -> None:
    assert command(f"{heard} {thing}", "ru") is None


WORDS = sorted({word for text, _ in cases(COMMANDS) for word in text.split()})


@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)))
def test_no_phrase_breaks_it(heard: str) -> None:
    for language in (*TABLES, "de"):
        assert command(heard, language) in (None, *Command)
        assert isinstance(call_back_details(heard, language), str)


DETAILS = [
    ("перезвоните мне пожалуйста", ""),
    ("это анна попросите перезвонить мне завтра утром", "это анна завтра утром"),
    ("пусть мне перезвонят по поводу ремонта", "по поводу ремонта"),
    ("алло добрый день наберите меня", ""),
]


@pytest.mark.parametrize(("heard", "wanted"), DETAILS)
def test_what_else_a_request_to_be_called_back_tells(heard: str, wanted: str) -> None:
    assert call_back_details(heard, "ru") == wanted
