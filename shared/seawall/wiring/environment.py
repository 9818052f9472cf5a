"""What the environment says, read once."""

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    home: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def colour(self) -> bool:
        """Whether colour is welcome (https://no-color.org)."""
        return not self.environment.get("NO_COLOR")


def settings() -> Settings:
    """Read the environment, once."""
    return Settings(Path.home(), dict(os.environ))
