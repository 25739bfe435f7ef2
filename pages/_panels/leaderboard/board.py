"""The rows of the leaderboard: their measurement in the background, and their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mmalign_core.plots import fit_figure, latest_fit
from mmalign_core.types import Collection
from mmalign_core.wording import tr
from mmalign_core.workflow import Store, compare, encode
from pages._components import waiting
from pages._session import cache, run_cache, state
from pages._session.cache import Settings
from pages._session.jobs import Board, Job, within
from pages._session.results_cache import ResultsCache
from pages._session.view_spec import ViewSpec, board_entries

Row = Mapping[str, Any]


def start(collection: Collection, chosen: Mapping[str, Any]) -> None:
    """Make these choices the session's board, and measure the aligners that have no row yet."""
    state.compare(chosen)
    current(collection).start()


def current(collection: Collection) -> Board:
    """Return the session's board."""
    return board_of(state.view_spec(), collection, cache.results(), cache.store(), cache.settings())


def board_of(spec: ViewSpec, collection: Collection, results: ResultsCache, store: Store, settings: Settings) -> Board:
    """Return the board of a view. Its job publishes (aligner, row of its history) during each fit."""

    def measure(names: Sequence[str], board: Board, job: Job[None]) -> None:
        entries, encoders = board_entries({**spec.board, "aligners": list(names)}, collection)
        job.progress(0.0, "encoding")
        encoding = encode(collection, encoders, store=store, settings=settings, progress=within(job.progress, 0.0, 0.2))
        compare(
            collection,
            encoding,
            entries,
            store=store,
            progress=within(job.progress, 0.2, 1.0),
            publish=lambda row: board.put(row["aligner"], row),
            watch=lambda aligner, row: job.publish((aligner, row)),
            keep=lambda choices, fit: results.put("fit", adopted(spec, choices.aligner).run_key, fit),
            finished=board.finished,
        )

    names = tuple(spec.board.get("aligners", ()))
    return Board("board", spec.board_key, names, measure, results)


def adopted(spec: ViewSpec, aligner: str) -> ViewSpec:
    """Return the view that aligns by this aligner of the board."""
    shared = {name: value for name, value in spec.board.items() if name != "aligners"}
    return ViewSpec(spec.source, {**shared, "aligner": aligner})


def ranked_rows(board: Board) -> Sequence[Row]:
    """Return the rows of the session's board, best first, each compared with the best."""
    rows = board.measured.rows
    found = [rows[name] for name in board.names if name in rows]
    return run_cache.ranking(tuple(row["key"] for row in found), int(state.board().get("seed", 0)), found)


def show_progress(board: Board) -> None:
    """Draw the progress with the latest loss, or offer to measure what is missing."""
    waiting.show_board(board, "board", offered=True, below=_draw_loss)


def _draw_loss(job: Job[Any]) -> None:
    published = job.published
    if published:
        aligner = published[-1][0]
        history = latest_fit([row for name, row in published if name == aligner])
        if len(history) > 1:
            figure = fit_figure(history, title=aligner)
            st.plotly_chart(
                figure,
                key="board.live",
                config=waiting.BARE,
                alt=tr("Loss of {aligner}, which is being fitted", aligner=aligner),
            )
