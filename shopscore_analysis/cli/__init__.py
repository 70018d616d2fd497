"""The commands. Results go to stdout, everything else to stderr; exit 0 done, 1 refused or failed, 2 usage."""

from __future__ import annotations

import io
import sys

import typer

from shopscore_analysis.cli import care, experiment, lexicon, reports, runs, score, shops
from shopscore_analysis.cli.options import notes
from shopscore_analysis.errors import ShopscoreError

app = typer.Typer(
    name="shopscore",
    help="Exports of a Douyin shop in, one weekly report out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (*shops.COMMANDS, *reports.COMMANDS, *score.COMMANDS, *lexicon.COMMANDS, *runs.COMMANDS, *care.COMMANDS):
    app.command()(command)
app.add_typer(experiment.app)


def main() -> None:
    """Run the command line; what a user can mend is one line on stderr and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # a Windows console defaults to a code page without Chinese
    try:
        app()
    except ShopscoreError as error:
        notes.print(f"shopscore: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(1) from error
