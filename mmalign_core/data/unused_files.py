"""Why a file of a folder is not used, and what to do, for every kind of file that people keep beside their media."""

from __future__ import annotations

from pathlib import PurePosixPath

from mmalign_core.data.formats import modality_of
from mmalign_core.data.names import is_about, shown
from mmalign_core.wording import say

_NO_ITEMS = say(
    "none of its columns names texts, or files that are here; call those columns text, image, audio or video"
)
_VECTORS = say("if it holds vectors, save them with numpy.savez as image, text, audio or video, with their ids")
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
        return say("'{name}' is not read, since the items come from '{table}'", name=shown(name), table=shown(table))
    if modality_of(name) and table:
        return say(
            "'{name}' is not named in '{table}'; add it there to have it read", name=shown(name), table=shown(table)
        )
    return why_unused(name)


def why_about(name: str) -> str:
    """Why a file that is called as those about a collection is no item."""
    if PurePosixPath(name).stem.lower() == "interactions":
        return say(
            "'{name}' is not read; interactions are read from .csv, .tsv, .jsonl or .parquet: save it as one",
            name=shown(name),
        )
    return say("'{name}' describes the collection and is no item", name=shown(name))


def why_unused(name: str) -> str:
    """Why a file of a folder is no item, and what to do, as a message."""
    plain = name.lower().removesuffix(".gz")
    extension = ".gz" if modality_of(plain) and plain != name.lower() else PurePosixPath(plain).suffix
    if not extension and plain != name.lower():
        extension = ".gz"
    cures = {
        **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), say("save the sheet as CSV")),
        **dict.fromkeys((".pt", ".pth", ".pkl", ".pickle", ".safetensors", ".h5", ".hdf5", ".mat", ".bin"), _VECTORS),
        **dict.fromkeys(
            (".srt", ".vtt", ".ass"), say("save the words alone as .txt, under the name of the sound or video")
        ),
        **dict.fromkeys(
            (".html", ".htm", ".xml", ".pdf", ".doc", ".docx", ".rtf", ".odt"), say("save its words as .txt")
        ),
        **dict.fromkeys((".rar", ".7z", ".tgz", ".gz", ".bz2", ".xz", ".zst"), say("unpack it and give the folder")),
        ".svg": say("export it as PNG"),
        ".heic": say("save it as JPEG"),
        ".json": say("it stands beside no text, picture or sound of its name"),
        ".csv": _NO_ITEMS,
        ".tsv": _NO_ITEMS,
        ".jsonl": _NO_ITEMS,
        ".parquet": _NO_ITEMS,
        ".npy": say(
            "vectors are read from image_vector.npy (or text_, audio_, video_) in the top folder, with ids.txt"
        ),
        ".npz": say("vectors are read from one .npz in the top folder that holds those of all items, with their ids"),
        ".arrow": say("give it, or the folder that Hugging Face datasets saved, by itself"),
        **dict.fromkeys((".zip", ".tar"), say("unpack it here, or read the archive by itself")),
        **dict.fromkeys((".feather", ".orc", ".avro"), say("save it as Parquet")),
        **dict.fromkeys((".db", ".sqlite", ".sqlite3", ".duckdb"), say("export its table as CSV or Parquet")),
        **dict.fromkeys(
            (".tfrecord", ".mds", ".beton", ".rec", ".lmdb"), say("save its rows as Parquet, or as .tar shards")
        ),
        **dict.fromkeys(_PICTURES, say("save it as PNG or JPEG")),
        **dict.fromkeys(_SOUNDS, say("save it as WAV, FLAC or MP3")),
        **dict.fromkeys(_VIDEOS, say("save it as MP4")),
        **dict.fromkeys(
            (".crdownload", ".part", ".partial", ".download"), say("its download did not end; download it again")
        ),
        **dict.fromkeys(_BESIDE, say("it describes data or programs, and is no item")),
        **dict.fromkeys((".user", ".kg", ".link"), say("of RecBole's files items and interactions are read")),
    }
    cure = cures.get(extension, say("convert it to text, a picture, a sound or a video"))
    if not extension:
        return say("'{name}' is of an unsupported kind; {cure}", name=shown(name), cure=cure)
    return say("'{name}' is of an unsupported kind ({ending}); {cure}", name=shown(name), ending=extension, cure=cure)
