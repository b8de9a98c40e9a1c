"""What administrators set for quotes and contracts: numbers, letterhead and seal, rates of tax."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.console.views.guards import administrators_only
from crm.console.views.panels import add_rule, done, form_panel
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404
from crm.listing.once import once
from sales import services
from sales.forms.products import TaxRateForm
from sales.forms.sales_settings import LetterheadForm, NumberForm
from sales.models import NumberRule, TaxRate
from sales.queries.products import number_rules
from sales.queries.products import tax_rates as rates
from sales.services import documents
from sales.services.numbering import preview


@administrators_only
def numbering(request: HttpRequest) -> HttpResponse:
    """How quotes, orders and contracts are numbered, each with the numbers that come next."""
    rows = [(rule, preview(rule, rule.pattern, rule.restart)) for rule in number_rules()]
    return render(request, "sales/settings_numbering.html", {"rows": rows})


@administrators_only
def numbering_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Number one kind of paper differently; `do=preview` shows what would come without saving."""
    rule = get_visible_or_404(NumberRule, request.user, pk, "change")
    initial = {name: getattr(rule, name) for name in ("pattern", "restart", "gapless", "version")}
    form = NumberForm(request.POST or None, initial=initial)
    coming = preview(rule, rule.pattern, rule.restart)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        coming = preview(rule, values["pattern"], values["restart"])
        if request.POST.get("do") != "preview":
            try:
                services.change_numbering(
                    rule, actor=actor_of(request), expected=values.pop("version"), **values
                )
            except RuleBroken as error:
                add_rule(form, error)
            else:
                messages.success(request, _("Saved."))
                return redirect("numbering")
    context = {"form": form, "rule": rule, "coming": coming}
    return render(request, "sales/settings_numbering_edit.html", context, status=422 if form.errors else 200)


@administrators_only
def letterhead(request: HttpRequest) -> HttpResponse:
    """The company's papers: name, address, bank, logo, seal, standing terms."""
    head = documents.letterhead()
    form = LetterheadForm(request.POST or None, request.FILES or None, instance=head)
    if request.method == "POST" and form.is_valid():
        expected = form.cleaned_data.get("version")
        try:
            services.change_letterhead(actor=actor_of(request), expected=expected, **form.values())
        except RuleBroken as error:
            add_rule(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("letterhead")
    context = {"form": form, "head": head}
    return render(request, "sales/settings_letterhead.html", context, status=422 if form.errors else 200)


@administrators_only
def tax_rates(request: HttpRequest) -> HttpResponse:
    """The rates of tax there are, with their time."""
    return render(request, "sales/settings_tax_rates.html", {"rows": rates()})


@administrators_only
@once
def tax_rate_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a rate of tax, or say until when one holds."""
    row = get_visible_or_404(TaxRate, request.user, pk, "change") if pk else None
    names = ("name", "name_en", "rate", "valid_from", "valid_until", "is_default")
    initial = {name: getattr(row, name) for name in names} if row else None
    form = TaxRateForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_tax_rate(row, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            messages.success(request, _("Saved."))
            return done(request, reverse("tax_rates"))
    return form_panel(
        request,
        form,
        title=_("Change the tax rate") if pk else _("New tax rate"),
        action=reverse("tax_rate_edit", args=[pk]) if pk else reverse("tax_rate_add"),
        submit=_("Save") if pk else _("Add"),
        back=reverse("tax_rates"),
    )
