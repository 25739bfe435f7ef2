"""What a person clicked, selected or drew in tables and charts."""

from __future__ import annotations

from typing import Any

from pages._session import state


def selected_row(key: str) -> int | None:
    """Return the number of the row selected in the table with this key."""
    rows = state.widget(key, {}).get("selection", {}).get("rows", [])
    return rows[0] if rows else None


def clicked_point(key: str) -> list[Any] | None:
    """Return the `customdata` of the point clicked in the chart with this key, or None."""
    points = state.widget(key, {}).get("selection", {}).get("points", [])
    if not points:
        return None
    data = points[0].get("customdata")
    return [data[place] for place in sorted(data, key=int)] if isinstance(data, dict) else data


def drawn_points(key: str) -> list[list[Any]]:
    """Return the `customdata` of the points inside the lasso or box drawn in the chart with this key; [] for none."""
    chosen = state.widget(key, {}).get("selection", {})
    if not (chosen.get("box") or chosen.get("lasso")):
        return []
    rows = [point.get("customdata") for point in chosen.get("points", [])]
    return [[row[place] for place in sorted(row, key=int)] if isinstance(row, dict) else row for row in rows if row]
