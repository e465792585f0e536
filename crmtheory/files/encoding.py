"""Which encoding a text file is in: UTF-8, UTF-16 with a mark, or GB18030, told from its bytes.

GB18030 (which holds GBK and GB2312) is what Excel and many Chinese systems write. Nearly any bytes can be read
as GB18030, also Western text in a Windows code page; but there a letter with an accent stands alone, while
Chinese text comes in pairs of high bytes.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
from pathlib import Path
from typing import BinaryIO, NamedTuple

from crmtheory.errors import SchemaError, unknown

CHUNK = 1 << 20
SAMPLE = 1 << 24  # bytes of a compressed file that are looked at
PAIRS = 0.9  # share of the high bytes that must come in pairs as in Chinese text
COMMON = (
    "utf-8",
    "utf-16",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-kr",
    "cp1250",
    "cp1251",
    "cp1252",
    "latin-1",
)


class Checked(NamedTuple):
    """The checksum of a file, and its encoding (None for bytes that are no UTF-8 and not Chinese)."""

    sha256: str
    encoding: str | None


def check(path: Path, packed: bool, text: bool) -> Checked:
    """Read a file once for its checksum and, when it is text, for its encoding."""
    sha256 = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid = True
    with path.open("rb") as handle:
        head = handle.read(4)
        handle.seek(0)
        while chunk := handle.read(CHUNK):
            sha256.update(chunk)
            if text and valid and not packed:
                valid = _decodes(decoder, chunk)
    if not text:
        return Checked(sha256.hexdigest(), None)
    if packed:
        with gzip.open(path) as handle:
            sample = handle.read(SAMPLE)
        head, valid = sample[:4], _decodes(decoder, sample)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return Checked(sha256.hexdigest(), "utf-32")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Checked(sha256.hexdigest(), "utf-16")
    if valid:
        return Checked(sha256.hexdigest(), "utf-8")
    with _opened(path, packed) as handle:
        return Checked(sha256.hexdigest(), "gb18030" if _is_chinese(handle) else None)


def known(encoding: str) -> str:
    """The name of an encoding as Python spells it.

    >>> known("GBK"), known("UTF8")
    ('gbk', 'utf-8')
    """
    try:
        "x".encode(encoding)  # base64 and the like are no encodings of text
        return codecs.lookup(encoding).name.replace("utf-8-sig", "utf-8")
    except (LookupError, TypeError):
        raise SchemaError(unknown("encoding", encoding, COMMON)) from None


def transcode(path: Path, packed: bool, encoding: str, target: Path) -> None:
    """Write the text of a file to `target` in UTF-8. ValueError (UnicodeError) when it is not so encoded."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with _opened(path, packed) as source, target.open("wb") as out:
        while chunk := source.read(CHUNK):
            out.write(decoder.decode(chunk).encode("utf-8"))
        out.write(decoder.decode(b"", final=True).encode("utf-8"))


def _opened(path: Path, packed: bool) -> BinaryIO:
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    # Plain ASCII, unless a character was cut at the end of the chunk before, needs no decoding.
    if chunk.isascii() and not decoder.getstate()[0]:
        return True
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(handle: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("gb18030")()
    high = paired = 0
    while chunk := handle.read(CHUNK):
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
        for character in filter(lambda c: c > "\x7f", text if len(text) < 200_000 else text[:200_000]):
            code = character.encode("gb18030")
            high += 1
            # Four bytes, two of them digits at their places, are hardly ever anything but GB18030.
            paired += len(code) == 4 or (len(code) == 2 and code[0] >= 0xA1 and code[1] >= 0xA1)
    return high > 0 and paired >= PAIRS * high
