"""The three errors, named by what the caller does next."""


class SeawallError(Exception):
    """Base of everything Seawall raises on purpose; its text is a sentence for a person."""


class TryLater(SeawallError):  # noqa: N818  named by what the caller does, not by what went wrong
    """Throttled or timed out: the message goes back to the queue; the cluster is unseen for now."""


class NoEntry(SeawallError):  # noqa: N818  named by what the caller does, not by what went wrong
    """Refused, gone or not to be trusted: this cluster is unseen, the others carry on."""


class Trouble(SeawallError):  # noqa: N818  named by what the caller does, not by what went wrong
    """Stop: bad settings, bad input from the person at the keyboard, or a bug."""


class Refused(NoEntry):
    """The API server answered, and the answer was no; `status` is its HTTP status.

    One refused list is unseen, the others carry on; 410 Expired is worth a new start.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
