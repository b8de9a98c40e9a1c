"""Contacts: their page, and how they are added, edited, linked and deleted."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.forms import ContactForm, LinkForm
from accounts.listings import CONTACT_BIN
from accounts.models import Activity, Contact, Customer
from accounts.queries.customers import contact_list, links_of
from accounts.queries.timeline import with_contact
from accounts.views.answers import REFUSALS
from accounts.views.customers import the_customer
from accounts.views.duplicates import guard_of
from crm.core.hooks import hooks
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import by_form, done, version_in
from crm.listing.once import once
from crm.listing.record.facts import custom_groups
from crm.listing.record.verbs import take_back


def the_contact(request: HttpRequest, pk: int, action: str = "view") -> Contact:
    """The contact of an address, if the person may do the action to it."""
    return access.get_visible_or_404(Contact, request.user, pk, action, queryset=contact_list())


@login_required
@require_GET
def contact_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A contact's page: how to reach them, and the companies they belong to."""
    contact = the_contact(request, pk)
    seen = access.visible(Customer, request.user)
    links = contact.links.filter(customer__in=seen).select_related("customer").order_by("pk")
    may = {verb: access.may(request.user, verb, contact) for verb in ("change", "delete", "export")}
    context = {
        "contact": contact,
        "links": links,
        "may": may,
        "fact_groups": custom_groups(contact, request.user),
        "main_seen": seen.filter(pk=contact.customer_id).exists(),
        "reads_follow_ups": access.has_verb(request.user, "view", Activity),
        "panels": [
            reverse("contact_panel", args=[contact.pk, "right", panel.key])
            for panel in hooks.panels_of("contact.right")
        ],
        "may_change_customer": may["change"] and access.may(request.user, "change", contact.customer),
    }
    return render(request, "accounts/contact_detail.html", context)


@login_required
@require_GET
def contact_panel(request: HttpRequest, pk: int, slot: str, key: str) -> HttpResponse:
    """A part of the page that another module contributes, loaded after the page."""
    contact = the_contact(request, pk)
    found = hooks.panels.get((f"contact.{slot}", key))
    context = found.load(request, contact) if found else None
    if found is None or context is None:
        return HttpResponse("")
    return render(request, found.template, {"record": contact, "contact": contact, **context})


@login_required
@require_GET
def contact_follow_ups(request: HttpRequest, pk: int) -> HttpResponse:
    """What is planned with a contact and what was said last; the page asks for it after it has opened."""
    contact = the_contact(request, pk)
    shown = 10
    planned, done = with_contact(request.user, contact, limit=shown)
    context = {"contact": contact, "planned": planned, "done": done[:shown], "more": len(done) > shown}
    template = "accounts/_contact_follow_ups.html" if request.htmx else "accounts/contact_follow_ups.html"
    return render(request, template, context)


@login_required
@require_http_methods(["GET", "POST"])
@once
def contact_create(request: HttpRequest, pk: int) -> HttpResponse:
    """A new contact of a customer."""
    customer = the_customer(request, pk, "change")
    access.require_verb(request.user, "add", Contact)
    form = ContactForm(request.POST or None, user=request.user)
    return by_form(
        request,
        form,
        lambda: services.create_contact(
            customer, actor=actor_of(request), guard=guard_of(request), **form.values()
        ),
        lambda made: _("%(name)s is saved.") % {"name": made},
        heading=_("New contact of %(name)s") % {"name": customer},
        back=customer.get_absolute_url(),
        refusals=REFUSALS,
        body="accounts/_form.html",
        check_params="phone,email,confirmed",
        checked_customer=customer.pk,
    )


@login_required
@require_http_methods(["GET", "POST"])
def contact_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """All fields of a contact."""
    contact = the_contact(request, pk, "change")
    form = ContactForm(request.POST or None, user=request.user, instance=contact)
    return by_form(
        request,
        form,
        lambda: services.update_contact(
            contact,
            actor=actor_of(request),
            expected=form.expected_version,
            guard=guard_of(request),
            **form.values(changed_only=True),
        ),
        _("Saved"),
        heading=_("Edit %(name)s") % {"name": contact},
        back=contact.get_absolute_url(),
        refusals=REFUSALS,
        body="accounts/_form.html",
        check_params="phone,email,confirmed",
        checked_customer=contact.customer_id,
    )


@login_required
@require_http_methods(["GET", "POST"])
def contact_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a contact to the bin."""
    contact = the_contact(request, pk, "delete")
    return by_form(
        request,
        None,
        lambda: services.delete_contact(contact, actor=actor_of(request), expected=version_in(request)),
        _("%(name)s lies in the bin for 30 days.") % {"name": contact},
        heading=_("Delete %(name)s?") % {"name": contact},
        back=contact.get_absolute_url(),
        submit=_("Delete"),
        danger=True,
        version=contact.version,
        note=_(
            "Goes to the bin and can be restored from there for 30 days. Follow-ups with this person stay in the "
            "customer's timeline."
        ),
        go=lambda _gone: contact.customer.get_absolute_url(),
    )


@login_required
@require_http_methods(["GET", "POST"])
def contact_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a contact out of the bin."""
    note = _("Comes back to its customer, as the main contact if there is no other.")
    return take_back(request, pk, source=CONTACT_BIN, service=services.restore_contact, note=note)


@login_required
@require_POST
def contact_primary(request: HttpRequest, pk: int) -> HttpResponse:
    """Make somebody the main contact."""
    contact = the_contact(request, pk, "change")
    if not access.may(request.user, "change", contact.customer):
        raise PermissionDenied
    services.set_primary(contact, actor=actor_of(request))
    text = _("%(name)s is the main contact.") % {"name": contact.name}
    return done(request, contact.customer.get_absolute_url(), text)


@login_required
@require_http_methods(["GET", "POST"])
@once
def contact_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a contact belongs to a further company."""
    contact = the_contact(request, pk, "change")
    form = LinkForm(request.POST or None, user=request.user)

    def link() -> None:
        access.authorize(request.user, "change", form.cleaned_data["customer"])
        services.link_contact(contact, actor=actor_of(request), **form.cleaned_data)

    return by_form(
        request,
        form,
        link,
        _("Saved"),
        heading=_("Further company of %(name)s") % {"name": contact},
        back=contact.get_absolute_url(),
    )


@login_required
@require_POST
def contact_unlink(request: HttpRequest, pk: int, link_pk: int) -> HttpResponse:
    """Take a contact off a further company."""
    contact = the_contact(request, pk, "change")
    link = get_object_or_404(links_of(contact, request.user), pk=link_pk)
    services.unlink_contact(contact, link.customer, actor=actor_of(request))
    text = _("%(name)s no longer belongs to %(customer)s.") % {
        "name": contact.name,
        "customer": link.customer,
    }
    return done(request, contact.get_absolute_url(), text)
