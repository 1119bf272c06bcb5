"""Whole calls as tables: what the caller does, what is said, what comes of it."""

import pytest

from secretaryd.answer.broker import Intent
from secretaryd.call.manner import SLOW_PACE
from secretaryd.call.orders import LONGEST, WAITING, SayThis, TakeMessage
from secretaryd.call.replies import consents
from tests.fakes.leading import CALLER, GREETING, Call, Cut, HangsUp, Keys, Mute, Ordered, Silence, deaf, say
from voice.ears import PhraseHeard

OPENING = [GREETING, "Разговор записывается."]
BYE = "Спасибо за звонок. До свидания!"
MATTER = "Слушаю вас. Что передать?"
NAME = "Как вас зовут?"
NUMBER = "По какому номеру вам перезвонить?"
THANKS = "Спасибо, я всё передам."
OFFER = "Вы можете оставить сообщение."
SORRY = "Сейчас я не могу ответить. Оставьте, пожалуйста, сообщение."
AGAIN = ["Я вас слушаю. Чем могу помочь?", "Вас не слышно. Скажите, пожалуйста, чем помочь."]
UNKNOWN = "К сожалению, этого я не знаю. Оставьте сообщение, я передам."
READ = "Записала номер: "
WISH = "Хорошо. Могу ещё чем-то помочь?"
CALLED = "Хорошо, я передам, чтобы вам перезвонили на этот номер. Могу ещё чем-то помочь?"
HUMAN = "Соединить сейчас не могу. Оставьте сообщение, я передам."
ANEW = "Извините. Назовите, пожалуйста, номер ещё раз, целиком."
AS_IT_IS = "Хорошо, номер проверим."
POLITE = "Пожалуйста, без грубостей. Чем я могу помочь?"
NO_ADVERTS = "Спасибо, предложения по телефону мы не принимаем. Если у вас есть вопрос, я слушаю."
ENDED = "Я заканчиваю разговор. Всего доброго."
ONE = "восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять"
TWO = "восемь девятьсот двенадцать триста сорок шесть шестьдесят семь восемьдесят девять"
S = Silence(6.0)
REPLIES = {
    "когда вы работаете": [say("С девяти до шести.")],
    "сколько стоит": [say(UNKNOWN, "phrase", "leave_message"), Intent.OFFER_MESSAGE],
    "пока": [say("Всего доброго, до свидания!"), Intent.HANG_UP],
    "вешайте трубку": [say("Пожалуйста.", "model", "call-7"), Intent.HANG_UP],
    "есть кто живой": [say("Соединить не могу."), Intent.TAKE_MESSAGE],
    "да": [say("Слушаю.")],
}

