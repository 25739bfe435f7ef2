"""Collections: from folders, manifests, data sets, vectors, archives, uploads and memory; decoding of their media.

Each module imports only from modules on lower floors:

    9  uploads                                     a mixture of uploaded files
    8  reader, in_memory, inspection               a path, or objects in memory
    8  sections                                    parts of a collection, which workers read apart
    7  manifest, shards                            tables of items, folders of archives
    6  arrays/, columnar/, folder, interactions    rows from each kind of file
    5  draft                                       a collection, built row by row
    4  metadata_cells, event_columns, event_ids    cells with a meaning: dates, ratings, times, ids of users and items
    4  faults                                      repeated and blank media
    3  tabular/                                    tables, rows, metadata, vectors in cells
    3  decoded                                     every medium, decoded once and measured
    2  media/, archives, duplicates                one medium, one archive
    2  ordered_texts                               dates and durations that compare by time
    1  files, moment_columns                       location, size, digest and storage of files; columns of dates
    0  names, formats, titles, moments             names, first bytes, what items are called, one date

`demo/` writes a collection and imports none of these.
"""

from mmalign_core.data.inspection import Inspection, inspect_collection
from mmalign_core.data.media.images import decode_image
from mmalign_core.data.media.sounds import decode_audio, peaks, read_audio
from mmalign_core.data.media.videos import Video, decode_video
from mmalign_core.data.reader import read_collection
from mmalign_core.data.uploads import collect_uploads

__all__ = [
    "Inspection",
    "Video",
    "collect_uploads",
    "decode_audio",
    "decode_image",
    "decode_video",
    "inspect_collection",
    "peaks",
    "read_audio",
    "read_collection",
]
