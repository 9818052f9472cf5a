"""The adapters of the port `Alerts`, and how a reader learns what each of them told."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seawall.demo.alerts import Remembered
from seawall.flow.ports import Alerts
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


CHANNELS: dict[str, Callable[[Path], Channel]] = {"remembered": remembered, "files": files}
