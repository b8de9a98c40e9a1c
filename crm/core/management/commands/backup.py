from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crm.core.backup import BackupFailed, back_up


class Command(BaseCommand):
    help = "Write the database, the stored files and the key into one file, while people go on working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="default: backups/ in the data folder")

    def handle(self, *args: object, **options: object) -> None:
        stamp = timezone.localtime().strftime("%Y%m%d-%H%M%S")
        target = options["file"] or settings.DATA_DIR / "backups" / f"yuanke-{stamp}.tar"
        assert isinstance(target, Path)
        try:
            made = back_up(target.absolute())
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        size = target.stat().st_size / 1_000_000
        self.stdout.write(
            f"{len(made.tables)} tables with {made.rows:,} rows and {len(made.files):,} files, {size:,.1f} MB"
        )
        self.stdout.write(str(target))
