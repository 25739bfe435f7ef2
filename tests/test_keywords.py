"""Keywords of groups: c-TF-IDF over texts or over what an encoder saw."""

import numpy as np
import pytest

from mmalign_core.triage.keywords import c_tf_idf, describe, keywords_of_concepts, keywords_of_texts
from mmalign_core.types import BadInput

SEA = ["A boat at sea", "the sea and a boat", "one small boat", "waves of the sea"]
WOODS = ["A tree in the wood", "the wood and a tree", "one tall tree", "leaves of the wood"]


def test_weights_are_those_of_the_formula() -> None:
    counts = np.array([[3, 1, 0], [0, 1, 1]])
    # Groups hold 4 and 2 terms, 3 on average; the terms occur 3, 2 and 1 times.
    rare = np.log(1 + 3 / np.array([3, 2, 1]))
    assert c_tf_idf(counts) == pytest.approx(np.array([[3 / 4, 1 / 4, 0], [0, 1 / 2, 1 / 2]]) * rare)


def test_a_group_without_terms_has_no_weights() -> None:
    assert c_tf_idf(np.array([[0, 0], [1, 0]])).tolist()[0] == [0, 0]
    assert keywords_of_texts([[], SEA])[0] == ()
    assert keywords_of_texts([]) == ()


def test_each_group_is_named_by_its_own_words() -> None:
    sea, woods = keywords_of_texts([SEA, WOODS], most=2)
    assert set(sea) == {"boat", "sea"} and set(woods) == {"tree", "wood"}


def test_words_that_all_groups_share_in_any_language_name_none() -> None:
    groups = [["der Hund und der Ball", "der Hund"], ["der Baum und der Ast", "der Baum"]]
    assert [set(words) & {"der", "und"} for words in keywords_of_texts(groups)] == [set(), set()]
    assert [words[0] for words in keywords_of_texts(groups)] == ["Hund", "Baum"]


def test_chinese_and_emoji_are_words() -> None:
    chinese, emoji = keywords_of_texts([["狗 跑", "狗 叫"], ["🐱 sleeps", "🐱 eats"]])
    assert chinese[0] == "狗" and emoji[0] in ("sleeps", "eats", "🐱")


def test_concepts_name_groups_without_texts() -> None:
    seen = [np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1]]), np.array([[0.1, 0.8, 0.1]])]
    assert keywords_of_concepts(["dog", "car", "thing"], seen, most=1) == (("dog",), ("car",))
    assert keywords_of_concepts(["dog"], []) == ()


def test_a_cluster_without_keywords_is_its_number() -> None:
    assert (describe(3, ()), describe(3, ["boat", "sea"])) == ("cluster 3", "cluster 3: boat, sea")


@pytest.mark.parametrize("counts", [[1, 2], [[-1, 2]], [[float("nan"), 1]]])
def test_terms_that_are_no_counts_are_refused(counts: list[object]) -> None:
    with pytest.raises(BadInput, match="give one row of numbers from 0"):
        c_tf_idf(np.array(counts))
