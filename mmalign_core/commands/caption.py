"""caption DATA: texts for pictures that have none, by a vision-language server, into a manifest to look at."""

import argparse
import os
from pathlib import Path

from mmalign_core.commands.shared import (
    add_data,
    add_json,
    add_send,
    add_store,
    opened,
    settings_of,
    show_progress,
    write_result,
)
from mmalign_core.commands.targets import write_target
from mmalign_core.types import BadInput
from mmalign_core.workflow import CAPTION_PROMPT, CaptionServer, caption_items

SUMMARY = "describe pictures that have no text by a vision-language server, and write a manifest that marks them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA, --server, --model, --out, --prompt, --send, --store and --json."""
    add_data(parser)
    parser.add_argument("--server", required=True, metavar="URL", help="such as http://localhost:8080/v1")
    parser.add_argument("--model", required=True, metavar="NAME", help="the server's name of the model")
    parser.add_argument("--out", required=True, metavar="FILE.csv", help="the manifest to write")
    parser.add_argument("--prompt", default=CAPTION_PROMPT, metavar="TEXT", help="what the model is asked")
    add_send(parser)
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Describe, write what was made, and say how much that is; BadInput at the end if the server went."""
    if Path(args.out).suffix.lower() != ".csv":
        raise BadInput(f"--out {args.out}: name a .csv file")
    server = CaptionServer(args.server, args.model, args.prompt)
    server.address.key()
    made = caption_items(opened(args), server, settings=settings_of(args), progress=show_progress)
    folder = Path(os.path.abspath(args.out)).parent
    write_target(args, "out", made.manifest(folder).to_csv(index=False).encode("utf-8", "backslashreplace"))
    done = f"{len(made.texts):,} of {made.wanted:,} pictures without a text were described by {made.made_by}"
    if made.ended:
        raise BadInput(f"{made.ended}; {done} and are in '{args.out}', from which `caption` goes on")
    lines = [f"{done}; look at them in '{args.out}', whose column text_by marks them"]
    lines += [f"left out: {one.id}: {one.reason}" for one in made.skipped]
    write_result({**made.report(), "out": args.out}, args, "\n".join(lines))
