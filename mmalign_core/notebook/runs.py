"""An aligned run in a notebook: its report, its figures, its recommendations and its explanations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import pandas as pd

from mmalign_core.notebook.analysis import AnalysedRun
from mmalign_core.notebook.reports import Estimate, Metrics, RunReport, report_from_json
from mmalign_core.types import BadInput, Collection, EmbeddingSet, Recommendation

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from mmalign_core.aligners import Aligner
    from mmalign_core.workflow import PairExplanation, Run


class AlignedRun(AnalysedRun):
    """One finished alignment. `mm.align` makes it, `mm.load` opens a saved one.

    `run` is the run as the rest of MMAlign passes it on; `store` keeps what is encoded for it.
    """

    @property
    def collection(self) -> Collection:
        """The items and their media."""
        return self.run.collection

    @property
    def aligner(self) -> Aligner:
        """The fitted aligner."""
        return self.run.aligner

    @property
    def space(self) -> Mapping[str, EmbeddingSet]:
        """Modality -> its rows in the shared space; `run.space["image"].vectors` is (n, k)."""
        return self.run.result.space

    @cached_property
    def report(self) -> RunReport:
        """Everything that was measured, with types."""
        return report_from_json(self.run.report or _unmeasured(self.run))

    @property
    def metrics(self) -> Metrics:
        """Direction ("image->text") -> metric ("recall@1") -> value; a notebook shows it as a table."""
        return self.report.metrics

    def recall(self, k: int = 1, direction: str | None = None) -> Estimate:
        """Recall@k of one direction such as "image->text" (the first without a name), with interval and n.

        BadInput if k is not among those measured.
        """
        found = self.report.direction(direction).recall
        if k not in found:
            raise BadInput(f"recall@{k} is not measured; choose k from {', '.join(map(str, found))}")
        return found[k]

    def plot_similarity(
        self, source: str | None = None, target: str | None = None, *, items: int = 24, ordering: str = "collection"
    ) -> go.Figure:
        """The heat map of `items` source rows against their target rows; right answers are outlined."""
        from mmalign_core.plots import heatmap_figure
        from mmalign_core.workflow import similarity_block

        pair = self.run.choices.pair
        source, target = source or pair[0], target or pair[1]
        block = similarity_block(self.run, source, target, limit=items, ordering=ordering)
        rows = [self._label(block.source, row) for row in block.source_rows]
        columns = [self._label(block.target, row) for row in block.target_rows]
        return heatmap_figure(
            block.scores, rows, columns, right=block.right, row_title=source, column_title=target
        )  # fmt: skip

    def plot_map(self, *, dimensions: int = 2, colour: str | None = None, seed: int = 0) -> go.Figure:
        """The UMAP of the shared space, one point for each medium. `colour`: a metadata column, else the modality."""
        from mmalign_core.plots import map_figure
        from mmalign_core.workflow import project_run

        points = project_run(self.run, store=self.store, dimensions=dimensions, seed=seed).points
        if colour is not None and colour not in points:
            raise BadInput(f"no column '{colour}' to colour by; choose one of: {', '.join(map(str, points))}")
        labels = [self._label(rows, row) for rows in self.space.values() for row in range(len(rows))]
        values = None if colour is None else points[colour].tolist()
        return map_figure(points, labels, colour=values, colour_title=colour or "modality")

    def recommend(self, text: str | None = None, *, k: int = 10, **options: Any) -> Recommendations:
        """The k items that suit a typed text, or `image=` (a path), `audio=`, `video=`, `item=`, `user=`.

        Further options are those of `QuerySpec`, such as diversity=0.3 or where=("year>1990",), and of
        `mmalign_core.workflow.answer`, such as recommender="ease". BadInput says what cannot be asked of this run.
        """
        from mmalign_core.workflow import QuerySpec, answer

        asking = {name: options.pop(name) for name in ("recommender", "params", "seed", "progress") if name in options}
        query = QuerySpec.of(text=text, k=k, **options)
        return Recommendations(answer(self.run, query, store=self.store, **asking).results, self.collection)

    def explain(self, a: str | tuple[str, str], b: str | tuple[str, str], **options: Any) -> PairReasons:
        """Why two media are near or far: "image:dog" or ("image", "dog"); a plain id means the pair's own modality.

        `a` alone as "dog" is its medium of the first modality, `b` as "dog" of the second. Options are those of
        `mmalign_core.workflow.explain_pair`: method, grid, faithful.
        """
        from mmalign_core.workflow import explain_pair

        pair = self.run.choices.pair
        left, right = self._named(a, pair[0]), self._named(b, pair[1])
        return PairReasons(explain_pair(self.run, left, right, store=self.store, **options))

    def save(self, path: str | Path) -> Path:
        """Write the run into the folder `path`, for `mm.load` and `mmalign recommend`; returns the folder.

        BadInput where the data hold one modality, so that nothing was aligned, or `path` is none.
        """
        from mmalign_core.workflow import save_run

        if not isinstance(path, str | Path):
            raise BadInput(f"{type(path).__name__} is no path; name a new folder, as run.save('my-run')")
        if not self.run.report:
            raise BadInput(
                f"this run holds {self.run.choices.pair[0]} alone, so there is no alignment to save; "
                "call mm.align on the data again, the store keeps what was encoded"
            )
        return save_run(self.run, str(Path(path).expanduser().absolute()), store=self.store)

    def _named(self, name: str | tuple[str, str], usual: str) -> tuple[str, str]:
        if isinstance(name, tuple):
            return name
        modality, colon, item = str(name).partition(":")
        return (modality, item) if colon and modality in self.space else (usual, str(name))

    def _label(self, rows: EmbeddingSet, row: int) -> str:
        """The text itself where the row is a text, else the item's id."""
        return self._texts.get((rows.modality, rows.keys[row]), rows.ids[row])

    @cached_property
    def _texts(self) -> dict[tuple[str, str], str]:
        return {(m.modality, m.digest): m.text for m in self.collection.media if m.text}

    def __repr__(self) -> str:
        pair, report = "->".join(dict.fromkeys(self.run.choices.pair)), self.report
        head = f"AlignedRun({report.aligner}, {pair}, {len(self.collection.ids):,} items, split: {report.split}"
        return f"{head}, recall@1 {self.recall(1)!r})" if report.directions else f"{head}, nothing measured)"

    def _repr_html_(self) -> str:
        body = self.metrics._repr_html_() if self.report.directions else ""
        return f"<p><code>{escape(repr(self))}</code></p>{body}"


