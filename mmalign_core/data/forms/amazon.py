"""Amazon reviews (McAuley; Hou et al. 2024): JSON lines of reviews, and of the products, also gzipped.

The products of 2014 are objects as Python writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.forms.base import Form, base_name, broken_lines, grouped, head_of, table_of_objects
from mmalign_core.data.tabular.json_lines import python_object
from mmalign_core.data.tabular.tables import Table, read_table

_ENDINGS = (".jsonl", ".json", ".ndjson")
_USERS, _ITEMS = ("reviewerID", "user_id"), ("parent_asin", "asin")
_KEPT = (
    "title",
    "brand",
    "store",
    "price",
    "main_category",
    "main_cat",
    "average_rating",
    "rating_number",
    "categories",
)
"""What of a product is kept as metadata."""
_MILLISECONDS = 10**11
"""Timestamps above are of milliseconds, as the reviews of 2023 have them: seconds reach it in the year 5138."""
_HEAD = 1 << 20
"""Bytes in which the first line ends; our choice: a review is some kilobytes."""


def find_amazon(files: FolderFiles, names: Sequence[str]) -> Form | None:
    """The products with their titles and descriptions, and the reviews as interactions; None for other files.

    Without a file of products an item's texts are its reviews.
    """
    kinds = {name: _kind(files, name) for name in names if base_name(name).endswith(_ENDINGS)}
    reviews = [name for name, kind in kinds.items() if kind == "reviews"]
    products = [name for name, kind in kinds.items() if kind == "products"]
    if not reviews:
        return None
    tables = {name: read_table(files.path(name), name, events=name in reviews) for name in (*reviews, *products)}
    lines = [line for name in reviews for line in _objects(tables[name])]
    users = table_of_objects(_event(line) for line in lines)
    if products:
        own = (line for name in products for line in _objects(tables[name]))
        pairs = ((item, _product(line)) for line in own if (item := _first(line, _ITEMS)))
    else:
        pairs = ((item, {"text": _review(line)}) for line in lines if (item := _first(line, _ITEMS)))
    items = table_of_objects({"id": id, **held} for id, held in grouped(pairs).items())
    told = ", ".join(products or reviews)
    broken = tuple((name, line) for name, table in tables.items() for line in broken_lines(table, name))
    return Form("Amazon reviews", items, told, users, ", ".join(reviews), tuple(tables), broken=broken)


def _kind(files: FolderFiles, name: str) -> str:
    """Reviews or products, by the first line; '' if it is neither."""
    first = head_of(files, name, _HEAD).lstrip().split(b"\n", 1)[0]
    try:
        line = json.loads(first)
    except (ValueError, RecursionError):
        line = python_object(first)
    if not isinstance(line, dict) or not any(key in line for key in _ITEMS):
        return ""
    if any(key in line for key in _USERS):
        return "reviews" if any(key in line for key in ("overall", "rating", "reviewText")) else ""
    return "products" if "title" in line else ""


def _objects(table: Table) -> Iterator[Mapping[str, Any]]:
    return (line.values for line in table.lines if not line.problem)


def _first(line: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((str(line[key]) for key in keys if line.get(key)), "")


def _event(line: Mapping[str, Any]) -> dict[str, Any]:
    time = line.get("unixReviewTime") or line.get("timestamp")
    seconds = time / 1000 if isinstance(time, int | float) and time > _MILLISECONDS else time
    rating = line.get("overall") if line.get("overall") is not None else line.get("rating")
    return {"user_id": _first(line, _USERS), "item_id": _first(line, _ITEMS), "rating": rating, "timestamp": seconds}


def _review(line: Mapping[str, Any]) -> list[str]:
    said = [line.get("summary") or line.get("title"), line.get("reviewText") or line.get("text")]
    parts = [part.strip() for part in said if isinstance(part, str) and part.strip()]
    joined = " ".join(part if part[-1] in ".!?" else f"{part}." for part in parts[:-1])
    text = f"{joined} {parts[-1]}".strip() if parts else ""
    return [text] if text else []


def _product(line: Mapping[str, Any]) -> dict[str, Any]:
    told = line.get("description")
    parts = (
        [told] if isinstance(told, str) else [p for p in told if isinstance(p, str)] if isinstance(told, list) else []
    )
    texts = [text for text in (line.get("title"), " ".join(parts)) if isinstance(text, str) and text.strip()]
    kept = {key: line[key] for key in _KEPT if line.get(key) not in (None, "", [])}
    return {"text": texts, **kept}
