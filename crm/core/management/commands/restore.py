from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.core.backup import BackupFailed, restore


class Command(BaseCommand):
    help = "Put a backup back, prove that every table came back as it was saved, and bring it up to this version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="give up what the database holds now")

    def handle(self, *args: object, **options: object) -> None:
        source = options["file"]
        assert isinstance(source, Path)
        try:
            made = restore(source, replace=bool(options["replace"]))
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(
            f"Restored as of {made.made_at}: {len(made.tables)} tables with {made.rows:,} rows, checksums equal, "
            f"{len(made.files):,} files"
        )
