"""Measures what is printed: where labels lie on the page, what is white around their symbols, what stands on them.

    measure.py TAGBOOK    the program that prints

Prints a line for every check, and ends with 1 where one fails.
"""

import json
import re
import struct
import subprocess
import sys
import tempfile
import time
import unicodedata
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import zxingcpp
from pypdfium2 import raw

from decoders import zbar, zxing

INCH = 25.4

# Dots a millimetre of pages that are looked at: 600 an inch.
DOTS = 600 / INCH

# Millimetres around a page that are looked at as well: what reaches beyond its edge is seen there.
BLEED = 8.0

A4, LETTER = (210.0, 297.0), (215.9, 279.4)

# Page, columns and rows, width and height, left and top, pitch across and down; in millimetres.
SHEETS = {
    "avery-l7160": (A4, (3, 7), (63.5, 38.1), (7.2, 15.15), (66.04, 38.1)),
    "avery-l7159": (A4, (3, 8), (64.0, 33.86), (6.46, 13.06), (66.54, 33.86)),
    "avery-l7161": (A4, (3, 6), (63.5, 46.56), (7.21, 8.82), (66.04, 46.56)),
    "avery-l7163": (A4, (2, 7), (99.06, 38.1), (4.67, 15.15), (101.6, 38.1)),
    "avery-l7651": (A4, (5, 13), (38.1, 21.17), (4.67, 10.9), (40.64, 21.17)),
    "avery-l6009": (A4, (4, 12), (45.72, 21.17), (9.75, 21.41), (48.26, 21.17)),
    "avery-l6011": (A4, (3, 9), (63.5, 29.63), (7.21, 15.1), (66.04, 29.63)),
    "avery-l4731rev": (A4, (7, 27), (25.4, 10.0), (8.6, 13.5), (27.9, 10.0)),
    "zweckform-3490": (A4, (3, 8), (70.0, 36.0), (0.0, 4.43), (70.0, 36.0)),
    "zweckform-3659": (A4, (2, 6), (97.0, 42.3), (8.0, 21.53), (97.0, 42.3)),
    "zweckform-3667": (A4, (4, 16), (48.5, 16.9), (8.0, 13.23), (48.5, 16.9)),
    "herma-4226": (A4, (4, 16), (48.26, 16.93), (8.48, 13.06), (48.26, 16.93)),
    "herma-4346": (A4, (4, 12), (45.72, 21.17), (9.75, 21.5), (48.26, 21.17)),
    "herma-4334": (A4, (7, 16), (25.4, 16.93), (8.48, 13.06), (27.94, 16.93)),
    "avery-5160": (LETTER, (3, 10), (66.68, 25.4), (4.78, 12.7), (69.85, 25.4)),
    "avery-5163": (LETTER, (2, 5), (101.6, 50.8), (3.96, 12.7), (106.36, 50.8)),
    "avery-5167": (LETTER, (4, 20), (44.45, 12.7), (7.14, 12.7), (52.4, 12.7)),
}

# Width and height in millimetres, dots an inch, and how many of them are printed across and down; for Dymo, whose printers
# leave a margin that nobody has counted, the margin in millimetres.
ROLLS = {
    "brother-dk-11209": ((62, 29), 300, (696, 271)),
    "brother-dk-11204": ((17, 54), 300, (165, 566)),
    "brother-dk-11221": ((23, 23), 300, (202, 202)),
    "brother-dk-22210": ((60, 29), 300, (None, 306)),
    "brother-dk-22225": ((75, 38), 300, (None, 413)),
    "brother-dk-22205": ((100, 62), 300, (None, 696)),
    "brother-tze-24": ((60, 24), 180, (None, 128)),
    "brother-tze-18": ((50, 18), 180, (None, 112)),
    "brother-tze-12": ((40, 12), 180, (None, 70)),
    "dymo-30252": ((28, 89), 300, 1.5),
    "dymo-99012": ((36, 89), 300, 1.5),
    "dymo-11352": ((25, 54), 300, 1.5),
    "dymo-11354": ((57, 32), 300, 1.5),
    "dymo-11353": ((13, 25), 300, 1.0),
    "dymo-99014": ((54, 101), 300, 1.5),
    "zebra-2x1": ((50.8, 25.4), 203, (406, 203)),
    "zebra-2x1-300": ((50.8, 25.4), 300, (600, 300)),
}

# Labels of one sheet, at most.
PLAIN = [f"CAM-{number:04}" for number in range(1, 190)]

# What a thing may be called, and the language that a font of the machine must have for it.
LANGUAGES = {
    "Polish": (None, "Zażółć gęślą jaźń"),
    "Japanese": ("ja", "映画用カメラ"),
    "Chinese": ("zh", "佳能摄影机与镜头"),
    "Polish and Chinese": ("zh", "Łódź 北京"),
    "Arabic": ("ar", "كاميرا سوني"),
    "Hebrew": ("he", "מצלמת סוני"),
}

