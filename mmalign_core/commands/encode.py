"""encode DATA: encode all media into the store."""

import argparse

from mmalign_core.commands.shared import (
    add_data,
    add_encoders,
    add_json,
    add_store,
    encoded,
    opened,
    store_of,
    write_result,
)

SUMMARY = "encode a collection into the store; media that the store holds are not encoded again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA, --interactions, --encoder, --store and --json."""
    add_data(parser)
    add_encoders(parser)
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Encode and print the counts."""
    collection = opened(args)
    made = encoded(args, collection, store_of(args))
    report = made.report(len(collection.ids))
    summary = "{items} items: {encoded} media encoded, {reused} reused, {n} skipped"
    write_result(report, args, summary.format(n=len(report["skipped"]), **report))
