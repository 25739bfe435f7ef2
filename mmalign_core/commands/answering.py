"""What a question is put to: a saved run, or data of one modality, where there is nothing to align."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mmalign_core.commands.shared import encoders_of, is_run, settings_of, show_progress
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import Run, encode, load_run, open_collection, with_interactions
from mmalign_core.workflow.align.choices import pairs_of
from mmalign_core.workflow.align.run import as_encoded


def run_of(args: argparse.Namespace, store: Store) -> tuple[Run, int]:
    """The run that RUN names, or one of DATA as encoded, and how many rows of the interactions were left out.

    BadInput: there is neither, or items of DATA have several modalities and must be aligned first.
    """
    if Path(os.path.expanduser(args.run_ref)).exists() and not is_run(args.run_ref, store):
        return _of_data(args, store)
    if args.encoder:
        raise BadInput(f"'{args.run_ref}' is a run, which keeps its own encoders; give DATA for others")
    run = load_run(args.run_ref, store=store)
    if not args.interactions:
        return run, 0
    run, left_out = with_interactions(run, args.interactions, settings=settings_of(args))
    return run, len(left_out)


def _of_data(args: argparse.Namespace, store: Store) -> tuple[Run, int]:
    settings = settings_of(args)
    collection = open_collection(
        args.run_ref, interactions=args.interactions, settings=settings, progress=show_progress
    )
    if pairs := pairs_of(collection):
        raise BadInput(
            f"'{args.run_ref}' is no run, and its items have both {' and '.join(pairs[0])}; align them first "
            f"(align {args.run_ref} --pair {':'.join(pairs[0])} --save NAME) and give that run"
        )
    encoding = encode(collection, encoders_of(args), store=store, settings=settings, progress=show_progress)
    return as_encoded(collection, encoding), 0
