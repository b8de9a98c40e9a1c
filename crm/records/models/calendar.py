from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone
from crm.records.models.named import NamedInBothLanguages
from crm.records.rules.calendar import HOLIDAY, MAKEUP, CalendarError, parse_hours


def validate_hours(text: str) -> None:
    """Refuse hours nobody can read, such as an interval that ends before it begins."""
    try:
        parse_hours(text)
    except CalendarError as error:
        raise ValidationError(_("Write hours as 09:00-12:00, 13:00-18:00."), code="hours") from error


class BusinessCalendar(NamedInBothLanguages):
    """When a part of the company works (工作日历): hours per weekday, and dated exceptions that beat the weekday."""

    slug = models.SlugField(_("key"), max_length=40, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="Asia/Shanghai")
    is_default = models.BooleanField(_("company calendar"), default=False)

    access = Everyone()

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")
        ordering = ["-is_default", "slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_calendar"
            )
        ]


class CalendarWeekday(models.Model):
    """The working hours of one weekday; a weekday without a row is not worked."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    calendar = models.ForeignKey(BusinessCalendar, models.CASCADE, related_name="weekdays")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    hours = models.CharField(
        _("hours"), max_length=100, default="09:00-12:00, 13:00-18:00", validators=[validate_hours]
    )

    access = Everyone()

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["weekday"]
        constraints = [models.UniqueConstraint(fields=["calendar", "weekday"], name="weekday_once")]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.hours}"


class CalendarDay(models.Model):
    """A dated exception: a holiday, or a make-up day (调休上班) that is worked although its weekday is not."""

    class Kind(models.TextChoices):
        HOLIDAY = HOLIDAY, _("Holiday")
        MAKEUP = MAKEUP, _("Make-up working day")

    calendar = models.ForeignKey(BusinessCalendar, models.CASCADE, related_name="days")
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.HOLIDAY)
    name = models.CharField(_("name"), max_length=60, blank=True)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    hours = models.CharField(
        _("hours"),
        max_length=100,
        blank=True,
        validators=[validate_hours],
        help_text=_("Only for make-up days; empty means the usual hours."),
    )

    access = Everyone()

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="calendar_day_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name or self.get_kind_display()}"
