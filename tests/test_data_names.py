"""How files are called in reports."""

import pytest

from mmalign_core.data.names import file_words


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("folder/cat.jpg", "'cat.jpg'"),
        ("media/0123456789abcdef0123456789abcdef.png", "the picture"),
        ("0123456789abcdef0123456789abcdef", "the picture"),
        ("苹果 🍎.png", "'苹果 🍎.png'"),
    ],
)
def test_a_stored_file_is_not_called_by_its_digest(path: str, words: str) -> None:
    assert file_words(path, "picture") == words
