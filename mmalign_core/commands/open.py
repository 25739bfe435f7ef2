"""open FILE.zip: a bundle's run as a saved run, which every command that takes a run reads.

JSON: {"opened", "run", "media", "encoded", "made_by", "notes"}.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmalign_core.commands.shared import add_json, add_store, settings_of, store_of, write_result
from mmalign_core.store.bundle_files import read_manifest
from mmalign_core.workflow import check_save
from mmalign_core.workflow.bundles import open_bundle

SUMMARY = "save the run of a bundle, to be read as any other, without the data it was made of"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE.zip and --save."""
    parser.add_argument("file", metavar="FILE.zip", help="a bundle that `bundle --out` wrote")
    parser.add_argument("--save", metavar="RUN", help="name in the store, or a folder (default: the run's own name)")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Check, save and say where."""
    store, settings = store_of(args), settings_of(args)
    if args.save is not None:
        check_save(args.save, store=store, force=args.force)
    manifest = read_manifest(Path(args.file), settings)
    folder = open_bundle(Path(args.file), args.save, store=store, settings=settings, force=args.force)
    encoded = any(name.startswith("encoded/") for name in manifest["members"])
    result = {"opened": args.file, "run": str(folder), "media": manifest["media"], "encoded": encoded}
    result |= {"made_by": manifest["made_by"], "notes": manifest["notes"]}
    lines = [f"{folder}: {manifest['media']:,} media carried; verify it by: verify {args.file}"]
    write_result(result, args, "\n".join([*lines, *(f"note: {note}" for note in manifest["notes"])]))
