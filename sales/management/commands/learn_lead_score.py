import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sales.rules.chances import POSITIVES_NEEDED, ROWS_NEEDED, Row
from sales.services.chances import Learned, learn, learn_from_history

EMPTY = {"", "select"}  # what forms send where nobody chose


class Command(BaseCommand):
    """Learn who becomes a customer: from one's own leads, or, to try the method, from a file with the outcome in a column."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="a CSV file; without one, the leads of this installation")
        parser.add_argument("--label", default="Converted", help="the column with the outcome, 0 or 1")
        parser.add_argument(
            "--drop", action="append", default=[], help="a column that is left out (may be repeated): numbers of records, and what was filled in afterwards"
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"]:
            model = learn_from_history()
            self._tell(model.rows, model.positives, model.auc, model.brier, model.calibration)
            return
        rows, labels = read(Path(options["file"]), options["label"], options["drop"])
        found: Learned = learn(rows, labels)
        self._tell(found.rows, found.positives, found.auc, found.brier, found.calibration)

    def _tell(
        self, rows: int, positives: int, auc: float | None, brier: float | None, parts: list[Any]
    ) -> None:
        self.stdout.write(f"{rows:,} leads, {positives:,} became customers")
        if auc is None or brier is None:
            self.stdout.write(
                f"Too few: {ROWS_NEEDED} with {POSITIVES_NEEDED} of either outcome are needed; rules only."
            )
            return
        self.stdout.write(f"On a fifth it had not seen: AUC {auc:.4f}, Brier {brier:.4f}")
        for part in parts:
            self.stdout.write(
                f"  {part['rows']:5} leads: foretold {part['foretold']:.3f}, came true {part['true']:.3f}"
            )


def read(path: Path, label: str, drop: list[str]) -> tuple[list[Row], list[int]]:
    """The rows of a file with their outcomes; columns of numbers as numbers, blanks and unmade choices as nothing."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            table = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    if not table or label not in table[0]:
        raise CommandError(f"There is no column {label}.")
    unknown = set(drop) - set(table[0])
    if unknown:
        raise CommandError(f"There is no column {', '.join(sorted(unknown))}.")
    names = [name for name in table[0] if name and name != label and name not in drop]
    numeric = {name for name in names if all(_is_number(row[name]) or not row[name] for row in table)}
    rows: list[Row] = [
        {name: _number(row[name]) if name in numeric else _word(row[name]) for name in names} for row in table
    ]
    return rows, [int(row[label] in ("1", "true", "True", "yes")) for row in table]


def _is_number(text: str | None) -> bool:
    try:
        float(text or "")
    except ValueError:
        return False
    return True


def _number(text: str | None) -> float:
    return float(text) if text else 0.0


def _word(text: str | None) -> str:
    word = (text or "").strip()
    return "" if word.lower() in EMPTY else word
