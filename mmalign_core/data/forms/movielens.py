"""MovieLens (Harper and Konstan 2015): movies.csv and ratings.csv, the `::` files of 1M and 10M, u.item and u.data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.forms.base import Form, head_of, named, separated_lines, table_of_objects
from mmalign_core.data.tabular.tables import Table, read_table

_YEAR = re.compile(r"\((\d{4})\)\s*$")
_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
"""The genres of u.item in the order of its last nineteen fields, by the data set's README."""
_FIELDS = 5
"""Fields of u.item before the genres."""
_NO_GENRE = "(no genres listed)"


def find_movielens(files: FolderFiles, names: Sequence[str]) -> Form | None:
    """The movies with their titles as texts, and the ratings; None if the files are of another kind."""
    movies = named(names, "movies.csv", "movies.dat", "u.item")
    likes = named(names, "ratings.csv", "ratings.dat", "u.data")
    if movies and not _is_movies(files, movies):
        movies = ""
    if likes and not _is_ratings(files, likes):
        likes = ""
    if not movies and not (likes and not likes.endswith(".csv")):
        return None
    items = table_of_objects(_movies(files, movies)) if movies else None
    users = _ratings(files, likes) if likes else None
    used = tuple(name for name in (movies, likes) if name)
    return Form("MovieLens", items, movies, users, likes, used)


def _first_line(files: FolderFiles, name: str) -> str:
    return head_of(files, name).split(b"\n", 1)[0].decode("utf-8-sig", "replace").strip()


def _is_movies(files: FolderFiles, name: str) -> bool:
    first = _first_line(files, name)
    if name.lower().endswith(".csv"):
        return first.startswith("movieId,title")
    return first.count("::") == 2 if name.lower().endswith(".dat") else first.count("|") >= _FIELDS  # id, title, genres


def _is_ratings(files: FolderFiles, name: str) -> bool:
    first = _first_line(files, name)
    if name.lower().endswith(".csv"):
        return first.startswith("userId,movieId")
    return (
        first.count("::") == 3 if name.lower().endswith(".dat") else first.count("\t") == 3
    )  # user, movie, rating, time


def _movies(files: FolderFiles, name: str) -> Iterator[dict[str, Any]]:
    if name.lower().endswith(".csv"):
        for line in read_table(files.path(name), name).lines:
            if not line.problem:
                yield _movie(line.values["movieId"], line.values["title"], (line.values.get("genres") or "").split("|"))
    elif name.lower().endswith(".dat"):
        for fields in separated_lines(files, name, "::"):
            id, title, genres, *_ = [*fields, "", ""]
            yield _movie(id, title, genres.split("|"))
    else:
        for fields in separated_lines(files, name, "|"):
            id, title, released, *_ = [*fields, "", ""]
            genres = [genre for genre, said in zip(_GENRES, fields[_FIELDS:]) if said == "1"]
            yield _movie(id, title, genres) | {"released": released or None}


def _movie(id: str, title: str, genres: Sequence[str]) -> dict[str, Any]:
    year = _YEAR.search(title or "")
    told = [genre for genre in genres if genre and genre != _NO_GENRE]
    return {"id": id, "text": title, "title": title, "year": int(year[1]) if year else None, "genres": told or None}


def _ratings(files: FolderFiles, name: str) -> Table:
    if name.lower().endswith(".csv"):
        table = read_table(files.path(name), name, events=True)
        names = {"userId": "user_id", "movieId": "item_id"}
        cells = {names.get(column, column): held for column, held in table.cells.items()}
        return Table(tuple(cells), cells, table.numbers, table.problems, table.plain, settled=True)
    mark = "::" if name.lower().endswith(".dat") else "\t"
    columns = ("user_id", "item_id", "rating", "timestamp")
    return table_of_objects(dict(zip(columns, fields)) for fields in separated_lines(files, name, mark))