def _unmeasured(run: Run) -> dict[str, Any]:
    """The report of a run of one modality, which has none of its own."""
    choices, scoring = run.choices, {"similarity": run.choices.similarity, "correction": run.choices.correction}
    counts = {"split": "none", "n_train": 0, "n_test": 0, "seconds": {}, "transductive": run.result.transductive}
    why = {"unmeasured": f"the run holds {choices.pair[0]} alone"}
    own = {"aligner": choices.aligner, "params": run.result.params, "matcher": choices.matcher, "seed": choices.seed}
    return own | scoring | counts | why


@dataclass(frozen=True)
class Recommendations(Sequence[Recommendation]):
    """Recommended items, best first. Behaves as a sequence; `table` is the same as a data frame."""

    items: tuple[Recommendation, ...]
    collection: Collection

    @overload
    def __getitem__(self, place: int) -> Recommendation: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Recommendation, ...]: ...
    def __getitem__(self, place: int | slice) -> Recommendation | tuple[Recommendation, ...]:
        return self.items[place]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.items)

    @property
    def ids(self) -> tuple[str, ...]:
        """The items' ids, best first."""
        return tuple(found.id for found in self.items)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each item: rank, id, score, its shares by part, and the reason."""
        rows = [
            {"rank": r.rank, "id": r.id, "score": r.score, **r.contributions, "reason": r.reason} for r in self.items
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return self.table.to_string(index=False)

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="{:.3f}".format)


@dataclass(frozen=True)
class PairReasons:
    """Why two media score as they do. `details` is everything that was found; `contributions` sum to `score`."""

    details: PairExplanation

    @property
    def score(self) -> float:
        """The cosine of the two in the shared space."""
        return self.details.score

    @property
    def method(self) -> str:
        """How the score was taken apart."""
        return self.details.explanation.method

    @property
    def contributions(self) -> pd.DataFrame:
        """Label and value of every part, largest size first; the values sum to `score`."""
        frame = pd.DataFrame(self.details.explanation.contributions, columns=["label", "value"])
        return frame.sort_values("value", key=abs, ascending=False, ignore_index=True)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be made, and why."""
        return self.details.notes

    @property
    def _head(self) -> str:
        return f"{self.details.a.name} and {self.details.b.name}: cosine {self.score:.3f}, by {self.method}"

    def __repr__(self) -> str:
        return "\n".join([self._head, self.contributions.head(10).to_string(index=False), *self.notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        terms = self.contributions.head(10).to_html(index=False, float_format="{:+.3f}".format)
        return f"<p>{escape(self._head)}</p>{terms}{notes}"
