import getpass
import os

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.core.writes import RuleBroken
from crm.events.actor import system
from crm.identity.models import Role, User
from crm.identity.services import create_user


class Command(BaseCommand):
    help = "Create an administrator; asks for what the environment (CRM_ADMIN_USERNAME, CRM_ADMIN_PASSWORD) does not say."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", default=os.environ.get("CRM_ADMIN_USERNAME", ""))
        parser.add_argument(
            "--check", action="store_true", help="only say whether there is one: there or none"
        )
        parser.add_argument("--if-none", action="store_true", help="do nothing where an administrator exists")

    def handle(self, *args: object, **options: object) -> None:
        if options["check"]:
            there = User.objects.filter(is_active=True, role__is_administrator=True).exists()
            self.stdout.write("there" if there else "none")
            return
        if options["if_none"] and User.objects.filter(is_active=True, role__is_administrator=True).exists():
            return
        username = str(options["username"]) or input("User name of the administrator: ")
        password = os.environ.get("CRM_ADMIN_PASSWORD") or getpass.getpass(
            "Password (8 characters or more): "
        )
        try:
            create_user(
                username,
                name=username,
                role=Role.objects.get(slug="admin"),
                password=password,
                actor=system("create_admin").via("cli"),
            )
        except RuleBroken as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Administrator {username} created.")
