"""What can go wrong between the page and the box."""


class WebError(Exception):
    """Root of everything that `webui` raises."""


class CoreAway(WebError):
    """The core does not answer on its control socket: the page says so, and what to do."""
