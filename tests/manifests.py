"""Manifests in the three formats, of the same rows."""

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd


def write_csv(path: Path, rows: list[dict[str, Any]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        table.writeheader()
        for row in rows:
            table.writerow(
                {k: json.dumps(v) if isinstance(v, list) else "" if v is None else v for k, v in row.items()}
            )
    return path


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Columns of mixed texts and lists become lists throughout, since Parquet columns have one type."""
    listed = {k for row in rows for k, v in row.items() if isinstance(v, list)}
    even = [
        {k: [v] if k in listed and v is not None and not isinstance(v, list) else v for k, v in r.items()} for r in rows
    ]
    pd.DataFrame(even).to_parquet(path)
    return path
