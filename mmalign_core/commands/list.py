"""list KIND: what can be chosen."""

import argparse

from mmalign_core.commands.shared import add_json, write_result
from mmalign_core.workflow import KINDS, catalogue

SUMMARY = "list the encoders, aligners, similarities, corrections, matchers, recommenders or language-models"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """KIND and --json."""
    parser.add_argument("kind", metavar="KIND", help=", ".join(KINDS))
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Print the rows."""
    rows = catalogue(args.kind)
    write_result(rows, args.json, "\n".join(f"{row['name']:22} {row['summary']}" for row in rows))
