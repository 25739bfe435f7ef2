"""Collections: from folders, manifests, data sets, vectors, archives, uploads and memory; decoding of their media.

The modules lie on floors. Each imports from lower floors alone:

    8  uploads                                     a mixture of uploaded files
    7  reader, in_memory, inspection               a path, or objects in memory
    6  manifest                                    tables of items
    5  arrays/, columnar/, folder, interactions    what each kind of file says of the items
    4  draft                                       rows become a collection
    3  tabular/                                    tables, rows, metadata, vectors in cells
    2  media/, archives, duplicates                one medium, one archive
    1  files                                       found, measured, digested, stored
    0  names, formats                              names and first bytes

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
