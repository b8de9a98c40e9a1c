"""Small pictures of files: made by a child with limits, from the row that waits for them."""

import io
import subprocess
import sys

import pillow_heif
import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from crm.events.actor import system
from crm.identity.tests.factories import actor
from crm.records import services
from crm.records.models import StoredFile
from crm.records.services import previews
from crm.records.tasks import make_previews

ORIENTATION, GPS = 0x0112, 0x8825


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 200), mode: str = "RGB", **values) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **values)
    return out.getvalue()


@pytest.fixture
def keep(company):
    def stored(name: str, content: bytes) -> StoredFile:
        upload = ContentFile(content, name=name)
        return services.store_upload(upload, user=company.sales1, actor=actor(company.sales1))

    return stored


def test_a_picture_gets_a_small_and_a_large_one(keep):
    stored = keep("a.png", picture(size=(4000, 2000)))
    assert stored.preview_state == StoredFile.WANTED
    assert make_previews() == 1
    stored.refresh_from_db()
    assert stored.preview_state == StoredFile.READY and stored.pages is None
    with stored.thumbnail.open() as small, stored.picture.open() as large:
        assert (Image.open(small).size, Image.open(large).size) == ((160, 80), (1280, 640))
    assert stored.thumbnail.name.startswith("preview/") and stored.thumbnail.name != stored.picture.name
    assert make_previews() == 0, "a second run finds nothing to do"


def test_a_pdf_shows_its_first_page_and_how_many_there_are(keep):
    out = io.BytesIO()
    page = Image.new("RGB", (200, 300), "white")
    page.save(out, "PDF", save_all=True, append_images=[page, page])
    stored = keep("a.pdf", out.getvalue())
    make_previews()
    stored.refresh_from_db()
    assert (stored.preview_state, stored.pages) == (StoredFile.READY, 3)


def test_a_photo_is_turned_upright_and_tells_no_place():
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera was held upright
    exif.get_ifd(GPS)[1] = "N"
    made = previews.pictures_of(picture("JPEG", (400, 200), exif=exif))
    shown = Image.open(io.BytesIO(made.large))
    assert shown.size == (200, 400)
    assert not shown.getexif() and b"EXIF" not in made.large and b"EXIF" not in made.small


def test_a_photo_of_a_phone_that_saves_heic(keep):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS)[1] = "N"
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (400, 200), "red")).save(out, exif=exif.tobytes())
    stored = keep("IMG_0042.HEIC", out.getvalue())
    make_previews()
    stored.refresh_from_db()
    assert stored.preview_state == StoredFile.READY
    with stored.picture.open("rb") as source:
        shown = Image.open(io.BytesIO(source.read()))
    assert shown.format == "WEBP" and shown.size == (200, 400) and not shown.getexif()
    broken = keep("half.heic", out.getvalue()[:300])
    make_previews()
    broken.refresh_from_db()
    assert broken.preview_state == StoredFile.FAILED


def test_51_a_picture_of_2_500_megapixels_is_never_decoded(keep):
    stored = keep("bomb.png", picture(size=(50_000, 50_000), mode="1"))
    make_previews()
    stored.refresh_from_db()
    assert stored.preview_state == StoredFile.FAILED and not stored.picture


@pytest.mark.parametrize(
    ("name", "content"),
    [("broken.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64), ("broken.pdf", b"%PDF-1.7\nnothing follows")],
)
def test_a_file_of_which_no_picture_can_be_made_keeps_its_icon(keep, name, content):
    stored = keep(name, content)
    assert make_previews() == 0
    stored.refresh_from_db()
    assert stored.preview_state == StoredFile.FAILED


def test_the_child_may_use_no_more_memory_than_it_was_given():
    hungry = "import sys; sys.argv = ['x', 'picture']; sys.path.insert(0, '.')\n"
    hungry += "from crm.records import preview_child as child\n"
    hungry += "child.DRAWN_BY['picture'] = lambda content: (bytearray(600 * 1024 * 1024), None)\nchild.main()"
    ended = subprocess.run([sys.executable, "-c", hungry], input=b"", capture_output=True, check=False)
    assert ended.stdout == b'{"error": "too_heavy"}\n'


def test_what_takes_too_long_is_tried_three_times_and_then_left(keep, monkeypatch):
    def forever(*_args, **_values):
        raise subprocess.TimeoutExpired("child", previews.SECONDS)

    monkeypatch.setattr(previews.subprocess, "run", forever)
    stored = keep("a.png", picture())
    tries = 0
    for turn in range(6):
        with time_machine.travel(timezone.now() + turn * 2 * previews.AGAIN_AFTER, tick=False):
            make_previews()
        stored.refresh_from_db()
        tries = max(tries, stored.preview_tries)
    assert (tries, stored.preview_state) == (3, StoredFile.FAILED)


def test_a_worker_that_dies_over_a_file_leaves_it_to_the_next(keep, monkeypatch):
    def killed(*_args, **_values):
        raise SystemExit

    stored = keep("a.png", picture())
    with monkeypatch.context() as patch:
        patch.setattr(previews, "pictures_of", killed)
        with pytest.raises(SystemExit):
            make_previews()
    assert make_previews() == 0, "not at once: somebody may still be at it"
    with time_machine.travel(timezone.now() + 2 * previews.AGAIN_AFTER, tick=False):
        assert make_previews() == 1
    stored.refresh_from_db()
    assert stored.preview_state == StoredFile.READY


def test_pictures_of_a_file_deleted_meanwhile_leave_nothing_behind(keep, company, monkeypatch):
    stored = keep("a.png", picture())
    made = previews.pictures_of(picture())

    def meanwhile(*_args, **_values):
        StoredFile._base_manager.filter(pk=stored.pk).delete()
        return made

    monkeypatch.setattr(previews, "pictures_of", meanwhile)
    assert make_previews() == 0
    folders, _files = stored.content.storage.listdir("preview")
    assert [stored.content.storage.listdir(f"preview/{folder}")[1] for folder in folders] == [[], []]


def test_only_pictures_and_pdfs_wait_for_one(keep):
    assert keep("a.txt", b"text").preview_state == ""
    made = services.store_made(
        picture(),
        "error.png",
        "image/png",
        purpose=StoredFile.Purpose.IMPORT,
        user=None,
        actor=system("test"),
    )
    assert made.preview_state == ""