NASTY = {
    "without blanks": "Großformatgegenlichtblendenhalter" * 6,
    "emoji with joiners": "👩‍👩‍👧‍👦🏳️‍🌈" * 12,
    "combining marks": "Z\u0300\u0316\u0301\u0323" * 12 + " e\u0301" * 20,
    "right-to-left with Latin": "كاميرا Sony FX3 مع قفص و عدسة Sigma 35 mm وحقيبة",
    "Chinese, Japanese": "映画用カメラ本体三脚付属品一式" * 5,
    "letters that join, and Latin": "سلة الإضاءة LED 600 (لامبا) لا 北京",
}

BASE = "https://kit.nord.test/"


@dataclass
class Press:
    """A register, and the program that prints its labels."""

    tagbook: str
    folder: Path
    register: str = "register"

    def run(self, *words):
        command = [self.tagbook, "-C", self.folder / self.register, *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")

    def label(self, *words, ending="pdf"):
        """The file that `tagbook label` writes."""
        file = Path(tempfile.mkdtemp(dir=self.folder)) / f"labels.{ending}"
        done = self.run("label", *words, "--format", ending, "--output", file)
        assert done.returncode == 0, f"tagbook label ends with {done.returncode}: {done.stderr.strip()}"
        return file


def write_register(folder, assets, more=""):
    folder.mkdir()
    head = f'title = "Kit of Nord"\nbase_url = "{BASE}"\ncontact = "kit@nord.test, +49 30 5550 123"\n'
    (folder / "tagbook.toml").write_text(head + more)
    (folder / "categories.toml").write_text('[camera]\nname = "Cameras"\nprefix = "CAM"\n')
    for number, name in assets.items():
        asset = folder / "assets" / number
        asset.mkdir(parents=True)
        (asset / "asset.toml").write_text(f"name = {json.dumps(name, ensure_ascii=False)}\ncategory = \"camera\"\n")


def address(number):
    return f"https://KIT.NORD.TEST/{number}"


@dataclass
class Picture:
    """A page in grey, with what is around it."""

    grey: np.ndarray

    def part(self, left, top, right, bottom):
        """What lies between these edges, in millimetres of the page."""
        x, y, to_x, to_y = (round((BLEED + edge) * DOTS) for edge in (left, top, right, bottom))
        assert min(x, y) >= 0, "this is outside the picture"
        return self.grey[y:to_y, x:to_x]

    def without(self, boxes):
        """The same, white in these boxes."""
        grey = self.grey.copy()
        for box in boxes:
            Picture(grey).part(*box)[:] = 255
        return Picture(grey)

    def dark(self):
        """Where anything at all is printed: the edges of its box in millimetres, or nothing."""
        return box_of(self.grey, -BLEED, -BLEED)


def ends(darkest):
    """Where the dark begins and ends in a row of dots; a dot that is grey is covered in part."""
    dark = np.flatnonzero(darkest > 0.01)
    return (dark[0] + 1 - darkest[dark[0]], dark[-1] + darkest[dark[-1]]) if len(dark) else None


def box_of(grey, left, top):
    """The edges of what is dark in a picture whose corner lies there, in millimetres."""
    ink = 1 - grey.astype(np.float32) / 255
    across, down = ends(ink.max(axis=0, initial=0)), ends(ink.max(axis=1, initial=0))
    if not across:
        return None
    sides = (left, across[0]), (top, down[0]), (left, across[1]), (top, down[1])
    return tuple(float(corner + side / DOTS) for corner, side in sides)


def told(box):
    left, top, right, bottom = box
    return f"{left:.2f} to {right:.2f} mm across, {top:.2f} to {bottom:.2f} mm down"


def pictures(file):
    """The pages of a PDF, each with its size in millimetres."""
    with pdfium.PdfDocument(file) as document:
        for page in document:
            size = [side / 72 * INCH for side in page.get_size()]
            width, height, around = *page.get_size(), BLEED / INCH * 72
            page.set_mediabox(-around, -around, width + around, height + around)
            grey = page.render(scale=600 / 72, grayscale=True).to_numpy()
            yield Picture(grey[:, :, 0] if grey.ndim == 3 else grey), size


def texts(file):
    """What can be copied from each page, without blanks, in the composed form."""
    with pdfium.PdfDocument(file) as document:
        return [folded(page.get_textpage().get_text_range()) for page in document]


def written(file):
    """The text of all pages as it is written in the file: numbers stand in it whatever stands beside them."""
    with pdfium.PdfDocument(file) as document:
        return folded("".join(characters(page) for page in document))


def characters(page):
    text, all_of_it = page.get_textpage(), []
    for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
        buffer = (raw.FPDF_WCHAR * 32)()
        size = raw.FPDFTextObj_GetText(found.raw, text.raw, buffer, len(bytes(buffer)))
        all_of_it.append(bytes(buffer)[: size - 2].decode("utf-16-le", "replace"))
    return "".join(all_of_it)


def folded(text):
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


@dataclass
class Symbol:
    """A QR symbol as it is found: its text, the edges of its dark box and the side of a module, in millimetres."""

    text: str
    box: tuple
    module: float

    def with_white(self, modules):
        white = modules * self.module
        return (self.box[0] - white, self.box[1] - white, self.box[2] + white, self.box[3] + white)


def symbols(picture, edges=None):
    """The QR symbols that are read between these edges, or anywhere."""
    x, y = (round((BLEED + edge) * DOTS) for edge in edges[:2]) if edges else (0, 0)
    shown = np.ascontiguousarray(picture.part(*edges) if edges else picture.grey)
    found = []
    for symbol in zxingcpp.read_barcodes(shown, formats=zxingcpp.BarcodeFormat.QRCode):
        at = symbol.position
        corners = (at.top_left, at.top_right, at.bottom_left, at.bottom_right)
        xs, ys = [x + corner.x for corner in corners], [y + corner.y for corner in corners]
        modules = 17 + 4 * int(symbol.extra["Version"])
        around = (max(xs) - min(xs)) / modules * 0.6
        left, top = (int(min(side) - around) for side in (xs, ys))
        part = picture.grey[top : round(max(ys) + around) + 1, left : round(max(xs) + around) + 1]
        box = box_of(part, left / DOTS - BLEED, top / DOTS - BLEED)
        width, height = box[2] - box[0], box[3] - box[1]
        assert abs(width - height) < 0.1, f"the symbol {symbol.text} is {width:.2f} by {height:.2f} mm"
        found.append(Symbol(symbol.text, box, width / modules))
    return found


def check_within(symbol, cell, modules):
    """So many modules beside a symbol are still on the label as it is cut."""
    zone = symbol.with_white(modules)
    over = max(way * (edge - limit) for way, edge, limit in zip((-1, -1, 1, 1), zone, cell))
    white = f"{modules} modules of white ({modules * symbol.module:.2f} mm)"
    assert over < 0.03, f"{symbol.text}: {white} end {over:.2f} mm beyond the label"


def check_white(picture, symbol, modules):
    """Nothing is printed so near to a symbol."""
    around = tuple(edge + 2 * way / DOTS for edge, way in zip(symbol.box, (-1, -1, 1, 1)))
    zone = [edge - way * 0.05 for edge, way in zip(symbol.with_white(modules), (-1, -1, 1, 1))]
    dark = box_of(picture.without([around]).part(*zone), zone[0] - symbol.box[0], zone[1] - symbol.box[1])
    assert dark is None, f"{symbol.text}: something is printed in its white, {told(dark)} from its corner"


def quiet(width, height):
    """Modules of white that a label of these sides owes its symbol; long labels are read along their long side."""
    low = min(width, height) if max(width, height) > 1.2 * min(width, height) else height
    return 2 if low < 15 else 4


def cells(stock):
    """The edges of each label of a sheet."""
    _, (columns, rows), (width, height), (left, top), (across, down) = SHEETS[stock]
    corners = [(left + column * across, top + row * down) for row in range(rows) for column in range(columns)]
    return [(x, y, x + width, y + height) for x, y in corners]


def placed(picture, cells):
    """The symbols of a page by the number of the cell that each lies in."""
    found = {index: symbols(picture, cell) for index, cell in enumerate(cells)}
    several = [index + 1 for index, symbols in found.items() if len(symbols) > 1]
    assert not several, f"more than one symbol lies in cells {several}"
    return {index: symbols[0] for index, symbols in found.items() if symbols}


def check_size(size, page):
    off = max(abs(is_side - side) for is_side, side in zip(size, page))
    assert off <= 0.01, f"the page is {size[0]:.3f} by {size[1]:.3f} mm, {off:.3f} mm off"


def check_texts(found, numbers, first=0):
    for index, number in enumerate(numbers, first):
        assert index in found, f"no symbol is read in cell {index + 1}, which is to have {number}"
        assert found[index].text == address(number), f"cell {index + 1} has {found[index].text} and is to have {number}"
    assert len(found) == len(numbers), f"{len(found)} symbols are read, {len(numbers)} were printed"


def check_edges(picture, cell, margin=0.5):
    """Nothing is printed nearer to the edges of a label than this."""
    inner = tuple(edge + way * margin for edge, way in zip(cell, (1, 1, -1, -1)))
    dark = box_of(picture.without([inner]).part(*cell), 0, 0)
    assert dark is None, f"something is printed nearer than {margin} mm to the edge of its label, or beyond: {told(dark)}"


def check_between(picture, cells):
    """Nothing is printed where no label is."""
    dark = picture.without(cells).dark()
    assert dark is None, f"something is printed where no label is: {told(dark)} of the page"


def check_sheet(press, stock):
    page, _, (width, height), *_ = SHEETS[stock]
    all_cells, modules = cells(stock), quiet(*SHEETS[stock][2])
    numbers = PLAIN[: len(all_cells)]
    [(picture, size)] = pictures(press.label(*numbers, "--stock", stock))
    check_size(size, page)
    found = placed(picture, all_cells)
    check_texts(found, numbers)
    check_between(picture, all_cells)
    for index, symbol in found.items():
        check_edges(picture, all_cells[index])
        check_within(symbol, all_cells[index], modules)
        check_white(picture, symbol, modules)

    [(alone, size)] = pictures(press.label(numbers[0], "--stock", f"alone-{stock}"))
    check_size(size, (width, height))
    [symbol] = symbols(alone)
    offsets = np.array([np.subtract(found[index].box, cell[:2] * 2) for index, cell in enumerate(all_cells)])
    off = np.abs(offsets - symbol.box).max()
    assert off <= 0.1, f"a label is {off:.3f} mm off"

    skip, nudge = 3, np.array([1.5, -0.7])
    (first, _), (second, _) = pictures(press.label(*numbers, "--stock", stock, "--skip", skip, "--nudge", "1.5,-0.7"))
    moved = [(x + nudge[0], y + nudge[1], to_x + nudge[0], to_y + nudge[1]) for x, y, to_x, to_y in all_cells]
    nudged = placed(first, moved)
    check_texts(nudged, numbers[:-skip], first=skip)
    check_texts(placed(second, moved), numbers[-skip:])
    check_between(first, moved[skip:])
    check_between(second, moved[:skip])
    by = np.array([np.subtract(nudged[index].box, found[index].box) for index in nudged])
    wrong = np.abs(by - [*nudge, *nudge]).max()
    assert wrong < 0.02, f"--nudge 1.5,-0.7 is {wrong:.3f} mm off"
    return f"{len(numbers)} labels, at most {off:.3f} mm off; modules of {symbol.module:.2f} mm"


def check_ruler(press):
    [(picture, size)] = pictures(press.label("--calibrate", "--stock", "avery-l7160"))
    check_size(size, A4)
    for number, (x, y, to_x, to_y) in enumerate(cells("avery-l7160"), 1):
        # The left edge halfway down, and the top edge an eighth across, where no ruler is.
        across = box_of(picture.part(x - 0.5, y + 15, x + 0.5, y + 16), x - 0.5, 0)
        down = box_of(picture.part(x + 8.2, y - 0.4, x + 8.7, y + 0.4), 0, y - 0.4)
        assert across and down, f"label {number} has no outline"
        off = max(abs((across[0] + across[2]) / 2 - x), abs((down[1] + down[3]) / 2 - y))
        assert off <= 0.1, f"the outline of label {number} is {off:.2f} mm off"
    return "21 outlines"


def printable(stock):
    """The edges between which the printer of a roll prints."""
    (width, height), dpi, dots = ROLLS[stock]
    if not isinstance(dots, tuple):
        return (dots, dots, width - dots, height - dots)
    free = [0 if many is None else (side - many / dpi * INCH) / 2 for side, many in zip((width, height), dots)]
    return (free[0], free[1], width - free[0], height - free[1])


def read(picture):
    """What either decoder reads of a clean label."""
    return zxing(picture) | zbar(picture)


def check_roll(press, stock):
    (width, height), *_ = ROLLS[stock]
    [(picture, size)] = pictures(press.label(PLAIN[0], "--stock", stock))
    check_size(size, (width, height))
    check_printable(picture, stock)
    assert address(PLAIN[0]) in read(picture.grey), "neither zxing nor zbar reads it"
    [symbol] = symbols(picture)
    check_within(symbol, (0, 0, width, height), quiet(width, height))
    check_white(picture, symbol, quiet(width, height))
    return f"{width} × {height} mm, modules of {symbol.module:.2f} mm"


def check_printable(picture, stock):
    edges = printable(stock)
    slack = 1 / DOTS
    dark = picture.without([(edges[0] - slack, edges[1] - slack, edges[2] + slack, edges[3] + slack)]).dark()
    assert dark is None, f"something is printed where the printer prints nothing, {told(dark)}; it prints {told(edges)}"


def check_nasty(press, stock):
    """Whatever things are called, symbols are read, their white is white, and numbers stand there as text."""
    numbers = {f"ODD-{index:04}": kind for index, kind in enumerate(NASTY, 1)}
    file = press.label(*numbers, "--stock", stock)
    check_embedded(file)
    text, pages = written(file), [picture for picture, _ in pictures(file)]
    if stock in SHEETS:
        all_cells, sides = cells(stock)[: len(numbers)], SHEETS[stock][2]
    else:
        sides = ROLLS[stock][0]
        all_cells = [(0, 0, *sides)] * len(numbers)
    problems = []
    for at, (number, kind) in enumerate(numbers.items()):
        page, cell = pages[at if len(pages) > 1 else 0], all_cells[at]
        try:
            assert number in text, f"{number} cannot be copied from the page"
            found = symbols(page, cell)
            assert [symbol.text for symbol in found] == [address(number)], "the symbol is not read"
            check_white(page, found[0], quiet(*sides))
            if stock in SHEETS:
                check_edges(page, cell)
            else:
                check_printable(page, stock)
        except AssertionError as error:
            problems.append(f"{kind}: {error}")
    assert not problems, "; ".join(problems)
    if stock in SHEETS:
        check_between(pages[0], all_cells)
    return f"{len(numbers)} labels"


def check_embedded(file):
    """Every glyph of every page is of a font that lies in the file."""
    count = 0
    with pdfium.PdfDocument(file) as document:
        for page in document:
            for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
                count += 1
                assert raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(found.raw)) == 1, "a font is not embedded"
    descriptors = re.findall(rb"/FontDescriptor\b(?! \d).*?endobj", file.read_bytes(), re.DOTALL)
    assert descriptors and all(b"/FontFile" in part for part in descriptors), "a font is described and not embedded"
    return count


