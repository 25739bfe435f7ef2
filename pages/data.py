"""Data: the collection as a gallery or table, the sources of other collections, and the validation report."""

import streamlit as st

from mmalign_core.types import Collection
from pages._components import errors, header, waiting
from pages._components.media import gallery, previews
from pages._panels.data import items, sources
from pages._session import cache, state

# Cards on a page: six rows of eight on a wide screen.
PER_PAGE = 48


def counts(collection: Collection) -> None:
    """Draw one number for the items and one per modality."""
    columns = st.columns(1 + len(collection.modalities) + 2)
    columns[0].metric("items", f"{len(collection.ids):,}")
    for column, modality in zip(columns[1:], collection.modalities):
        given = collection.vectors.get(modality)
        number = len(given) if given is not None else len(collection.media_of(modality))
        column.metric(header.modality_word(modality), f"{number:,}")


@st.fragment
def browse(collection: Collection) -> None:
    """Draw the filters, the items as cards or rows, and the selected item."""
    left, right = st.columns([7, 3], gap="large")
    with left:
        words, only, look = filters(collection)
        found = items.matching(collection, words, only)
        if not found:
            errors.empty("Nothing matches", "Try other words, or fewer modalities.", "search_off")
        elif look == "Table":
            items.show(collection, found)
        else:
            first = paging(len(found))
            cards = [gallery.card(collection, item) for item in found[first : first + PER_PAGE]]
            gallery.show(cards, key="data.cards", selected=chosen(collection))
        previews.attribution(collection)
    with right, st.container(key="aside"):
        previews.show_item(collection, chosen(collection))


def filters(collection: Collection) -> tuple[str, tuple[str, ...], str]:
    """Draw the filters; return the words, the modalities that items must have, and "Cards" or "Table"."""
    with st.container(horizontal=True, vertical_alignment="center"):
        words = st.text_input(
            "Find",
            placeholder="Find by words or id",
            key="find",
            bind="query-params",
            type="search",
            label_visibility="collapsed",
            icon=":material/search:",
        )
        only = st.pills(
            "With",
            collection.modalities,
            selection_mode="multi",
            key="with",
            bind="query-params",
            label_visibility="collapsed",
        )
        look = st.segmented_control(
            "As",
            ["Cards", "Table"],
            default="Cards",
            required=True,
            key="as",
            bind="query-params",
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
header.show("Data", "What do we have?")
sources.show()
collection = waiting.need("collection")
if collection.ids:
    counts(collection)
    browse(collection)
else:
    errors.empty("No item could be read", "The validation report below gives the reasons.", "folder_off")
sources.show_report(collection)
