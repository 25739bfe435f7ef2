"""DICOM pictures: rescaled and windowed as the file states, nothing of the patient read. The extra `dicom` decodes."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmalign_core.data.formats import HEAD_BYTES, why_not_picture
from mmalign_core.data.media.picture_limits import DAMAGE, check_bytes, check_shape, holding
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

_READ = (
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData", "FloatPixelData"),
    *("DoubleFloatPixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
    *("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction"),
    *("RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor"),
    *("BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData"),
    "BluePaletteColorLookupTableData",
)
"""The data elements that pixels depend on (PS3.3, C.7.6.3 and C.11); no other is parsed."""
_META = 1 << 12
"""Bytes in which the description of the file, with its transfer syntax, lies; our choice: it has some hundreds."""
_DEFLATED = b"1.2.840.10008.1.2.1.99"
"""The transfer syntax whose data set is packed as a whole, to an unknown size (PS3.5, A.5)."""
_SAMPLE = 24
"""Bytes of a sample while it is windowed in double precision: as stored, rescaled, and the result."""
_SIGMOID = -4.0
"""The factor in a sigmoid window (PS3.3, C.11.2.1.3.1)."""


def decode_dicom(source: str | Path | bytes, name: str, settings: Settings) -> Image.Image:
    """The first frame as RGB: rescaled, windowed by the file's first window or its own range, MONOCHROME1 inverted.

    Raises BadInput, which calls the file `name`, if the extra is not installed, the file is damaged or holds no
    picture, or it is beyond the limits of the settings.
    """
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    if reason := why_not_picture(content[:HEAD_BYTES], name):
        raise BadInput(reason)
    import pydicom
    from pydicom.errors import InvalidDicomError

    warnings.filterwarnings("ignore", module="pydicom")
    try:
        if _DEFLATED in content[:_META]:
            raise BadInput(f"{name} is a DICOM file packed as a whole, which is not opened; save it unpacked")
        data = pydicom.dcmread(io.BytesIO(content), specific_tags=[*_READ])
        rows, columns = int(data.Rows), int(data.Columns)
        check_shape(columns, rows, name, settings)
        needed = rows * columns * int(data.get("SamplesPerPixel", 1)) * _SAMPLE
        check_bytes(needed, name, settings)
        with holding(needed, settings.max_image_bytes):
            return _picture(data)
    except BadInput:
        raise
    except (InvalidDicomError, *DAMAGE) as error:
        raise BadInput(f"{name} is a DICOM file without a picture that can be decoded; save it as PNG") from error


def _picture(data: Any) -> Image.Image:
    from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
    from pydicom.pixels.utils import pixel_array

    samples, kind = np.asarray(pixel_array(data, index=0)), str(data.PhotometricInterpretation)
    if kind == "PALETTE COLOR":
        samples = apply_color_lut(samples, data)
    if samples.ndim == 3:
        full = float(np.iinfo(samples.dtype).max) if kind == "PALETTE COLOR" else float(2 ** int(data.BitsStored) - 1)
        return Image.fromarray(_levels(samples / full))
    shares = _windowed(apply_modality_lut(samples, data).astype(np.float64), data)
    return Image.fromarray(_levels(1 - shares if kind == "MONOCHROME1" else shares)).convert("RGB")


def _levels(shares: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(np.nan_to_num(shares), 0, 1) * 255).astype(np.uint8)


def _windowed(values: np.ndarray, data: Any) -> np.ndarray:
    """The values as shares of the window from dark to light (PS3.3, C.11.2.1.2 and C.11.2.1.3)."""
    centre, width = (_first(data.get(name)) for name in ("WindowCenter", "WindowWidth"))
    if centre is None or width is None or width <= 0:
        low, high = float(values.min()), float(values.max())
        return (values - low) / max(high - low, np.finfo(float).tiny)
    function = str(data.get("VOILUTFunction") or "LINEAR")
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(_SIGMOID * (values - centre) / width, -500, 500)))
    if function == "LINEAR_EXACT" or width <= 1:
        return (values - centre) / width + 0.5
    return (values - (centre - 0.5)) / (width - 1) + 0.5


def _first(value: Any) -> float | None:
    """The first of the values of a data element, of which there may be several, one or none."""
    if value is None or value == "":
        return None
    return float(value if isinstance(value, (int, float, str)) else value[0])
