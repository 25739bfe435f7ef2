"""Tables that hold vectors and media in their cells: Parquet, Arrow files of Hugging Face datasets, Lance."""

from mmalign_core.data.columnar.parts import COLUMNAR, Source, is_shard, table_columns
from mmalign_core.data.columnar.sources import file_source, files_source, folder_source, source_folders
from mmalign_core.data.columnar.table import read_source

__all__ = [
    "COLUMNAR",
    "Source",
    "file_source",
    "files_source",
    "folder_source",
    "is_shard",
    "read_source",
    "source_folders",
    "table_columns",
]
