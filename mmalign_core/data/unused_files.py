"""Why a file of a folder is not used, and what to do, for every kind of file that people keep beside their media."""

from __future__ import annotations

from pathlib import PurePosixPath

from mmalign_core.data.formats import modality_of
from mmalign_core.data.names import is_about, shown

_NO_ITEMS = "none of its columns names texts, or files that are here; call those columns text, image, audio or video"
_VECTORS = "if it holds vectors, save them with numpy.savez as image, text, audio or video, with their ids"
_PICTURES = (
    *(".ico", ".tga", ".pcx", ".psd", ".eps", ".ai", ".xcf", ".qoi", ".hdr", ".exr", ".jpg_large"),
    *(".cr2", ".cr3", ".nef", ".arw", ".dng", ".raw", ".orf", ".rw2"),
)
_SOUNDS = (".m4b", ".m4r", ".mid", ".midi", ".sph", ".ra", ".ape", ".dsf", ".mp2", ".ac3", ".weba", ".wv")
_VIDEOS = (".m2ts", ".mts", ".mxf", ".f4v", ".asf", ".vob", ".rm", ".rmvb", ".divx", ".3g2", ".ogm", ".m2v")
_BESIDE = (".yaml", ".yml", ".toml", ".ini", ".cfg", ".py", ".ipynb", ".log", ".sh", ".md5", ".sha256", ".lock", ".idx")


def why_left(name: str, table: str) -> str:
    """Why a file that `table` does not name is not used; `table`: '' where no table leads."""
    if is_about(name):
        return why_about(name)
    if table and name.lower().endswith(".json"):
        return f"'{shown(name)}' is not read, since the items come from '{shown(table)}'"
    if modality_of(name) and table:
        return f"'{shown(name)}' is not named in '{shown(table)}'; add it there to have it read"
    return why_unused(name)


def why_about(name: str) -> str:
    """Why a file that is called as those about a collection is no item."""
    if PurePosixPath(name).stem.lower() == "interactions":
        return f"'{shown(name)}' is not read; interactions are read from .csv, .tsv, .jsonl or .parquet: save it as one"
    return f"'{shown(name)}' describes the collection and is no item"


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
        **dict.fromkeys((".zip", ".tar"), "unpack it here, or read the archive by itself"),
        **dict.fromkeys((".feather", ".orc", ".avro"), "save it as Parquet"),
        **dict.fromkeys((".db", ".sqlite", ".sqlite3", ".duckdb"), "export its table as CSV or Parquet"),
        **dict.fromkeys(
            (".tfrecord", ".mds", ".beton", ".rec", ".lmdb"), "save its rows as Parquet, or as .tar shards"
        ),
        **dict.fromkeys(_PICTURES, "save it as PNG or JPEG"),
        **dict.fromkeys(_SOUNDS, "save it as WAV, FLAC or MP3"),
        **dict.fromkeys(_VIDEOS, "save it as MP4"),
        **dict.fromkeys(
            (".crdownload", ".part", ".partial", ".download"), "its download did not end; download it again"
        ),
        **dict.fromkeys(_BESIDE, "it describes data or programs, and is no item"),
        **dict.fromkeys((".user", ".kg", ".link"), "of RecBole's files items and interactions are read"),
    }
    cure = cures.get(extension, "convert it to text, a picture, a sound or a video")
    return f"'{shown(name)}' is of an unsupported kind{f' ({extension})' if extension else ''}; {cure}"
