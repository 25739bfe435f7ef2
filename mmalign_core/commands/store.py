"""store list | remove | size: the store's entries, their sizes, and their removal.

JSON of `store list`: rows {"kind", "key", "bytes", "about"}. Of `store size`: {"root", "bytes", "kinds": {kind:
{"entries", "bytes"}}}. Of `store remove`: {"kind", "removed": [keys], "bytes": freed}.
"""

import argparse

from mmalign_core.commands.shared import add_json, add_store, store_of, write_result
from mmalign_core.store import KINDS, Entry, Store
from mmalign_core.types import BadInput

SUMMARY = "list the store's entries, print their sizes, or remove entries"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action, KIND, KEY, --all, --store and --json."""
    parser.add_argument("action", choices=("list", "remove", "size"))
    parser.add_argument("kind", metavar="KIND", nargs="?", help=f"one of: {', '.join(KINDS)}")
    parser.add_argument("keys", metavar="KEY", nargs="*", help="what to remove, by the keys that list shows")
    parser.add_argument("--all", action="store_true", help="with remove: everything of KIND")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """List, measure or remove, and print the result."""
    if args.action != "remove" and (args.keys or args.all):
        raise BadInput(f"store {args.action} takes no keys and no --all; those belong to: store remove KIND KEY")
    {"list": _list, "remove": _remove, "size": _size}[args.action](args, store_of(args))


def _list(args: argparse.Namespace, store: Store) -> None:
    entries = [entry for kind in _kinds(args) for entry in store.entries(kind)]
    write_result([vars(entry) for entry in entries], args, "\n".join(map(_line, entries)) or "nothing is kept")


def _size(args: argparse.Namespace, store: Store) -> None:
    entries = {kind: store.entries(kind) for kind in _kinds(args)}
    kinds = {kind: {"entries": len(all_), "bytes": sum(e.bytes for e in all_)} for kind, all_ in entries.items()}
    total = sum(row["bytes"] for row in kinds.values())
    lines = [f"{kind:12} {row['entries']:8,} {row['bytes'] / 1e6:12,.1f} MB" for kind, row in kinds.items()]
    summary = "\n".join([*lines, f"{total / 1e6:,.1f} MB in {store.root}"])
    write_result({"root": str(store.root), "bytes": total, "kinds": kinds}, args, summary)


def _remove(args: argparse.Namespace, store: Store) -> None:
    if args.kind is None or bool(args.keys) == args.all:
        raise BadInput("store remove KIND: name the keys to remove, as `store list KIND` shows them, or give --all")
    keys = [entry.key for entry in store.entries(args.kind)] if args.all else args.keys
    freed = store.remove(args.kind, keys)
    result = {"kind": args.kind, "removed": keys, "bytes": freed}
    write_result(result, args, f"removed {len(keys)} of {args.kind}: {freed / 1e6:,.1f} MB are free")


def _kinds(args: argparse.Namespace) -> tuple[str, ...]:
    return KINDS if args.kind is None else (args.kind,)


def _line(entry: Entry) -> str:
    return f"{entry.kind:12} {entry.bytes / 1e6:10,.1f} MB  {entry.key}  {entry.about}".rstrip()
