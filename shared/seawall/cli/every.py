"""How often: `--every 15m`."""

import re
from datetime import timedelta

import click

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TEXT = re.compile(r"([1-9][0-9]{0,5})([smhd])")


class _Period(click.ParamType[timedelta]):
    name = "period"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _TEXT.fullmatch(str(value))
        if found is None:
            self.fail(f"{value} is no period such as 30s, 15m, 6h or 1d", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


PERIOD = _Period()
