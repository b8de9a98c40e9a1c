from django.core.management.base import BaseCommand

from crm.automation import services as automation
from crm.console import services as console


class Command(BaseCommand):
    help = "After a change of the secret key: seal with the new one what earlier keys sealed, so that they can go."

    def handle(self, *args: object, **options: object) -> None:
        for what, (done, left) in {
            "second factors": console.reseal_second_factors(),
            "group robots": automation.reseal_robots(),
            "refused addresses": automation.rehash_suppressions(),
        }.items():
            self.stdout.write(f"{what}: {done} renewed, {left} left")
