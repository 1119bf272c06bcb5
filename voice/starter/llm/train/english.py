"""One English call: simpler and rarer, so that an English caller is not answered in Russian."""

import random

from voice.starter.llm.train.facts import ENGLISH, TABLES
from voice.starter.llm.train.russian import Turn

TOPICS = TABLES["english"]


class EnglishCall:
    """Draws one call; `turns` is the result."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.persona = rng.choice(["Gulya", "Lydia"])
        syllables = rng.randint(2, 4)
        self.company = "".join(
            rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(syllables)
        ).capitalize()
        self.topics = rng.sample(list(TOPICS), rng.randint(2, 5))
        self.facts = [
            (rng.choice(TOPICS[topic]["keys"]), ENGLISH[topic](rng, False), TOPICS[topic]) for topic in self.topics
        ]
        lines = "\n".join(f"{key}: {value}." for key, value, _ in self.facts)
        prompt = f"You are {self.persona}, the phone secretary of {self.company}. Answer briefly and politely.\n{lines}"
        self.turns: list[Turn] = [{"role": "system", "content": prompt}]
        self._talk()

    def user(self, text: str) -> None:
        opening = self.rng.choice(["", "", "", "hi ", "hello ", "please tell me ", "um "])
        self.turns.append({"role": "user", "content": opening + text})

    def answer(self, text: str, intent: str, fact: str | None = None, act: str | None = None) -> None:
        self.turns.append({"role": "assistant", "content": text, "intent": intent, "fact": fact, "act": act})

    def ask(self, *options: str) -> None:
        text = self.rng.choice(options)
        self.user(text)

    def _talk(self) -> None:
        rng = self.rng
        if rng.random() >= 0.5:
            self.ask("hello", "hi", "good morning", "hello who is this")
        greeting = f"Hello! {self.company}, {self.persona} speaking. How can I help you?"
        self.answer(greeting, "greet", fact=self.company)
        for _ in range(rng.randint(1, 4)):
            kind = rng.random()
            if kind < 0.65:
                _, value, about = rng.choice(self.facts)
                self.ask(*about["questions"])
                self.answer(rng.choice(about["answers"]).format(v=value), "fact", fact=value)
            elif kind < 0.78:
                self._unknown()
            elif kind < 0.9:
                self._message()
            else:
                self.ask("thank you", "thanks a lot")
                self.answer("You are welcome! Anything else?", "thanks")
        if rng.random() < 0.6:
            self.ask("goodbye", "bye", "thank you goodbye", "no that is all")
            self.answer("Goodbye, have a nice day! <hangup>", "bye", act="<hangup>")

    def _unknown(self) -> None:
        if absent := [topic for topic in TOPICS if topic not in self.topics]:
            self.ask(*TOPICS[self.rng.choice(absent)]["questions"])
            self.answer("Sorry, I do not have that information. Shall I take a message?", "unknown")

    def _message(self) -> None:
        self.ask("can i leave a message", "please call me back", "ask him to call me back")
        self.answer("Of course, I will write it down and pass it on. <message>", "msgdone", act="<message>")
