"""demo DIR: write the demo collection."""

import argparse

from mmalign_core.commands.shared import show_progress
from mmalign_core.data.demo import write_demo

SUMMARY = "write the demo collection (pictures, captions, sounds, simulated users) into a folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """DIR."""
    parser.add_argument("folder", metavar="DIR")


def run(args: argparse.Namespace) -> None:
    """Write the collection and print its path."""
    print(write_demo(args.folder, progress=show_progress))
