"""Reads printed documents back: packing lists and hand-over sheets with names in several scripts, by a PDF renderer.

    documents.py TAGBOOK    the program that prints

Ends with 1 where something that must stand on a page does not, or where a page is not drawn as it should be.
"""

import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import pypdfium2 as pdfium

# A4 in points.
A4 = (595.28, 841.89)

# Where the column of numbers ends at the latest, in points.
NUMBERS_END = 140

NAMES = [
    "Kamera Zażółć gęślą jaźń",
    "マミヤ RB67 プロSD",
    "فانوس نحاسي",
    "Großformat-Gegenlichtblende 114 mm",
    "Кинокамера Красногорск-3",
]
LEAD = "Łucja Dąbrowska"
ROWS = 60


def register(folder):
    (folder / "tagbook.toml").write_text(
        'title = "Kit of Nord"\nbase_url = "https://kit.nord.test/"\ncontact = "kit@nord.test, +49 30 5550 123"\n'
        'timezone = "Europe/Berlin"\n[site]\naudience = "team"\n'
    )
    (folder / "categories.toml").write_text('[camera]\nname = "Cameras"\n')
    (folder / "people").mkdir()
    (folder / "people" / "lucja.toml").write_text(f'name = "{LEAD}"\n')
    (folder / "jobs").mkdir()
    (folder / "jobs" / "nord.toml").write_text(
        'title = "Nord, świąteczny film"\nfrom = 2026-12-07\nuntil = 2026-12-11\nlead = "lucja"\n'
    )
    for row in range(ROWS):
        asset = folder / "assets" / f"CAM-{row:04}"
        (asset / "log").mkdir(parents=True)
        (asset / "asset.toml").write_text(
            f'name = "{NAMES[row % len(NAMES)]}"\ncategory = "camera"\nserial = "S-{row:04}"\n'
            f'replacement_value = "{100 + row}.50 EUR"\ncontents = ["2 batteries", "charger"]\n'
        )
        (asset / "log" / "e.toml").write_text(
            f'[[event]]\nid = "e{row:07}"\nat = 2026-11-20T08:00:00Z\nkind = "checkout"\nby = "lucja"\nto = "lucja"\n'
            'job = "nord"\ndue = 2026-12-11\n'
        )


def letters(text):
    """The letters of a text in no order: what is read from the right is drawn from the left."""
    return sorted(c for c in unicodedata.normalize("NFKC", text) if not c.isspace())


def as_drawn(text, end):
    """What stands before `end`, line by line from the left: a renderer turns lines around in which a name is read from the right."""
    characters = []
    for at in range(text.count_chars()):
        left, bottom, right, _ = text.get_charbox(at, loose=True)
        if right < end:
            characters.append((-round(bottom), left, text.get_text_range(at, 1)))
    return "".join(character for _, _, character in sorted(characters))


def problems(file, kind, heads, words):
    document = pdfium.PdfDocument(file)
    pages = [page.get_textpage().get_text_range() for page in document]
    numbers = "".join(as_drawn(page.get_textpage(), NUMBERS_END) for page in document)
    plain = ["".join(page.split()) for page in pages]
    whole = "".join(plain)
    found = []
    if len(pages) < 3:
        found.append(f"{len(pages)} pages of {ROWS} rows")
    for at, page in enumerate(plain):
        size = document[at].get_size()
        if any(abs(is_ - must) > 0.1 for is_, must in zip(size, A4)):
            found.append(f"page {at + 1} is {size} points large")
        if f"Page{at + 1}of{len(pages)}" not in page:
            found.append(f"page {at + 1} is not counted")
        if page.count("".join(heads.split())) != 1:
            found.append(f"page {at + 1} has no head: {heads}")
    found += [f"no CAM-{row:04}" for row in range(ROWS) if numbers.count(f"CAM-{row:04}") != 1]
    for word in words + [f"S-{row:04}" for row in range(ROWS)]:
        if "".join(word.split()) not in whole:
            found.append(f"no {word}")
    if "?" in whole:
        found.append("a character is not drawn")
    for name in NAMES:
        missing = [c for c in letters(name) if c not in unicodedata.normalize("NFKC", whole)]
        if missing:
            found.append(f"of {name} these are missing: {missing}")
    ink = document[0].render(scale=1, grayscale=True).to_numpy().min()
    if ink > 60:
        found.append("the first page is blank")
    return [f"{kind}: {problem}" for problem in found]


def main(tagbook):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "register"
        root.mkdir()
        register(root)
        run = lambda *words: subprocess.run([tagbook, "-C", root, *words], check=True, stdout=subprocess.DEVNULL)
        file = Path(folder) / "packing.pdf"
        run("jobs", "packing", "nord", "--at", "2026-11-23", "--output", file)
        run("build", "--at", "2026-11-23", "--audience", "team", "--out", Path(folder) / "site")
        total = sum(10050 + 100 * row for row in range(ROWS))
        total = f"{total // 100:,}.{total % 100:02} EUR"
        words = ["Packing list", "Nord, świąteczny film", LEAD, "+49 30 5550 123", total, "with 2 batteries, charger", "Handed over"]
        heads = "Number What it is Serial Value"
        found = problems(file, "packing list", heads, words)
        built = Path(folder) / "site" / "jobs" / "nord" / "packing.pdf"
        if file.read_bytes() != built.read_bytes():
            found.append("packing list: the site's is another than the command's")
        words = ["Hand-over sheet", f"{LEAD} has received the following from Kit of Nord.", total, "until 11 Dec 2026"]
        sheet = Path(folder) / "site" / "people" / "lucja" / "handover.pdf"
        found += problems(sheet, "hand-over sheet", f"{heads} Since Returned", words)
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"documents: {ROWS} rows in {len(NAMES)} scripts read back, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
