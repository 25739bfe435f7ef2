"""What was found wrong in a run: each query with its causes, as JSON and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.data.titles import item_titles
from mmalign_core.triage.causes import Cause, cause_sentence
from mmalign_core.triage.judgements import Judgements
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow.tables import csv_table


@dataclass(frozen=True)
class DirectionErrors:
    """The m queries of one direction: judgements, `suspicion` (m,), and causes, likeliest first.

    `suspicion` lies in 0..1; NaN where none was measured.
    """

    judgements: Judgements
    suspicion: np.ndarray
    causes: tuple[tuple[Cause, ...], ...]

    def take(self, rows: np.ndarray) -> DirectionErrors:
        """Only these queries, in this order; `rows` are row numbers or a bool mask."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows, int)
        causes = tuple(self.causes[row] for row in rows)
        return replace(self, judgements=self.judgements.take(rows), suspicion=self.suspicion[rows], causes=causes)


@dataclass(frozen=True)
class ErrorReport:
    """The errors of a run in one direction or in both, "image->text" -> its queries.

    `split`: how the run held items out, in words; `missing`: (item, modality) of items that lack a side of the pair,
    which are no queries; `notes`: sentences that say what could not be looked at.
    """

    run: str
    split: str
    collection: Collection
    directions: Mapping[str, DirectionErrors]
    missing: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    _texts: Mapping[tuple[str, str], str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        texts = {(m.item, m.digest): m.text for m in self.collection.media_of("text") if m.text}
        object.__setattr__(self, "_texts", texts)

    def __len__(self) -> int:
        return sum(len(found.judgements) for found in self.directions.values())

    def worst_first(self) -> Iterator[tuple[str, int]]:
        """(direction, row of its judgements) of every query by falling rank, then by rising margin, then by item."""
        found: list[tuple[int, float, str, str, int]] = []
        for way, part in self.directions.items():
            judged = part.judgements
            columns = (-judged.rank).tolist(), judged.margin.tolist(), judged.queries.ids
            found += [(rank, margin, item, way, row) for row, (rank, margin, item) in enumerate(zip(*columns))]
        return ((way, row) for *_, way, row in sorted(found))

    def report(self) -> dict[str, Any]:
        """What `errors --json` prints."""
        queries = [self._query(way, row) for way, row in self.worst_first()]
        return {
            "run": self.run,
            "direction": next(iter(self.directions)) if len(self.directions) == 1 else None,
            "directions": [*self.directions],
            "split": self.split,
            "n": len(queries),
            "n_held_out": sum(query["held_out"] for query in queries),
            "queries": queries,
            "missing": [{"id": item, "modality": modality} for item, modality in self.missing],
            "notes": [*self.notes],
        }

    def table(self, queries: Iterable[tuple[str, int]] | None = None) -> pd.DataFrame:
        """One row a query; causes are names, likeliest first, and `evidence` says that of the first one.

        `queries`: (direction, row of its judgements) of those to hold, in this order; all of them, worst first, where
        it is None.
        """
        titles = item_titles(self.collection)
        rows = []
        for way, row in self.worst_first() if queries is None else queries:
            first = self.directions[way].causes[row][:1]
            rows.append(_flat(self._query(way, row), "".join(cause_sentence(cause, titles) for cause in first)))
        return pd.DataFrame(rows, columns=[*_COLUMNS])

    def csv(self) -> bytes:
        """The table as UTF-8 CSV; an apostrophe stands before cells that a spreadsheet would run as formulas."""
        return csv_table(self.table())

    def name_of(self, rows: EmbeddingSet, row: int) -> str:
        """What a person calls this row: the text itself for a text, else the id of its item."""
        return self._text(rows, row).get("text", rows.ids[row])

    def _query(self, way: str, row: int) -> dict[str, Any]:
        part = self.directions[way]
        judged, queries = part.judgements, part.judgements.queries
        return {
            "direction": way,
            "id": queries.ids[row],
            "modality": queries.modality,
            **self._text(queries, row),
            "rank": int(judged.rank[row]),
            "candidates": int(judged.n_candidates[row]),
            "margin": float(judged.margin[row]),
            "correct": bool(judged.correct[row]),
            "decided": bool(judged.decided[row]),
            "held_out": bool(judged.held_out[row]),
            "chosen": self._candidate(judged.candidates, int(judged.chosen[row]), judged.chosen_score[row]),
            "right": self._candidate(judged.candidates, int(judged.right[row]), judged.right_score[row]),
            "suspicion": None if np.isnan(part.suspicion[row]) else round(float(part.suspicion[row]), 4),
            "causes": [cause.report() for cause in part.causes[row]],
        }

    def _candidate(self, candidates: EmbeddingSet, row: int, score: float) -> dict[str, Any]:
        return {"id": candidates.ids[row], "score": float(score), **self._text(candidates, row)}

    def _text(self, rows: EmbeddingSet, row: int) -> dict[str, str]:
        """The text itself under "text"; {} for other media."""
        text = self._texts.get((rows.ids[row], rows.keys[row])) if rows.modality == "text" else None
        return {} if text is None else {"text": text}


_SIDES = tuple(f"{side}_{what}" for side in ("chosen", "right") for what in ("id", "score", "text"))
_COLUMNS = (
    *("direction", "id", "modality", "rank", "candidates", "margin", "correct", "decided", "held_out", "suspicion"),
    *("text", *_SIDES, "causes", "evidence"),
)


def _flat(query: Mapping[str, Any], evidence: str) -> dict[str, Any]:
    """A query of the JSON as one row of the table."""
    causes: Sequence[Mapping[str, Any]] = query["causes"]
    plain = {name: value for name, value in query.items() if name not in ("chosen", "right", "causes", "text")}
    return {
        **plain,
        "text": query.get("text", ""),
        **{
            f"{side}_{what}": query[side].get(what, "")
            for side in ("chosen", "right")
            for what in ("id", "score", "text")
        },
        "causes": "; ".join(cause["name"] for cause in causes),
        "evidence": evidence,
    }


def query_table(report: ErrorReport) -> pd.DataFrame:
    """One row for each query of each direction, in the order of the judgements, with the index 0, 1, ...

    Columns: `query` ("image->text:12", direction and row of its judgements), `direction`, `row`, `item`, `rank`, `n`
    (its candidates), `margin`, `suspicion`, `correct`, `held_out`, and `causes` (names, likeliest first).
    """
    parts = [_part(way, errors) for way, errors in report.directions.items()]
    return pd.concat(parts, ignore_index=True)


def _part(way: str, errors: DirectionErrors) -> pd.DataFrame:
    judged = errors.judgements
    rows = np.arange(len(judged))
    return pd.DataFrame(
        {
            "query": [f"{way}:{row}" for row in rows],
            "direction": way,
            "row": rows,
            "item": judged.queries.ids,
            "rank": judged.rank,
            "n": judged.n_candidates,
            "margin": judged.margin,
            "suspicion": errors.suspicion,
            "correct": judged.correct,
            "held_out": judged.held_out,
            "causes": [tuple(dict.fromkeys(cause.name for cause in causes)) for causes in errors.causes],
        }
    )