def has_font(language):
    return language is None or bool(subprocess.run(["fc-list", f":lang={language}"], capture_output=True).stdout)


def check_language(press, language):
    number, (_, name) = f"LNG-{list(LANGUAGES).index(language) + 1:04}", LANGUAGES[language]
    file = press.label(number, "--stock", "avery-5163")
    glyphs = check_embedded(file)
    assert number in written(file), "the number cannot be copied from the page"
    [text] = texts(file)
    for wanted in (name, "Kit of Nord", "kit@nord.test"):
        assert folded(wanted) in text, f"`{wanted}` cannot be copied from the page, but {text!r}"
    return f"{glyphs} glyphs, all of embedded fonts"


def check_direction(press):
    """A name that begins from the right goes on to the left, Latin words in it included."""
    file = press.label("ODD-0004", "--stock", "avery-5163")
    with pdfium.PdfDocument(file) as document:
        page = document[0].get_textpage()
        at = {page.get_text_range(index, 1): page.get_charbox(index) for index in reversed(range(page.count_chars()))}
    # The first letter of the name, and the first of `FX3`, which is the first word with an X.
    first, latin, baseline = at["ك"][2], at["X"][0], at["ك"][1]
    assert abs(at["X"][1] - baseline) < 6, "the words are not on one line"
    assert latin < first, f"`FX3` begins {(latin - first) / 72 * INCH:.1f} mm to the right of the first letter of the name"


