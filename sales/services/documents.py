"""Quotes and contracts as PDF: with the company's letterhead and seal, in the language of the record."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from accounts.models import Customer
from accounts.services.cleaning import cleaned
from crm.core.clock import company_today
from crm.core.pdf import pdf_of
from crm.core.rmb import MOST, in_capitals
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_event, record_events, recording
from crm.identity.queries import company
from crm.listing.exporting.watermark import key_of
from sales.events.money import STATEMENT_TAKEN
from sales.events.orders import ORDER_PRINTED
from sales.events.products import LETTERHEAD_CHANGED
from sales.events.quotes import QUOTE_PRINTED
from sales.models import Letterhead, Order, Quote
from sales.queries.payments import Books
from sales.queries.statements import Statement
from sales.rules.quoting import by_rate

MOST_BYTES = 1_000_000
MOST_PIXELS = 4_000_000
WIDEST = 800  # pixels a picture keeps: 4 cm at 500 dots an inch
PICTURES = ("logo", "seal")


def letterhead() -> Letterhead:
    """What stands on the company's papers."""
    return Letterhead.objects.filter(pk=1).first() or Letterhead(pk=1)


def quote_pdf(quote: Quote) -> bytes:
    """A quote as PDF."""
    return pdf_of(*quote_html(quote))


def order_pdf(order: Order, books: Books | None = None) -> bytes:
    """A contract or order as PDF, in Chinese, with its amount in capital figures.

    With its `books` also when it is paid and, once it is signed, what has come in for it and what is outstanding.
    """
    return pdf_of(*order_html(order, books))


def order_html(order: Order, books: Books | None = None) -> tuple[str, dict[str, bytes]]:
    """What the PDF of a contract or order is made of, and its pictures."""
    return _html("sales/order_pdf.html", order, "zh-hans", books=books)


def statement_pdf(
    customer: Customer, found: Sequence[Statement], *, first: date, last: date, language: str
) -> bytes:
    """A customer's statement of account as PDF, with a slip by which the customer agrees to the balance."""
    context = {"customer": customer, "statements": found, "first": first, "last": last}
    with translation.override(language):
        context |= _letterhead(language)
        html = render_to_string("sales/statement_pdf.html", context)
    return pdf_of(html, context["pictures"])


def quote_html(quote: Quote) -> tuple[str, dict[str, bytes]]:
    """What the PDF of a quote is made of, and its pictures."""
    return _html("sales/quote_pdf.html", quote, quote.language)


def _html(template: str, record: Quote | Order, language: str, **more: Any) -> tuple[str, dict[str, bytes]]:
    lines = list(record.lines.select_related("product"))
    capitals = in_capitals(record.amount) if record.currency == "CNY" and record.amount < MOST else ""
    context: dict[str, Any] = {
        "record": record,
        "lines": lines,
        "discounted": any(line.discount for line in lines),
        "rates": by_rate(lines),
        "capitals": capitals,
        **more,
        **_letterhead(language),
    }
    with translation.override(language):
        return render_to_string(template, context), context["pictures"]


def _letterhead(language: str) -> dict[str, Any]:
    """What every paper of the company shows of it."""
    head = letterhead()
    return {
        "head": head,
        "legal_name": (head.legal_name_en if language == "en" else "") or head.legal_name or str(company()),
        "pictures": {
            f"picture:{name}": content for name in PICTURES if (content := _bytes(getattr(head, name)))
        },
        "for_pdf": True,
        "today": company_today(),
    }


def _bytes(picture: File) -> bytes:
    """A picture as it is stored; nothing where it is missing."""
    if not picture:
        return b""
    try:
        with picture.open("rb") as file:
            return file.read(MOST_BYTES * 4)
    except OSError:
        return b""


def record_quote_print(quote: Quote, *, actor: Actor) -> None:
    """Keep that a quote was taken out as PDF."""
    payload = {"number": quote.label}
    record_event(QUOTE_PRINTED, quote, actor=actor, payload=payload, about=[quote.customer])


def record_order_print(order: Order, *, actor: Actor) -> None:
    """Keep that a contract was taken out as PDF."""
    payload = {"number": order.number}
    record_event(ORDER_PRINTED, order, actor=actor, payload=payload, about=[order.customer])


def record_statement(
    customer: Customer, *, first: date, last: date, file_format: str, number: str, actor: Actor
) -> None:
    """Keep that a statement of account was taken out, and for which days."""
    payload = {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "format": file_format,
        **({"number": number} if number else {}),
    }
    about = [key_of(number)] if number else []
    record_events(
        STATEMENT_TAKEN, [EventRow(Customer, customer.pk, payload=payload, about=about)], actor=actor
    )


@transaction.atomic
def change_letterhead(
    *,
    actor: Actor,
    logo: File | bool | None = None,
    seal: File | bool | None = None,
    expected: int | None = None,
    **values: Any,
) -> Letterhead:
    """Change what stands on the company's papers; a picture is stored anew as PNG, `False` takes it away."""
    Letterhead.objects.get_or_create(pk=1)
    head = lock(Letterhead(pk=1))
    check_version(head, expected)
    pictures = {"logo": logo, "seal": seal}
    with recording(LETTERHEAD_CHANGED, head, actor=actor, always=True):
        for name, value in cleaned(Letterhead, values).items():
            setattr(head, name, value)
        for name, upload in pictures.items():
            if upload is False:
                setattr(head, name, "")
            elif upload:
                getattr(head, name).save("picture.png", ContentFile(_redrawn(upload, name)), save=False)
        changed = [name for name, upload in pictures.items() if upload or upload is False]
        save_versioned(head, [*values, *changed])
    return head


def _redrawn(upload: Any, field: str) -> bytes:
    """A picture drawn anew: whatever else was in the file stays behind, and nothing larger than paper needs."""
    wrong = RuleBroken(_("Choose a PNG or JPEG picture of at most 1 MB."), field=field, code="picture")
    if upload.size > MOST_BYTES:
        raise wrong
    try:
        with Image.open(upload, formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise wrong
            drawn = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise wrong from error
    drawn.thumbnail((WIDEST, WIDEST))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()
