"""bundle RUN: the run as one file that anyone can open, and whose numbers anyone can compute again.

JSON: {"out", "bytes", "members", "media", "encoded", "map", "notes"}.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import IO

from mmalign_core.commands.shared import add_json, add_store, settings_of, show_progress, store_of, write_result
from mmalign_core.commands.targets import fill_target
from mmalign_core.types import BadInput
from mmalign_core.workflow.bundles import Packed, pack_run

SUMMARY = "a run as one .zip: choices, vectors, aligner, metrics, map, and with --media the media"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN, --out, --media."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder")
    parser.add_argument("--out", required=True, metavar="FILE.zip", help="where the bundle goes")
    parser.add_argument(
        "--media", action="store_true", help="carry pictures, sounds and videos too, as texts always are"
    )
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Pack and say what is in it."""
    if Path(args.out).suffix != ".zip":
        raise BadInput(f"--out {args.out}: name a .zip file")
    packed: list[Packed] = []

    def fill(file: IO[bytes]) -> None:
        packed.append(
            pack_run(
                args.run_ref,
                file,
                store=store_of(args),
                media=args.media,
                settings=settings_of(args),
                progress=show_progress,
            )
        )

    fill_target(args, "out", fill)
    found, size = packed[0], Path(args.out).stat().st_size
    result = {"out": args.out, "bytes": size, "members": found.members, "media": found.media}
    result |= {"encoded": found.encoded, "map": found.drawn, "notes": list(found.notes)}
    lines = [f"{args.out}: {found.members} files, {size / 1e6:.1f} MB, {found.media:,} of them media"]
    write_result(result, args, "\n".join([*lines, *(f"note: {note}" for note in found.notes)]))