def check_speed(press):
    """Fonts of the machine cost no more than a moment."""
    began = time.monotonic()
    press.label(*[f"CJK-{index:04}" for index in range(1, 61)], "--stock", "avery-5160")
    took = time.monotonic() - began
    assert took < 2, f"60 labels with Chinese names take {took:.1f} s"
    return f"60 labels in {took:.1f} s"


def png(file):
    """The picture in a PNG file, and the dots a metre that it says it has."""
    data = file.read_bytes()
    at = data.index(b"pHYs") + 4
    across, down, unit = struct.unpack(">IIB", data[at : at + 9])
    assert unit == 1 and across == down, f"pHYs says {across} by {down} of unit {unit}"
    return cv2.imread(str(file), cv2.IMREAD_UNCHANGED), across


def sides(stock):
    return SHEETS[stock][0] if stock in SHEETS else ROLLS[stock][0]


def check_png(press, stock, dpi, asked):
    words = ["--dpi", dpi] if asked else []
    picture, metre = png(press.label(PLAIN[0], "--stock", stock, *words, ending="png"))
    assert metre == round(dpi / 0.0254), f"pHYs says {metre} dots a metre, {dpi} dpi are {dpi / 0.0254:.0f}"
    size = tuple(round(side / INCH * dpi) for side in sides(stock))
    assert picture.shape[1::-1] == size, f"it has {picture.shape[1::-1]} dots and is to have {size}"
    assert address(PLAIN[0]) in read(picture), "neither zxing nor zbar reads it"
    return f"{size[0]} × {size[1]} dots"


