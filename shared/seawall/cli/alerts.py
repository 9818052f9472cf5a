"""The digest on the terminal: on stderr, with the rest of what is told about a run."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from seawall.model.digest import Digest


class TerminalAlerts:
    """Tells whoever watches the run."""

    def send(self, digest: "Digest") -> None:
        """Print it; every line is made harmless by the report."""
        from seawall.report.digest import digest_lines

        for line in digest_lines(digest):
            click.echo(line, err=True)
