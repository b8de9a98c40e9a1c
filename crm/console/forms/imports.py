"""Forms of imports and exports."""

import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.listing.importing.resource import ImportResource


class UploadForm(forms.Form):
    """A file and what its rows are; the nonce makes a double click one import."""

    resource = forms.ChoiceField(label=_("What is in the file"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv,.txt,.tsv,.vcf"}),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
    )
    nonce = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, offered: Sequence[ImportResource], chosen: str | None = None, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        slugs = [resource.slug for resource in offered]
        self.fields["resource"].choices = [(resource.slug, resource.noun) for resource in offered]
        self.fields["resource"].initial = chosen if chosen in slugs else slugs[0]
        self.fields["nonce"].initial = secrets.token_urlsafe(16)