CALLS = {
    "a question, then goodbye by the flow": (
        ["когда вы работаете", "до свидания"],
        [*OPENING, "С девяти до шести.", BYE],
        None,
    ),
    "a goodbye that the FAQ answers is one goodbye": (["пока"], [*OPENING, "Всего доброго, до свидания!"], None),
    "an answer that ends the call without a goodbye gets the flow's": (
        ["вешайте трубку"],
        [*OPENING, "Пожалуйста.", BYE],
        None,
    ),
    "silence: asked twice, a message is offered and asked for twice, goodbye": (
        [S, S, S, S, S],
        [*OPENING, *AGAIN, OFFER, MATTER, MATTER, BYE],
        None,
    ),
    "a message in the order of the questions": (
        ["можно оставить сообщение", "передайте что я опоздаю", "меня зовут анна", "восемь девятьсот двенадцать "
         "триста сорок пять шестьдесят семь восемьдесят девять", "да верно"],
        [*OPENING, MATTER, NAME, NUMBER, READ, THANKS, BYE],
        ("Анна", "+79123456789", "я опоздаю"),
    ),
    "name and number at once, before they are asked for": (
        ["хочу оставить сообщение", "меня зовут анна мой номер восемь девятьсот двенадцать триста сорок пять "
         "шестьдесят семь восемьдесят девять", "пусть привезут воду", "да"],
        [*OPENING, MATTER, MATTER, READ, THANKS, BYE],
        ("Анна", "+79123456789", "пусть привезут воду"),
    ),
    "a number in pieces": (
        ["оставить сообщение", "привезите воду пожалуйста завтра", "анна", "восемь девятьсот двенадцать",
         "триста сорок пять", "шестьдесят семь восемьдесят девять", "верно"],
        [*OPENING, MATTER, NAME, NUMBER, READ, THANKS, BYE],
        ("Анна", "+79123456789", "привезите воду пожалуйста завтра"),
    ),
    "a number by keys": (
        ["оставить сообщение", "привезите воду", "анна", Keys("89123456789"), S],
        [*OPENING, MATTER, NAME, NUMBER, READ, THANKS, BYE],
        ("Анна", "+79123456789", "привезите воду"),
    ),
    "this number: the caller's own is taken and not asked for again": (
        ["оставить сообщение", "привезите воду", "анна", "на этот номер", "спасибо"],
        [*OPENING, MATTER, NAME, NUMBER, READ, THANKS, BYE],
        ("Анна", CALLER, "привезите воду"),
    ),
    "neither name nor number: the network's number stands in": (
        ["оставить сообщение", "привезите воду", S, S, S, S],
        [*OPENING, MATTER, NAME, NAME, NUMBER, NUMBER, THANKS, BYE],
        ("", CALLER, "привезите воду"),
    ),
    "a caller who takes leave is asked nothing further": (
        ["оставить сообщение", "привезите воду", "спасибо до свидания"],
        [*OPENING, MATTER, NAME, THANKS, BYE],
        ("", CALLER, "привезите воду"),
    ),
    "a goodbye is no message": (["оставить сообщение", "нет спасибо до свидания"], [*OPENING, MATTER, BYE], None),
    "a request is not taken for the message, but kept": (
        ["хочу оставить сообщение для директора", "договор готов", "анна", S, S],
        [*OPENING, MATTER, NAME, NUMBER, NUMBER, THANKS, BYE],
        ("Анна", CALLER, "для директора; договор готов"),
    ),
    "key one leads to the message": ([Keys("1"), S, S], [*OPENING, MATTER, MATTER, BYE], None),
    "the hash key ends the call": ([Keys("#")], [*OPENING, BYE], None),
    "an unknown key asks again": ([Keys("7"), "до свидания"], [*OPENING, AGAIN[0], BYE], None),
    "the answer takes a message": (
        ["есть кто живой", "по поводу договора", "анна", S, S],
        [*OPENING, "Соединить не могу.", MATTER, NAME, NUMBER, NUMBER, THANKS, BYE],
        ("Анна", CALLER, "есть кто живой; по поводу договора"),
    ),
    "an offer that is taken up": (
        ["сколько стоит", "да", "привезите воду", "анна", S, S],
        [*OPENING, UNKNOWN, MATTER, NAME, NUMBER, NUMBER, THANKS, BYE],
        ("Анна", CALLER, "привезите воду"),
    ),
    "an offer that is refused": (
        ["сколько стоит", "да нет не надо", "до свидания"],
        [*OPENING, UNKNOWN, WISH, BYE],
        None,
    ),
    "an offer holds for one answer only": (
        ["сколько стоит", "когда вы работаете", "да", "до свидания"],
        [*OPENING, UNKNOWN, "С девяти до шести.", "Слушаю.", BYE],
        None,
    ),
    "deaf: each thing is asked once, and the message says where to listen": (
        [deaf(25), deaf(30), deaf(35), deaf(61)],
        [*OPENING, SORRY, MATTER, NAME, NUMBER, THANKS, BYE],
        ("", CALLER, "см. запись, 0:30; см. запись, 0:35; см. запись, 1:01"),
    ),
    "the caller hangs up in the middle of a message": (
        ["оставить сообщение", "привезите воду", HangsUp()],
        [*OPENING, MATTER, NAME],
        ("", CALLER, "привезите воду"),
    ),
    "the caller hangs up at once": ([HangsUp()], OPENING, None),
    "an offer that is taken up by dictating at once": (
        ["сколько стоит", "передайте что я опоздаю", "анна", S, S],
        [*OPENING, UNKNOWN, NAME, NUMBER, NUMBER, THANKS, BYE],
        ("Анна", CALLER, "я опоздаю"),
    ),
    "an offer is no excuse to hold on to a caller who takes leave": (
        ["сколько стоит", "хорошо до свидания"],
        [*OPENING, UNKNOWN, BYE],
        None,
    ),
    "nothing more is a goodbye": (["сколько стоит", "не надо", "нет"], [*OPENING, UNKNOWN, WISH, BYE], None),
    "asked to repeat, the last answer is said again": (
        ["когда вы работаете", "повторите пожалуйста", "что вы сказали", "до свидания"],
        [*OPENING, "С девяти до шести.", "С девяти до шести.", "С девяти до шести.", BYE],
        None,
    ),
    "asked to repeat at once, the greeting is": (["не расслышал", "до свидания"], [*OPENING, GREETING, BYE], None),
    "asked to repeat in a message, the question is": (
        ["оставить сообщение", "привезите воду", "еще раз пожалуйста", "анна", S, S],
        [*OPENING, MATTER, NAME, NAME, NUMBER, NUMBER, THANKS, BYE],
        ("Анна", CALLER, "привезите воду"),
    ),
    "to be called back is a message": (
        ["перезвоните мне", "нет"],
        [*OPENING, CALLED, BYE],
        ("", CALLER, "просит перезвонить"),
    ),
    "to be called back, with name and time": (
        ["здравствуйте это анна попросите перезвонить мне завтра утром", "когда вы работаете", "до свидания"],
        [*OPENING, CALLED, "С девяти до шести.", BYE],
        ("Анна", CALLER, "просит перезвонить: завтра утром"),
    ),
    "to be called back on another number": (
        [f"перезвоните мне на номер {ONE}", "анна", "да"],
        [*OPENING, NAME, READ, THANKS, BYE],
        ("Анна", "+79123456789", "просит перезвонить"),
    ),
    "to be called back, in the middle of a message": (
        ["оставить сообщение", "перезвоните мне пожалуйста", "анна"],
        [*OPENING, MATTER, NAME, THANKS, BYE],
        ("Анна", CALLER, "просит перезвонить"),
    ),
    "a person is refused and a message taken": (
        ["соедините с директором", "по поводу договора", "анна", S, S],
        [*OPENING, HUMAN, MATTER, NAME, NUMBER, NUMBER, THANKS, BYE],
        ("Анна", CALLER, "по поводу договора"),
    ),
    "a person is refused in a message too": (
        ["оставить сообщение", "соедините с оператором", "привезите воду", "спасибо до свидания"],
        [*OPENING, MATTER, HUMAN, NAME, THANKS, BYE],
        ("", CALLER, "привезите воду"),
    ),
    "a message that is not wanted after all": (
        ["соедините с директором", "нет не надо"],
        [*OPENING, HUMAN, MATTER, BYE],
        None,
    ),
    "a number read back wrong is told anew": (
        ["оставить сообщение", "привезите воду", "анна", TWO, "нет неверно", ONE, "да"],
        [*OPENING, MATTER, NAME, NUMBER, READ, ANEW, READ, THANKS, BYE],
        ("Анна", "+79123456789", "привезите воду"),
    ),
    "a number is corrected in one breath": (
        ["оставить сообщение", "привезите воду", "анна", TWO, f"нет {ONE}", "верно"],
        [*OPENING, MATTER, NAME, NUMBER, READ, READ, THANKS, BYE],
        ("Анна", "+79123456789", "привезите воду"),
    ),
    "one group of a number is corrected": (
        ["оставить сообщение", "привезите воду", "анна", TWO, "не триста сорок шесть а триста сорок пять", "да"],
        [*OPENING, MATTER, NAME, NUMBER, READ, READ, THANKS, BYE],
        ("Анна", "+79123456789", "привезите воду"),
    ),
    "a number is corrected by keys": (
        ["оставить сообщение", "привезите воду", "анна", TWO, Keys("89123456789"), "да"],
        [*OPENING, MATTER, NAME, NUMBER, READ, READ, THANKS, BYE],
        ("Анна", "+79123456789", "привезите воду"),
    ),
    "after two corrections the number is kept with a note": (
        ["оставить сообщение", "привезите воду", "анна", TWO, "нет", ONE, "нет", TWO, "нет"],
        [*OPENING, MATTER, NAME, NUMBER, READ, ANEW, READ, ANEW, READ, AS_IT_IS, THANKS, BYE],
        ("Анна", "+79123466789", "привезите воду; номер не подтверждён"),
    ),
    "a caller who does not say the right number keeps the old one, with a note": (
        ["оставить сообщение", "привезите воду", "анна", ONE, "нет", S],
        [*OPENING, MATTER, NAME, NUMBER, READ, ANEW, AS_IT_IS, THANKS, BYE],
        ("Анна", "+79123456789", "привезите воду; номер не подтверждён"),
    ),
    "the caller hangs up while the number is read back": (
        ["оставить сообщение", "привезите воду", "анна", ONE, HangsUp()],
        [*OPENING, MATTER, NAME, NUMBER, READ],
        ("Анна", "+79123456789", "привезите воду"),
    ),
    "abuse is warned of once": (["вы дура", "когда вы работаете", "до свидания"],
        [*OPENING, POLITE, "С девяти до шести.", BYE], None),
    "abuse twice ends the call": (["вы дура", "заткнись"], [*OPENING, POLITE, ENDED], None),
    "abuse in a message ends the call and keeps what was told": (
        ["оставить сообщение", "привезите воду", "идиотка", "какая тупая"],
        [*OPENING, MATTER, NAME, POLITE, ENDED],
        ("", CALLER, "привезите воду"),
    ),
    "adverts are declined once, then ended": (
        ["вас приветствует банк", "мы предлагаем вам кредит"],
        [*OPENING, NO_ADVERTS, ENDED],
        None,
    ),
}  # fmt: skip


