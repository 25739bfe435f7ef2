"""Recommenders: several of them on the same held-out interactions, compared in total and by slice."""

import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import tr
from mmalign_core.workflow import why_none
from pages._components import errors, header, waiting
from pages._panels.recommenders import charts, form, table, trials, verdict
from pages._session import pipeline, state
from pages._session.results_cache import Failed


def measured(collection: Collection) -> None:
    """Draw the form, the progress and the results."""
    run = pipeline.ready("run")
    if run is None:
        run = waiting.need("run")
    if isinstance(run, Failed):
        space, source, places = (
            None,
            state.view_spec().collection_key,
            tr("Items are compared by their vectors as encoded."),
        )
    else:
        space, source = run.result.space, state.view_spec().run_key
        places = tr("Items are compared in the shared space of {aligner}.", aligner=run.result.aligner)
    with errors.shown():
        trial = form.show(collection, space, source)
        board = trials.current(trial)
        waiting.show_board(board, "rank", offered=board.job is not None and not board.job.error)
        ranking = trials.ranking(board)
        if not any(not row["error"] and not row["baseline"] for row in ranking.rows):
            errors.empty(
                tr("Nothing measured for these choices yet"),
                tr("Choose recommenders and press Measure; rows appear as they are done."),
                "leaderboard",
            )
            return
        if words := verdict.verdict(ranking.rows, ranking.facts, trial.protocol.k):
            st.markdown(f"##### {errors.plain(words)}")
        charts.headline(ranking.rows, trial.protocol.k, simulated=ranking.facts["simulated"])
        charts.show(ranking.rows, trial.protocol.k)
        table.show(ranking.rows, trial.protocol.k)
        table.caption(ranking.facts, places)


state.through_app("pages/recommenders.py")
header.show(tr("Recommenders"), tr("Which recommender ranks best, and for whom?"))
collection = waiting.need("collection")
if collection.interactions is None or not len(collection.interactions):
    why = "" if collection.interactions is None else why_none(collection)
    errors.empty(
        tr("No interactions"),
        tr(
            "The interactions of this collection are of no use: {why}. Mend the file and open the collection again.",
            why=why,
        )
        if why
        else tr(
            "Add a file interactions.csv to the folder or beside the manifest, with the columns user_id and "
            "item_id, and optionally rating and timestamp. Then open the collection again on the Data page."
        ),
        "group_off",
    )
else:
    measured(collection)
