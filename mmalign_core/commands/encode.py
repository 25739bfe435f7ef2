"""encode DATA: encode all media into the store."""

import argparse

from mmalign_core.commands.engine_options import add_engine, engine_of
from mmalign_core.commands.shared import (
    add_data,
    add_encoders,
    add_json,
    add_store,
    check_encoders,
    encoders_of,
    roles_of,
    settings_of,
    show_progress,
    store_of,
    write_result,
)
from mmalign_core.types.skips import count_skipped
from mmalign_core.workflow import encode

SUMMARY = "encode a collection into the store; media that the store holds are not encoded again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA, --interactions, --role, --encoder, the engine, --store and --json."""
    add_data(parser)
    add_encoders(parser)
    add_engine(parser)
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Encode and print the counts."""
    check_encoders(args)
    with engine_of(args) as engine:
        settings = settings_of(args)
        collection, whole = engine.read(args.data, args.interactions, settings, show_progress, roles_of(args))
        made = encode(
            collection,
            encoders_of(args),
            store=store_of(args),
            settings=settings,
            progress=show_progress,
            write=engine.write_batches,
            save=whole,
        )
    report = made.report(len(collection.ids))
    summary = "{items} items: {encoded} media encoded, {reused} reused, {n} skipped"
    long = "" if made.long_texts is None else f"\n  {made.long_texts.sentence()}"
    write_result(report, args, summary.format(n=count_skipped(made.skipped), **report) + long)