def matches(said: str, wanted: str) -> bool:
    return said == wanted or (wanted == READ and said.startswith(READ))


@pytest.mark.parametrize("name", CALLS)
async def test_a_call(name: str) -> None:
    script, wanted, message = CALLS[name]
    call = await Call(*script, replies=REPLIES).run()
    said = call.conversation.said
    assert len(said) == len(wanted), said
    assert all(map(matches, said, wanted)), said
    assert call.message == message
    assert call.conversation.unstoppable == [OPENING[1]]
    assert (call.report.message is not None) is (message is not None)


async def test_slower_holds_for_the_rest_of_the_call_and_says_it_again() -> None:
    call = await Call("когда вы работаете", "говорите помедленнее", "до свидания", replies=REPLIES).run()
    assert call.conversation.said == [*OPENING, "С девяти до шести.", "С девяти до шести.", BYE]
    assert call.voice.pace == SLOW_PACE


async def test_who_does_not_want_to_be_recorded_is_not() -> None:
    call = await Call("не записывайте пожалуйста", "до свидания").run()
    assert call.forgotten == 1
    assert call.conversation.said == [*OPENING, "Хорошо. Запись остановлена и удалена. Слушаю вас.", BYE]


async def test_without_a_number_to_call_back_on_it_is_asked_for() -> None:
    call = await Call("перезвоните мне", "анна", ONE, "да", number=None).run()
    assert call.conversation.said[:4] == [*OPENING, NAME, NUMBER]
    assert call.message == ("Анна", "+79123456789", "просит перезвонить")


