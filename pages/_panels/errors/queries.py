"""One judged query with what the page needs of it, and which one is in focus."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mmalign_core.types import EmbeddingSet
from mmalign_core.workflow import Cause, DirectionErrors, ErrorReport, Judgements
from pages._session import state


@dataclass(frozen=True)
class Query:
    """A query: `way` ("image->text") and `row` of its judgements."""

    way: str
    row: int
    errors: DirectionErrors

    @property
    def key(self) -> str:
        """Its name in the address: "image->text:12"."""
        return f"{self.way}:{self.row}"

    @property
    def direction(self) -> tuple[str, str]:
        """The modalities of the query and of its answers."""
        return self.judged.direction

    @property
    def judged(self) -> Judgements:
        """The judgements of its direction."""
        return self.errors.judgements

    @property
    def item(self) -> str:
        """The item that asks."""
        return self.judged.queries.ids[self.row]

    @property
    def candidates(self) -> EmbeddingSet:
        """All candidates of its direction."""
        return self.judged.candidates

    @property
    def chosen(self) -> str:
        """The item of the chosen answer."""
        return self.candidates.ids[int(self.judged.chosen[self.row])]

    @property
    def is_correct(self) -> bool:
        """Whether it was decided rightly."""
        return bool(self.judged.correct[self.row])

    @property
    def is_held_out(self) -> bool:
        """Whether the fit that judged it had not seen it."""
        return bool(self.judged.held_out[self.row])

    @property
    def rank(self) -> int:
        """Rank of its best right answer, from 1."""
        return int(self.judged.rank[self.row])

    @property
    def n(self) -> int:
        """The number of candidates that it was ranked among."""
        return int(self.judged.n_candidates[self.row])

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Its causes, likeliest first."""
        return self.errors.causes[self.row]


def query_named(report: ErrorReport, key: str) -> Query:
    """The query of that name; KeyError or IndexError where the report has none."""
    way, _, row = key.rpartition(":")
    errors = report.directions[way]
    if int(row) >= len(errors.judgements):
        raise IndexError(key)
    return Query(way, int(row), errors)


def in_focus(report: ErrorReport, table: pd.DataFrame) -> Query | None:
    """The opened query, else the selected item's first one in the list, else the first of the list.

    `table`: the listed queries. A query that was opened stays in focus where the filters leave it out.
    """
    item, key = state.selected_item(), state.opened_query()
    try:
        opened = query_named(report, key)
    except (KeyError, IndexError, ValueError):
        opened = None  # of another run, or none yet
    if opened is not None and opened.item == item:
        return opened
    own = table[table["item"] == item] if item else table[:0]
    shown = own if len(own) else table
    return query_named(report, shown["query"].iloc[0]) if len(shown) else None


def open_named(report: ErrorReport, key: str) -> None:
    """Put the query of that name in focus; nothing where the report has none."""
    try:
        query = query_named(report, key)
    except (KeyError, IndexError, ValueError):
        return  # a message of an older page
    state.open_query(key, query.item)


def open_item(report: ErrorReport, item: str, way: str) -> None:
    """Put the first query of that item in this direction in focus; only select the item where it has none."""
    errors = report.directions[way]
    ids = errors.judgements.queries.ids
    state.open_query(f"{way}:{ids.index(item)}" if item in ids else "", item)
