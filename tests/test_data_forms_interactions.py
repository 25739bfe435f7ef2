"""Published tables of interactions: ratings, RecBole's atomic files and reviews are recognised, named and read."""

import gzip
from pathlib import Path

import pytest

from mmalign_core.data import read_collection
from mmalign_core.types import BadInput, Collection
from tests.sample_files import write
from tests.test_data_forms import lines, told


def events(collection: Collection) -> list[tuple[str, str, float]]:
    rows = collection.interactions
    assert rows is not None
    return list(zip(rows["user_id"], rows["item_id"], rows["rating"]))


MOVIELENS = {
    "csv": {
        "movies.csv": 'movieId,title,genres\n1,Toy Story (1995),Animation|Comedy\n2,"Café, The (1996)",Drama\n',
        "ratings.csv": "userId,movieId,rating,timestamp\n7,1,4.0,964982703\n7,2,3.5,964981247\n8,1,5.0,964982224\n",
        "tags.csv": "userId,movieId,tag,timestamp\n7,1,fun,1\n",
    },
    "dat": {
        "movies.dat": "1::Toy Story (1995)::Animation|Comedy\n2::Café, The (1996)::Drama\n".encode("latin-1"),
        "ratings.dat": "7::1::4::964982703\n7::2::3.5::964981247\n8::1::5::964982224\n",
        "users.dat": "7::M::25::15::55117\n",
    },
    "data": {
        "u.item": (
            "1|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
            "2|Café, The (1996)|01-Jan-1996||http://y|0|0|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0\n"
        ).encode("latin-1"),
        "u.data": "7\t1\t4\t964982703\n7\t2\t3.5\t964981247\n8\t1\t5\t964982224\n",
        "u.user": "7|24|M|technician|85711\n",
    },
}


@pytest.mark.parametrize("form", MOVIELENS)
def test_movielens(tmp_path: Path, form: str) -> None:
    found = read_collection(write(tmp_path, MOVIELENS[form]))
    assert found.ids == ("1", "2") and found.media_of("text")[1].text == "Café, The (1996)"
    assert events(found) == [("7", "1", 4.0), ("7", "2", 3.5), ("8", "1", 5.0)]
    assert "recognised as MovieLens" in found.notes[0] and found.items["year"].tolist() == [1995, 1996]
    assert "Comedy" in found.items["genres"].iloc[0] and "Drama" in found.items["genres"].iloc[1]
    assert len(found.skipped) == 1  # tags or users


def test_ratings_alone_say_what_is_missing(tmp_path: Path) -> None:
    write(tmp_path, {"u.data": MOVIELENS["data"]["u.data"]})
    with pytest.raises(BadInput, match="recognised as MovieLens, but holds interactions alone; put the file"):
        read_collection(tmp_path / "u.data")


def test_recbole_atomic_files(tmp_path: Path) -> None:
    inter = "user_id:token\titem_id:token\trating:float\ttimestamp:float\nu1\ti1\t4\t100\nu1\ti2\t2\t101\n"
    header = "item_id:token\tmovie_title:token_seq\tclass:token_seq\tvec:float_seq\n"
    item = f"{header}i1\tToy Story\tComedy\t1 2\ni2\tHeat\tCrime\t3 4\n"
    write(tmp_path, {"ml/ml.inter": inter, "ml/ml.item": item, "ml/ml.user": "user_id:token\tage:token\nu1\t24\n"})
    found = read_collection(tmp_path / "ml")
    assert found.ids == ("i1", "i2") and [m.text for m in found.media] == ["Toy Story", "Heat"]
    assert events(found) == [("u1", "i1", 4.0), ("u1", "i2", 2.0)] and "RecBole atomic files" in found.notes[0]
    assert "'ml.user'" in told(found)
    assert read_collection(tmp_path / "ml" / "ml.item").ids == ("i1", "i2")
    with pytest.raises(BadInput, match="holds interactions alone"):
        read_collection(tmp_path / "ml" / "ml.inter")


REVIEWS = [
    {
        "reviewerID": "A1",
        "asin": "B1",
        "overall": 5.0,
        "reviewText": "Works.",
        "summary": "Good",
        "unixReviewTime": 1400000000,
    },
    {
        "reviewerID": "A2",
        "asin": "B2",
        "overall": 1.0,
        "reviewText": "Broke",
        "summary": "Bad",
        "unixReviewTime": 1400000001,
    },
]


NEWER = [
    {
        "user_id": "A1",
        "asin": "B1",
        "parent_asin": "P1",
        "rating": 5.0,
        "title": "Good",
        "text": "Works.",
        "timestamp": 1400000000000,
    },
    {
        "user_id": "A2",
        "asin": "B9",
        "parent_asin": "P2",
        "rating": 1.0,
        "title": "Bad",
        "text": "Broke",
        "timestamp": 1400000001000,
    },
]


def test_amazon_reviews_and_products(tmp_path: Path) -> None:
    products = [
        {"parent_asin": f"P{n}", "title": f"Lamp {n}", "description": ["Bright.", "Small."], "price": 9.5, "images": []}
        for n in (1, 2)
    ]
    write(tmp_path, {"All_Beauty.jsonl.gz": gzip.compress(lines(NEWER)), "meta_All_Beauty.jsonl": lines(products)})
    found = read_collection(tmp_path)
    assert found.ids == ("P1", "P2") and [m.text for m in found.media[:2]] == ["Lamp 1", "Bright. Small."]
    assert events(found) == [("A1", "P1", 5.0), ("A2", "P2", 1.0)] and "Amazon reviews" in found.notes[0]
    assert found.interactions is not None and found.interactions["timestamp"].tolist() == [1400000000, 1400000001]


@pytest.mark.parametrize("name", ["reviews.json.gz", "reviews.jsonl"])
def test_amazon_reviews_alone_are_texts_of_what_they_are_about(tmp_path: Path, name: str) -> None:
    content = lines(REVIEWS)
    write(tmp_path, {name: gzip.compress(content) if name.endswith("gz") else content})
    found = read_collection(tmp_path / name)
    assert found.ids == ("B1", "B2") and [m.text for m in found.media] == ["Good. Works.", "Bad. Broke"]
    assert events(found) == [("A1", "B1", 5.0), ("A2", "B2", 1.0)]


def test_interactions_beside_a_manifest_may_have_usual_names(tmp_path: Path) -> None:
    ratings = "userId,movieId,rating,timestamp\nu,a,5,100\nv,b,4,101\n"
    found = read_collection(write(tmp_path, {"manifest.csv": "id,text\na,one\nb,two\n", "ratings.csv": ratings}))
    assert events(found) == [("u", "a", 5.0), ("v", "b", 4.0)] and not found.skipped
