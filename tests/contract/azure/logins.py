"""A login that gives tokens at once, and remembers for what."""

from azure.core.credentials import AccessToken

FAR = 4_000_000_000


class Login:
    """A `TokenCredential`."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[str] = []

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        """A token for anything."""
        if self.error:
            raise self.error
        self.asked += scopes
        return AccessToken("entra-token", FAR)
