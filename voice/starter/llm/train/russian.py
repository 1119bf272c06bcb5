"""One Russian call: a prompt with facts, and turns in which the caller asks and the secretary answers.

Marks are plain text: <message> when a message is complete, <transfer> and <hangup> when that is what happens next.
"""

import random

from voice.starter.llm.train.facts import (
    RUSSIAN,
    TABLES,
    W,
    company,
    money,
    thing_value,
    two_digits,
)
from voice.starter.llm.train.noise import noise

TOPICS = TABLES["russian"]
PERSONAS, OTHER_PERSONAS = ["Гуля", "Лидия"], ["Анна", "Мария", "Ольга", "Вера", "Дарья"]
WEIGHTS = {
    "fact": 52, "unknown": 11, "message": 10, "transfer": 9, "thanks": 4, "robot": 3, "small_talk": 2, "gibberish": 2,
    "angry": 2, "name": 3,
}  # fmt: skip
Fact = tuple[str, str, str, list[str], list[str]]
"""Topic, its name in the prompt, value, questions, answers."""
Turn = dict[str, str | None]
"""role and content; an assistant's turn also has intent, fact (the copied piece) and act (its mark)."""


class RussianCall:
    """Draws one call; `turns` is the result. `held_out` uses names and nouns that training never sees."""

    def __init__(self, rng: random.Random, held_out: bool = False, short: bool = False, long: bool = False) -> None:
        self.rng, self.held_out, self.short, self.long = rng, held_out, short, long
        usual = held_out or rng.random() < 0.85
        self.persona = rng.choice(PERSONAS if usual else OTHER_PERSONAS)
        self.company = company(rng, held_out)
        self.facts: list[Fact] = []
        topics = self._topics()
        self.services = rng.sample(W["services"], rng.choice([0, 1] if short else [0, 1, 1, 2, 3]))
        things = rng.sample(W["things_held_out"] if held_out else W["things"], rng.choice([0, 1, 1, 2]))
        for topic in topics:
            about = TOPICS[topic]
            value = (rng.choice(about["keys"]), RUSSIAN[topic](rng, held_out))
            self.facts.append((topic, *value, about["questions"], about["answers"]))
        for service in self.services:
            self._price(*service)
        for thing in things:
            self._thing(thing)
        rng.shuffle(self.facts)
        self.departments = rng.sample(W["departments"], rng.choice([0, 0, 1, 2, 3]))
        self.turns: list[Turn] = [{"role": "system", "content": self._prompt()}]
        self.absent = [topic for topic in TOPICS if topic not in topics and topic not in ("today", "phone")]
        self._talk()

    def pick(self, *options: str) -> str:
        return self.rng.choice(options)

    def user(self, text: str, p: float = 1.0, keep: bool = False) -> None:
        self.turns.append({"role": "user", "content": noise(self.rng, text, p, keep)})

    def answer(self, text: str, intent: str, fact: str | None = None, act: str | None = None) -> None:
        self.turns.append({"role": "assistant", "content": text, "intent": intent, "fact": fact, "act": act})

    def _topics(self) -> list[str]:
        rng = self.rng
        count = rng.randint(1, 4) if self.short else rng.randint(7, 11) if self.long else rng.randint(3, 8)
        topics = rng.sample(list(TOPICS), min(count, len(TOPICS)))
        if not self.short and "hours" not in topics and rng.random() < 0.6:
            topics[0] = "hours"
        return list(dict.fromkeys(topics))

    def _price(self, nominative: str, spoken: str, accusative: str) -> None:
        value = money(self.rng) if self.rng.random() < 0.85 else f"от {money(self.rng)}"
        questions = [
            f"сколько стоит {spoken}",
            f"какая цена {spoken}",
            f"почём {spoken}",
            f"{spoken} сколько стоит",
            f"цена на {accusative} какая",
            f"сколько за {accusative}",
            f"а {spoken} сколько",
        ]
        name = nominative.capitalize()
        self.facts.append(("price", name, value, questions, [name + " стоит {v}.", name + ": {v}."]))

    def _thing(self, thing: str) -> None:
        value = thing_value(self.rng, self.held_out)
        questions = [
            f"что у вас {thing}",
            f"{thing} какая",
            f"а {thing}",
            f"что насчёт {thing}",
            f"мне нужна {thing}",
            f"{thing} есть",
            f"расскажите про {thing}",
            f"{thing} у вас как",
        ]
        self.facts.append(("thing", thing.capitalize(), value, questions, [thing.capitalize() + ": {v}."]))

    def _prompt(self) -> str:
        """The system message, in one of many layouts: the model must read facts, not one form."""
        head = self.pick(
            f"Ты — {self.persona}, секретарь компании «{self.company}».",
            f"Тебя зовут {self.persona}. Ты секретарь компании «{self.company}».",
            f"Ты {self.persona}, телефонный секретарь «{self.company}».",
            f"Ты — {self.persona}, голосовой секретарь. Компания: «{self.company}».",
        )
        head += " " + self.pick(
            "Отвечай коротко и вежливо.",
            "Говори кратко и вежливо.",
            "Отвечай по телефону одной-двумя фразами.",
            "Будь вежлива и кратка.",
        )
        if self.departments:
            opening = self.pick("Можно соединять: ", "Переводить звонки: ", "Соединяй с: ")
            transfers = opening + ", ".join(name for name, _ in self.departments) + "."
        else:
            transfers = self.pick("Соединять ни с кем нельзя.", "Звонки не переводить.", "Не соединяй.", "")
        layout = self.rng.random()
        between = "\n" if layout < 0.6 else " " if layout < 0.8 else "\n- "
        body = between.join(f"{key}: {value}." for _, key, value, _, _ in self.facts)
        if self.rng.random() < 0.5:
            body = self.pick("Факты", "Справка", "О компании", "Данные") + ":" + between + body
        elif between == "\n- ":
            body = "- " + body
        parts = [head, body, transfers] if transfers else [head, body]
        if self.rng.random() < 0.3 and transfers:
            parts = [head, transfers, body]
        return "\n".join(parts)

    def _talk(self) -> None:
        rng = self.rng
        opening = rng.random()
        if opening < 0.45:
            self.answer(self.greeting(), "greet", fact=self.company)
        elif opening < 0.85:
            self.hello()
        if rng.random() < 0.06:
            return self.wrong_number()
        if rng.random() < 0.06:
            return self.spam()
        if rng.random() < 0.35:
            self.name()
        count = rng.randint(2, 4) if self.short else rng.randint(6, 10) if self.long else rng.randint(3, 7)
        for _ in range(count):
            getattr(self, rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0])()
        if rng.random() < 0.6:
            self.goodbye()
        return None

    def greeting(self) -> str:
        return self.pick(
            f"Здравствуйте! Компания «{self.company}», секретарь {self.persona}. Слушаю вас.",
            f"Добрый день! «{self.company}», меня зовут {self.persona}. Чем могу помочь?",
            f"Здравствуйте, вы позвонили в «{self.company}». Я {self.persona}. Как вас зовут и по какому вопросу звоните?",
        )

    def ask_more(self) -> str:
        return self.pick("", "", "", " Что ещё вам подсказать?", " Могу ещё чем-то помочь?")

    def hello(self) -> None:
        self.user(
            self.pick(
                "алло",
                "алло здравствуйте",
                "здравствуйте",
                "добрый день",
                "алё",
                "да здравствуйте",
                "привет",
                "добрый вечер",
                "алло вы слышите",
                "алло это кто",
                "куда я попал",
                "это какая компания",
            ),
            keep=self.rng.random() < 0.6,
        )
        self.answer(self.greeting(), "greet", fact=self.company)

    def fact(self) -> None:
        """A question whose answer is in the prompt: copy it."""
        f = self.rng.choice(self.facts)
        self.user(self.rng.choice(f[3]))
        self.answer(self.rng.choice(f[4]).format(v=f[2]) + self.ask_more(), "fact", fact=f[2])
        if self.rng.random() < 0.15:
            self.repeat(f)

    def repeat(self, f: Fact) -> None:
        self.user(
            self.pick(
                "повторите пожалуйста",
                "не расслышал повторите",
                "ещё раз",
                "что что",
                "не поняла повторите",
                "как вы сказали",
            ),
            p=0.3,
        )
        self.answer(self.pick("Повторяю: ", "Ещё раз: ") + f[2] + ".", "repeat", fact=f[2])

    def unknown(self) -> None:
        """A question whose answer is not in the prompt: say so, offer to pass it on."""
        if not self.absent:
            return
        i = self.rng.choice(self.absent)
        if self.rng.random() < 0.3:
            have = {f[1].lower() for f in self.facts}
            th = self.rng.choice(W["things_held_out"] if self.held_out else W["things"])
            if th in have:
                return
            q = self.pick(f"что у вас {th}", f"{th} есть", f"расскажите про {th}", f"а {th}", f"что насчёт {th}")
        elif self.rng.random() < 0.3:
            sv = self.rng.choice([s for s in W["services"] if s not in self.services])
            q = self.pick(f"сколько стоит {sv[1]}", f"какая цена {sv[1]}", f"{sv[1]} сколько стоит")
        else:
            q = self.rng.choice(TOPICS[i]["questions"])
        self.user(q)
        self.answer(
            self.pick(
                "К сожалению, у меня нет таких данных. Передать ваш вопрос сотруднику?",
                "Этого я не знаю. Передать ваш вопрос коллегам?",
                "У меня нет такой информации. Могу передать вопрос сотруднику.",
            ),
            "unknown",
        )
        x = self.rng.random()
        if x < 0.35:
            self.user(self.pick("да передайте", "да пожалуйста", "передайте", "да", "хорошо передайте"))
            self.takes_message()
        elif x < 0.5:
            self.user(self.pick("нет не надо", "не нужно", "нет", "не надо"))
            self.answer(self.pick("Хорошо. Чем ещё могу помочь?", "Поняла. Что ещё вам подсказать?"), "no")

    def name(self) -> None:
        m = self.rng.random() < 0.5
        n = self.rng.choice(W["names_man"] if m else W["names_woman"])
        self.user(
            self.pick("меня зовут {n}", "это {n}", "я {n}", "{n} меня зовут", "{n}", "моё имя {n}").format(n=n), p=0.5
        )
        self.answer(
            self.pick(
                f"Очень приятно, {n}. По какому вопросу вы звоните?",
                f"{n}, слушаю вас. Какой у вас вопрос?",
                f"Спасибо, {n}. Чем могу помочь?",
            ),
            "name",
            fact=n,
        )

    def message(self) -> None:
        """A wish to leave word: the mark at once, since the product then asks for name, number and matter itself."""
        m = self.rng.choice(W["messages"]).format(
            d=self.rng.choice(W["days_on"]),
            n=two_digits(self.rng.randint(2, 59)),
            h=two_digits(self.rng.randint(9, 19)),
            name=self.rng.choice(W["names_man"]).lower(),
        )
        wishes = (
            f"передайте что {m}",
            f"передайте пожалуйста {m}",
            f"хочу оставить сообщение {m}",
            f"скажите директору что {m}",
            f"запишите {m}",
            f"сообщите что {m}",
            "можно оставить сообщение",
            "хочу оставить сообщение",
            "примите сообщение",
            "мне надо кое что передать",
            "пусть мне перезвонят",
            "перезвоните мне",
            "попросите перезвонить",
            "закажите обратный звонок",
            "можно чтобы мне перезвонили",
        )
        self.user(self.pick(*wishes), p=0.5)
        self.takes_message()

    def takes_message(self) -> None:
        self.answer(
            self.pick(
                "Хорошо, я всё запишу и передам. <message>",
                "Хорошо, записываю сообщение. <message>",
                "Слушаю, я всё передам. <message>",
            ),
            "msgdone",
            act="<message>",
        )

    def transfer(self) -> None:
        """Only to the departments that the prompt allows."""
        d = (
            self.rng.choice(W["departments"])
            if not self.departments or self.rng.random() < 0.4
            else self.rng.choice(self.departments)
        )
        self.user(
            self.pick(
                "соедините с {d}",
                "соедините меня с {d}",
                "можно поговорить с {d}",
                "переключите на {n}",
                "мне нужен {n}",
                "хочу поговорить с {d}",
                "позовите {n}",
                "{n} на месте",
            ).format(d=d[1], n=d[0])
        )
        if d in self.departments:
            self.answer(
                self.pick(f"Соединяю с {d[1]}, подождите. <transfer>", f"Минуту, соединяю с {d[1]}. <transfer>"),
                "transfer",
                fact=d[1],
                act="<transfer>",
            )
        else:
            self.answer(
                self.pick(
                    "Соединить не могу, но всё передам. <message>",
                    "Соединить сейчас не могу. Оставьте сообщение, я передам. <message>",
                ),
                "notransfer",
                act="<message>",
            )

    def thanks(self) -> None:
        self.user(self.pick("спасибо", "большое спасибо", "понятно спасибо", "спасибо вам", "ясно благодарю"), p=0.3)
        self.answer(self.pick("Пожалуйста! Могу ещё чем-то помочь?", "Рада помочь! Что ещё вам подсказать?"), "thanks")

    def robot(self) -> None:
        self.user(
            self.pick(
                "вы робот",
                "я говорю с роботом",
                "это автоответчик",
                "как вас зовут",
                "с кем я говорю",
                "вы кто",
                "это живой человек",
            ),
            p=0.6,
        )
        self.answer(
            self.pick(
                f"Я {self.persona}, голосовой секретарь компании «{self.company}».",
                f"Меня зовут {self.persona}, я голосовой секретарь «{self.company}».",
            ),
            "bot",
            fact=self.persona,
        )

    def small_talk(self) -> None:
        self.user(self.pick("как дела", "как настроение", "как поживаете", "что нового"), p=0.6)
        self.answer(self.pick("Спасибо, всё хорошо. Чем могу помочь?"), "small")

    def gibberish(self) -> None:
        self.user(self.pick(*W["gibberish"]), keep=True)
        self.answer(
            self.pick(
                "Извините, я вас не расслышала. Повторите, пожалуйста.",
                "Простите, плохо слышно. Повторите, пожалуйста.",
            ),
            "gib",
        )

    def angry(self) -> None:
        self.user(
            self.pick(
                "это безобразие",
                "я буду жаловаться",
                "у меня жалоба",
                "вы мне всё испортили",
                "почему так плохо работаете",
                "я очень недоволен",
                "верните мои деньги",
            ),
            p=0.6,
        )
        self.answer(
            self.pick(
                "Мне очень жаль. Расскажите, что случилось, я передам руководству.",
                "Приношу извинения. Что случилось? Я передам руководству.",
            ),
            "angry",
        )

    def wrong_number(self) -> None:
        self.user(
            self.pick("это {w}", "алло это {w}", "я в {w} звоню", "{w}", "мне нужна {w}").format(
                w=self.rng.choice(W["wrong_places"])
            ),
            p=0.3,
        )
        self.answer(
            self.pick(
                f"Вы ошиблись номером, это «{self.company}». Всего доброго! <hangup>",
                f"Нет, это компания «{self.company}». Вы ошиблись номером. <hangup>",
            ),
            "wrong",
            fact=self.company,
            act="<hangup>",
        )

    def spam(self) -> None:
        self.user(self.rng.choice(W["spam"]))
        self.answer(
            self.pick(
                "Спасибо, нам это не интересно. Всего доброго! <hangup>",
                "Благодарю, предложение не интересно. До свидания! <hangup>",
            ),
            "spam",
            act="<hangup>",
        )

    def goodbye(self) -> None:
        self.user(
            self.pick(
                "до свидания",
                "всего доброго",
                "спасибо до свидания",
                "пока",
                "всё спасибо до свидания",
                "нет спасибо до свидания",
                "ладно до свидания",
                "больше вопросов нет",
                "нет больше ничего",
                "всё до свидания",
                "ну всё пока",
            ),
            p=0.4,
        )
        self.answer(
            self.pick(
                "До свидания, хорошего дня! <hangup>",
                "Всего доброго, до свидания! <hangup>",
                "Спасибо за звонок, до свидания! <hangup>",
            ),
            "bye",
            act="<hangup>",
        )
