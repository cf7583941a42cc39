"""Presses a screenshot into a small file: a palette of common colours, everything else takes the nearest."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

from playwright.sync_api import Page

_COLOURS: Final = 96
_APART: Final = 60
"""How far from each other they are at least, squared: greys at the edges of letters leave room for rare colours."""
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_COUNT: Final = """async ([picture, most, apart]) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const far = ([r, g, b]) => known.map(([x, y, z]) => (x - r) ** 2 + (y - g) ** 2 + (z - b) ** 2);
  const palette = [], known = [];
  for (const [pixel] of [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    if (palette.length < most && far(parts(pixel)).every((one) => one >= apart)) {
      palette.push(pixel);
      known.push(parts(pixel));
    }
  }
  const places = new Map(palette.map((pixel, n) => [pixel, n]));
  for (const pixel of counts.keys()) {
    if (places.has(pixel)) continue;
    const found = far(parts(pixel));
    places.set(pixel, found.indexOf(Math.min(...found)));
  }
  let text = '';
  for (const pixel of pixels) text += String.fromCharCode(places.get(pixel));
  return { width: bitmap.width, height: bitmap.height, palette: known.flat(), indices: btoa(text) };
}"""


def press(desk: Page, picture: bytes) -> bytes:
    """The picture as a PNG with a palette; `desk` is an empty page to count on."""
    found = desk.evaluate(_COUNT, [base64.b64encode(picture).decode(), _COLOURS, _APART])
    width, height, rows = found["width"], found["height"], base64.b64decode(found["indices"])
    lines = b"".join(b"\0" + rows[at : at + width] for at in range(0, width * height, width))
    return _SIGNATURE + b"".join(
        _chunk(*part)
        for part in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", bytes(found["palette"])),
            (b"IDAT", zlib.compress(lines, 9)),
            (b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
