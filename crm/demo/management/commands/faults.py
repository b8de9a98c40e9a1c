import json
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "One fault of bin/faults, in a process of its own: breaks the system it is given and writes its account as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fault")
        parser.add_argument("--cycles", type=int, default=0)
        parser.add_argument("--untimed", action="store_true", help="judge nothing by seconds")
        parser.add_argument("--output", type=Path, default=None)

    def handle(self, *args: object, **options: object) -> None:
        # Faults need the packages of the tests; every other command does without them.
        from crm.demo.faults.registry import FAULTS
        from crm.demo.faults.stage import NotAStage, Stage, stop_signals

        fault = FAULTS.get(str(options["fault"]))
        if fault is None:
            raise CommandError(f"Choose among {', '.join(FAULTS)}.")
        cycles = int(str(options["cycles"])) or fault.cycles
        try:
            stage = Stage(say=self.stderr.write, timed=not options["untimed"])
        except NotAStage as refused:
            raise CommandError(str(refused)) from refused
        began = time.monotonic()
        with stop_signals(), stage:  # whoever ends us, what we started ends with us
            outcome = fault.play(stage, cycles)
        account = {"fault": fault.key, "cycles": cycles} | outcome.as_json()
        account["counts"]["seconds"] = round(time.monotonic() - began, 1)
        text = json.dumps(account, ensure_ascii=False)
        if isinstance(options["output"], Path):
            options["output"].write_text(text)
        else:
            self.stdout.write(text)
