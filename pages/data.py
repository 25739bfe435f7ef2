"""Data: the collection as a gallery or table, the sources of other collections, and the validation report."""

import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import Inspection
from pages._components import errors, header, waiting
from pages._components.media import gallery, previews
from pages._components.sticky import pinned
from pages._panels.data import facets, health, items, report, sources
from pages._session import cache, languages, pipeline, state

# Cards on a page: six rows of eight on a wide screen.
PER_PAGE = 48
CARDS, TABLE = say("Cards"), say("Table")


def counts(collection: Collection, inspection: Inspection | None) -> None:
    """Draw one number for the items and one per modality: those that can be decoded, once that is known."""
    with st.container(horizontal=True, gap="large"):
        st.metric(tr("items"), f"{len(collection.ids):,}", width="content")
        for modality in collection.modalities:
            st.metric(header.modality_word(modality), f"{held(collection, inspection, modality):,}", width="content")


def held(collection: Collection, inspection: Inspection | None, modality: str) -> int:
    """Return how many media or vectors of that modality can be used, as every page counts them."""
    given = collection.vectors.get(modality)
    if given is not None:
        return len(given)
    left = len([1 for one in inspection.damaged if one.modality == modality]) if inspection else 0
    return len(collection.media_of(modality)) - left


@st.fragment
def browse(collection: Collection, inspection: Inspection | None) -> None:
    """Draw the health strip, the filters, the items as cards or rows, and the selected item."""
    part = health.show(collection, inspection)
    left, right = st.columns([7, 3], gap="large")
    with left:
        words, only, look = filters(collection)
        kept = facets.show(collection)
        if part is not None and part.name == health.SKIPPED:
            report.skipped_table(collection, inspection, key="health.skipped")
            return
        found = facets.narrowed(collection, items.matching(collection, words, only), kept, part and part.items)
        st.caption(hits(len(found), len(collection.ids)))
        if not found:
            errors.empty(tr("Nothing matches"), tr("Try other words, or fewer filters."), "search_off")
        elif look == TABLE:
            items.show(collection, found)
        else:
            first = paging(len(found))
            cards = [gallery.card(collection, item) for item in found[first : first + PER_PAGE]]
            gallery.show(cards, key="data.cards", selected=chosen(collection))
        previews.attribution(collection)
    with right, pinned("aside"):
        previews.show_item(collection, chosen(collection))


def hits(found: int, every: int) -> str:
    """Return how many of the items match."""
    return (
        tr("{found:,} of {every:,} items", found=found, every=every)
        if found < every
        else tr("All {n:,} items", n=every)
    )


def filters(collection: Collection) -> tuple[str, tuple[str, ...], str]:
    """Draw the filters; return the words, the modalities that items must have, and "Cards" or "Table"."""
    with st.container(horizontal=True, vertical_alignment="center"):
        words = st.text_input(
            tr("Find"),
            placeholder=tr("Find by words or id"),
            key="find",
            bind="query-params",
            type="search",
            label_visibility="collapsed",
            icon=":material/search:",
        )
        only = st.pills(
            tr("With"),
            collection.modalities,
            format_func=tr_word,
            selection_mode="multi",
            key="with",
            bind="query-params",
            label_visibility="collapsed",
        )
        look = st.segmented_control(
            tr("As"),
            [CARDS, TABLE],
            default=CARDS,
            required=True,
            key="as",
            bind="query-params",
            format_func=languages.worded("as", (CARDS, TABLE)),
            label_visibility="collapsed",
        )
    return words or "", tuple(only), look


def paging(total: int) -> int:
    """Draw a pager if one page does not hold all items; return the number of the first item to show."""
    pages = -(-total // PER_PAGE)
    return PER_PAGE * (st.pagination(pages, key="page") - 1) if pages > 1 else 0


def chosen(collection: Collection) -> str:
    """Return the selected item if the collection holds it, else the first with several modalities, else the first."""
    item = state.selected_item()
    if item in collection.items.index:
        return item
    held = cache.media_by_item(collection)
    return next((item for item in collection.ids if len(held[item]) > 1), collection.ids[0])


state.through_app("pages/data.py")
header.show(tr("Data"), tr("What do we have?"))
sources.show()
collection = waiting.need("collection")
found = pipeline.ready("inspection")
inspection = found if isinstance(found, Inspection) else None
if collection.ids:
    counts(collection, inspection)
    browse(collection, inspection)
else:
    errors.empty(tr("No item could be read"), tr("The validation report below gives the reasons."), "folder_off")
report.show(collection)
