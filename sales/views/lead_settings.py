"""What administrators decide about leads."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.console.views.guards import administrators_only
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.events.tasks import wake
from sales import services
from sales.forms.lead_scoring import ScoringForm
from sales.forms.leads import ConversionFieldsForm
from sales.queries.chances import newest_model
from sales.queries.scoring import lead_scoring
from sales.rules.chances import AUC_NEEDED, POSITIVES_NEEDED, ROWS_NEEDED
from sales.tasks import learn_lead_score, rescore_leads


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


@administrators_only
@require_http_methods(["GET", "POST"])
def lead_score(request: HttpRequest) -> HttpResponse:
    """What the score of leads adds up, for changing, and how well the learned chance foretells; `do=learn` lets it learn now."""
    if request.method == "POST" and request.POST.get("do") == "learn":
        wake(learn_lead_score)
        messages.success(request, _("It is learning. Look again in a minute."))
        return redirect("lead_score")
    form = ScoringForm(request.POST if request.method == "POST" else None, held=lead_scoring())
    if form.is_bound and form.is_valid():
        try:
            services.set_lead_scoring(actor=actor_of(request), **form.values())
        except RuleBroken as error:
            form.add_rule(error)
        else:
            wake(rescore_leads)
            messages.success(request, _("Saved. The scores of all open leads are being reckoned anew."))
            return redirect("lead_score")
    context = {
        "form": form,
        "model": newest_model(),
        "rows_needed": ROWS_NEEDED,
        "positives_needed": POSITIVES_NEEDED,
        "auc_needed": AUC_NEEDED,
    }
    return render(request, "sales/settings/lead_score.html", context, status=422 if form.errors else 200)
