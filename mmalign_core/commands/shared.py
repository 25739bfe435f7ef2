"""Options that several commands share, and the output of results."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmalign_core.commands.targets import write_target
from mmalign_core.encoders import full_reference
from mmalign_core.encoders.batched.embedding_sets import WriteBatches, write_batches
from mmalign_core.params import parse_assignments
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.store.places import folder_of, is_object_storage
from mmalign_core.types import BadInput, Collection, Strings
from mmalign_core.workflow import Encoding, encode, open_collection


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add DATA, --interactions and --role."""
    kinds = "folder, manifest (.csv .jsonl .parquet), vectors (.npz .npy), saved data set, Lance table, .zip or .tar"
    parser.add_argument("data", metavar="DATA", help=kinds)
    parser.add_argument("--interactions", metavar="FILE", help="user_id,item_id[,rating,timestamp]")
    parser.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="COLUMN=ROLE",
        help="what a column is read as: text, image, audio, video, id, text_vector and the like, metadata or none",
    )


def add_store(parser: argparse.ArgumentParser) -> None:
    """--store."""
    parser.add_argument("--store", metavar="URI", help="folder ($MMALIGN_HOME), or s3://bucket/folder for vectors")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json, --overwrite and --force."""
    parser.add_argument("--json", metavar="OUT", help="write the result as JSON to this file; - for standard output")
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace files, not folders, also where this program did not make them",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="the same, and save a run also into a folder of others: files of the run's names go, all others stay",
    )


def add_encoders(parser: argparse.ArgumentParser) -> None:
    """Add --encoder modality=REFERENCE, which is repeatable."""
    parser.add_argument(
        "--encoder",
        action="append",
        default=[],
        metavar="MODALITY=NAME",
        help="NAME[param=value,...][:model] of `list encoders`: text=minilm, 'video=video-frames[most=8]', "
        "image=open-clip:ViT-B-32/openai",
    )
    add_send(parser)


def add_send(parser: argparse.ArgumentParser) -> None:
    """Add --send."""
    parser.add_argument(
        "--send",
        action="store_true",
        help="let a server get what it is to encode or to describe; without it the command says how much that is",
    )


def add_run_table(parser: argparse.ArgumentParser, rows: str) -> None:
    """Add RUN, --direction, and --csv for a table of `rows`, such as "queries"."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder")
    parser.add_argument("--direction", metavar="A->B", help="such as 'image->text' (default: both)")
    parser.add_argument("--csv", metavar="OUT", help=f"write the {rows} as a table, for spreadsheets")


def check_run_table(args: argparse.Namespace, command: str) -> None:
    """Raise BadInput where --csv names no file."""
    if args.csv == "-":
        raise BadInput(f"--csv -: name a file for the table, such as --csv {command}.csv")


def encoders_of(args: argparse.Namespace) -> dict[str, str]:
    """The --encoder options: modality -> reference."""
    return dict(parse_assignments(getattr(args, "encoder", [])))


def roles_of(args: argparse.Namespace) -> dict[str, str]:
    """The --role options: column -> role."""
    return dict(parse_assignments(getattr(args, "role", [])))


def check_encoders(args: argparse.Namespace) -> None:
    """Raise BadInput if an --encoder is unknown, before anything is read."""
    for reference in encoders_of(args).values():
        full_reference(reference)


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings with the place of --store. Raises BadInput if that, or the default, cannot be a store."""
    settings = Settings()
    settings = replace(settings, send=settings.send or getattr(args, "send", False))
    if is_object_storage(args.store):
        return replace(settings, vectors=Store(settings.root, args.store).vectors)
    vectors = "" if args.store else settings.vectors
    return replace(settings, root=Store(args.store or settings.root, vectors).root, vectors=vectors)


def folders_of(args: argparse.Namespace) -> Settings:
    """The settings with the folder of --store, which is not opened. Raises BadInput if it is a file."""
    settings = Settings()
    given = None if is_object_storage(args.store) else args.store
    return replace(settings, root=folder_of(given or settings.root))


def store_of(args: argparse.Namespace) -> Store:
    """The store of --store, or the default store."""
    settings = settings_of(args)
    return Store(settings.root, settings.vectors)


def opened(args: argparse.Namespace) -> Collection:
    """The collection of DATA and --interactions. Raises BadInput first if an --encoder is unknown."""
    check_encoders(args)
    return open_collection(
        args.data,
        interactions=args.interactions,
        roles=roles_of(args),
        settings=settings_of(args),
        progress=show_progress,
    )


def is_run(named: str, store: Store) -> bool:
    """Whether the argument is a saved run, by its folder or its id in the store, rather than data."""
    path = Path(os.path.expanduser(named))
    return (path / "run.json").is_file() or (not path.exists() and named in [run.id for run in store.list_runs()])


def encoded(
    args: argparse.Namespace, collection: Collection, store: Store, write: WriteBatches = write_batches
) -> Encoding:
    """The collection, encoded with the --encoder options; `write` is an engine's, by default that of this process."""
    settings = settings_of(args)
    return encode(collection, encoders_of(args), store=store, settings=settings, progress=show_progress, write=write)


def show_progress(fraction: float, message: str) -> None:
    """Write progress to standard error: one line that is overwritten on a terminal, nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\033[K{fraction:4.0%} {message}", end="" if fraction < 1 else "\n", file=sys.stderr, flush=True)


def write_result(result: Any, args: argparse.Namespace, summary: str) -> None:
    """Write the result as JSON to the target of --json, where '-' is standard output; else print the summary."""
    if args.json is None:
        print(summary)
        return
    text = json.dumps(_finite(result), ensure_ascii=False, indent=2, allow_nan=False)
    text = text.encode("utf-8", "backslashreplace").decode() + "\n"  # escapes bytes of paths that are not UTF-8
    if args.json == "-":
        sys.stdout.write(text)
        return
    write_target(args, "json", text.encode())
    print(summary, file=sys.stderr)


def _finite(value: Any) -> Any:
    """The value as JSON can hold it: NaN and infinity become None, NumPy scalars become numbers."""
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple | Strings):
        return [_finite(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
