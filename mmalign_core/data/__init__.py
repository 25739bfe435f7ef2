"""Collections: from folders, manifests, data sets, vectors, archives, uploads and memory; decoding of their media.

Each module imports only from modules on lower floors:

   16  preview                                     what reading would give
   15  uploads                                     a mixture of uploaded files
   14  reader, in_memory, inspection               a path, or objects in memory
   13  items                                       what a folder or uploads hold, whichever way it is written
   11  sections                                    parts of a collection, which workers read apart
   12  forms/                                      published data sets, each told by its files
   10  item_tables                                 the tables of items of one folder, read together
    9  layout                                      which tables of a folder name its items
    8  stem_columns                                keys that are the stems of files
    7  manifest, shards, folder_files              tables of items, folders of archives, what a folder holds unused
    9  interactions                                who met what
    8  user_tables                                 tables of users and items
    5  given_columns                               what a person gives for one modality, in memory
    6  arrays/, columnar/, folder, repeated_files  rows from each kind of file, and those of one file
    5  draft                                       a collection, built row by row
    4  faults, metadata_cells, media_cells         repeated and blank media, dates in metadata, media in cells
    4  event_columns, event_ids                    columns of interactions
    3  tabular/                                    tables, rows, metadata, vectors in cells
    3  media_survey                                every medium, decoded once and measured
    2  ordered_texts                               texts that have an order
    2  media/, archives, duplicates                one medium, one archive
    1  files, moment_columns                       location, size, digest and storage of files; columns of moments
    1  archive_members, unused_files               what an archive holds, by its bytes; why files are not used
    1  file_pairs                                  which files belong together, by their names
    0  names, formats, titles, moments, mounts     names, first bytes, what items are called, dates and times
    0  archive_names, walk, prints                 names in code pages, folders of any depth, libraries' words

`demo/` writes a collection and imports none of these.
"""

from mmalign_core.data.inspection import Inspection, inspect_collection
from mmalign_core.data.media.images import decode_image
from mmalign_core.data.media.sounds import decode_audio, peaks, read_audio
from mmalign_core.data.media.videos import Video, decode_video
from mmalign_core.data.preview import Preview, preview_collection, preview_uploads
from mmalign_core.data.reader import read_collection
from mmalign_core.data.uploads import collect_uploads

__all__ = [
    "Inspection",
    "Preview",
    "Video",
    "collect_uploads",
    "decode_audio",
    "decode_image",
    "decode_video",
    "inspect_collection",
    "peaks",
    "preview_collection",
    "preview_uploads",
    "read_audio",
    "read_collection",
]
