"""The company's own settings: names, tags, working days."""

from datetime import date, timedelta

from django.contrib import messages
from django.core.files.base import ContentFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.console.forms.company import CompanyForm, DayForm, DaysFileForm, HoursForm, TagForm
from crm.console.queries import first_run_steps, tags_with_use
from crm.console.views.guards import administrators_only
from crm.console.views.panels import add_rule, done, form_panel
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import services
from crm.identity.access import get_visible_or_404, visible
from crm.identity.queries import company as own_company
from crm.listing.once import once
from crm.records.models import BusinessCalendar, CalendarWeekday, Tag
from crm.records.queries import missing_years
from crm.records.services import calendars
from crm.records.services import tags as tag_services


@administrators_only
def first_run(request: HttpRequest) -> HttpResponse:
    """What a new installation still needs."""
    steps = first_run_steps(request.user)
    asked = request.GET.get("step", "")
    chosen = next((step for step in steps if step.key == asked), None)
    chosen = chosen or next((step for step in steps if not step.done), None)
    context = {"steps": steps, "done": sum(step.done for step in steps), "chosen": chosen}
    return render(request, "settings/first_run.html", context)


@administrators_only
def company(request: HttpRequest) -> HttpResponse:
    """What the company calls itself."""
    form = CompanyForm(request.POST or None, instance=own_company())
    if request.method == "POST" and form.is_valid():
        services.update_company(actor=actor_of(request), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("company")
    return render(request, "settings/company.html", {"form": form}, status=422 if form.errors else 200)


@administrators_only
def tags(request: HttpRequest) -> HttpResponse:
    """All tags by group."""
    return render(request, "settings/tags.html", {"tags": tags_with_use(request.user)})


@administrators_only
@once
def tag_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a tag or change one."""
    tag = get_visible_or_404(Tag, request.user, pk, "change") if pk else None
    form = TagForm(request.POST or None, instance=tag)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            if tag is None:
                active = values.pop("is_active")
                made = tag_services.create_tag(values.pop("name"), actor=actor_of(request), **values)
                if not active:
                    tag_services.update_tag(made, actor=actor_of(request), is_active=False)
            else:
                fresh = get_visible_or_404(Tag, request.user, pk, "change")
                tag_services.update_tag(fresh, actor=actor_of(request), **values)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            messages.success(request, _("Saved."))
            return done(request, reverse("tags"))
    action = reverse("tag_edit", args=[pk]) if pk else reverse("tag_add")
    return form_panel(
        request,
        form,
        title=_("Change the tag") if pk else _("New tag"),
        action=action,
        submit=_("Save") if pk else _("Add"),
        back=reverse("tags"),
        delete_url=reverse("tag_delete", args=[pk]) if pk else "",
    )


@administrators_only
@require_POST
def tag_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a tag and take it off every record."""
    tag_services.delete_tag(get_visible_or_404(Tag, request.user, pk, "delete"), actor=actor_of(request))
    messages.success(request, _("Tag deleted."))
    return done(request, reverse("tags"))


def _calendar(request: HttpRequest) -> BusinessCalendar:
    calendar = visible(BusinessCalendar, request.user).filter(is_default=True).first()
    if calendar is None:
        calendar = visible(BusinessCalendar, request.user).order_by("pk")[:1].get()
    return calendar


@administrators_only
def calendar(request: HttpRequest) -> HttpResponse:
    """Working hours, and one year of holidays and make-up days."""
    row = _calendar(request)
    today = timezone.localdate()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and 2000 <= int(asked) <= 2100 else today.year
    hours = {f"day{w.weekday}": w.hours for w in row.weekdays.all()}
    context = {
        "calendar": row,
        "year": year,
        "years": range(today.year - 1, today.year + 3),
        "spans": _spans(list(row.days.filter(date__year=year))),
        "missing": [gap.year for gap in missing_years() if gap.calendar.pk == row.pk],
        "day_form": DayForm(),
        "file_form": DaysFileForm(),
        "hours_form": HoursForm(initial=hours, names=dict(CalendarWeekday.Weekday.choices)),
    }
    return render(request, "settings/calendar.html", context)


def _spans(days: list) -> list[dict]:
    """Days that follow each other with one name and kind, as one line."""
    spans: list[dict] = []
    for day in days:
        last = spans[-1] if spans else None
        if (
            last
            and last["kind"] == day.kind
            and last["name"] == day.name
            and day.date - last["to"] == timedelta(1)
        ):
            last["to"] = day.date
            last["days"] += 1
        else:
            spans.append(
                {
                    "from": day.date,
                    "to": day.date,
                    "kind": day.kind,
                    "words": day.get_kind_display(),
                    "name": day.name,
                    "days": 1,
                }
            )
    return spans


def _back(year: int) -> HttpResponse:
    return redirect(f"{reverse('calendar')}?year={year}")


@administrators_only
@require_POST
def calendar_hours(request: HttpRequest) -> HttpResponse:
    """Set the working hours of the weekdays."""
    form = HoursForm(request.POST, names=dict(CalendarWeekday.Weekday.choices))
    if form.is_valid():
        hours = {int(name.removeprefix("day")): text for name, text in form.cleaned_data.items()}
        try:
            calendars.set_weekdays(_calendar(request), hours, actor=actor_of(request))
            messages.success(request, _("Saved."))
        except RuleBroken as error:
            messages.error(request, str(error))
    return redirect("calendar")


@administrators_only
@require_POST
def calendar_day(request: HttpRequest) -> HttpResponse:
    """Make one date a holiday or a make-up day, or let a span follow its weekdays again."""
    row = _calendar(request)
    if "remove" in request.POST:
        first, last = (_date(request.POST.get(name, "")) for name in ("from", "to"))
        if first is None or last is None or not 0 <= (last - first).days <= 31:
            return redirect("calendar")
        for offset in range((last - first).days + 1):
            calendars.remove_day(row, first + timedelta(offset), actor=actor_of(request))
        return _back(first.year)
    form = DayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a date."))
        return redirect("calendar")
    values = form.cleaned_data
    calendars.set_day(row, values["date"], kind=values["kind"], name=values["name"], actor=actor_of(request))
    messages.success(request, _("Saved."))
    return _back(values["date"].year)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@administrators_only
@require_POST
def calendar_import(request: HttpRequest) -> HttpResponse:
    """Replace the days of the years a file or a pasted table is about."""
    form = DaysFileForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose a file or paste the days."))
        return redirect("calendar")
    upload = form.cleaned_data.get("file")
    try:
        if upload:
            days = calendars.read_days(upload, upload.name)
        else:
            text = form.cleaned_data["text"].replace("\t", ",")
            days = calendars.read_days(ContentFile(text.encode()), "pasted.csv")
        count = calendars.import_days(_calendar(request), days, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect("calendar")
    messages.success(request, ngettext("%(n)d day entered.", "%(n)d days entered.", count) % {"n": count})
    return _back(days[0].date.year)
