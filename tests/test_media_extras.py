"""Pictures that an extra decodes: HEIC, and DICOM with its window applied and nothing of the patient kept."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.data import decode_image, inspect_collection, read_collection
from mmalign_core.data.media.images import decode_picture
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import picture

LEVELS = np.linspace(-1000, 1000, 30 * 40).reshape(30, 40).round()


def heic(image: Image.Image, **options: object) -> bytes:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    body = io.BytesIO()
    image.save(body, "HEIF", **options)
    return body.getvalue()


def dicom(values: np.ndarray, **elements: object) -> bytes:
    """Values in Hounsfield units as a CT slice of a patient; `elements` replace its data elements."""
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    data.PatientName, data.PatientID, data.StudyDate = "Doe^Jane", "1234-secret", "20200101"
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.Rows, data.Columns = values.shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    data.PixelData = (values + 1024).astype("<u2").tobytes()
    for name, value in elements.items():
        setattr(data, name, value)
    body = io.BytesIO()
    pydicom.dcmwrite(body, data, enforce_file_format=True)
    return body.getvalue()


def shades(content: bytes) -> np.ndarray:
    got = np.asarray(decode_image(content)).astype(int)
    assert (got[..., 0] == got[..., 1]).all()
    return got[..., 0]


def test_heic_is_decoded_upright() -> None:
    content = heic(picture(40, 30), quality=95)
    assert np.abs(np.asarray(decode_image(content)).astype(int) - np.asarray(picture(40, 30))).mean() < 8
    exif = Image.Exif()
    exif[0x0112] = 6
    seen = decode_picture(heic(picture(40, 30), exif=exif))
    assert (seen.width, seen.height) == seen.image.size


def test_heic_is_limited_by_its_header() -> None:
    with pytest.raises(BadInput, match="MMALIGN_MAX_IMAGE_PIXELS"):
        decode_image(heic(picture(40, 30)), Settings(max_image_pixels=100))
    with pytest.raises(BadInput, match="damaged or cut off"):
        decode_image(heic(picture(40, 30))[:200])


def test_the_window_of_a_slice_is_applied() -> None:
    got = shades(dicom(LEVELS, WindowCenter=[0, 400], WindowWidth=[400, 2000]))
    wanted = np.clip((LEVELS + 0.5) / 399 + 0.5, 0, 1) * 255
    assert np.abs(got - wanted).max() <= 1
    exact = shades(dicom(LEVELS, WindowCenter=0, WindowWidth=400, VOILUTFunction="LINEAR_EXACT"))
    assert np.abs(exact - np.clip(LEVELS / 400 + 0.5, 0, 1) * 255).max() <= 1
    bent = shades(dicom(LEVELS, WindowCenter=0, WindowWidth=400, VOILUTFunction="SIGMOID"))
    assert np.abs(bent - 255 / (1 + np.exp(-4 * LEVELS / 400))).max() <= 1


def test_without_a_window_the_range_is_shown_and_monochrome1_is_inverted() -> None:
    got = shades(dicom(LEVELS))
    assert got.min() == 0 and got.max() == 255 and got[0, 0] == 0
    assert np.abs(shades(dicom(LEVELS, PhotometricInterpretation="MONOCHROME1")) - (255 - got)).max() <= 1


def test_the_first_frame_and_colours_are_shown() -> None:
    frames = np.stack([LEVELS, -LEVELS])
    assert (shades(dicom(frames, NumberOfFrames=2)) == shades(dicom(LEVELS))).all()
    colours = np.asarray(picture(40, 30))
    content = dicom(
        LEVELS, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, BitsAllocated=8,
        BitsStored=8, HighBit=7, PixelData=colours.tobytes(),
    )  # fmt: skip
    assert (np.asarray(decode_image(content)) == colours).all()


def test_nothing_of_the_patient_is_kept(tmp_path: Path) -> None:
    (tmp_path / "scan.dcm").write_bytes(dicom(LEVELS))
    read = read_collection(tmp_path)
    told = str(inspect_collection(read).report()) + str(read.items.to_dict()) + str(read.notes)
    assert list(read.ids) == ["scan"] and "Doe" not in told and "secret" not in told and "2020" not in told
    assert not decode_image(tmp_path / "scan.dcm").info


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Rows": 60_000, "Columns": 60_000}, "MMALIGN_MAX_IMAGE_PIXELS"),
        ({"PixelData": b"\0\0"}, "without a picture that can be decoded"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        decode_image(dicom(LEVELS, **change))
    with pytest.raises(BadInput, match="DICOM"):
        decode_image(dicom(LEVELS)[:400])


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("mmalign_core.data.formats.find_spec", lambda name: None)
    (tmp_path / "a.dcm").write_bytes(bytes(128) + b"DICM" + bytes(100))
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (tmp_path / "c.jxl").write_bytes(b"\xff\x0a" + bytes(100))
    (tmp_path / "d.txt").write_text("the rest")
    reasons = " ".join(s.reason for s in read_collection(tmp_path).skipped)
    assert "pip install 'mmalign[dicom]'" in reasons and "pip install 'mmalign[heic]'" in reasons
    assert "JPEG XL" in reasons
