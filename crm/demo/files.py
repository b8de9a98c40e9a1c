"""A few files as a real team has them: a quotation, a photo of the plant, a list of signals. Drawn here, nothing is shipped."""

import io
import random
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from accounts.models import Activity, Customer
from accounts.models.activity import DONE
from crm.core.pdf import FONTS
from crm.events.actor import Actor
from crm.records.models import StoredFile
from crm.records.services import attach_files, store_made

WITH_FILES = 8  # customers
PHOTOS = ("二号车间现场.jpg", "装配线工位.jpg", "来料检验区.jpg")
LINES = (
    ("V3 视觉检测站", 2, 168_000),
    ("线扫相机与光源组件", 2, 46_500),
    ("MES 接口与现场调试", 1, 58_000),
    ("两年维保", 1, 36_000),
)
SIGNALS = "点位,名称,类型,说明\nDB10.0,设备就绪,BOOL,上电自检完成\nDB10.1,检测结果,BOOL,1 为合格\nDB12,节拍,REAL,秒\n"


def attach_examples(seed: int) -> None:
    """Give the most important customers their files, and some of their visits a photo."""
    chance = random.Random(seed)  # noqa: S311 - believable, not secret
    alive = Customer._base_manager.filter(owner__isnull=False, deleted_at__isnull=True)
    chosen = list(alive.filter(tier="A").select_related("owner").order_by("pk")[:WITH_FILES])
    for number, customer in enumerate(chosen):
        files = [
            _made(
                customer,
                f"报价单 Q-{612 + number:04}.pdf",
                "application/pdf",
                _quotation(customer.name, number),
            )
        ]
        if number % 2 == 0:
            files.append(_made(customer, "MES 点表 v1.3.csv", "text/csv", SIGNALS.encode("utf-8-sig")))
        attach_files(customer, files, actor=Actor.of(customer.owner, "cli"), telling=False)
        _date(files, chance)
        told = Activity._base_manager.filter(
            DONE, customer=customer, kind__in=["visit", "meeting", "wechat"]
        ).order_by("-done_at")
        visit = told.first()
        if visit is not None:
            name = PHOTOS[number % len(PHOTOS)]
            photo = _made(customer, name, "image/jpeg", _photo(chance))
            attach_files(visit, [photo], actor=Actor.of(customer.owner, "cli"), telling=False)
            StoredFile._base_manager.filter(pk=photo.pk).update(created_at=visit.done_at)


def _made(customer: Customer, name: str, content_type: str, content: bytes) -> StoredFile:
    return store_made(
        content,
        name,
        content_type,
        purpose=StoredFile.Purpose.ATTACHMENT,
        user=customer.owner,
        actor=Actor.of(customer.owner, "cli"),
    )


def _date(files: list[StoredFile], chance: random.Random) -> None:
    """They came in over the last weeks, not all at the moment of loading."""
    for file in files:
        day = timezone.now() - timedelta(days=chance.randint(1, 40), minutes=chance.randint(0, 500))
        StoredFile._base_manager.filter(pk=file.pk).update(created_at=day)


def _font(size: int, name: str = "NotoSansSC-Regular.ttf") -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = Path(settings.FONTS_DIR) / name
    return ImageFont.truetype(str(path), size) if path.exists() else ImageFont.load_default(size)


def _quotation(customer: str, number: int) -> bytes:
    """One page: to whom, what, how much."""
    page = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(page)
    bold = list(FONTS)[1]
    draw.text((110, 120), "报 价 单", 20, _font(64, bold))
    draw.text((110, 230), f"编号 Q-{612 + number:04}", 90, _font(28))
    draw.text((110, 290), f"致：{customer}", 20, _font(34))
    draw.line((110, 380, 1130, 380), 120, 3)
    total = 0
    for index, (what, count, price) in enumerate(LINES):
        top = 420 + index * 80
        total += count * price
        draw.text((110, top), what, 20, _font(32))
        draw.text((720, top), f"× {count}", 60, _font(32))
        draw.text((1130, top), f"¥{count * price:,}.00", 20, _font(32), anchor="ra")
        draw.line((110, top + 62, 1130, top + 62), 215, 1)
    draw.text((110, 790), "合计（含税）", 20, _font(36, bold))
    draw.text((1130, 790), f"¥{total:,}.00", 20, _font(36, bold), anchor="ra")
    for index, text in enumerate(
        ("交期：合同生效后 8 周", "付款：3-6-1，验收后 30 日内付清", "本报价 30 日内有效")
    ):
        draw.text((110, 900 + index * 56), text, 90, _font(28))
    out = io.BytesIO()
    page.save(out, "PDF", resolution=150)
    return out.getvalue()


def _photo(chance: random.Random) -> bytes:
    """Something like a plant seen by a phone: a floor, a bright wall, machines, a little noise."""
    width, height = 1280, 860
    shade = Image.linear_gradient("L").resize((width, height))
    wall, floor = Image.new("RGB", shade.size, (198, 206, 214)), Image.new("RGB", shade.size, (96, 104, 110))
    picture = Image.composite(floor, wall, shade)
    draw = ImageDraw.Draw(picture)
    for index in range(5):
        left, top = 60 + index * 240 + chance.randint(-20, 20), chance.randint(250, 380)
        body = chance.choice(((52, 92, 140), (210, 214, 218), (58, 120, 104)))
        draw.rectangle((left, top, left + 180, 660), body)
        draw.rectangle((left + 24, top + 30, left + 156, top + 120), (24, 34, 46))
        draw.ellipse(
            (left + 80, top - 26, left + 104, top - 2), chance.choice(((60, 190, 120), (226, 168, 52)))
        )
    draw.polygon(((0, 760), (width, 690), (width, 712), (0, 786)), (222, 184, 62))
    picture = Image.blend(picture.filter(ImageFilter.GaussianBlur(2)), _noise(chance, width, height), 0.05)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def _noise(chance: random.Random, width: int, height: int) -> Image.Image:
    grain = Image.frombytes("L", (width // 2, height // 2), chance.randbytes((width // 2) * (height // 2)))
    return grain.resize((width, height)).convert("RGB")
