"""Forms of customers and contacts: they validate, services save."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact, ContactLink, Customer, Highlight
from accounts.models.choices import ContactRole, Stage
from accounts.queries.customers import tags_for
from accounts.rules.lifecycle import manual_targets
from accounts.services.cleaning import cleaned
from crm.core.clock import company_today
from crm.core.phone import format_phone
from crm.core.writes import RuleBroken
from crm.identity.access import has_verb
from crm.identity.fields import may_edit
from crm.identity.models import User
from crm.listing.forms import (
    CrmForm,
    CrmModelForm,
    FewChoices,
    RemoteSelect,
    note_chosen,
    possible_owners,
)
from crm.records.models.custom_field import PREFIX

NORMALISED = ("phone", "email", "uscc", "website")
CONTACT_FIELDS = ("phone", "wechat", "email", "title", "role")


class Normalised:
    """Fields that services store in one form: refused here already, at the field, with the reason."""

    def _clean_normalised(self, model: type[Any]) -> None:
        for name in NORMALISED:
            value = self.cleaned_data.get(name)
            if value:
                try:
                    self.cleaned_data[name] = cleaned(model, {name: value})[name]
                except RuleBroken as error:
                    self.add_error(name, str(error))


def show_phone(form: forms.BaseForm) -> None:
    """Numbers are read in groups, stored in one piece."""
    if form.initial.get("phone"):
        form.initial["phone"] = format_phone(form.initial["phone"])


def offer_regions(form: forms.BaseForm) -> None:
    """Three thousand regions are looked up as one types."""
    if "region" not in form.fields:
        return
    field = form.fields["region"]
    field.label_from_instance = lambda region: region.full_label
    field.widget = RemoteSelect(reverse("customer_regions"))
    field.iterator = FewChoices
    field.widget.choices = field.choices
    note_chosen(form)


def plain_texts(form: forms.BaseForm) -> None:
    """Browsers guess badly at addresses and companies; phones get the number pad."""
    for name, field in form.fields.items():
        field.widget.attrs.setdefault("autocomplete", "off")
        if name in ("phone", "contact_phone"):
            field.widget.input_type = "tel"
        if isinstance(field.widget, forms.URLInput | forms.EmailInput):  # our own message is better
            field.widget.input_type = "text"


class CustomerForm(Normalised, CrmModelForm):
    """The fields of a customer that its people edit."""

    class Meta:
        model = Customer
        fields = (
            "name",
            "kind",
            "uscc",
            "tier",
            "intent",
            "industry",
            "region",
            "size",
            "phone",
            "email",
            "website",
            "address",
            "source",
            "source_detail",
            "parent",
            "external_id",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("intent" if self.instance.is_deal else "tier", None)
        show_phone(self)
        offer_regions(self)
        plain_texts(self)

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._clean_normalised(Customer)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""


class QuickCustomerForm(Normalised, CrmModelForm):
    """A new customer from three things: the customer, a contact, the next step. The rest folds away."""

    contact_name = forms.CharField(label=_("Contact"), max_length=100)
    contact_phone = forms.CharField(label=_("Mobile"), max_length=40, required=False)
    contact_wechat = forms.CharField(label=_("Contact's WeChat"), max_length=100, required=False)
    contact_email = forms.CharField(label=_("Contact's e-mail"), max_length=254, required=False)
    contact_title = forms.CharField(label=_("Contact's job title"), max_length=100, required=False)
    contact_role = forms.ChoiceField(
        label=_("Contact's role"), choices=[("", "–"), *ContactRole.choices], required=False
    )
    next_date = forms.DateField(label=_("Next step"), required=False)
    next_step = forms.CharField(label=_("What is to be done"), max_length=200, required=False)
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none(), required=False)
    tags = forms.ModelMultipleChoiceField(label=_("Tags"), queryset=None, required=False)
    more = forms.BooleanField(label=_("Create another"), required=False)

    class Meta:
        model = Customer
        fields = (
            "name",
            "industry",
            "region",
            "size",
            "kind",
            "uscc",
            "intent",
            "phone",
            "email",
            "website",
            "address",
            "source",
            "source_detail",
            "parent",
        )

    OPTIONAL = (
        "contact_wechat",
        "contact_email",
        "contact_title",
        "contact_role",
        "uscc",
        "intent",
        "phone",
        "email",
        "address",
        "parent",
        "tags",
    )
    FILLED_IN = ("kind", "industry", "region", "size", "owner", "source", "source_detail", "website")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in CONTACT_FIELDS:  # what one may not edit one does not fill in either
            if not may_edit(self.user, Contact, name):
                del self.fields[f"contact_{name}"]
        self.fields["name"].error_messages["required"] = _("Enter the name of the customer.")
        self.fields["contact_name"].error_messages["required"] = _("Enter the name of the contact.")
        self.fields["kind"].required = False
        self.fields["kind"].choices = [("", "–"), *Customer._meta.get_field("kind").choices]
        self.initial.pop("kind", None)
        self.fields["tags"].queryset = tags_for(self.user)
        self.fields["owner"].queryset = possible_owners(self.user, Customer)
        self.initial.setdefault("owner", self.user.pk)
        offer_regions(self)
        plain_texts(self)

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._clean_normalised(Customer)
        data = self.cleaned_data
        ways = [f"contact_{way}" for way in ("phone", "wechat", "email") if f"contact_{way}" in self.fields]
        if ways and not any(data.get(way) for way in ways):
            self.add_error(ways[0], _("Give at least one way to reach them."))
        for way in ("phone", "email"):
            if data.get(f"contact_{way}"):
                try:
                    data[f"contact_{way}"] = cleaned(Contact, {way: data[f"contact_{way}"]})[way]
                except RuleBroken as error:
                    self.add_error(f"contact_{way}", str(error))
        if data.get("next_date") is None and "next_date" not in self.errors:
            self.add_error("next_date", _("Choose when you will be in touch next."))
        elif data.get("next_date") and data["next_date"] < company_today():
            self.add_error("next_date", _("This day lies in the past."))
        return data

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""

    @property
    def optional(self) -> list[forms.BoundField]:
        """The fields in the fold, custom ones last."""
        own = [name for name in self.OPTIONAL if name in self.fields]
        return [self[name] for name in own] + [one for one in self.custom if not one.field.required]

    @property
    def custom(self) -> list[forms.BoundField]:
        """The inputs of custom fields."""
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    @property
    def custom_required(self) -> list[forms.BoundField]:
        """Custom fields that have to be filled in at once."""
        return [one for one in self.custom if one.field.required]

    @property
    def derived(self) -> list[forms.BoundField]:
        """The fields whose values are listed with a pen each, found by themselves or chosen."""
        return [self[name] for name in self.FILLED_IN if name in self.fields]

    def customer_values(self) -> dict[str, Any]:
        """The customer's own values; what stayed empty fills in by itself."""
        names = (name for name in self.Meta.fields if name in self.cleaned_data)
        own = {name: self.cleaned_data[name] for name in names if self.cleaned_data[name] not in (None, "")}
        return own | self.custom_values()

    def contact_values(self) -> dict[str, Any]:
        """The first contact's values."""
        names = ("name", *CONTACT_FIELDS)
        return {
            name: self.cleaned_data[f"contact_{name}"] for name in names if f"contact_{name}" in self.fields
        }


