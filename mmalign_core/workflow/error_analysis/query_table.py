"""The judged queries of a run as a table of plain columns, for lists that are filtered and sorted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmalign_core.workflow.error_analysis.error_report import DirectionErrors, ErrorReport


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
