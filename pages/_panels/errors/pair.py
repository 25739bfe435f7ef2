"""One query large: its media, what was chosen, the right answer, its causes, and closer looks at its ranking."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from mmalign_core.plots import MODALITY_COLOURS, query_rank_figure
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import Cause, ErrorReport, Mark, RankedCandidate, Run, cause_sentence, cause_words
from pages._components import errors, figures, header
from pages._components.media import gallery, previews, row_media
from pages._components.numbers import fixed
from pages._panels.errors import mark_panel, partner_menu
from pages._panels.errors.queries import Query, open_item
from pages._panels.similarity import explanation
from pages._session import cache, languages, run_cache

_RIVALS, _NEIGHBOURS = 5, 6
"""Candidates and neighbours shown: what fits in one row of the panel."""
_RIGHT, _WRONG = "#0B7A5C", "#B3412E"
"""Green and red that keep a contrast of 4.5 : 1 with white, as WCAG 2 asks for text."""
LOOKS = (say("What outranks it"), say("Neighbours"), say("All ranks"), say("Why?"))


def show(run: Run, run_key: str, report: ErrorReport, query: Query, marks: Mapping[str, Sequence[Mark]]) -> None:
    """Draw the query in focus."""
    _facts(query, report)
    _media(run, query)
    own = marks.get(query.item, ())
    mark_panel.show(run, query, own)
    partner_menu.show(run, run_key, query, own)
    if query.causes:
        _causes(run.collection, query.causes)
    elif not query.is_correct:
        st.caption(tr("No cause was found that is better than chance."))
    _closer(run, run_key, report, query)


@st.fragment(key="errors.look")
def _closer(run: Run, run_key: str, report: ErrorReport, query: Query) -> None:
    """Draw the choice of a closer look, and that look."""
    look = st.segmented_control(
        tr("A closer look"), LOOKS, default=LOOKS[0], required=True, key="look", bind="query-params",
        format_func=languages.worded("look", LOOKS),
        label_visibility="collapsed",
    )  # fmt: skip
    if look == "Neighbours":
        _neighbours(run, run_key, report, query)
    elif look == "All ranks":
        _all_ranks(query)
    elif look == "Why?":
        _why(run, run_key, query)
    else:
        _rivals(run, run_key, report, query)


def _causes(collection: Collection, causes: Sequence[Cause]) -> None:
    """One line for each cause, likeliest first."""
    titles = cache.titles(collection)
    for cause in causes:
        name = f"**{errors.plain(tr_word(cause_words(cause.name)).capitalize())}**"
        st.markdown(
            tr(
                ":material/search: {name}: {cause_sentence} :small[:gray[confidence {confidence:.2f}]]",
                name=name,
                cause_sentence=errors.plain(cause_sentence(cause, titles)),
                confidence=cause.confidence,
            )
        )


def _facts(query: Query, report: ErrorReport) -> None:
    """The rank, margin and suspicion, and whether the fit had seen the query."""
    row = query.row
    verdict = tr(":green[:material/check_circle: right]") if query.is_correct else tr(":red[:material/cancel: wrong]")
    suspicion = float(query.errors.suspicion[row])
    suspected = "" if math.isnan(suspicion) else tr(" · suspicion {suspicion:.2f}", suspicion=suspicion)
    decided = "" if query.judged.decided[row] else tr(" · left undecided; the best candidate is shown")
    st.markdown(
        tr(
            "{verdict} · **rank {rank:,} of {n:,}** · margin {number}{suspected} · {seen}{decided}",
            verdict=verdict,
            rank=query.rank,
            n=query.n,
            number=fixed(query.judged.margin[row], 3, plus=True),
            suspected=suspected,
            seen=_seen(query, report),
            decided=decided,
        )
    )


def _seen(query: Query, report: ErrorReport) -> str:
    if query.is_held_out:
        return tr(
            "held out ({split}): ranked among held-out candidates by a fit that never saw it",
            split=errors.plain(report.split),
        )
    if report.split == "none":
        return tr("nothing was held out: ranked among all candidates")
    return tr("fitted: the fit saw this pair, so that its rank flatters")


def _media(run: Run, query: Query) -> None:
    """Query, chosen and right side by side; one column less where the chosen one is right."""
    judged, row = query.judged, query.row
    chosen, right = int(judged.chosen[row]), int(judged.right[row])
    sides: list[tuple[str, EmbeddingSet, int]] = [(tr("**Query**"), judged.queries, row)]
    if chosen == right:
        sides.append((tr(":green[:material/check: **Chosen, right**] {score}", score=_score(judged.right_score[row])),
                      judged.candidates, right))  # fmt: skip
    else:
        good = query.is_correct
        words = (
            tr(":green[:material/check: **Chosen, also right**]") if good else tr(":red[:material/close: **Chosen**]")
        )
        sides.append((f"{words} {_score(judged.chosen_score[row])}", judged.candidates, chosen))
        sides.append((tr(":green[:material/check: **Right**] {score}", score=_score(judged.right_score[row])),
                      judged.candidates, right))  # fmt: skip
    with st.container(key="errors.media"):
        for column, (words, rows, place) in zip(st.columns(len(sides), gap="medium"), sides):
            with column:
                st.markdown(f"{words} · {header.modality_word(rows.modality)}")
                name = previews.title(run.collection, rows.ids[place])
                row_media.show_medium(row_media.medium_of(run.collection, rows, place), name)
                if rows.modality != "text":
                    st.caption(errors.plain(name))


def _score(value: float) -> str:
    return tr(":small[score {number}]", number=fixed(float(value), 3))


def _rivals(run: Run, run_key: str, report: ErrorReport, query: Query) -> None:
    """The best candidates with their scores, and the right answer."""
    known = run_cache.query_rankings_of(run_key, query.way, run, query.errors)
    found = known.of(query.row, _RIVALS)
    cards = [_rival(run, query, ranked) for ranked in found]
    if known.exact[query.row]:
        words = tr(
            "The best of its {n:,} candidates, and the right answer. A click opens the candidate's own query.",
            n=query.n,
        )
    else:
        words = tr(
            "The run keeps the fit on all items alone, so that these scores are its: the rank above is of "
            "the fold's fit, which had not seen this pair."
        )
    st.caption(words)
    back = "->".join(reversed(query.direction))
    way = back if back in report.directions else query.way
    gallery.show(cards, key="errors.rivals", width=120, most=6, on_pick=lambda item: _open(report, item, way))


def _open(report: ErrorReport, item: str, way: str) -> None:
    """Put the item's query in focus, in the list too; only inside a callback."""
    open_item(report, item, way)
    st.rerun(["errors.passed"])