async def test_what_is_repeated_is_told_as_a_repetition_of_its_source() -> None:
    call = await Call("когда вы работаете", "повторите", "повторите", "до свидания", replies=REPLIES).run()
    assert call.conversation.phrases[2:5] == ["faq:x exact 100", "faq:repeat x exact 100", "faq:repeat x exact 100"]


async def test_a_request_without_a_voice_is_no_end() -> None:
    call = await Call("не записывайте", Mute(), "до свидания").run()
    assert call.conversation.said == [*OPENING, BYE]
    assert call.forgotten == 1


async def test_an_answer_that_is_talked_over_causes_nothing() -> None:
    call = await Call("пока", Cut(1), "когда вы работаете", "до свидания", replies=REPLIES).run()
    assert call.conversation.said == [*OPENING, "Всего", "С девяти до шести.", BYE]
    assert call.answers.asked[1][1][-1].said == "Всего"


async def test_an_offer_that_is_talked_over_is_no_offer() -> None:
    call = await Call("сколько стоит", Cut(2), "да", "до свидания", replies=REPLIES).run()
    assert call.conversation.said == [*OPENING, "К сожалению,", "Слушаю.", BYE]
    assert call.message is None


async def test_the_announcement_is_said_to_the_end_and_only_while_recording() -> None:
    call = await Call("до свидания", record=False).run()
    assert call.conversation.said == [GREETING, BYE]
    assert call.conversation.unstoppable == []


