"""project RUN: the map of a run's shared space."""

import argparse
import io
from pathlib import Path

from mmalign_core.commands.shared import add_json, add_store, show_progress, store_of, write_result
from mmalign_core.commands.targets import write_target
from mmalign_core.types import BadInput
from mmalign_core.workflow import load_run, project_run

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
    made = project_run(
        load_run(args.run_ref, store=store),
        store=store,
        dimensions=args.dimensions,
        n_neighbors=args.neighbors,
        min_dist=args.min_dist,
        seed=args.seed,
        progress=show_progress,
    )
    points = io.BytesIO()
    made.points.to_parquet(points)
    write_target(args, "out", points.getvalue())
    report = made.report() | {"out": str(Path(args.out))}
    write_result(report, args, "{rows} points; trustworthiness {trustworthiness:.3f}".format(**report))
