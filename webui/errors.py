"""What can go wrong between the page and the box."""


class WebError(Exception):
    """Root of everything that `webui` raises."""


class CoreAway(WebError):
    """The core does not answer on its control socket: the page says so, and what to do."""


class WebStoreFailed(WebError):
    """The page's own database cannot be used."""


class NotWelcome(WebError):
    """The core does not take an invitation; the text is for people."""


class NotDone(WebError):
    """The core understood and refused; the text and what to do are for people, `status` is HTTP's, `code` stable."""

    def __init__(self, text: str, status: int, code: str = "not_done", remedy: str = "") -> None:
        super().__init__(text)
        self.status, self.code, self.remedy = status, code, remedy
