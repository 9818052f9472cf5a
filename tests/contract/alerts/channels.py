"""The adapters of the port `Alerts`, and how a reader learns what each of them told."""

import io
import json
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

from seawall.cli.alerts import TerminalAlerts
from seawall.demo.alerts import Remembered
from seawall.flow.ports import Alerts
from seawall.model.digest import Digest
from seawall.publish.files import JsonFileAlerts
from seawall.report.digest import digest_json


@dataclass(frozen=True)
class Channel:
    """An adapter, and the ids of the digests that somebody behind it can tell apart, sorted."""

    alerts: Alerts
    told: Callable[[], list[str]]


def remembered(_: Path) -> Channel:
    alerts = Remembered()
    return Channel(alerts, lambda: sorted(alerts.told))


def files(folder: Path) -> Channel:
    def told() -> list[str]:
        found = sorted(folder.glob("digest-*.json"))
        return [json.loads(path.read_text())["id"] for path in found]

    return Channel(JsonFileAlerts(folder, digest_json), told)


class Screen:
    """A terminal, and what stands on it."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def send(self, digest: Digest) -> None:
        """Print a digest."""
        with redirect_stderr(self.text):
            TerminalAlerts().send(digest)


def terminal(_: Path) -> Channel:
    screen = Screen()
    ids = re.compile(r"digest (\w+)\)$", re.MULTILINE)
    return Channel(screen, lambda: sorted(set(ids.findall(screen.text.getvalue()))))


CHANNELS: dict[str, Callable[[Path], Channel]] = {
    "remembered": remembered,
    "files": files,
    "terminal": terminal,
}
