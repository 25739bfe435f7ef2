"""Where models lie: our own folder, and the cache that all libraries of the Hugging Face hub share."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mmalign_core.settings import Settings

_NAME = re.compile(r"([\w.-]+/)?[\w.-]+", re.ASCII)


def hub_cache() -> Path:
    """HF_HUB_CACHE, else `hub` below HF_HOME, else below the user's cache: as those libraries look for it."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    home = Path(os.environ.get("HF_HOME") or default)
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()


def own_folder(settings: Settings | None = None) -> Path:
    """`models` below the store's root: a model copied here, as ORGANISATION/NAME, is found without a hub."""
    return (settings or Settings()).root / "models"


def is_repository(name: str) -> bool:
    """Whether it is of the form ORGANISATION/NAME that the hub knows; its oldest models have no ORGANISATION/."""
    return bool(_NAME.fullmatch(name)) and ".." not in name and all(part.strip(".") for part in name.split("/"))


def cached_repository(name: str) -> Path:
    """The cache's folder for a repository, there or not."""
    return hub_cache() / f"models--{name.replace('/', '--')}"


def snapshot(name: str) -> Path | None:
    """The folder of files of the repository's main branch as last fetched; None if there is none."""
    held = cached_repository(name)
    try:
        commit = (held / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    folder = held / "snapshots" / commit
    return folder if commit and folder.is_dir() else None