def graphics(zpl):
    """What a Zebra printer prints of each label: its graphic field by the rules of the ZPL II Programming Guide."""
    for label in re.findall(r"\^XA(.*?)\^XZ", zpl, re.DOTALL):
        total, given, row, field = re.search(r"\^GFA,(\d+),(\d+),(\d+),([^\^]*)\^FS", label).groups()
        assert total == given, "the field says two sizes"
        lines, line, many, digits = [], "", 0, 2 * int(row)
        for c in re.sub(r"\s", "", field):
            if "G" <= c <= "Y":
                many += ord(c) - ord("F")
            elif "g" <= c <= "z":
                many += 20 * (ord(c) - ord("f"))
            elif c == ":":
                assert not line and lines, "a line is repeated where there is none"
                lines.append(lines[-1])
            else:
                line += {",": "0", "!": "F"}[c] * (digits - len(line)) if c in ",!" else c * max(many, 1)
                many = 0
            assert len(line) <= digits, "a line is too long"
            if len(line) == digits:
                lines.append(line)
                line = ""
        assert not line and len(lines) * int(row) == int(total), f"{len(lines)} lines of {row} bytes are not {total}"
        bits = np.unpackbits(np.array([list(bytes.fromhex(line)) for line in lines], np.uint8), axis=1)
        width, height = (int(re.search(rf"\^{key}(\d+)", label)[1]) for key in ("PW", "LL"))
        assert len(lines) == height and digits // 2 == (width + 7) // 8, "the label is larger or smaller than its picture"
        assert not bits[:, width:].any(), "something is printed beyond the label"
        yield (1 - bits[:, :width]) * np.uint8(255)


