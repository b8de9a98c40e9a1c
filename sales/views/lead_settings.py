"""What administrators decide about leads."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from crm.console.views.guards import administrators_only
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from sales import services
from sales.forms.leads import ConversionFieldsForm


@administrators_only
def lead_conversion(request: HttpRequest) -> HttpResponse:
    """Where each field of a lead goes when it is converted."""
    form = ConversionFieldsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_conversion_fields(form.chosen(), actor=actor_of(request))
        except RuleBroken as error:
            form.add_rule(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("lead_conversion")
    return render(
        request, "sales/settings/conversion.html", {"form": form}, status=422 if form.errors else 200
    )
