# %% [markdown]
# # Medical: pictures and reports, what may not be concluded, and what must not leave the house
#
# You have studies of patients, each a picture and a report, from several hospitals. You want to find the report that
# belongs to a picture, and to know how far to trust that.
#
# **The data are simulated.** The pictures are phantoms (Shepp and Logan's head, from scikit-image) with a bright or
# dark spot, written as DICOM files with invented names; the reports are sentences about the spot. **Nothing here says
# anything about diagnosis.** An alignment measures whether two descriptions of one study resemble each other. It does
# not say that a finding is there, that a report is right, or that a patient is ill, and no number below may be used so.

# %%
import json
import zipfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
from skimage.data import shepp_logan_phantom
from skimage.transform import resize

import mmalign_core as mm
from mmalign_core.workflow import pack_run, report_html

HOSPITALS, PATIENTS, STUDIES, SIDE = 4, 40, 3, 128  # three studies of each of forty patients; pixels of a side
NAMES = [f"Invented^Patient-{number:03d}" for number in range(PATIENTS)]
PLACES = {"left upper": (40, 42), "right upper": (40, 86), "left lower": (84, 42), "right lower": (84, 86)}


def write_dicom(path: Path, pixels: np.ndarray, name: str) -> None:
    """Pixels (h, w) in 0..1 as a DICOM file that names its patient, as real ones do."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid(entropy_srcs=[str(path)])
    data.PatientName, data.PatientID, data.Modality = name, name[-3:], "OT"
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    data.PixelData = (pixels * 255).astype(np.uint8).tobytes()
    pydicom.dcmwrite(path, data, enforce_file_format=True)


# %% [markdown]
# A patient keeps the shape of the head and the spot from study to study, and a hospital keeps its scanner's brightness
# and its way of writing. That is what makes studies of one patient so alike.

# %%
WORDS = [("mass", "focus", "lesion", "nodule")[site] for site in range(HOSPITALS)]
SENTENCES = ("{size} {kind} {word} in the {place} quadrant.", "There is a {kind} {word}, {size}, {place}.",
             "{place}: {size} {word}, {kind}.", "We see one {size}, {kind} {word} on the {place} side.")  # fmt: skip
folder, rng = Path("build/medical"), np.random.default_rng(0)
folder.mkdir(parents=True, exist_ok=True)
head = resize(shepp_logan_phantom(), (SIDE, SIDE))
down, across = np.mgrid[:SIDE, :SIDE]
with (folder / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
    for patient, name in enumerate(NAMES):
        site = patient % HOSPITALS
        place, kind, size = rng.choice([*PLACES]), rng.choice(["bright", "dark"]), rng.choice(["small", "large"])
        shape = 0.15 * resize(rng.random((6, 6)), (SIDE, SIDE), order=3)
        for study in range(STUDIES):
            centre = np.array(PLACES[place]) + rng.normal(0, 2.5, 2)
            spot = np.hypot(down - centre[0], across - centre[1]) < (5 if size == "small" else 10)
            pixels = (0.6 + 0.1 * site) * (head + shape * (head > 0)) + rng.normal(0, 0.02, head.shape)
            pixels = np.clip(np.where(spot, 0.95 if kind == "bright" else 0.02, pixels), 0, 1)
            study_id = f"p{patient:03d}-{study}"
            write_dicom(folder / f"{study_id}.dcm", pixels, name)
            report = SENTENCES[site].format(size=size, kind=kind, word=WORDS[site], place=place)
            facts = {"hospital": f"hospital {site + 1}", "data": "simulated"}
            text = f"Study {study + 1}. {report}"
            row = {"id": study_id, "image": f"{study_id}.dcm", "text": text, "patient": f"patient {patient:03d}"}
            manifest.write(json.dumps(row | facts) + "\n")
f"{PATIENTS * STUDIES} simulated studies of {PATIENTS} invented patients in {HOSPITALS} hospitals"

# %% [markdown]
# The same data, measured in two ways. Random folds put two studies of a patient into the fit and ask for the third.
# Folds by hospital ask for patients, and scanners, that the aligner has never seen; `fold_column` names the column.

# %%
encoders = {"image": "colour-gradient", "text": "bag-of-words"}
mixed = mm.align(folder, "cca", pair="image:text", encoders=encoders, folds=HOSPITALS)
apart = mm.align(folder, "cca", pair="image:text", encoders=encoders, fold_column="hospital")
mixed.recall(5), apart.recall(5)

# %%
# Where is it worse than elsewhere? Each part with its difference to the rest, p, and q after all that were tried.
apart.slices().head(5)

# %%
# A wrong report is worse than none: look at what is suspected before anything else.
apart.errors()[["direction", "id", "rank", "causes"]].head(5)

# %%
# Similar cases, by a picture that is there. The answer shows what resembles, and why; it is no second opinion.
apart.recommend(item="p000-0", k=3)

# %% [markdown]
# **Privacy.** A DICOM file names its patient. MMAlign reads the pixels' own fields and no other. What you write into
# the manifest is kept, so name patients there by a number that means nothing elsewhere. Look before you send
# anything on:

# %%
saved = apart.save("build/medical-run")
report, bundle, with_media = (Path(f"build/medical{end}") for end in (".html", ".zip", "-media.zip"))
report.write_text(report_html(apart.run, store=apart.store).html, encoding="utf-8")
for path in (bundle, with_media):
    with path.open("wb") as file:
        pack_run(str(saved), file, store=apart.store, media=path == with_media)


def names_in(paths: list[Path]) -> int:
    """How many of the invented names stand in these files, those inside archives too."""
    content = b""
    for path in paths:
        content += path.read_bytes() if path.is_file() else b""
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                content += b"".join(archive.read(member) for member in archive.namelist())
    return sum(name.encode() in content for name in NAMES)


in_sources = names_in(sorted(folder.glob("*.dcm")))
in_results = names_in([*sorted(saved.rglob("*")), report, bundle])
in_media = names_in([with_media])
f"DICOM files: {in_sources}; saved run, report and bundle: {in_results}; bundle with media: {in_media}"

# %%
a, b = mixed.recall(5), apart.recall(5)
print(
    f"FINDING (simulated phantoms, no statement about diagnosis): random folds report that {a:.0%} of pictures find "
    f"their report among the first five (95% {a.low:.0%} to {a.high:.0%}); in hospitals that the aligner has not "
    f"seen it is {b:.0%} (95% {b.low:.0%} to {b.high:.0%}). Only the second may be told. n = {b.n} studies of "
    f"{PATIENTS} patients, split: one fold a hospital. Of {PATIENTS} patients {in_sources} are named in the "
    f"DICOM files, {in_results} in the saved run, its report and its bundle, and {in_media} in a bundle with media, "
    f"which holds the files."
)
