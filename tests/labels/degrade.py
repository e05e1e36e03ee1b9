"""What happens to a label between the printer and the phone: some forty ways in which its picture gets worse, from fixed seeds.

Each takes a picture in grey and its pixels a millimetre: what is done to it has a size on the label.
"""

import cv2
import numpy as np

WHITE = 255


def _noise(seed):
    return np.random.default_rng(seed)


def scaled(per_mm):
    """From so far away that a millimetre has as few pixels as this."""

    def apply(picture, mm):
        factor = per_mm / mm
        size = (max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor)))
        return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)

    return apply


def blurred(sigma):
    """Out of focus, by so many millimetres."""
    return lambda picture, mm: cv2.GaussianBlur(picture, (0, 0), sigma * mm)


def shaken(way, degrees):
    """Moved by so many millimetres while it was taken."""

    def apply(picture, mm):
        length = max(3, int(way * mm) | 1)
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2, :] = 1.0
        turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), degrees, 1)
        kernel = cv2.warpAffine(kernel, turn, (length, length))
        return cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)

    return apply


def turned(degrees):
    def apply(picture, mm):
        height, width = picture.shape
        side = int(np.hypot(width, height)) + 2
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        matrix[:, 2] += ((side - width) / 2, (side - height) / 2)
        return cv2.warpAffine(picture, matrix, (side, side), borderValue=WHITE)

    return apply


def tilted(degrees, around="x"):
    """Seen from the side: the plane turned around one of its axes, from four widths away."""

    def apply(picture, mm):
        height, width = picture.shape
        angle, far = np.radians(degrees), 4.0 * max(width, height)
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float) * (width / 2, height / 2)
        seen = []
        for x, y in corners:
            along = y if around == "x" else x
            depth = far + along * np.sin(angle)
            x, y = (x, y * np.cos(angle)) if around == "x" else (x * np.cos(angle), y)
            seen.append((x * far / depth, y * far / depth))
        seen = np.array(seen, np.float32)
        seen -= seen.min(axis=0) - 8
        size = np.ceil(seen.max(axis=0) + 8).astype(int)
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        matrix = cv2.getPerspectiveTransform(source, seen)
        return cv2.warpPerspective(picture, matrix, tuple(int(side) for side in size), flags=cv2.INTER_AREA, borderValue=WHITE)

    return apply


def faded(black, white=WHITE):
    """Black and white are nearer to each other."""
    return lambda picture, mm: (black + picture.astype(np.float32) * (white - black) / 255).astype(np.uint8)


def shaded(dark):
    """Light from one side, a shadow on the other."""

    def apply(picture, mm):
        ramp = np.linspace(1.0, dark, picture.shape[1], dtype=np.float32)
        return (picture * ramp[None, :]).astype(np.uint8)

    return apply


def shining(strength, seed):
    """A lamp that shines in the varnish."""

    def apply(picture, mm):
        height, width = picture.shape
        x, y = _noise(seed).uniform((0.1 * width, 0.2 * height), (0.5 * width, 0.8 * height))
        yy, xx = np.mgrid[0:height, 0:width]
        spot = np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * (0.16 * height) ** 2))
        return np.clip(picture + spot * strength * 255, 0, 255).astype(np.uint8)

    return apply


def grainy(sigma, seed):
    def apply(picture, mm):
        noise = _noise(seed).normal(0, sigma, picture.shape)
        return np.clip(picture + noise, 0, 255).astype(np.uint8)

    return apply


def dirty(share, seed, shade=60):
    """Specks of half a millimetre to one and a half that cover this share of the label."""

    def apply(picture, mm):
        picture, chance = picture.copy(), _noise(seed)
        height, width = picture.shape
        covered, wanted = 0.0, share * height * width
        while covered < wanted:
            radius = max(1, int(mm * chance.uniform(0.25, 0.75)))
            centre = (int(chance.uniform(0, width)), int(chance.uniform(0, height)))
            cv2.circle(picture, centre, radius, int(shade), -1)
            covered += np.pi * radius**2
        return picture

    return apply


def scratched(count, seed, shade=WHITE):
    def apply(picture, mm):
        picture, chance = picture.copy(), _noise(seed)
        height, width = picture.shape
        for _ in range(count):
            ends = chance.uniform((0, 0, 0, 0), (width, height, width, height)).astype(int)
            cv2.line(picture, tuple(map(int, ends[:2])), tuple(map(int, ends[2:])), int(shade), max(1, int(mm * 0.35)))
        return picture

    return apply


