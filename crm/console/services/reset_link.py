"""The link with which somebody chooses a new password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from crm.identity.models import User
from crm.identity.queries import company

PREFIX = "account/email/password_reset_key"


def send_reset_link(email: str) -> int:
    """Write to everybody active who has the address, in their language; returns how many mails left."""
    people = User._base_manager.filter(email__iexact=email, is_active=True)
    sent = 0
    for user in people:
        parts = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
        # Never the request's Host header, which anybody can forge.
        url = settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=parts)
        context = {"user": user, "password_reset_url": url}
        with translation.override(user.language or settings.LANGUAGE_CODE):
            subject = render_to_string(f"{PREFIX}_subject.txt", context).strip()
            text = render_to_string(f"{PREFIX}_message.txt", context).strip()
        sent += EmailMessage(f"[{company() or 'Yuanke'}] {subject}", text, to=[user.email]).send()
    return sent