class ContactForm(Normalised, CrmModelForm):
    """A person at a customer."""

    class Meta:
        model = Contact
        fields = ("name", "title", "department", "role", "phone", "wechat", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show_phone(self)
        plain_texts(self)

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._clean_normalised(Contact)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""


class LinkForm(CrmForm):
    """A further company of a contact, with their part there."""

    customer = forms.ModelChoiceField(label=_("Further company"), queryset=Customer.objects.all())
    role = forms.ChoiceField(label=_("Role"), choices=[("", "–"), *ContactRole.choices], required=False)
    title = forms.CharField(
        label=_("Job title"), max_length=ContactLink._meta.get_field("title").max_length, required=False
    )


class LifecycleForm(CrmForm):
    """Another stage of the life cycle, with the reason."""

    to = forms.ChoiceField(label=_("New stage"))
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets = manual_targets(customer.lifecycle_stage, is_deal_customer=customer.is_deal)
        self.fields["to"].choices = [(stage, Stage(stage).label) for stage in targets]


class FirstDealForm(CrmForm):
    """The date of the first deal."""

    date = forms.DateField(
        label=_("First deal on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class TagsForm(CrmForm):
    """The tags of one customer, and a new one by its name."""

    tags = forms.ModelMultipleChoiceField(
        label=_("Tags"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    new = forms.CharField(label=_("New tag"), max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tags"].queryset = tags_for(self.user)
        if not has_verb(self.user, "add", tags_for(self.user).model):
            del self.fields["new"]


class FactForm(forms.Form):
    """One key fact."""

    label = forms.CharField(
        label=_("About"), max_length=Highlight._meta.get_field("label").max_length, required=False
    )
    text = forms.CharField(
        label=_("Fact"), max_length=Highlight._meta.get_field("text").max_length, required=False
    )
    source = forms.CharField(
        label=_("Taken from"), max_length=Highlight._meta.get_field("source").max_length, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in (
            ("label", _("About")),
            ("text", _("Fact")),
            ("source", _("Taken from (optional)")),
        ):
            self.fields[name].widget.attrs |= {
                "placeholder": words,
                "aria-label": words,
                "autocomplete": "off",
            }

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("text") and not data.get("label"):
            self.add_error("label", _("Say what the fact is about, for example “Budget”."))
        return data


FactFormSet = forms.formset_factory(FactForm, extra=0, max_num=Highlight.MOST, validate_max=True)
