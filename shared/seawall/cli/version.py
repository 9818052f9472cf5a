"""`seawall version`."""

import click

from seawall import __version__


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(f"seawall {__version__}")
