import os

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.demo.load import load_demo
from crm.identity.models import User

# Known to all: demo logins exist only where somebody loaded the demo company.
DEMO_PASSWORD = "demo-2026"  # noqa: S105


class Command(BaseCommand):
    help = "Load the demo company into an empty installation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=400)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: object, **options: object) -> None:
        if User.objects.exists():
            raise CommandError(
                "There are people in this installation already; the demo company needs an empty one."
            )
        password = os.environ.get("CRM_DEMO_PASSWORD", DEMO_PASSWORD)
        count = int(str(options["customers"]))
        loaded = load_demo(count, int(str(options["seed"])), password, progress=self.stdout.write)
        self.stdout.write(self.style.SUCCESS(f"Loaded the demo company with {loaded} customers."))