async def test_who_speaks_over_a_goodbye_is_heard_once() -> None:
    call = await Call("до свидания", Cut(1), "когда вы работаете", "до свидания", replies=REPLIES).run()
    assert call.conversation.said == [*OPENING, "Спасибо", "С девяти до шести."], "the second goodbye is the caller's"


async def test_a_goodbye_that_was_spoken_over_is_the_end_where_nothing_follows() -> None:
    call = await Call("до свидания", Cut(1), S, replies=REPLIES).run()
    assert call.conversation.said == [*OPENING, "Спасибо"]


def mumbled(text: str, confidence: float) -> PhraseHeard:
    return PhraseHeard(text, 20.0, 21.0, 21.0, 21.0, 21.0, confidence)


async def test_what_was_hardly_heard_is_asked_for_again_once() -> None:
    call = await Call(
        mumbled("сколько стоит", 0.2), mumbled("сколько стоит", 0.2), "до свидания", replies=REPLIES
    ).run()
    keys = "Или нажмите один. For English, press two."
    again = "Извините, я вас не расслышала. Повторите, пожалуйста."
    assert call.conversation.said[2:] == [again, f"{UNKNOWN} {keys}", BYE]


@pytest.mark.parametrize(
    ("heard", "sure"), [("сколько стоит", 0.0), ("сколько стоит", 0.9), ("когда вы работаете", 0.2)]
)
async def test_what_was_heard_or_answered_is_not_asked_for_again(heard: str, sure: float) -> None:
    call = await Call(mumbled(heard, sure), "до свидания", replies=REPLIES).run()
    assert call.conversation.said[2] in (UNKNOWN, "С девяти до шести.")


async def test_history_holds_what_was_heard_and_nothing_else() -> None:
    call = await Call("когда вы работаете", Cut(2), "сколько стоит", "до свидания", replies=REPLIES).run()
    (_, first, state), (_, second, later) = call.answers.asked
    assert [(e.heard, e.said) for e in first] == [("", GREETING), ("", OPENING[1])]
    assert [(e.heard, e.said) for e in second[2:]] == [("когда вы работаете", "С девяти")]
    assert (state.caller_phrases, later.caller_phrases) == (1, 2)
    assert call.report.turns[3].interrupted


async def test_goodbyes_are_known_to_the_ladder() -> None:
    call = await Call("пока", replies=REPLIES).run()
    assert call.answers.asked[0][2].goodbye_heard


async def test_an_answer_without_a_voice_leads_to_a_message() -> None:
    call = await Call("когда вы работаете", Mute(), "привезите воду", "до свидания", replies=REPLIES).run()
    assert call.conversation.said == [*OPENING, SORRY, MATTER, NAME, THANKS, BYE]
    assert call.message == ("", CALLER, "привезите воду")


async def test_a_voice_that_fails_in_the_middle_of_a_message_does_not_lose_it() -> None:
    call = await Call("оставить сообщение", "привезите воду", Mute()).run()
    assert call.conversation.said == [*OPENING, MATTER, BYE]
    assert call.message == ("", CALLER, "привезите воду")


async def test_no_voice_at_all_ends_the_call_without_announcing_a_recording_in_secret() -> None:
    call = await Call(Mute(), Mute()).run()
    assert call.conversation.said == []


async def test_a_message_is_kept_before_thanks_are_said() -> None:
    call = Call("оставить сообщение", "привезите воду", "до свидания")
    say, kept = call.conversation.say, []

    async def noting(utterances, **more):
        said = await say(utterances, **more)
        kept.append((said.text, len(call.storage.messages)))
        return said

    call.conversation.say = noting  # type: ignore[method-assign]
    await call.run()
    assert (THANKS, 1) in kept
    assert (NAME, 0) in kept


