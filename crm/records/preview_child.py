"""Makes two small pictures of one uploaded picture or PDF inside a child process with hard limits.

Runs as a plain script (`python -I preview_child.py KIND`), never imported by web or worker and importing nothing of this
project: whatever a hostile file does to the decoder, it does to a process that may use 512 MB and 30 seconds of CPU and
cannot write a file. It reads the file from standard input and prints one line of JSON,

    {"pages": 3, "sizes": [2034, 48211]}     pages only of a PDF
    {"error": "too_large"}                   instead, when no picture can be made

and after it the bytes of the two pictures, as WebP. They are drawn anew: the turn that a camera notes in EXIF is carried
out, and nothing else of EXIF (place, device, time) goes along.
"""

import io
import json
import sys

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 30
SMALL, LARGE = 160, 1280
MOST_PIXELS = (
    50_000_000  # decoded; JPEGs are decoded at a fraction of their size, so that any camera's will do
)
MOST_SIDE = 60_000


def limit_resources() -> None:
    """Give up memory, CPU, file writing and core dumps beyond what a picture needs."""
    try:
        import resource
    except ImportError:  # not a Unix machine; the parent's clock still ends the process
        return
    for name, value in (
        ("RLIMIT_AS", MEMORY_BYTES),
        ("RLIMIT_CPU", CPU_SECONDS),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (ValueError, OSError, AttributeError):  # macOS refuses RLIMIT_AS
            continue


class Unpicturable(Exception):
    """No picture can be made of the file."""


def of_picture(content: bytes, formats=("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")):
    """The picture, turned upright, no larger than the larger of the two."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # our own check follows, before anything is decoded
    image = Image.open(io.BytesIO(content), formats=formats)
    if max(image.size) > MOST_SIDE:
        raise Unpicturable("too_large")
    image.draft("RGB", (LARGE, LARGE))
    if image.size[0] * image.size[1] > MOST_PIXELS:
        raise Unpicturable("too_large")
    image.thumbnail((LARGE, LARGE), reducing_gap=2.0)
    return ImageOps.exif_transpose(image), None


def of_heic(content: bytes):
    """The picture of a phone that saves HEIC, which the decoder turns upright itself."""
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = 1  # each would take room from the little there is
    pillow_heif.register_heif_opener(thumbnails=False)
    return of_picture(content, formats=("HEIF",))


def of_pdf(content: bytes):
    """The first page of a PDF, and how many it has."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    if not len(document):
        raise Unpicturable("empty")
    page = document[0]
    width, height = page.get_size()
    if not (0 < width < MOST_SIDE and 0 < height < MOST_SIDE):
        raise Unpicturable("too_large")
    bitmap = page.render(scale=LARGE / max(width, height), may_draw_forms=False)
    return bitmap.to_pil(), len(document)


DRAWN_BY = {"pdf": of_pdf, "heic": of_heic, "picture": of_picture}


def drawn(image, side: int) -> bytes:
    """A picture no larger than `side`, as WebP without anything but its pixels."""
    copy = image.copy()
    copy.thumbnail((side, side))
    copy = copy.convert("RGBA" if "A" in copy.getbands() or "transparency" in copy.info else "RGB")
    copy.info = {}
    out = io.BytesIO()
    copy.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def main() -> int:
    limit_resources()
    content = sys.stdin.buffer.read()
    out = sys.stdout.buffer
    try:
        image, pages = DRAWN_BY[sys.argv[1]](content)
        small, large = drawn(image, SMALL), drawn(image, LARGE)
    except Unpicturable as error:
        out.write(json.dumps({"error": str(error)}).encode() + b"\n")
    except MemoryError:
        out.write(b'{"error": "too_heavy"}\n')
    except Exception as error:  # whatever a decoder says about a broken file
        out.write(json.dumps({"error": type(error).__name__}).encode() + b"\n")
    else:
        out.write(
            json.dumps({"pages": pages, "sizes": [len(small), len(large)]}).encode() + b"\n" + small + large
        )
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
