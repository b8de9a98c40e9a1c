from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.core.writes import RuleBroken
from crm.events.actor import system
from crm.identity.models import User
from crm.identity.services import create_token


class Command(BaseCommand):
    help = "Make an API token for a user; it is printed alone on the last line and never to be had again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line")
        parser.add_argument("--read-only", action="store_true")

    def handle(self, *args: object, **options: object) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['username']}.")
        try:
            _token, secret = create_token(
                user,
                name=str(options["name"]),
                read_only=bool(options["read_only"]),
                actor=system("create_token").via("cli"),
            )
        except RuleBroken as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
