"""The whole of a masked value, for those who say why they need it."""

from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.console.forms.rights import RevealForm
from crm.console.views.panels import add_rule, form_panel
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404
from crm.identity.confirming import require_confirmation
from crm.identity.fields import guarded_fields
from crm.records import services
from crm.records.models.custom_field import PREFIX, CustomFields
from crm.records.queries.custom_fields import field_named


@login_required
@require_http_methods(["GET", "POST"])
def field_reveal(request: HttpRequest, label: str, pk: int, name: str) -> HttpResponse:
    """Ask for the reason, then show the value; each look is in the audit log."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Http404 from error
    custom = field_named(model, name) if name.startswith(PREFIX) and issubclass(model, CustomFields) else None
    if custom is None and name not in guarded_fields(model):
        raise Http404
    record = get_visible_or_404(model, request.user, pk, "reveal")
    form = RevealForm(request.POST or None)
    heading = custom.label if custom else capfirst(str(model._meta.get_field(name).verbose_name))
    words = {"field": heading, "record": record}
    title = _("%(field)s of %(record)s") % words
    if request.method == "POST" and form.is_valid():
        if services.revealed_lately(request.user) >= services.MANY:
            require_confirmation(request)
        reason = form.cleaned_data["reason"]
        try:
            value = services.reveal(record, name, user=request.user, reason=reason, actor=actor_of(request))
        except RuleBroken as error:
            add_rule(form, error)
        else:
            drawer = bool(request.headers.get("HX-Request"))
            template = "settings/revealed_drawer.html" if drawer else "settings/revealed_page.html"
            context = {"panel_title": title, "value": value, "back": record.get_absolute_url()}
            return render(request, template, context)
    return form_panel(
        request,
        form,
        title=title,
        action=reverse("field_reveal", args=[label, pk, name]),
        submit=_("Show"),
        back=record.get_absolute_url(),
        note=_("Who looked, at what and why is kept in the audit log."),
    )
