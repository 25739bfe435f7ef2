"""fetch MODEL: download a model from the hub; --list local models, --remove MODEL."""

import argparse
import sys
from typing import Any

from mmalign_core.commands.shared import add_json, add_store, settings_of, show_progress, write_result
from mmalign_core.model_files.catalogue import licence_words
from mmalign_core.model_files.locations import hub_cache, own_folder
from mmalign_core.types import BadInput
from mmalign_core.workflow.downloads import LocalModel, fetch_model, plan_fetch, present_models, remove_model

SUMMARY = "fetch a model from the hub, list the models on this machine, or remove one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add MODEL, --list, --remove, --size, --store and --json."""
    parser.add_argument("model", metavar="MODEL", nargs="?", help="e.g. clap:laion/clap-htsat-unfused")
    parser.add_argument("--list", action="store_true", help="list the models on this machine with size and licence")
    parser.add_argument("--remove", metavar="MODEL", help="delete a model from this machine")
    parser.add_argument("--size", action="store_true", help="print the size of MODEL without fetching it")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Fetch, list or remove, and print the result."""
    if (args.model is not None) + args.list + (args.remove is not None) != 1:
        raise BadInput("give one of: MODEL to fetch, --list, --remove MODEL")
    if args.list:
        _list(args)
    elif args.remove is not None:
        freed = remove_model(args.remove, settings_of(args))
        write_result({"removed": args.remove, "bytes": freed}, args, f"removed: {freed / 1e6:,.1f} MB are free")
    else:
        _fetch(args)


def _fetch(args: argparse.Namespace) -> None:
    plan = plan_fetch(args.model)
    print(plan.words, file=sys.stderr, flush=True)
    result = {"reference": plan.reference, "bytes": plan.bytes, "fetched": 0, "licence": plan.licence}
    if not args.size:
        result["fetched"] = plan.lacking
        fetch_model(plan, show_progress, settings_of(args))
    done = "nothing was fetched" if args.size else f"{args.model} is here, whole and verified"
    write_result(result, args, done)


def _list(args: argparse.Namespace) -> None:
    settings = settings_of(args)
    rows = present_models(settings)
    where = f"looked in {own_folder(settings)} and {hub_cache()}"
    write_result([_row(row) for row in rows], args, "\n".join([*map(_line, rows), where]))


def _row(row: LocalModel) -> dict[str, Any]:
    return {
        "name": row.name,
        "reference": row.reference,
        "folder": str(row.folder),
        "bytes": row.bytes,
        "whole": row.whole,
        "licence": row.licence,
    }


def _line(row: LocalModel) -> str:
    state = licence_words(row.licence) or "licence not stated"
    cut = "" if row.whole else "  cut short: fetch it again"
    return f"{row.reference or row.name:60} {row.bytes / 1e6:10,.1f} MB  {state}{cut}"
