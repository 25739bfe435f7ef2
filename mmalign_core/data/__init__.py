"""Collections: from folders, manifests, data sets, vectors, archives, uploads and memory; decoding of their media.

Each module imports only from modules on lower floors:

   12  uploads                                     a mixture of uploaded files
   11  reader, in_memory, inspection               a path, or objects in memory
    9  sections                                    parts of a collection, which workers read apart
   10  items                                       what a folder or uploads hold, whichever way it is written
    9  item_tables                                 the tables of items of one folder, read together
    7  stem_columns                                keys that are the stems of files
    8  layout                                      which tables of a folder name its items
    6  manifest, shards, folder_files              tables of items, folders of archives, what a folder holds unused
    5  arrays/, columnar/, folder, interactions    rows from each kind of file
    4  draft                                       a collection, built row by row
    3  tabular/                                    tables, rows, metadata, vectors in cells
    4  faults                                      repeated and blank media
    3  decoded                                     every medium, decoded once and measured
    2  media/, archives, duplicates                one medium, one archive
    1  files                                       location, size, digest and storage of files
    0  names, formats, titles                      names, first bytes, what items are called

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
