from dataclasses import fields

from django.core.management.base import BaseCommand

from crm.core.hooks import hooks


class Command(BaseCommand):
    help = "Show what each app contributes to the platform through its hooks."

    def handle(self, *args: object, **options: object) -> None:
        for registry in fields(hooks):
            entries = getattr(hooks, registry.name)
            self.stdout.write(f"{registry.name} ({len(entries)})")
            for key in entries:
                self.stdout.write(f"  {key if isinstance(key, str) else '.'.join(key)}")