def check_zpl(press, stock, dpi, asked):
    words = ["--stock", stock, *(["--dpi", dpi] if asked else [])]
    numbers = PLAIN[:3]
    printed = list(graphics(press.label(*numbers, *words, ending="zpl").read_text()))
    assert len(printed) == 3, f"{len(printed)} labels are printed of 3"
    for number, picture in zip(numbers, printed):
        seen, _ = png(press.label(number, *words, ending="png"))
        assert picture.shape == seen.shape, f"{picture.shape} dots, the PNG has {seen.shape}"
        other = int(((seen >= 128) != (picture == 255)).sum())
        assert other == 0, f"{other} dots are not those of the PNG"
        around = cv2.copyMakeBorder(picture, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=255)
        assert address(number) in zxing(around), f"zxing does not read {number}"
    return "3 labels, the same dots as the PNG"


def check_matrix(press, stock):
    file = press.label(PLAIN[0], "--stock", stock, "--symbol", "data-matrix")
    [(picture, _)] = pictures(file)
    found = zxingcpp.read_barcodes(picture.grey, formats=zxingcpp.BarcodeFormat.DataMatrix)
    assert [symbol.text for symbol in found] == [address(PLAIN[0])], f"zxing reads {[symbol.text for symbol in found]}"
    assert PLAIN[0] in written(file), "the number is not there as text"


