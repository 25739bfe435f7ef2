"""Where the data of a view lie: the store's own folder, that of one upload, and the home of who signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from mmalign_core.settings import Settings, roots_for_networks
from mmalign_core.workflow import SessionFolders, Store, kept_upload, shared_upload
from pages._session.visitors import Visitor

SHELF = "uploads"
_STORES: dict[tuple[str, Path, Path], Store] = {}
"""Person, folder and home -> the store. Each person has one, since a store holds the vectors of queries in memory."""


@cache
def folders(root: Path) -> SessionFolders:
    """Return the folders of what lives with a session, one set for this server."""
    return SessionFolders(root)


@cache
def network_roots() -> tuple[Path, ...]:
    """Return the folders below which data and models are opened for others, read from the environment once."""
    return roots_for_networks()


def home_of(who: Visitor, settings: Settings) -> Path:
    """Return the folder with the saved runs, the marks and the kept uploads: a person's own, or one for all."""
    return settings.root / "people" / who.person if who.person else settings.root


def shelf_of(who: Visitor, settings: Settings) -> Path:
    """Return the shelf of the uploads that live with the person's sessions."""
    return folders(settings.root).of(who.key) / SHELF


def upload_folder(who: Visitor, digest: str, settings: Settings) -> Path | None:
    """Return the folder of an upload that this person may open: of the own session, kept by them, or shared.

    Without a sign-in, one that another person keeps is opened from the list alone. None where there is none.
    """
    kept, own = home_of(who, settings) / SHELF / digest, shelf_of(who, settings) / digest
    if (kept / "names.json").is_file() and (who.person or digest in who.chosen or kept_upload(kept).by == who.key):
        return kept
    return own if own.is_dir() else shared_upload(settings.root, digest)


def settings_for(who: Visitor, source: Mapping[str, str], settings: Settings) -> Settings:
    """Return the settings for work on that source: contents of an upload stay in its folder."""
    scratch = data_folder(who, source, settings)
    roots = network_roots() if who.network else None
    return replace(settings, scratch=scratch, data_roots=roots, send=settings.send or who.sends)


def store_for(who: Visitor, source: Mapping[str, str], settings: Settings) -> Store:
    """Return the store for work on that source: what is made from an upload lies in its folder, runs in the home."""
    folder = data_folder(who, source, settings)
    home, key = home_of(who, settings), (who.key, folder or settings.root, home_of(who, settings))
    if key not in _STORES:
        _STORES[key] = Store(folder or settings.root, "" if folder else settings.vectors, home)
    return _STORES[key]


def data_folder(who: Visitor, source: Mapping[str, str], settings: Settings) -> Path | None:
    """Return the upload's folder behind a source: an upload, or a run that was saved of one; None for other data."""
    if source["kind"] == "upload":
        return upload_folder(who, source["value"], settings)
    if source["kind"] == "run":
        runs = (home_of(who, settings) / SHELF).glob(f"*/runs/{source['value']}/run.json")
        return next((head.parents[2] for head in runs), None)
    return None


def forget(key: str = "") -> None:
    """Close the stores of a person, or of all."""
    for known in [known for known in _STORES if not key or known[0] == key]:
        _STORES.pop(known, None)
