"""Attachments of strangers become pictures of ours in a process that can do nothing else."""

import io
import os
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image, PngImagePlugin

from ingest import picture, picture_child
from ingest.picture import Wanted, draw, kind_of
from rules.errors import Refused
from tests.api.attachment_samples import FORMATS, HELD_SIDEWAYS, image, opened, pdf


def in_process(data: bytes, *, page: int = 1, side: int = 400, turn: int = 0) -> Image.Image:
    """Drawn without the process around it: the same code, a twentieth of the time."""
    answer = picture_child.drawn(data, kind_of(data) or "", page=page, side_px=side, turn=turn)
    return opened(answer.partition(b"\n")[2])


def refusal(data: bytes, *, page: int = 1) -> str:
    with pytest.raises(picture_child.Unfit) as caught:
        in_process(data, page=page)
    return str(caught.value.args[0])


def code_of(data: bytes, *, page: int = 1) -> str:
    with pytest.raises(Refused) as caught:
        draw(data, Wanted(page=page, side_px=64))
    return caught.value.code


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head)
        + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")
    )  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
def test_each_kind_of_picture_is_drawn(kind: str) -> None:
    drawn = in_process(image(kind))
    assert drawn.size == (60, 40)
    red, _, blue = drawn.getpixel((5, 20))
    assert (red > 200, blue < 60) == (True, True)


def test_a_photo_is_turned_as_its_camera_was_held() -> None:
    upright = in_process(image("JPEG", turned=HELD_SIDEWAYS))
    assert upright.size == (40, 60)
    # What the bytes have on the left is on top now.
    assert upright.getpixel((20, 5))[0] > 200


def test_a_clerk_may_turn_it_further() -> None:
    assert in_process(image("JPEG"), turn=90).size == (40, 60)
    assert in_process(image("JPEG"), turn=90).getpixel((20, 5))[0] > 200
    assert in_process(image("JPEG"), turn=180).getpixel((55, 20))[0] > 200


def test_nothing_of_the_senders_metadata_comes_along() -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "secret place")
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG", pnginfo=told)
    answer = picture_child.drawn(out.getvalue(), "png", page=1, side_px=64, turn=0)
    assert b"secret" in out.getvalue()
    assert b"secret" not in answer
    assert b"Exif" not in picture_child.drawn(
        image("JPEG", turned=HELD_SIDEWAYS), "jpeg", page=1, side_px=64, turn=0
    )


def test_what_is_seen_through_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(out, "PNG")
    assert in_process(out.getvalue()).getpixel((4, 4)) == (255, 255, 255)


def test_pages_of_a_scan_and_of_a_pdf_are_counted_and_drawn() -> None:
    assert draw(image("TIFF", pages=3), Wanted(page=3)).pages == 3
    told = draw(pdf(12), Wanted(page=10, side_px=64))
    assert told.pages == 12
    with Image.open(io.BytesIO(told.png)) as drawn_page:
        assert (drawn_page.format, max(drawn_page.size)) == ("PNG", 64)


def test_a_page_that_is_not_there_is_said_so() -> None:
    assert refusal(pdf(1), page=2) == "page"
    assert refusal(image("TIFF"), page=2) == "page"
    assert code_of(pdf(1), page=11) == "picture.page"


def test_large_is_refused_by_what_the_head_says_before_a_pixel_is_made() -> None:
    assert code_of(png_bomb(60_000, 60_000)) == "picture.large"
    assert refusal(png_bomb(8_001, 8_000)) == "large"


def test_a_file_over_the_limit_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "INPUT_BYTES_MAX", 10)
    monkeypatch.setattr(picture, "_run", lambda *_: pytest.fail("started"))
    assert code_of(image()) == "picture.large"


@pytest.mark.parametrize(
    "data",
    [
        image("JPEG")[:100],
        image("PNG")[:50],
        b"GIF89a\x00",
        b"II*\x00\xff\xff\xff\xff",
        b"RIFF\x00\x00\x00\x00WEBPVP8 \xff\xff\xff\xff",
        b"%PDF-1.7\n%%EOF",
        png_bomb(100, 100),
    ],
    ids=["jpeg", "png", "gif", "tiff", "webp", "pdf", "short"],
)
def test_what_is_broken_is_said_so_and_nothing_else(data: bytes) -> None:
    assert refusal(data) == "damaged"


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"<html>%PDF-1.7",
        b"MZ\x90\x00",
        b"\x00\x00\x00\x18ftypheic",
        b"PK\x03\x04",
        b"",
    ],
    ids=["svg", "html", "exe", "heic", "docx", "nothing"],
)
def test_other_kinds_are_not_drawn_whatever_they_are_called(data: bytes) -> None:
    assert code_of(data) == "picture.kind"


def test_a_locked_pdf_says_that_it_wants_a_password() -> None:
    locked = pdf().replace(
        b"trailer\n<<",
        b"trailer\n<</ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<"
        + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>",
    )  # fmt: skip
    assert b"/Encrypt" in locked
    assert refusal(locked) == "locked"


def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "SECONDS_MAX", 0.001)
    assert code_of(image()) == "picture.slow"


PROBE = """
import os, socket, sys
from ingest import picture_child
picture_child.lock()
said = []
for name, act in {
    "file": lambda: open("/etc/passwd"),
    "socket": socket.socket,
    "pipe": os.pipe,
    "memory": lambda: bytearray(2_000_000_000),
    "root": lambda: os.setuid(0) if os.getuid() else None,
    "lift": lambda: __import__("resource").setrlimit(7, (99, 99)),
}.items():
    try:
        act()
        said.append(name)
    except (OSError, ValueError, MemoryError):
        pass
sys.stdout.write(",".join(said) or "nothing")
"""


def test_the_process_can_open_no_file_and_no_socket_and_not_lift_its_limits() -> None:
    found = subprocess.run(
        [sys.executable, "-I", "-c", PROBE], capture_output=True, check=False, timeout=60
    )
    able = set(found.stdout.decode().split(","))
    if os.geteuid() != 0:
        # Who is not root has no account to become; "root" is then refused too.
        assert able == {"nothing"}
    assert able in ({"nothing"}, {"root"}), found.stderr.decode()[-400:]


def test_what_a_process_says_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in (b"", b"[]\n", b'{"pages": 1}\n<html>', b'{"code": "no.such"}\n', b"\xff\n"):
        monkeypatch.setattr(
            picture, "_run", lambda _order, _given, answered, said=said: os.write(answered, said)
        )
        assert code_of(image()) == "picture.damaged"
