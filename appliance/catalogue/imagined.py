"""A WebAPI for a simulated front desk: below the real client, on a loopback port, in the real one's shapes.

What it lists are series that BPS offices publish every year; covers and texts are drawn and say that they are
examples.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import img2pdf
from PIL import Image, ImageDraw

from appliance.catalogue.settings import Domain

KEY: Final = "contoh"
_YEARS: Final = range(2012, 2027)
_SERIES: Final = (
    ("{name} Dalam Angka {year}", "Data pokok wilayah, penduduk, sosial, dan ekonomi."),
    ("Statistik Daerah {name} {year}", "Ringkasan keadaan daerah dengan ulasan singkat."),
    ("Indikator Kesejahteraan Rakyat {name} {year}", "Kependudukan, kesehatan, pendidikan, dan kemiskinan."),
    ("Produk Domestik Regional Bruto {name} Menurut Lapangan Usaha {year}", "PDRB menurut lapangan usaha."),
    ("Profil Kemiskinan {name} {year}", "Jumlah dan persentase penduduk miskin."),
    ("Keadaan Angkatan Kerja {name} {year}", "Hasil Sakernas tentang angkatan kerja dan pengangguran."),
    ("Inflasi dan Harga Konsumen {name} {year}", "Perkembangan indeks harga konsumen."),
    ("Statistik Pertanian {name} {year}", "Tanaman pangan, hortikultura, perkebunan, dan peternakan."),
)
_LIST: Final = re.compile(
    r"/list/model/publication/lang/ind/domain/(\d{4})/page/(\d+)/perpage/(\d+)/key/(\w*)/"
)
_VIEW: Final = re.compile(r"/view/model/publication/lang/ind/domain/(\d{4})/id/(\w+)/key/(\w*)/")
_FILE: Final = re.compile(r"/(cover|text)/(\w+)")


@dataclass(frozen=True, slots=True)
class Imagined:
    """The API while it runs."""

    url: str


@contextmanager
def imagined(domains: Sequence[Domain]) -> Iterator[Imagined]:
    """Serve for as long as the `with` lasts. Raises OSError."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    address = f"http://127.0.0.1:{server.server_port}"
    server.shelves = {domain.id: _publications(domain, address) for domain in domains}  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, name="imagined web api", daemon=True)
    thread.start()
    try:
        yield Imagined(address)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _publications(domain: Domain, address: str) -> list[dict[str, Any]]:
    made = []
    for year in _YEARS:
        for number, (title, abstract) in enumerate(_SERIES):
            text = title.format(name=domain.name, year=year)
            name = hashlib.sha256(f"{domain.id}{text}".encode()).hexdigest()[:24]
            made.append(
                {
                    "pub_id": name,
                    "title": text,
                    "abstract": f"<p>{abstract}</p>",
                    "issn": "-",
                    "rl_date": f"{year}-{2 + number:02d}-28",
                    "cover": f"{address}/cover/{name}",
                    "pdf": f"{address}/text/{name}",
                    "size": "0.1 MB",
                }
            )
    return made


class _Handler(BaseHTTPRequestHandler):
    """Answers as the real API does."""

    def do_GET(self) -> None:
        """One request."""
        shelves: dict[str, list[dict[str, Any]]] = self.server.shelves  # type: ignore[attr-defined]
        if found := _LIST.fullmatch(self.path):
            domain, page, per_page, key = found[1], int(found[2]), int(found[3]), found[4]
            self._say(key, _page(shelves.get(domain, []), page, per_page))
        elif found := _VIEW.fullmatch(self.path):
            rows = (row for row in shelves.get(found[1], []) if row["pub_id"] == found[2])
            self._say(found[3], _detail(next(rows, None)))
        elif found := _FILE.fullmatch(self.path):
            titles = {row["pub_id"]: row["title"] for rows in shelves.values() for row in rows}
            title = titles.get(found[2])
            content = _draw(title, pages=3 if found[1] == "text" else 0) if title else b""
            self._send(200 if content else 404, content, "application/octet-stream")
        else:
            self._send(404, b"", "text/plain")

    def _say(self, key: str, answer: dict[str, Any]) -> None:
        if key != KEY:
            answer = {"status": "Error", "message": "API key is not valid"}
        self._send(200, json.dumps(answer).encode(), "application/json")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the address holds the key."""


def _page(rows: list[dict[str, Any]], page: int, per_page: int) -> dict[str, Any]:
    shown = rows[(page - 1) * per_page : page * per_page]
    if not shown:
        return {"status": "OK", "data-availability": "list-not-available", "data": ""}
    pages = -(-len(rows) // per_page)
    head = {"page": page, "pages": pages, "per_page": per_page, "count": len(shown), "total": len(rows)}
    return {"status": "OK", "data-availability": "available", "data": [head, shown]}


def _detail(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"status": "OK", "data-availability": "not-available", "data": ""}
    return {"status": "OK", "data-availability": "available", "data": {**row, "related": []}}


@cache
def _draw(title: str, pages: int) -> bytes:
    """A cover as JPEG (`pages` 0), or a PDF of so many pages."""
    hue = int(hashlib.sha256(title.rsplit(" ", 1)[0].encode()).hexdigest()[:2], 16)
    drawn = [_sheet(title, number, hue) for number in range(max(1, pages))]
    if not pages:
        return drawn[0]
    made: bytes = img2pdf.convert(drawn)
    return made


def _sheet(title: str, number: int, hue: int) -> bytes:
    picture = Image.new("RGB", (600, 850), (20, 60 + hue // 3, 120) if number == 0 else "white")
    pen = ImageDraw.Draw(picture)
    ink = "white" if number == 0 else "black"
    for row, line in enumerate(_lines(title)):
        pen.text((60, 140 + 48 * row), line, fill=ink, font_size=38)
    pen.text((60, 60), "BADAN PUSAT STATISTIK", fill=ink, font_size=22)
    below = "Contoh, bukan publikasi" if number == 0 else f"Halaman contoh {number + 1}"
    pen.text((60, 770), below, fill=ink, font_size=22)
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=85)
    return made.getvalue()


def _lines(title: str, width: int = 24) -> list[str]:
    lines = [""]
    for word in title.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
