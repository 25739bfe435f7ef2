"""The caches of pages: keyed on digests or names, bounded by their bytes, shared unless the data are a person's own.

Here: settings, stores and results of the server, and what pages ask of a collection.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from mmalign_core.settings import Settings
from mmalign_core.types import Collection, Media
from mmalign_core.wording import language
from mmalign_core.workflow import (
    AlignerCard,
    Mark,
    Store,
    aligner_cards,
    catalogue,
    describe_interests,
    item_titles,
    read_marks,
)
from mmalign_core.workflow import modality_pairs as pairs_of_modalities
from pages._session import columns, places, state
from pages._session.columns import fold_columns, time_columns
from pages._session.results_cache import LIMITS, OF_A_PERSON, ResultsCache
from pages._session.sized_cache import SizedCache
from pages._session.visitors import in_session, visitor

P = ParamSpec("P")
T = TypeVar("T")
KEPT = SizedCache(192_000_000, lambda: visitor().owner)
"""What pages made of collections and runs: more than 100 times what the demo's pages need. Our choice.

Streamlit's own caches look at the signature and hash every argument anew at each call: a page asks hundreds of times.
"""


def of_person(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function whose results are kept for the person who asked, whatever the data."""
    return KEPT.keep(function, lambda: visitor().key)


def forget() -> None:
    """Forget all that is kept, for tests: `st.cache_resource.clear()` clears only Streamlit's caches."""
    KEPT.clear()
    places.forget()
    st.cache_resource.clear()


@st.cache_resource
def server_settings() -> Settings:
    """Return the settings of this server, read from the environment once."""
    return Settings()


def settings() -> Settings:
    """Return the settings for work on the open data: contents of an upload stay in its folder."""
    return settings_for(state.source() if in_session() else {"kind": "demo"})


def settings_for(source: Mapping[str, str]) -> Settings:
    """Return the settings for work on that source, for the person of this session or job."""
    return places.settings_for(visitor(), source, server_settings())


def store() -> Store:
    """Return the store for work on the open data: what is made from an upload lies with it."""
    return store_for(state.source() if in_session() else {"kind": "demo"})


def store_for(source: Mapping[str, str]) -> Store:
    """Return the store for work on that source, for the person of this session or job."""
    return places.store_for(visitor(), source, server_settings())


def home_store() -> Store:
    """Return the store of the server with the person's runs, marks and kept uploads, whatever is open."""
    return store_for({"kind": "demo"})


@st.cache_resource
def results() -> ResultsCache:
    """Return the results of background work: each session sees its own and those that all share."""
    return ResultsCache(LIMITS, owner=lambda kind: visitor().key if kind in OF_A_PERSON else visitor().owner)


@KEPT.keep
def rows_of(kind: str) -> list[dict[str, Any]]:
    """Return the catalogue rows of that kind."""
    return catalogue(kind)


@KEPT.keep
def cards() -> dict[str, AlignerCard]:
    """Return aligner -> its card, family by family."""
    return {card.name: card for card in aligner_cards()}


@KEPT.keep
def split_columns(collection: Collection) -> tuple[list[str], list[str]]:
    """Return metadata columns that can be folds, and those that can be times."""
    return fold_columns(collection), time_columns(collection)


@KEPT.keep
def modality_pairs(collection: Collection) -> Sequence[tuple[str, str]]:
    """Return the pairs of modalities that items have together; it looks at every item."""
    return pairs_of_modalities(collection)


@KEPT.keep
def media_by_item(collection: Collection) -> Mapping[str, Mapping[str, Sequence[Media]]]:
    """Return item -> modality -> its media."""
    found: dict[str, dict[str, list[Media]]] = {item: {} for item in collection.ids}
    for medium in collection.media:
        found[medium.item].setdefault(medium.modality, []).append(medium)
    return found


@KEPT.keep
def titles(collection: Collection) -> Mapping[str, str]:
    """Return item -> its title column, else its first text, else its id; on one line."""
    return item_titles(collection)


@KEPT.keep
def of_collection(kind: str, collection: Collection, _make: Callable[[Collection], T]) -> T:
    """Return what `_make` makes of the collection. It is made once for each `kind` and collection."""
    return _make(collection)


def figure(key: Hashable, make: Callable[[], T]) -> T:
    """Return the figure that `make` makes, which takes longer than the rest of a page. `key`: all that it shows."""
    return _figure(key, language(), make)


@KEPT.keep
def _figure(key: Hashable, spoken: str, _make: Callable[[], T]) -> T:
    return _make()


@KEPT.keep
def conditions(collection: Collection) -> list[str]:
    """Return suggested conditions on items."""
    return columns.conditions(collection)


@KEPT.keep
def users(collection: Collection) -> Sequence[str]:
    """Return all users of the interactions, in order of appearance."""
    table = collection.interactions
    return [] if table is None else table["user_id"].astype(str).unique().tolist()


@KEPT.keep
def met_by(collection: Collection, user: str) -> Sequence[str]:
    """Return items that the user has met, each once, in the order of the interactions."""
    table = collection.interactions
    if table is None:
        return []
    return list(dict.fromkeys(table.loc[table["user_id"].astype(str) == user, "item_id"].astype(str)))


@KEPT.keep
def interests_of(collection: Collection, items: tuple[str, ...]) -> str:
    """Return a sentence on words that these items share more than the rest of the collection."""
    return describe_interests(collection, items).text


def marks(collection: Collection) -> Sequence[Mark]:
    """Return the current marks of the collection, oldest first; read again when a log has grown."""
    logs = sorted(store().marks.folder.glob("*"))
    return _marks(collection, tuple((str(log), log.stat().st_size) for log in logs))


@KEPT.keep
def _marks(collection: Collection, logs: tuple[tuple[str, int], ...]) -> Sequence[Mark]:
    return read_marks(collection, store())
