import sys

from django.core.management.base import BaseCommand, CommandParser

from crm.automation.services import receive


class Command(BaseCommand):
    help = "Take in one mail that came to the reply address, from a file or from standard input (for a mail server's pipe)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="the mail as it came; - for standard input")

    def handle(self, *args: object, **options: object) -> None:
        path = str(options["file"])
        if path == "-":
            raw = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as source:
                raw = source.read()
        made = receive(raw)
        if made is None:
            self.stdout.write("This mail was taken in before.")
        elif made.answers_id is None:
            self.stdout.write("It answers none of our mails.")
        else:
            self.stdout.write(f"{made.get_kind_display()}: {made.answers}")
