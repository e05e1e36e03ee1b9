"""Reads printed labels back: every label of a few sheets and rolls, through some forty degradations, by three decoders.

    scan.py TAGBOOK    the program that prints

Prints how many of the pictures each decoder reads, and beside it the same for a plain symbol of the same address on the same
label: level M, three fifths of its height. Ends with 1 where a label is read worse than it must be.
"""

import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium

import degrade
from decoders import DECODERS

# Pixels of a millimetre: a preview 1,920 pixels wide, of a field of 19 cm.
CAMERA = 10.0

# What must be read, of all pictures, and by any of the three.
NEEDED = {"zxing": 0.90, "zbar": 0.87, "any": 0.94}

# Where labels lie: left, top, width, height, pitch across and down, columns, rows; in millimetres.
STOCK = {
    "avery-l7160": (7.2, 15.15, 63.5, 38.1, 66.04, 38.1, 3, 7),
    "avery-5160": (4.78, 12.7, 66.68, 25.4, 69.85, 25.4, 3, 10),
    "brother-dk-11209": (0, 0, 62, 29, 0, 0, 1, 1),
    "zebra-2x1": (0, 0, 50.8, 25.4, 0, 0, 1, 1),
}

# An address of thirty characters.
BASE = "https://kit.nord.test/"
NUMBERS = [f"CAM-{number:04}" for number in (1, 42, 137, 256, 404, 1001, 2048, 7777)]


def register(folder):
    (folder / "tagbook.toml").write_text(f'title = "Kit of Nord"\nbase_url = "{BASE}"\ncontact = "kit@nord.test, +49 30 5550 123"\n')
    (folder / "categories.toml").write_text('[camera]\nname = "Cameras"\nprefix = "CAM"\n')
    for number in NUMBERS:
        asset = folder / "assets" / number
        asset.mkdir(parents=True)
        (asset / "asset.toml").write_text('name = "Sony FX3, body with cage"\ncategory = "camera"\n')


def printed(tagbook, folder, stock):
    """Pictures of the labels as a camera sees them, at CAMERA pixels a millimetre, each with some table around it."""
    left, top, width, height, across, down, columns, _ = STOCK[stock]
    file = folder / f"{stock}.pdf"
    command = [tagbook, "-C", folder, "label", *NUMBERS, "--stock", stock, "--output", file]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    document = pdfium.PdfDocument(file)
    dots = 600 / 25.4
    for index in range(len(NUMBERS)):
        page = document[0 if columns > 1 else index].render(scale=600 / 72, grayscale=True).to_numpy()
        page = page[:, :, 0] if page.ndim == 3 else page
        x, y = left + index % columns * across, top + index // columns * down
        label = page[round(y * dots) : round((y + height) * dots), round(x * dots) : round((x + width) * dots)]
        yield seen(label, width, height)


def seen(label, width, height):
    label = cv2.resize(label, (round(width * CAMERA), round(height * CAMERA)), interpolation=cv2.INTER_AREA)
    return cv2.copyMakeBorder(label, *[round(3 * CAMERA)] * 4, cv2.BORDER_CONSTANT, value=150)


def plain(text, stock):
    """A symbol of level M, three fifths of the label's height, as label makers print them."""
    _, _, width, height, *_ = STOCK[stock]
    settings = cv2.QRCodeEncoder.Params()
    settings.correction_level = cv2.QRCodeEncoder_CORRECT_LEVEL_M
    symbol = cv2.QRCodeEncoder.create(settings).encode(text)
    scale = 24
    label = np.full((round(height * scale), round(width * scale)), 255, np.uint8)
    side = round(height * 0.6 * scale)
    at = round(height * 0.2 * scale)
    label[at : at + side, at : at + side] = cv2.resize(symbol, (side, side), interpolation=cv2.INTER_NEAREST)
    return seen(label, width, height)


def rates(pictures):
    """Of all pictures and degradations, the share that each decoder reads; and what was not read although it must be."""
    hits, missed, count = {name: 0 for name in [*DECODERS, "any"]}, set(), 0
    for index, (text, picture) in enumerate(pictures):
        for name, apply in degrade.all_of(100 * index).items():
            count += 1
            shown = apply(picture, CAMERA)
            reads = {decoder: text in read(shown) for decoder, read in DECODERS.items()}
            for decoder, does in reads.items():
                hits[decoder] += does
            hits["any"] += any(reads.values())
            if not any(reads.values()):
                missed.add(name)
    return {name: hit / count for name, hit in hits.items()}, missed


def compared(tagbook, stock):
    """What is read of our labels on this stock, what of plain symbols, and what nobody reads."""
    texts = [f"https://KIT.NORD.TEST/{number}" for number in NUMBERS]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        register(folder)
        ours, missed = rates(zip(texts, printed(tagbook, folder, stock), strict=True))
    theirs, _ = rates((text, plain(text, stock)) for text in texts)
    return ours, theirs, missed


def main(tagbook):
    problems = []
    print(f"{len(degrade.all_of(0))} degradations, {len(NUMBERS)} labels each; in brackets a plain symbol of level M\n")
    print(f"{'':18} {'zxing':>15} {'zbar':>15} {'opencv':>15} {'any':>15}")
    with ProcessPoolExecutor() as pool:
        all_compared = list(pool.map(compared, [tagbook] * len(STOCK), STOCK))
    for stock, (ours, theirs, missed) in zip(STOCK, all_compared, strict=True):
        cells = [f"{ours[name]:.3f} ({theirs[name]:.3f})" for name in ours]
        print(f"{stock:18} " + " ".join(f"{cell:>15}" for cell in cells))
        print("    missed by all: " + (", ".join(sorted(missed)) or "none"))
        problems += [f"{stock}: {name} reads {ours[name]:.3f}" for name, least in NEEDED.items() if ours[name] < least]
        problems += [f"{stock}: nobody reads it {name}" for name in missed if name in degrade.certain()]
    for problem in problems:
        print(f"FAILED {problem}")
    print(f"{len(STOCK) - len({problem.split(':')[0] for problem in problems})} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
