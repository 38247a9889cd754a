"""Reads the data that an HTML report carries for its script: profiler/collector/report_columns.h and report_data.h say what is in it."""
import base64
import json
import re
import zlib

NUMBERS, IDS, RISES = range(3)


def packed(page, name):
    """The bytes of a data element: base64 of raw deflate."""
    encoded = re.search(r'id="%s">([A-Za-z0-9+/=]*)</script>' % name, page).group(1)
    return zlib.decompress(base64.b64decode(encoded, validate=True), -15)


def column(planes, kind, count):
    """planes: their bytes, the low ones first."""
    numbers = [int.from_bytes(planes[i::count], "little") for i in range(count)]
    if kind == IDS:
        return [number - 1 for number in numbers]
    for i in range(1, count if kind == RISES else 0):
        numbers[i] += numbers[i - 1]
    return numbers


def read_report_data(page):
    """{"functions": {"name": [...], "line": [...]}, "sources": per file [(first line, text)...], ...}"""
    raw = packed(page, "profile-data")
    size = int.from_bytes(raw[-4:], "little")
    data = json.loads(raw[-4 - size:-4].decode("utf-8"))
    at = 0
    for name, kind, count, planes in data["columns"]:
        table, field = name.split(".")
        piece = raw[at:at + count * planes]
        data.setdefault(table, {})[field] = piece if name == "pieces.text" else column(piece, kind, count)
        at += count * planes
    if at != len(raw) - 4 - size:
        raise ValueError("%d bytes of columns, %d are told" % (len(raw) - 4 - size, at))
    data["sources"] = [[] for _ in data["files"]["path"]]
    begin = 0
    for file, line, count in zip(*(data["pieces"][field] for field in ("file", "line", "bytes"))):
        data["sources"][file].append((line, data["pieces"]["text"][begin:begin + count].decode("utf-8", "replace")))
        begin += count
    return data
