"""Files that the browser fetches by an address: a rerun of the page sends the address alone."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st
from streamlit import runtime

_SCRIPTS = Path(__file__).parents[2] / "assets" / "map"
_IMPORT = re.compile(r'from "\./(\w+)\.js"')
PACKED = "application/gzip"
"""The media type of numbers: they are gzipped already, and the server presses files of this type no second time."""


def served(content: bytes, mimetype: str, digest: str) -> str:
    """Return the address of these bytes, relative to the page's; `digest` tells them from others.

    They are held as long as a session's last run of the page names them.
    """
    files = runtime.get_instance().media_file_mgr
    address = files.add(content, mimetype, f"mmalign.{digest}", file_name=digest)
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}{address}" if base else address


def script(name: str) -> str:
    """Return the address of a module of assets/map, with those that it imports served beside it."""
    return _served_script(name, {})


def _served_script(name: str, known: dict[str, str]) -> str:
    if name not in known:
        text = (_SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
        names = {other: _served_script(other, known).rpartition("/")[2] for other in set(_IMPORT.findall(text))}
        text = _IMPORT.sub(lambda found: f'from "./{names[found[1]]}"', text)
        known[name] = served(text.encode(), "text/javascript", f"script.{name}")
    return known[name]
