"""Three decoders that know nothing of each other."""

import cv2
import zxingcpp
from pyzbar import pyzbar


def zxing(picture):
    return {found.text for found in zxingcpp.read_barcodes(picture)}


def zbar(picture):
    return {found.data.decode("utf-8", "replace") for found in pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])}


_OPENCV = cv2.QRCodeDetector()


def opencv(picture):
    try:
        text, _, _ = _OPENCV.detectAndDecode(picture)
    except cv2.error:
        return set()
    return {text} if text else set()


DECODERS = {"zxing": zxing, "zbar": zbar, "opencv": opencv}
