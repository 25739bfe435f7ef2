"""Options of the commands that can run on a Ray cluster: --engine, --ray-address and the workers."""

from __future__ import annotations

import argparse
import os

from mmalign_core.engines import ENGINES, Engine, LocalEngine
from mmalign_core.types import BadInput

_OF_RAY = ("ray_address", "workers", "worker_cpus", "worker_gpus")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add --engine, --ray-address, --workers, --worker-cpus and --worker-gpus."""
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="where it runs (default: local)")
    parser.add_argument(
        "--ray-address",
        metavar="ADDRESS",
        help="cluster, such as ray://host:10001 (default: $RAY_ADDRESS, else a Ray that is started on this machine)",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="number of workers (default: as many as fit)")
    parser.add_argument("--worker-cpus", type=int, metavar="N", help="CPUs, and threads, of each worker (default: 1)")
    parser.add_argument("--worker-gpus", type=float, metavar="X", help="GPUs of each worker (default: 0)")


def engine_of(args: argparse.Namespace) -> Engine:
    """The engine of the options. Raises BadInput for a number that is none, and for options of Ray without it."""
    given = [name for name in _OF_RAY if getattr(args, name) is not None]
    if args.engine != "ray":
        if given:
            raise BadInput(f"--{given[0].replace('_', '-')} is an option of --engine ray; add that")
        return LocalEngine()
    from mmalign_core.engines.cluster import Workers
    from mmalign_core.engines.ray_engine import RayEngine

    _check_numbers(args)
    address = args.ray_address or os.environ.get("RAY_ADDRESS", "")
    return RayEngine(Workers(address, args.workers or 0, args.worker_cpus or 1, args.worker_gpus or 0.0))


def _check_numbers(args: argparse.Namespace) -> None:
    for name, low in (("workers", 1), ("worker_cpus", 1), ("worker_gpus", 0)):
        value = getattr(args, name)
        if value is not None and value < low:
            raise BadInput(f"--{name.replace('_', '-')} is {value}; give a number from {low}")