def check_bars(press, stock):
    file = press.label(PLAIN[0], "--stock", stock, "--symbol", "code128")
    [(picture, _)] = pictures(file)
    found = zxingcpp.read_barcodes(picture.grey, formats=zxingcpp.BarcodeFormat.Code128)
    assert [symbol.text for symbol in found] == [PLAIN[0]], f"zxing reads {[symbol.text for symbol in found]}"
    assert PLAIN[0] in written(file), "the number is not there as text"
    cell = cells(stock)[0] if stock in SHEETS else (0, 0, *ROLLS[stock][0])
    middle = found[0].position.top_left.y + found[0].position.bottom_left.y
    row = picture.grey[middle // 2, round((BLEED + cell[0]) * DOTS) : round((BLEED + cell[2]) * DOTS)] < 128
    changes = np.flatnonzero(np.diff(row)) + 1
    module = np.diff(changes).min() / DOTS
    white = min(changes[0], len(row) - changes[-1]) / DOTS
    wanted = f"ten modules are {10 * module:.1f} mm"
    assert white > 10 * module - 0.1, f"the bars have {white:.1f} mm of white beside them, {wanted}"
    return f"modules of {module:.2f} mm"


def check_flag(press, stock):
    (width, height), *_ = ROLLS[stock]
    file = press.label(PLAIN[0], "--stock", stock, "--layout", "flag")
    [(picture, _)] = pictures(file)
    found = sorted(symbols(picture), key=lambda symbol: symbol.box[0])
    assert [symbol.text for symbol in found] == [address(PLAIN[0])] * 2, f"{len(found)} symbols are read of two"
    assert written(file).count(PLAIN[0]) == 2, "the number is not there twice"
    for symbol in found:
        check_within(symbol, (0, 0, width, height), quiet(width, height))
        check_white(picture, symbol, quiet(width, height))
    free, middle = (picture.part(0, 0, width, height) == 255).all(axis=0), round(width / 2 * DOTS)
    stretch = (int(np.argmin(free[middle:])) + int(np.argmin(free[:middle][::-1]))) / DOTS if free[middle] else 0.0
    assert stretch >= min(10.0, 0.2 * width), f"{stretch:.1f} mm are free for the cable"
    return f"{stretch:.1f} mm of {width} are free for the cable"


def check_tiny(press):
    stock = "avery-l4731rev"
    all_cells = cells(stock)[:7]
    file = press.label(*PLAIN[:7], "--stock", stock, "--layout", "tiny")
    [(picture, _)] = pictures(file)
    found = placed(picture, all_cells)
    check_texts(found, PLAIN[:7])
    check_between(picture, all_cells)
    for index, symbol in found.items():
        check_edges(picture, all_cells[index])
        check_within(symbol, all_cells[index], 2)
        check_white(picture, symbol, 2)
    text = written(file)
    assert all(number in text for number in PLAIN[:7]), "a number is not there as text"
    assert "Sony" not in text, "the name is there"
    return f"modules of {found[0].module:.2f} mm"


def check_svg(press):
    text = press.label(PLAIN[0], ending="svg").read_text()
    assert re.search(r'<svg[^>]* width="210mm" height="297mm" viewBox="0 0 210 297"', text), "it is not as large as its page"
    assert PLAIN[0] in text


# Runs a program from a small process: the memory of a process counts for those that it starts.
STARTER = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def measured(press, file, *words):
    """Prints, and gives the seconds and the most memory in MiB that it took."""
    command = [press.tagbook, "-C", press.folder / press.register, "label", *words, "--output", file]
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", STARTER, *command], capture_output=True, text=True)
    assert done.returncode == 0, f"tagbook label ends with {done.returncode}: {done.stderr.strip()}"
    return time.monotonic() - began, int(done.stdout) / 1024


def check_many(press):
    numbers = [f"CAM-{index:05}" for index in range(1, 10_001)]
    press = Press(press.tagbook, press.folder, "many")
    write_register(press.folder / "many", {number: "Sony FX3, body with cage" for number in numbers})
    few, many = press.folder / "few.pdf", press.folder / "many.pdf"
    _, small = measured(press, few, *numbers[:1000])
    seconds, large = measured(press, many)
    with pdfium.PdfDocument(many) as document:
        assert len(document) == 477, f"{len(document)} pages"
        assert numbers[-1] in folded(document[476].get_textpage().get_text_range()), "the last number is not on the last page"
    grown = (many.stat().st_size - few.stat().st_size) / 2**20
    figures = f"{seconds:.1f} s, {large:.0f} MiB for 10,000 and {small:.0f} MiB for 1,000; the file grows by {grown:.1f} MiB"
    assert large - small <= 2 * grown + 60, figures
    return figures


def check_order(press, number):
    """The number is the largest on every stock, then the name, then what is below it."""
    problems = []
    for stock in [*SHEETS, *ROLLS]:
        try:
            drawing = press.label(number, "--stock", stock, ending="svg").read_text()
        except AssertionError as error:
            problems.append(f"{stock}: {error}")
            continue
        drawn = re.findall(r'font-size="([\d.]+)"[^>]*>([^<]*)<', drawing)
        starts = number.split("-")[0], "S", "Kit of"
        steps = [[float(size) for size, text in drawn if text.startswith(start)] for start in starts]
        steps = [max(step) for step in steps if step]
        if steps != sorted(steps, reverse=True):
            problems.append(f"{stock}: " + ", ".join(f"{size:.2f}" for size in steps) + " mm")
    assert not problems, "; ".join(problems)


def check_length(press):
    [(_, size)] = pictures(press.label(PLAIN[0], "--stock", "brother-tze-12", "--length", 33.5))
    check_size(size, (33.5, 12))
    done = press.run("label", PLAIN[0], "--stock", "avery-l7160", "--length", 33, "--output", press.folder / "none.pdf")
    assert done.returncode not in (0, 101) and "--length" in done.stderr, f"{done.returncode}: {done.stderr.strip()}"


def refused(done, *words):
    assert done.returncode == 1, f"it ends with {done.returncode}: {done.stderr.strip()}"
    for word in words:
        assert word in done.stderr, f"`{word}` is not said, but: {done.stderr.strip()}"
    assert "panicked" not in done.stderr


def check_too_long(press):
    out = ["--output", press.folder / "none.pdf"]
    long = "X" * 32
    refused(press.run("label", long, "--stock", "avery-l4731rev", "--layout", "tiny", *out), long, "does not fit")
    other = Press(press.tagbook, press.folder, "far")
    refused(other.run("label", PLAIN[0], "--stock", "avery-l4731rev", *out), "does not fit", "KIT.")
    assert not (press.folder / "none.pdf").exists(), "a file is written all the same"


def check_small_note(press):
    file = press.folder / "small.pdf"
    small = press.run("label", PLAIN[0], "--stock", "avery-l4731rev", "--output", file)
    assert small.returncode == 0 and "0.4 mm" in small.stderr, f"no note: {small.stderr.strip()}"
    large = press.run("label", PLAIN[0], "--stock", "avery-l7160", "--output", file)
    assert large.returncode == 0 and not large.stderr, f"a note for nothing: {large.stderr.strip()}"


def check_unknown(press):
    for typed, meant in (("avery-l7610", "avery-l7160"), ("zebra-2x2", "zebra-2x1"), ("dymo-99014x", "dymo-99014")):
        refused(press.run("label", PLAIN[0], "--stock", typed), typed, f"`{meant}`")


def check_skip_too_many(press):
    done = press.run("label", PLAIN[0], "--stock", "avery-l7160", "--skip", 21, "--output", press.folder / "none.pdf")
    assert done.returncode not in (0, 101) and "21" in done.stderr, f"{done.returncode}: {done.stderr.strip()}"


def check_custom(press):
    done = press.run("check")
    assert done.returncode == 0, f"tagbook check: {done.stdout}{done.stderr}"
    [(picture, size)] = pictures(press.label(*PLAIN[:4], "--stock", "ours"))
    check_size(size, (148, 210))
    own = [(10 + 64 * (index % 2), 12 + 42 * (index // 2)) for index in range(4)]
    own = [(x, y, x + 60, y + 40) for x, y in own]
    check_texts(placed(picture, own), PLAIN[:4])
    check_between(picture, own)


def check_overlap(press):
    done = Press(press.tagbook, press.folder, "overlap").run("check")
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "overlap" in said and "tagbook.toml" in said, f"{done.returncode}: {said.strip()}"


def custom_stock():
    """Stock of one's own: a sheet, and for every known sheet a single label of its size."""
    ours = 'page = [148, 210]\ncolumns = 2\nrows = 3\nwidth = 60\nheight = 40\nleft = 10\ntop = 12\npitch = [64, 42]\n'
    text = f"\n[labels.stocks.ours]\n{ours}"
    for stock, (_, _, (width, height), *_) in SHEETS.items():
        text += f"\n[labels.stocks.alone-{stock}]\nwidth = {width}\nheight = {height}\ndpi = 600\nmargin = 1.5\n"
    return text, f"\n[labels.stocks.wrong]\n{ours.replace('64', '59')}"


def registers(folder):
    names = dict.fromkeys(PLAIN, "Sony FX3, body with cage")
    names |= {f"ODD-{index:04}": name for index, name in enumerate(NASTY.values(), 1)}
    names |= {f"LNG-{index:04}": name for index, (_, name) in enumerate(LANGUAGES.values(), 1)}
    names |= {f"CJK-{index:04}": "佳能摄影机与镜头" for index in range(1, 61)}
    names |= {"X" * 32: "Sony FX3", "LENS-00123": "Sigma 35 mm"}
    custom, overlap = custom_stock()
    write_register(folder / "register", names, custom)
    write_register(folder / "overlap", {PLAIN[0]: "Sony FX3"}, overlap)
    write_register(folder / "far", {PLAIN[0]: "Sony FX3"})
    config = folder / "far/tagbook.toml"
    config.write_text(config.read_text().replace(BASE, f"https://kit.{'a' * 50}.{'b' * 50}.test/"))


def checks():
    """What is looked at: a title, a function and what it is told."""
    for stock in SHEETS:
        yield f"sheet {stock}", check_sheet, (stock,)
    yield "ruler", check_ruler, ()
    for stock in ROLLS:
        yield f"roll {stock}", check_roll, (stock,)
    for language, (font, _) in LANGUAGES.items():
        if has_font(font):
            yield f"name in {language}", check_language, (language,)
    if has_font("ar"):
        yield "name from the right with Latin words", check_direction, ()
    for stock in [*SHEETS, *ROLLS]:
        yield f"nasty names on {stock}", check_nasty, (stock,)
    if has_font("zh"):
        yield "fonts of the machine", check_speed, ()
    printers = ("avery-l7160", 600), ("brother-dk-11209", 300), ("brother-tze-24", 180), ("dymo-99012", 300)
    for stock, dpi in [*printers, ("zebra-2x1", 203)]:
        yield f"PNG {stock}", check_png, (stock, dpi, False)
    for stock, dpi in [("avery-l7160", 150), ("zebra-2x1", 300), ("brother-dk-11209", 1200)]:
        yield f"PNG {stock} at {dpi} dpi", check_png, (stock, dpi, True)
    for stock, dpi in [("zebra-2x1", 203), ("zebra-2x1-300", 300), ("brother-dk-11204", 300)]:
        yield f"ZPL {stock}", check_zpl, (stock, dpi, False)
    yield "ZPL zebra-2x1 at 600 dpi", check_zpl, ("zebra-2x1", 600, True)
    yield "SVG", check_svg, ()
    for stock in ("avery-l7160", "avery-l7651", "avery-l4731rev", "zebra-2x1", "brother-tze-24", "brother-dk-11204"):
        yield f"Data Matrix on {stock}", check_matrix, (stock,)
    for stock in ("avery-l7160", "avery-5160", "zebra-2x1", "brother-tze-24", "brother-dk-11209"):
        yield f"Code 128 on {stock}", check_bars, (stock,)
    for stock in ("brother-tze-12", "brother-tze-24", "zebra-2x1", "brother-dk-11209"):
        yield f"flag on {stock}", check_flag, (stock,)
    yield "tiny on avery-l4731rev", check_tiny, ()
    for number in (PLAIN[0], "LENS-00123"):
        yield f"sizes of type with {number}", check_order, (number,)
    yield "tape of another length", check_length, ()
    yield "what cannot fit", check_too_long, ()
    yield "note of small modules", check_small_note, ()
    yield "stock that is not known", check_unknown, ()
    yield "more skipped than there are", check_skip_too_many, ()
    yield "custom stock", check_custom, ()
    yield "custom stock that overlaps", check_overlap, ()
    yield "10,000 labels", check_many, ()


def attempt(title, check, press, words):
    try:
        return True, f"ok     {title}: {check(press, *words) or 'as it should be'}"
    except Exception as error:
        return False, f"FAILED {title}: {error or type(error).__name__}"


def main(tagbook):
    results = []
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
        press = Press(str(Path(tagbook).resolve()), Path(folder))
        registers(press.folder)
        waiting = [pool.submit(attempt, title, check, press, words) for title, check, words in checks()]
        for result in waiting:
            passed, line = result.result()
            results.append(passed)
            print(line, flush=True)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
