"""verify FILE.zip: every number of a bundle computed again from its own vectors.

JSON: {"verified", "checked", "differences": [{"name", "stored", "computed"}], "not_checked", "members", "tolerance"}.
The exit code is 0 only where everything is as stored.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmalign_core.commands.shared import add_json, add_store, settings_of, show_progress, write_result
from mmalign_core.types import BadInput
from mmalign_core.workflow.verification import Verification, verify_bundle

SUMMARY = "fit a bundle's run again, measure it, and compare every number with what is stored"
_SHOWN = 10
"""Differences that a terminal shows; --json has all. Our choice."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE.zip."""
    parser.add_argument("file", metavar="FILE.zip", help="a bundle that `bundle --out` wrote")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Verify and print; BadInput, after the result is written, where not everything is as stored."""
    found = verify_bundle(Path(args.file), settings=settings_of(args), progress=show_progress)
    write_result(found.report(), args, _summary(found))
    if found.differences:
        raise BadInput(f"'{Path(args.file).name}' is not verified: {len(found.differences):,} numbers differ")
    if found.not_checked:
        raise BadInput(f"'{Path(args.file).name}' is not verified as a whole: {found.not_checked[0]}")


def _summary(found: Verification) -> str:
    lines = [f"{found.checked:,} numbers and words computed again, {len(found.differences):,} differ"]
    lines += [f"{each.name}: stored {each.stored}, computed {each.computed}" for each in found.differences[:_SHOWN]]
    return "\n".join([*lines, *(f"not checked: {why}" for why in found.not_checked)])
