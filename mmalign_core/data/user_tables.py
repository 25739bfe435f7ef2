"""Tables of users and items: told from tables of items, and their columns called as the collection calls them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.formats import table_ending
from mmalign_core.data.tabular.column_names import plain_name
from mmalign_core.data.tabular.column_words import FOLDED, without_accents
from mmalign_core.data.tabular.tables import Table, read_table
from mmalign_core.types import BadInput

_NAMES = {
    "user_id": (
        *("user", "userid", "uid", "reviewer_id", "customer_id", "client_id", "visitor_id", "member_id", "account_id"),
        *("profile_id", "session_id"),
    ),
    "item_id": (
        *("item", "itemid", "iid", "movie_id", "product_id", "parent_asin", "asin", "track_id", "song_id", "book_id"),
        *("video_id", "article_id", "news_id", "business_id", "recipe_id", "game_id", "anime_id", "isbn"),
    ),
    "rating": ("overall", "score", "stars", "rating_value"),
    "timestamp": (
        "time",
        "ts",
        "datetime",
        "date",
        "unix_review_time",
        "created_at",
        "event_time",
        "rated_at",
        "t_dat",
    ),
}
"""Names that the columns of interactions have in published data sets, the most likely first."""
_STEMS = (
    "interactions",
    "ratings",
    "events",
    "reviews",
    "likes",
    "clicks",
    "purchases",
    "views",
    "logs",
    "history",
    "transactions",
    "orders",
)
"""What people call tables of interactions, our own name first."""


def with_user_columns(table: Table) -> Table:
    """The table with the columns user_id, item_id, rating and timestamp called so; a name that is there stays."""
    plain = [(plain_name(column), column) for column in reversed(table.columns)]
    by_name = {without_accents(name): column for name, column in plain} | dict(plain)
    renamed: dict[str, str] = {}
    for role, names in _NAMES.items():
        column = next((by_name[name] for name in (role, *names, *FOLDED[role]) if name in by_name), None)
        if role not in table.columns and column is not None:
            renamed[column] = role
    if not renamed:
        return table
    cells = {renamed.get(column, column): held for column, held in table.cells.items()}
    problems = {
        place: replace(line, values={renamed.get(c, c): v for c, v in line.values.items()})
        for place, line in table.problems.items()
    }
    return replace(table, columns=tuple(cells), cells=cells, problems=problems)


def find_user_tables(files: FolderFiles) -> list[str]:
    """The names of the tables of interactions at the top, one called interactions first."""
    found = [name for name in files.top if name not in files.used and _is_users(files, name)]
    return sorted(found, key=lambda name: _rank(name))


def _rank(name: str) -> int:
    stem = PurePosixPath(name).name.split(".")[0].lower()
    words = re.split(r"[-_ ]", stem)
    return _STEMS.index(stem) if stem in _STEMS else len(_STEMS) - any(word in _STEMS for word in words)


def _is_users(files: FolderFiles, name: str) -> bool:
    """Whether a table is called interactions, or has columns of users and items."""
    if table_ending(name) in ("", ".json"):
        return False
    if _rank(name) == 0:
        return True
    try:
        head = read_table(files.path(name), name, most=1, events=True)
    except BadInput:
        return False
    columns = head.columns if _rank(name) == len(_STEMS) else with_user_columns(head).columns
    return {"user_id", "item_id"} <= set(columns)
