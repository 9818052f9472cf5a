"""What the environment of a cloud function says; a wrong value is told by its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from seawall.model.errors import Trouble

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """The environment of one function. What it does not need it is not given.

    Attributes:
        environment: All of it; values are read by the methods.
    """

    environment: Mapping[str, str] = field(repr=False)

    def text(self, name: str) -> str:
        """A value that must be there.

        Raises:
            Trouble: It is not.
        """
        value = self.environment.get(name, "")
        if not value:
            raise Trouble(
                f"{name} is not set; template.yaml sets it for each function that needs it"
            )
        return value

    def maybe(self, name: str) -> str:
        """A value that may be empty."""
        return self.environment.get(name, "")

    def each(self, name: str) -> tuple[str, ...]:
        """The values of a list with commas."""
        parts = (part.strip() for part in self.maybe(name).split(","))
        return tuple(part for part in parts if part)

    def is_on(self, name: str) -> bool:
        """A switch.

        Raises:
            Trouble: It is neither `true` nor `false`.
        """
        value = self.text(name)
        if value not in {"true", "false"}:
            raise Trouble(f"{name} is {value!r}; it should be true or false")
        return value == "true"

    def minutes(self, name: str) -> timedelta:
        """A number of minutes.

        Raises:
            Trouble: It is none.
        """
        value = self.text(name)
        if not (value.isascii() and value.isdecimal() and int(value)):
            raise Trouble(f"{name} is {value!r}; it should be a number of minutes")
        return timedelta(minutes=int(value))
