"""The items of an answer as cards: rank, reason, and the shares of the score."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mmalign_core.plots import contribution_figure, cut_text
from mmalign_core.types import Recommendation
from mmalign_core.wording import say, tr, tr_any, tr_list, tr_many
from mmalign_core.workflow import (
    DIVERSITY_SHARE,
    LANGUAGE_SHARE,
    POPULARITY_SHARE,
    Answer,
    Run,
    SentenceFacts,
    strongest_parts,
    template_sentence,
)
from pages._components import errors, figures
from pages._components.media import gallery, previews
from pages._panels.recommend import shares, words
from pages._panels.recommend.answer import KeyedAnswer
from pages._session import state

_BARS = 5
"""Bars of a card: more do not fit under its text."""
_SHORT = {DIVERSITY_SHARE: say("alike"), POPULARITY_SHARE: say("popular"), LANGUAGE_SHARE: say("model")}
"""Short names of the controls' shares, for the narrow cards; the panel has the whole names."""
_NUMBER = re.compile(r" ?[(（](?:\w+ )?[+−]?[\d.]+[)）]")


def show(
    run: Run, keyed: KeyedAnswer, *, key: str, picked: str | None, beside: Mapping[str, int] | None = None
) -> None:
    """Draw the cards; a click shows the reasons. `beside`: item -> its rank in the other answer; then it is a list."""
    answer = keyed.answer
    for note in answer.notes:
        st.caption(f":material/info: {errors.plain(note)}")
    parts = [bars(run, answer, found) for found in answer.results]
    scale = max((abs(value) for own in parts for _, value in own), default=1.0) or 1.0
    place = st.container()
    shared, strongest = words.of_results(run, keyed), strongest_parts(answer)
    notes = [_note(run, answer, found, shared.get(found.id, ()), strongest.get(found.id)) for found in answer.results]
    cards = [_card(run, found, own, scale, note, beside) for found, own, note in zip(answer.results, parts, notes)]
    with place:
        gallery.show(cards, key=key, width=128, most=5, listed=beside is not None, selected=picked,
                     on_pick=state.explain)  # fmt: skip
    if answer.controls.exclude:
        st.caption(tr("Left out: {left_out}.", left_out=left_out(answer)))


def chart(run: Run, answer: Answer) -> None:
    """Draw all scores in parts on one scale, while the expander is open."""
    opened = st.expander(
        tr("All scores side by side"), icon=":material/stacked_bar_chart:", key="chart", on_change="rerun"
    )
    if opened.open:
        titles = [previews.title(run.collection, found.id) for found in answer.results]
        figure = contribution_figure(titles, [dict(bars(run, answer, found)) for found in answer.results])
        with opened:
            figures.show(figure, key="chart.bars", alt=tr("What each part adds to every score"))


def left_out(answer: Answer) -> str:
    """Return in words how many items are excluded, and why."""
    queried = {answer.items.rows.get(part.value) for part in answer.query.parts if part.kind == "item"}
    own, met = len(queried & set(answer.controls.exclude)), len(set(answer.controls.exclude) - queried)
    parts = [tr_many("the item of the query", "the {n:,} items of the query", n=own)] * bool(own)
    parts += [tr_many("the item met already", "the {n:,} items met already", n=met)] * bool(met)
    return tr_list(parts, " and ")


def bars(run: Run, answer: Answer, found: Recommendation) -> list[tuple[str, float]]:
    """Return the largest contributions by name, and the sum of the others. They sum to the score."""
    held = answer.held_shares(found)
    order = sorted(held, key=lambda label: -abs(held[label]))
    kept = order if len(order) <= _BARS else order[: _BARS - 1]
    shown = [
        (tr_any(_SHORT.get(label)) or shares.called(run.collection, label, 40, against=answer.unlike), held[label])
        for label in held
        if label in kept
    ]
    rest = [label for label in order if label not in kept]
    return [*shown, (tr("{n} others", n=len(rest)), sum(held[label] for label in rest))] if rest else shown


def reason(run: Run, answer: Answer, found: Recommendation) -> str:
    """Return the first clause of the reason, without numbers: the bars below it show them."""
    met = [label for label in found.contributions if _is_item(run, label)]
    titles = {label: shares.called(run.collection, label, against=answer.unlike) for label in met}
    facts = SentenceFacts(
        previews.title(run.collection, found.id), found.rank, found.score, found.contributions, titles=titles
    )
    first = str(tr_any(template_sentence(facts))).split(tr("; "))[0]
    return _NUMBER.sub("", first.rstrip(tr(".")) + tr("."))


def _note(run: Run, answer: Answer, found: Recommendation, shared: Sequence[str], strongest: str | None) -> str:
    """Return the words that the item shares with the query, else the reason; and which part of the query counts."""
    why = tr("Both: {shared}.", shared=", ".join(shared)) if shared else reason(run, answer, found)
    return tr("{why} “{strongest}” counts most.", why=why, strongest=cut_text(strongest, 40)) if strongest else why


def _is_item(run: Run, label: str) -> bool:
    return label in run.collection.items.index


def _card(
    run: Run,
    found: Recommendation,
    own: Sequence[tuple[str, float]],
    scale: float,
    note: str,
    beside: Mapping[str, int] | None,
) -> dict[str, Any]:
    mark: dict[str, Any] = {"stacked": beside is not None}
    if beside is not None and found.id in beside:
        mark["change"] = rank_change(found.rank, beside[found.id])
    return gallery.card(
        run.collection,
        found.id,
        rank=str(found.rank),
        note=note,
        bars=list(own),
        scale=scale,
        audio=gallery.inline_sound(run.collection, found.id),
        modalities=[],
        **mark,
    )


def rank_change(rank: int, other: int) -> str:
    """Return how much higher or lower an item stands here than in the other answer."""
    if rank == other:
        return tr("= same rank")
    return tr(
        "{arrow} {places} · there #{other}", arrow="▲" if rank < other else "▼", places=abs(rank - other), other=other
    )


def show_both(
    run: Run, answers: Sequence[KeyedAnswer], places: Sequence[DeltaGenerator], picked: str, *, key: str
) -> None:
    """Draw both answers as lists. Items in both say how their rank differs."""
    ranks = [{found.id: found.rank for found in keyed.answer.results} for keyed in answers]
    for place, answer, beside, side in zip(places, answers, ranks[::-1], "ab"):
        with place:
            show(run, answer, key=f"{key}.{side}", picked=picked, beside=beside)


def overlap(first: Answer, second: Answer) -> str:
    """Return in words how many items are in both, and the expected number for two random draws."""
    own, other = ({found.id for found in answer.results} for answer in (first, second))
    shared, most = len(own & other), min(len(own), len(other))
    n = len(first.items.ids) - len(set(first.controls.exclude) | set(second.controls.exclude))
    chance = len(own) * len(other) / max(n, 1)
    best = (
        tr("the first item is the same")
        if first.results[0].id == second.results[0].id
        else tr("the first item differs")
    )
    return tr(
        "{shared} of {most} items are in both ({best}); two random draws would share {chance:.1f}.",
        shared=shared,
        most=most,
        best=best,
        chance=chance,
    )