async def test_a_disk_that_refuses_ends_no_call_and_promises_nothing() -> None:
    call = Call("когда вы работаете", "оставить сообщение", "привезите воду", "спасибо до свидания", replies=REPLIES)
    call.storage.broken = True
    await call.run()
    assert THANKS not in call.conversation.said
    assert call.conversation.said[-1] == BYE
    assert next(turn.text for turn in call.report.turns if turn.who == "caller") == "когда вы работаете"
    assert call.report.message is None


async def test_words_cut_off_by_hanging_up_belong_to_the_message() -> None:
    call = await Call("оставить сообщение", HangsUp(), last_words=("передайте что я заболел",)).run()
    assert call.message == ("", CALLER, "я заболел")
    assert [turn.text for turn in call.report.turns if turn.who == "caller"][-1] == "передайте что я заболел"


async def test_a_withheld_number_stays_empty() -> None:
    call = await Call("оставить сообщение", "привезите воду", "спасибо до свидания", number=None).run()
    assert call.message == ("", "", "привезите воду")


async def test_english_calls_are_english() -> None:
    call = await Call("leave a message", "bring some water", "thank you goodbye", language="en").run()
    assert call.conversation.said[1] == "This call is being recorded."
    assert call.conversation.said[-1] == "Thank you for calling. Goodbye!"
    assert call.message is not None
    assert not any("а" <= char <= "я" for text in call.conversation.said[1:] for char in text.lower())


async def test_an_answer_that_breaks_ends_the_call_as_itself() -> None:
    call = Call("неизвестное", replies={})
    with pytest.raises(KeyError):
        await call.run()


CONSENTS = [
    ("да", True), ("да давайте", True), ("ну да", True), ("хорошо спасибо", True), ("yes please", True),
    ("да нет", False), ("да нет спасибо", False), ("нет", False), ("не надо", False), ("да не надо", False),
    ("no thanks", False), ("а сколько это стоит да", False), ("", False),
]  # fmt: skip


@pytest.mark.parametrize(("heard", "wanted"), CONSENTS)
def test_consent_is_no_refusal(heard: str, wanted: bool) -> None:
    assert consents(heard) is wanted


async def test_the_owners_words_are_said_next_and_the_call_goes_on() -> None:
    words = SayThis("Хозяин сейчас подойдёт. Подождите, пожалуйста.")
    call = await Call("когда вы работаете", Ordered(words), "до свидания", replies=REPLIES).run()
    assert call.conversation.said == [*OPENING, "С девяти до шести.", words.text, BYE]
    turn = next(turn for turn in call.report.turns if turn.text == words.text)
    assert (turn.who, turn.source) == ("secretary", "owner")
    assert call.conversation.phrases.count("owner:") == 2, "sentence by sentence, as a voice takes them"


async def test_the_owners_words_count_as_said_for_whoever_answers_after_them() -> None:
    words = SayThis("Хозяин сейчас подойдёт.")
    call = await Call(Ordered(words), "когда вы работаете", "до свидания", replies=REPLIES).run()
    _, history, _ = call.answers.asked[0]
    assert history[-1].said == words.text


async def test_a_message_that_the_owner_orders_is_asked_for_at_once() -> None:
    call = await Call(Ordered(TakeMessage()), "привезите воду", "спасибо до свидания").run()
    assert call.conversation.said == [*OPENING, MATTER, NAME, THANKS, BYE]
    assert call.message == ("", CALLER, "привезите воду")


async def test_in_the_middle_of_a_message_another_one_is_not_begun() -> None:
    script = ("оставить сообщение", Ordered(TakeMessage()), "привезите воду", "спасибо до свидания")
    assert (await Call(*script).run()).message == ("", CALLER, "привезите воду")


async def test_a_voice_that_cannot_say_the_owners_words_ends_no_call() -> None:
    call = await Call(Ordered(SayThis("Алло.")), Mute(), "до свидания").run()
    assert call.conversation.said == [*OPENING, BYE]


def test_orders_are_bounded() -> None:
    call = Call()
    assert [call.lead.order(TakeMessage()) for _ in range(WAITING + 1)] == [True] * WAITING + [False]
    assert sum(len(one.text) for one in SayThis("а" * 10_000).utterances()) <= LONGEST
