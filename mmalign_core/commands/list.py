"""list KIND: list the registered encoders, aligners and other methods."""

import argparse
from collections.abc import Mapping
from typing import Any

from mmalign_core.commands.shared import add_json, write_result
from mmalign_core.params import write_assignments
from mmalign_core.workflow import KINDS, catalogue

SUMMARY = "list the encoders, aligners, similarities, corrections, matchers, recommenders or language-models"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add KIND and --json."""
    parser.add_argument("kind", metavar="KIND", help=", ".join(KINDS))
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Print the rows of the catalogue."""
    rows = catalogue(args.kind)
    write_result(rows, args, "\n".join(_line(row, args.kind) for row in rows))


def _line(row: Mapping[str, Any], kind: str) -> str:
    """Name and summary; for an encoder also its licence, and its parameters with their defaults."""
    params = write_assignments({param["name"]: param["default"] for param in row["params"]})
    if kind != "encoders":
        return f"{row['name']:22} {row['summary']}"
    return f"{row['name']:22} {row['summary']}; licence: {row['licence']}" + (f"; [{params}]" if params else "")
