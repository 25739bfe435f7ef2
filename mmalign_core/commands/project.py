"""project RUN: the map of a run's shared space."""

import argparse
import io
import sys
from pathlib import Path

from mmalign_core.commands.shared import add_json, add_store, show_progress, store_of, write_result
from mmalign_core.commands.targets import write_target
from mmalign_core.types import BadInput, Cancelled
from mmalign_core.workflow import SpaceMap, load_run, project_run

SUMMARY = "UMAP of a run's shared space: one row per text, picture and sound"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add RUN, --out and the parameters of UMAP."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder")
    parser.add_argument("--out", required=True, metavar="FILE.parquet", help="file for the points")
    parser.add_argument("--dimensions", type=int, default=2, choices=(2, 3), help="default: 2")
    parser.add_argument("--neighbors", type=int, default=15, metavar="N", help="rows that count as near (default: 15)")
    parser.add_argument(
        "--min-dist", type=float, default=0.1, metavar="D", help="0..1, how close points may lie (default: 0.1)"
    )
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Project the shared space and write the points."""
    if Path(args.out).suffix != ".parquet":
        raise BadInput(f"--out {args.out}: name a .parquet file")
    store = store_of(args)
    states: list[SpaceMap] = []
    try:
        made = project_run(
            load_run(args.run_ref, store=store),
            store=store,
            dimensions=args.dimensions,
            n_neighbors=args.neighbors,
            min_dist=args.min_dist,
            seed=args.seed,
            progress=show_progress,
            on_state=lambda state: states.__setitem__(slice(None), [state]),
        )
    except (Cancelled, KeyboardInterrupt):
        for state in states:
            _write(args, state)
            print(f"project: {args.out} holds the map as it was, {_quality(state)}", file=sys.stderr)
        raise
    _write(args, made)
    report = made.report() | {"out": str(Path(args.out))}
    write_result(report, args, f"{len(made.points)} points; {_quality(made)}")


def _write(args: argparse.Namespace, made: SpaceMap) -> None:
    points = io.BytesIO()
    made.points.to_parquet(points)
    write_target(args, "out", points.getvalue())


def _quality(made: SpaceMap) -> str:
    """The quality in words; how many neighbours were found, where not all were sought."""
    words = f"trustworthiness {made.projection.trustworthiness:.3f}"
    return words if made.projection.neighbours_found == 1.0 else f"{words}; {made.projection.graph_words}"
