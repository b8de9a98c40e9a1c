import json
from importlib import import_module
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from crm.demo.bench import company

PARTS = (
    "lists",
    "fields",
    "palette",
    "record",
    "board",
    "duplicates",
    "imports",
    "load",
    "exports",
    "weight",
    "pool",
    "reports",
)


class Command(BaseCommand):
    help = "One part of bin/bench, in a process of its own: builds the company, or measures and writes figures as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", choices=["build", *PARTS])
        parser.add_argument("--customers", type=int, default=0)
        parser.add_argument("--output", type=Path, default=None)

    def handle(self, *args: object, **options: object) -> None:
        if options["part"] == "build":
            company.build(int(str(options["customers"])), self.stderr.write)
            return
        figures = import_module(f"crm.demo.bench.{options['part']}").measure()
        text = json.dumps([figure.as_json() for figure in figures], ensure_ascii=False)
        if isinstance(options["output"], Path):
            options["output"].write_text(text)
        else:
            self.stdout.write(text)
