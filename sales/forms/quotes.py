"""Forms of quotes: they validate, services save."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact, Customer
from crm.listing.forms import CrmForm, CrmModelForm
from sales.models import Opportunity, OrderKind, PriceBook, Quote
from sales.queries.products import usable_books

DATE = {"type": "date"}


class OfCustomer:
    """Narrows contact and deal to those of one customer, once it is known."""

    fields: dict[str, forms.Field]

    def narrow_to(self, customer: Customer | None) -> None:
        """Only the customer's own people and open deals can be chosen."""
        for name in ("contact", "opportunity"):
            field = self.fields.get(name)
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                rows = field.queryset
                field.queryset = rows.filter(customer=customer) if customer else rows.none()
                field.widget = forms.Select()
                field.iterator = forms.models.ModelChoiceIterator
                field.widget.choices = field.choices


class NewQuoteForm(OfCustomer, CrmForm):
    """For whom, about which deal, by which prices."""

    customer = forms.ModelChoiceField(queryset=Customer.objects.all(), label=_("Customer"))
    name = forms.CharField(label=_("Subject"), max_length=200, required=False)
    opportunity = forms.ModelChoiceField(
        queryset=Opportunity.objects.filter(status="open"), label=_("Opportunity"), required=False
    )
    contact = forms.ModelChoiceField(queryset=Contact.objects.all(), label=_("Contact"), required=False)
    price_book = forms.ModelChoiceField(
        queryset=PriceBook.objects.all(), label=_("Price book"), required=False
    )
    currency = forms.CharField(label=_("Currency"), max_length=3, required=False)
    valid_until = forms.DateField(label=_("Valid until"), required=False, widget=forms.DateInput(attrs=DATE))
    language = forms.ChoiceField(label=_("Language"), choices=Quote._meta.get_field("language").choices)

    def __init__(self, *args: Any, customer: Customer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.narrow_to(customer)
        books = self.fields["price_book"]
        assert isinstance(books, forms.ModelChoiceField)
        books.queryset = usable_books(self.user)

    def values(self) -> dict[str, Any]:
        """What the service takes; what was left empty follows from the rest."""
        found = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        found.pop("customer")
        if "price_book" in found or "currency" in found:
            found["currency"] = (found.get("currency") or found["price_book"].currency).upper()
        if "price_book" in found:
            found["tax_included"] = found["price_book"].tax_included
        return found


class QuoteForm(OfCustomer, CrmModelForm):
    """The fields of a quote that its people edit while it is a draft."""

    class Meta:
        model = Quote
        fields = (
            "name", "contact", "opportunity", "price_book", "currency", "tax_included", "valid_until", "language",
            "payment_terms", "delivery_terms", "note",
        )  # fmt: skip
        widgets = {
            "valid_until": forms.DateInput(attrs=DATE),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.narrow_to(self.instance.customer)

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""


class SendForm(CrmForm):
    """To whom a quote goes, with which words, and how long its link opens."""

    to = forms.EmailField(
        label=_("To"),
        max_length=254,
        required=False,
        help_text=_("Without an address only the link is made, for you to pass on."),
    )
    message = forms.CharField(
        label=_("Message"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    expires = forms.DateField(
        label=_("Link opens until"),
        required=False,
        widget=forms.DateInput(attrs=DATE),
        help_text=_("Empty: two weeks longer than the quote is valid."),
    )


class AnswerForm(CrmForm):
    """What the customer answered by phone or on paper."""

    answer = forms.ChoiceField(
        label=_("Answer"), choices=(("accept", _("Accepted")), ("decline", _("Declined")))
    )
    by = forms.CharField(label=_("Who answered"), max_length=100)
    note = forms.CharField(label=_("In their words"), max_length=500, required=False)


class PublicAnswerForm(forms.Form):
    """A customer's answer on the public page: a name, and for acceptance the consent."""

    answer = forms.ChoiceField(choices=(("accept", ""), ("decline", "")))
    by = forms.CharField(label=_("Your name"), max_length=100)
    note = forms.CharField(
        label=_("Your words to us"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    consent = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("answer") == "accept" and not found.get("consent"):
            self.add_error("consent", _("Tick the box to accept."))
        return found


class OrderOfQuoteForm(CrmForm):
    """What an accepted quote becomes."""

    kind = forms.ChoiceField(label=_("Kind"), choices=OrderKind.choices, initial=OrderKind.CONTRACT)
