"""report RUN: one offline HTML page of what was found, to be sent to somebody.

JSON: {"html", "bytes", "sentence", "sections"}.
"""

from __future__ import annotations

import argparse

from mmalign_core.commands.shared import add_json, add_store, settings_of, show_progress, store_of, write_result
from mmalign_core.commands.targets import write_target
from mmalign_core.types import BadInput
from mmalign_core.wording import in_language, language, languages
from mmalign_core.workflow import load_run
from mmalign_core.workflow.export.report_page import report_page

SUMMARY = "one offline HTML page of a run: the finding, metrics with intervals, map, causes, worst pairs, how to rerun"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN and --html."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder")
    parser.add_argument("--html", required=True, metavar="FILE.html", help="where the page goes")
    parser.add_argument("--language", choices=[*languages()], help="the page's; MMALIGN_LANGUAGE or en if not given")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Write the page and say its finding."""
    if args.html in ("", "-"):
        raise BadInput(f"--html '{args.html}': name a file for the page, such as --html report.html")
    store = store_of(args)
    opened = load_run(args.run_ref, store=store)
    with in_language(args.language or language()):
        page = report_page(opened, store=store, settings=settings_of(args), progress=show_progress)
    write_target(args, "html", page.content)
    result = {"html": args.html, "bytes": len(page.content), "sentence": page.sentence, "sections": list(page.sections)}
    write_result(result, args, f"{args.html}: {page.sentence}")