def _rival(run: Run, query: Query, ranked: RankedCandidate) -> dict[str, object]:
    words = f"{ranked.place:,} · {fixed(ranked.score, 3)}"
    colour = _RIGHT if ranked.right else MODALITY_COLOURS[query.direction[1]]
    tile = row_media.tile(run, query.candidates, ranked.row, words, colour)
    told = [word for word, holds in (("right", ranked.right), ("chosen", ranked.chosen)) if holds]
    return {
        "id": ranked.item,
        "title": row_media.row_label(run.collection, query.candidates, ranked.row),
        "note": ", ".join(told) or None,
        "tiles": [tile],
    }


def _neighbours(run: Run, run_key: str, report: ErrorReport, query: Query) -> None:
    with errors.shown():
        near = run_cache.neighbours(run_key, query.item, _NEIGHBOURS, run)
        st.caption(tr("The items nearest to this one in the shared space, all its media together."))
        cards = [gallery.card(run.collection, one.id, note=f"score {fixed(one.score, 3)}") for one in near]
        gallery.show(cards, key="errors.near", width=110, most=6,
                     on_pick=lambda item: _open(report, item, query.way))  # fmt: skip


def _all_ranks(query: Query) -> None:
    judged = query.judged
    alike = judged.held_out == query.is_held_out
    ranks = judged.rank[alike]
    worse = float((ranks > query.rank).mean())
    words = "held-out" if query.is_held_out else "fitted" if judged.held_out.any() else "all"
    figures.show(
        query_rank_figure(ranks, query.rank),
        key="errors.ranks",
        alt=tr(
            "Ranks of {n:,} queries {way}; this one has rank {rank:,}", n=len(ranks), way=query.way, rank=query.rank
        ),
    )
    st.caption(
        tr(
            "The ranks of {words} {n:,} queries {arrow}: {worse:.0%} rank worse than this one.",
            words=words,
            n=len(ranks),
            arrow=header.arrow(*query.direction),
            worse=worse,
        )
    )


def _why(run: Run, run_key: str, query: Query) -> None:
    """The explanation of the query with its right answer, or with the chosen one."""
    judged = query.judged
    rows = {"right": int(judged.right[query.row]), "chosen": int(judged.chosen[query.row])}
    which = "right"
    if rows["right"] != rows["chosen"]:
        which = st.segmented_control(
            tr("Explain the score with"),
            ["chosen", "right"],
            default="chosen",
            required=True,
            key="errors.why",
            format_func=tr_word,
        )
    source = explanation.medium_name(judged.queries, query.row)
    explanation.show_pair(run, run_key, source, explanation.medium_name(query.candidates, rows[which or "right"]))
