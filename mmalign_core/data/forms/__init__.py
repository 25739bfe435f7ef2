"""Forms of published data sets: each is recognised by its files and read as items and interactions.

One file a form. `FORMS` lists them in the order in which they are tried; each gives None for files that are not its
own.
"""

from collections.abc import Callable, Sequence

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.forms.amazon import find_amazon
from mmalign_core.data.forms.audio_captions import find_audio_captions
from mmalign_core.data.forms.base import Form
from mmalign_core.data.forms.caption_lists import find_caption_lists
from mmalign_core.data.forms.clip_retrieval import find_clip_retrieval
from mmalign_core.data.forms.coco import find_coco
from mmalign_core.data.forms.flickr import find_flickr
from mmalign_core.data.forms.movielens import find_movielens
from mmalign_core.data.forms.recbole import find_recbole

FORMS: Sequence[Callable[[FolderFiles, Sequence[str]], Form | None]] = (
    find_recbole,
    find_movielens,
    find_amazon,
    find_coco,
    find_flickr,
    find_audio_captions,
    find_clip_retrieval,
    find_caption_lists,
)


def find_form(files: FolderFiles, names: Sequence[str]) -> Form | None:
    """The form of the files of these names, or None; raises BadInput if it is known and cannot be read."""
    return next((form for find in FORMS if (form := find(files, names)) is not None), None)


__all__ = ["FORMS", "Form", "find_caption_lists", "find_form"]
