from pathlib import Path

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.records.models import BusinessCalendar
from crm.records.services import import_days, read_days


class Command(BaseCommand):
    """Enter a year's holidays and make-up days from a table."""

    help = (
        "Enter the official holidays and make-up days of a year from a CSV or Excel table with the columns "
        "from, to, kind (holiday or makeup), name, name_en, hours. The years in the table are replaced."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--calendar", default="", help="key of the calendar; the company's without it")

    def handle(self, *args, file, calendar, **options):
        chosen = {"slug": calendar} if calendar else {"is_default": True}
        row = BusinessCalendar.objects.filter(**chosen).first()
        if row is None:
            raise CommandError(f"There is no calendar “{calendar}”.")
        try:
            with file.open("rb") as content:
                days = read_days(File(content), file.name)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except RuleBroken as error:
            raise CommandError(str(error)) from error
        actor = Actor("system", "import_calendar", "import_calendar", None, "cli")
        self.stdout.write(f"{import_days(row, days, actor=actor)} days entered in “{row}”.")
