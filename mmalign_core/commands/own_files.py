"""How a file is known for one that a command wrote: JSON by all its keys, pages and maps by their heads."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmalign_core.store import KINDS
from mmalign_core.store.bundle_files import is_bundle_file


def _keys(words: str) -> frozenset[str]:
    return frozenset(words.split())


GENERATOR = b'<meta name="generator" content="MMAlign">'
"""In the head of every page that --html writes."""
_EARLIER_PAGE = b"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
"""In the head of pages that were written before they named their generator."""
_HEAD = 2000
"""Bytes of a page in which its head starts; the drawn styles come after."""
_POINTS = {"item", "modality", "row", "key", "x", "y"}
"""Columns of every map that `project --out` writes."""
_REPORTS: Mapping[str, frozenset[str]] = {
    "inspect": _keys("name items by_modality pairs metadata interactions attribution duplicates skipped notes"),
    "inspect --preview": _keys("name items by_modality columns rows skipped notes interactions"),
    "caption": _keys("items without_text captioned made_by skipped ended out"),
    "encode": _keys("items encoded reused by_modality skipped seconds peak_rss_mb"),
    "align": _keys(
        "pair aligner family params similarity correction correction_params matcher matcher_params seed holding_out "
        "transductive split n_train n_test unmeasured encoders skipped metrics history seconds peak_rss_mb"
    ),
    "compare": _keys("pair n_train n_test split similarity correction matcher seed encoders shared_content rows"),
    "project": _keys("rows params seed trustworthiness neighbour_overlap quality_n quality_k seconds out"),
    "recommend": _keys("query items"),
    "explain": _keys("a b score contributions method faithfulness maps components anchors concepts notes"),
    "errors": _keys("run direction directions split n n_held_out queries missing notes"),
    "marks": _keys("collection items marks by_kind outdated imported unchanged rejected"),
    "repair": _keys(
        "run aligner pair by split before after ci95 difference fixed broken by_direction n_held_out mean_mrr dropped "
        "n_dropped not_measured verdict"
    ),
    "diff": _keys("a b difference queries unmeasured drift choices data notes"),
    "bundle": _keys("out bytes members media encoded map notes"),
    "open": _keys("opened run media encoded made_by notes"),
    "verify": _keys("verified checked differences not_checked members tolerance"),
    "report": _keys("html bytes sentence sections"),
    "slices": _keys("run direction directions split held_out metric overall n_tried smallest slices notes"),
    "evaluate": _keys(
        "split split_kind relevant k seed items cold_items users events n_train n_test left_out_events right_answers "
        "users_measured rows encoders"
    ),
    "doctor": _keys("versions devices store space models missing problems well"),
    "bench topk": _keys("bench cores seed queries candidates dimensions k seconds ratio same"),
    "bench align": _keys("bench cores seed pairs rows"),
    "fetch": _keys("reference bytes fetched licence"),
    "fetch --remove": _keys("removed bytes"),
    "store size": _keys("root bytes kinds"),
    "store remove": _keys("kind removed bytes"),
}
"""All keys that the JSON of each command always has; some commands add others."""
_ROWS: Mapping[str, frozenset[str]] = {
    "list": _keys(
        "name summary family modalities multiway params needs_concepts needs_interactions needs_pairs needs_pivots "
        "needs_sequences reads_places reads_signals transductive"
    ),
    "fetch --list": _keys("name reference folder bytes whole"),
    "store list": _keys("kind key bytes about"),
}
"""The same for those that print rows."""
_TABLES: Mapping[str, frozenset[str]] = {
    "caption": _keys("id text text_by image"),
    "marks": _keys("id mark other modality note who when"),
    "errors": _keys("direction rank margin held_out chosen_id right_id suspicion causes"),
    "slices": _keys("direction key kind label n metric value compared_with difference p q significant"),
}
"""Columns of the tables that --csv writes."""
_FEW = 5
"""A command that prints at most so many keys adds none, so the JSON must hold exactly these. Chosen: a file of another
program may well hold a few common words."""
_RECOMMENDED = frozenset({"id", "score", "rank", "reason", "contributions"})


def is_report(path: Path) -> bool:
    """Whether the file is JSON that a command printed, with all keys of one of them; an empty list holds nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    if isinstance(found, list):
        return all(_is_one_of(_ROWS, row) for row in found)
    return _is_one_of(_REPORTS, found)


def is_page(path: Path) -> bool:
    """Whether the file is a page that `recommend --html` wrote."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return GENERATOR in head or _EARLIER_PAGE in head


def is_points(path: Path) -> bool:
    """Whether the file is a map that `project --out` wrote."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return set(pq.read_schema(path).names) >= _POINTS
    except (pa.ArrowException, OSError):
        return False


def is_made(path: Path) -> bool:
    """Whether the file is a map of `project --out`, a bundle of `bundle --out`, or a manifest of `caption --out`."""
    if path.suffix.lower() == ".csv":
        return is_table(path)
    return is_bundle_file(path) if path.suffix == ".zip" else is_points(path)


def is_table(path: Path) -> bool:
    """Whether the file is a table that a command wrote with --csv, by the names of its columns."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error):
        return False
    return any(set(head) >= columns for columns in _TABLES.values())


def _is_one_of(known: Mapping[str, frozenset[str]], found: Any) -> bool:
    """Whether the object has all keys of one of these, and values as that command prints them."""
    return isinstance(found, dict) and any(_has(keys, found) and _is_told(found, name) for name, keys in known.items())


def _has(keys: frozenset[str], found: Mapping[str, Any]) -> bool:
    exact = len(keys) <= _FEW and keys != _REPORTS["recommend"]  # which adds notes and sentences
    return found.keys() == keys if exact else found.keys() >= keys


def _is_told(found: Mapping[str, Any], command: str) -> bool:
    """Whether the values are such as the command prints, where its keys are few or common words."""
    if command == "recommend":
        items = found["items"] if isinstance(found["items"], list) else []
        told = bool(items) and all(isinstance(item, dict) and item.keys() >= _RECOMMENDED for item in items)
        return told and isinstance(found["query"], dict)
    if command == "store size":
        return isinstance(found["kinds"], dict) and set() < found["kinds"].keys() <= {*KINDS}
    if command in ("store remove", "store list"):
        return found["kind"] in KINDS and isinstance(found["bytes"], int)
    if command.startswith("fetch"):
        return isinstance(found["bytes"], int)
    return not command.startswith("bench") or found["bench"] == command.removeprefix("bench ")
