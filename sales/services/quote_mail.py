"""The mail that takes a quote's link to the customer, through the house's outbox."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from crm.automation.services.mail import enqueue
from crm.core.formats import day, money_full
from crm.core.text import tidy
from sales.models import Quote, QuoteLink
from sales.services.documents import letterhead
from sales.services.quote_answers import token_from


def default_words(quote: Quote) -> str:
    """What a mail with a quote says unless its seller writes something else, in the quote's language."""
    with translation.override(quote.language):
        name = quote.contact.name if quote.contact else quote.customer.name
        return _("Dear %(name)s,\n\nplease find our quote “%(subject)s” at the address below.") % {
            "name": name,
            "subject": quote.name,
        }


def mail_quote(link: QuoteLink, *, to: str, words: str) -> None:
    """Put the mail into the outbox, in the caller's transaction; once for each link."""
    quote = link.quote
    with translation.override(quote.language):
        head = letterhead()
        context = {
            "quote": quote,
            "words": tidy(words) and words.strip(),
            "url": f"{settings.BASE_URL}{reverse('public_quote', args=[token_from(link.nonce)])}",
            "amount": money_full(quote.amount, quote.currency),
            "valid_until": day(quote.valid_until),
            "seller": head.legal_name,
            "owner": quote.owner,
        }
        subject = _("Quote %(number)s: %(subject)s") % {"number": quote.label, "subject": quote.name}
        enqueue(
            to=to,
            subject=subject,
            text=render_to_string("sales/email/quote.txt", context),
            html=render_to_string("sales/email/quote.html", context),
            kind="quote",
            dedupe_key=f"quote-link:{link.pk}",
            about_type=quote._meta.label_lower,
            about_id=quote.pk,
        )
