"""What can be wrong with the texts that answers are made of."""


class AnswerError(Exception):
    """Root of everything that `secretaryd.answer` raises."""


class BadContent(AnswerError):
    """A persona or FAQ cannot be used; `problems` lists everything that is wrong, each with its place."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
