"""The digest on the terminal."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from seawall.model.digest import Digest


class TerminalAlerts:
    """Tells whoever watches the run: on stderr, unless the digest is what was asked for."""

    def __init__(self, *, err: bool = True) -> None:
        self._err = err

    def send(self, digest: "Digest") -> None:
        """Print it; every line is made harmless by the report."""
        from seawall.report.digest import digest_lines

        for line in digest_lines(digest):
            click.echo(line, err=self._err)
