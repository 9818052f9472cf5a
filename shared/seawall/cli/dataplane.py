"""The option --dataplane: which network plug-in the policies are read for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from seawall.flow.sources import Assumed

F = TypeVar("F", bound=Callable[..., object])

UPSTREAM = "upstream"


class _PlaneChoice(click.ParamType["Assumed"]):
    """The names are asked for when they are needed: a start-up should not pay for the model."""

    name = "plane"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Assumed":
        from seawall.model.enforcement import Plane
        from seawall.model.ir import UPSTREAM as READINGS

        if value == UPSTREAM:
            return READINGS
        try:
            return Plane(str(value))
        except ValueError:
            known = ", ".join((UPSTREAM, *sorted(Plane)))
            self.fail(f"{value!r} is none of: {known}", param, ctx)


def dataplane_option(command: F) -> F:
    """Add --dataplane."""
    return click.option(
        "--dataplane",
        "assumed",
        type=_PlaneChoice(),
        default=None,
        metavar="PLANE",
        help="Read policies as this network plug-in does (cilium, calico, vpc-cni, ...; upstream: "
        "as the API means them), whatever was found. Kinds it does not carry out do nothing.",
    )(command)
