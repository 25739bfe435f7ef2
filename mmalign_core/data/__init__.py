"""Reading what users bring: collections from folders, manifests, archives and uploads; decoding of their media."""

from mmalign_core.data.inspection import Inspection, inspect_collection
from mmalign_core.data.media.images import decode_image
from mmalign_core.data.media.sounds import decode_audio, peaks, read_audio
from mmalign_core.data.media.videos import Video, decode_video
from mmalign_core.data.read import read_collection
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