def torn(corner, share):
    """A corner of the label is off."""

    def apply(picture, mm):
        picture = picture.copy()
        height, width = picture.shape
        side = int(share * height)
        x, y = (0 if "left" in corner else width), (0 if "top" in corner else height)
        sx, sy = (1 if x == 0 else -1), (1 if y == 0 else -1)
        cv2.fillPoly(picture, [np.array([[x, y], [x + sx * side, y], [x, y + sy * side]])], 200)
        return picture

    return apply


def rolled(radii):
    """Around a tube whose radius is so many heights of the label, turned so that the symbol at the left faces the camera."""

    def apply(picture, mm):
        height, width = picture.shape
        radius = radii * height
        span = min(np.pi * 0.9 * radius, width)
        half = np.sin(span / 2 / radius) * radius
        xs = np.linspace(-half, half, int(2 * half))
        source = np.arcsin(xs / radius) * radius + height / 2
        mx, my = np.meshgrid(source.astype(np.float32), np.arange(height, dtype=np.float32))
        return cv2.remap(picture, mx, my, cv2.INTER_LINEAR, borderValue=WHITE)

    return apply


def thick(spread):
    """Ink that spreads by so many millimetres, or where negative, that does not reach the edges."""

    def apply(picture, mm):
        size = max(1, round(abs(spread) * 2 * mm))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        return cv2.erode(picture, kernel) if spread > 0 else cv2.dilate(picture, kernel)

    return apply


def squeezed(quality):
    def apply(picture, mm):
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)

    return apply


def chain(*steps):
    def apply(picture, mm):
        for step in steps:
            picture = step(picture, mm)
        return picture

    return apply


def certain():
    """Those that every label is to stand: clean, rotated, tilted up to 45 degrees, faded, mildly blurred."""
    return {
        "clean": chain(),
        "turned 7": turned(7),
        "turned 30": turned(30),
        "turned 45": turned(45),
        "turned 90": turned(90),
        "turned 180": turned(180),
        "tilted 20": tilted(20),
        "tilted 30 across": tilted(30, "y"),
        "tilted 45": tilted(45),
        "tilted 45 across": tilted(45, "y"),
        "faded": faded(90, 220),
        "pale": faded(140, 240),
        "blurred a little": blurred(0.12),
        "blurred": blurred(0.2),
    }


def hard(chance):
    """What may be too much; dirt and light fall elsewhere by every `chance`."""
    return {
        "blurred more": blurred(0.25),
        "blurred much": blurred(0.3),
        "blurred very much": blurred(0.36),
        "shaken": shaken(0.6, 0),
        "shaken aslant": shaken(0.9, 35),
        "tilted 55": tilted(55),
        "tilted 60 across": tilted(60, "y"),
        "from afar": scaled(4.0),
        "from farther away": scaled(3.0),
        "from much farther away": scaled(2.2),
        "in the shade": shaded(0.35),
        "in deep shade": shaded(0.15),
        "shining": shining(0.8, 1 + chance),
        "shining more": shining(1.0, 2 + chance),
        "grainy": grainy(35, 3 + chance),
        "very grainy": grainy(50, 4 + chance),
        "specks, 2 %": dirty(0.02, 5 + chance),
        "specks, 4 %": dirty(0.04, 6 + chance),
        "specks, 6 %": dirty(0.06, 7 + chance),
        "white specks, 3 %": dirty(0.03, 8 + chance, WHITE),
        "scratched": scratched(6, 9 + chance),
        "scratched dark": scratched(4, 10 + chance, 40),
        "a corner off": torn("bottom right", 0.35),
        "the corner of the symbol off": torn("bottom left", 0.22),
        "around a tube": rolled(1.0),
        "around a thin tube": rolled(0.7),
        "ink that spreads": thick(0.12),
        "ink that lacks": thick(-0.12),
        "hardly any contrast": faded(170, 215),
        "squeezed": squeezed(12),
        "tilted, blurred and grainy": chain(tilted(40), blurred(0.2), grainy(25, 11 + chance)),
        "faded, specked and turned": chain(faded(110, 220), dirty(0.03, 12 + chance), turned(20)),
        "from afar, tilted and in the shade": chain(tilted(35, "y"), shaded(0.4), scaled(3.5)),
    }


def all_of(chance):
    return {**certain(), **hard(chance)}
