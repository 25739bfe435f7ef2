"""Tables and figures as files: CSV and Parquet of all rows; HTML, PNG and SVG with a caption in the file."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from mmalign_core.wording import language, tr, tr_many
from mmalign_core.workflow import csv_table, parquet_table

_ASSETS = Path(__file__).parents[2] / "assets"
_FORMATS: dict[str, tuple[Callable[[pd.DataFrame], bytes], str]] = {
    "CSV": (csv_table, "text/csv"),
    "Parquet": (parquet_table, "application/vnd.apache.parquet"),
}
_NOT_IN_A_CLASS = re.compile(r"[^A-Za-z0-9_-]")
"""Characters of a key that Streamlit replaces by "-" in the class of the element."""
_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 15px/1.5 system-ui, sans-serif; margin: 24px; color: #1c2330; background: #fff }}
figure {{ margin: 0 }} figcaption {{ margin-top: 12px; max-width: 90ch }}</style>
<figure>{chart}<figcaption>{lines}</figcaption></figure></html>
"""


def table(frame: pd.DataFrame | Callable[[], pd.DataFrame], name: str, *, key: str, rows: int | None = None) -> None:
    """Draw two buttons that save all rows of the table as CSV and as Parquet, in files called by `name`.

    `frame`: the table, or a function that makes it at the click; `rows` then says how many rows it has.
    """
    many = len(frame) if isinstance(frame, pd.DataFrame) else rows
    words = "" if many is None else tr_many(" of {n:,} row", " of {n:,} rows", n=many)
    with st.container(horizontal=True, gap="xsmall"):
        for kind, (write, mime) in _FORMATS.items():
            st.download_button(
                f"{kind}{words}",
                lambda write=write: write(frame if isinstance(frame, pd.DataFrame) else frame()),
                file_name=f"{name}.{kind.lower()}",
                mime=mime,
                key=f"{key}.{kind.lower()}",
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
            )


def figure(drawn: go.Figure, caption: tuple[str, ...], *, key: str) -> None:
    """Draw a menu that saves the chart with this key as HTML, PNG or SVG, with the caption's lines below it.

    The browser makes PNG and SVG of the chart as it is seen: its zoom, its theme and its width.
    """
    name = _NOT_IN_A_CLASS.sub("-", key)
    _menu(key, {"chart": f".st-key-{name} .js-plotly-plot"}, caption, lambda: drawn)


def map_files(key: str, caption: tuple[str, ...], drawn: Callable[[], go.Figure] | None) -> None:
    """Draw the same menu for the map of points with this key; HTML only where there is a figure to make it from."""
    _menu(key, {"map": key}, caption, drawn)


def _menu(key: str, what: dict[str, str], caption: tuple[str, ...], drawn: Callable[[], go.Figure] | None) -> None:
    name = _NOT_IN_A_CLASS.sub("-", key)
    with st.popover(tr("Save"), type="tertiary", icon=":material/download:", key=f"{key}.save"):
        _image_buttons()(data={**what, "name": name, "caption": list(caption)}, key=f"{key}.images")
        if drawn is None:
            return
        st.download_button(
            "HTML",
            lambda: figure_page(drawn(), caption),
            file_name=f"{name}.html",
            mime="text/html",
            key=f"{key}.html",
            on_click="ignore",
            width="stretch",
            help=tr("One file that answers to the pointer and needs no network."),
        )


def figure_page(drawn: go.Figure, caption: tuple[str, ...]) -> str:
    """Return the figure with plotly's code and the caption's lines as one HTML page that needs no network."""
    chart = drawn.to_html(include_plotlyjs=True, full_html=False, config={"displaylogo": False, "responsive": True})
    lines = "<br>".join(html.escape(line) for line in caption)
    return _PAGE.format(language=language(), title=html.escape(caption[0]), chart=chart, lines=lines)


def _image_buttons() -> Any:
    return st.components.v2.component(
        "mmalign_save_images",
        html=(
            '<div class="images"><button type="button" data-format="png">PNG</button>'
            '<button type="button" data-format="svg">SVG</button><span role="alert"></span></div>'
        ),
        css=(_ASSETS / "save_images.css").read_text(encoding="utf-8"),
        js=(_ASSETS / "save_images.js").read_text(encoding="utf-8"),
    )
