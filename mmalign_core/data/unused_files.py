"""Why a file of a folder is not used, and what to do, for every kind of file that people keep beside their media."""

from __future__ import annotations

from pathlib import PurePosixPath

from mmalign_core.data.formats import modality_of
from mmalign_core.data.names import is_about, shown

_NO_ITEMS = "none of its columns names texts, or files that are here; call those columns text, image, audio or video"
_VECTORS = "if it holds vectors, save them with numpy.savez as image, text, audio or video, with their ids"


def why_left(name: str, table: str) -> str:
    """Why a file that `table` does not name is not used; `table`: '' where no table leads."""
    if is_about(name):
        return f"'{shown(name)}' describes the collection and is no item"
    if modality_of(name) and table:
        return f"'{shown(name)}' is not named in '{shown(table)}'; add it there to have it read"
    return why_unused(name)


def why_unused(name: str) -> str:
    """Why a file of a folder is no item, and what to do, as a message."""
    plain = name.lower().removesuffix(".gz")
    extension = ".gz" if modality_of(plain) and plain != name.lower() else PurePosixPath(plain).suffix or ".gz"
    cures = {
        **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), "save the sheet as CSV"),
        **dict.fromkeys((".pt", ".pth", ".pkl", ".pickle", ".safetensors", ".h5", ".hdf5", ".mat", ".bin"), _VECTORS),
        **dict.fromkeys((".srt", ".vtt", ".ass"), "save the words alone as .txt, under the name of the sound or video"),
        **dict.fromkeys((".html", ".htm", ".xml", ".pdf", ".doc", ".docx", ".rtf", ".odt"), "save its words as .txt"),
        **dict.fromkeys((".rar", ".7z", ".tgz", ".gz", ".bz2", ".xz", ".zst"), "unpack it and give the folder"),
        ".svg": "export it as PNG",
        ".heic": "save it as JPEG",
        ".json": "it stands beside no text, picture or sound of its name",
        ".csv": _NO_ITEMS,
        ".tsv": _NO_ITEMS,
        ".jsonl": _NO_ITEMS,
        ".parquet": _NO_ITEMS,
        ".npy": "vectors are read from image_vector.npy (or text_, audio_, video_) in the top folder, with ids.txt",
        ".npz": "vectors are read from one .npz in the top folder that holds those of all items, with their ids",
        ".arrow": "give it, or the folder that Hugging Face datasets saved, by itself",
        ".zip": "read the archive by itself",
        ".tar": "read the archive by itself",
    }
    cure = cures.get(extension, "convert it to text, a picture, a sound or a video")
    return f"'{shown(name)}' is of an unsupported kind{f' ({extension})' if extension else ''}; {cure}"
