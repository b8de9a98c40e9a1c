import os
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from crm.demo.duplicate_truth import measure


class Command(BaseCommand):
    help = "Print precision and recall of the duplicate rules on records of which the truth is known."

    def add_arguments(self, parser: CommandParser) -> None:
        default = os.environ.get("CRM_TEST_DATA", Path(settings.BASE_DIR).parent / "shared" / "data")
        parser.add_argument("--data", type=Path, default=Path(default), help="the folder with the data sets")

    def handle(self, *args: object, **options: object) -> None:
        rows = [("records", "records", "true", "named", "right", "precision", "recall")]
        for one in measure(Path(str(options["data"])) / "dedupe"):
            counts = [f"{n:,}" for n in (one.records, one.true_pairs, one.found, one.right)]
            precision = "–" if one.precision is None else f"{one.precision:.3f}"
            rows.append((one.what, *counts, precision, f"{one.recall:.3f}"))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
