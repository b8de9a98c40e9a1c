from pathlib import Path

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.core.messages import find_messages, judge, update

HEADER = {
    "Project-Id-Version": "Yuanke",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


class Command(BaseCommand):
    """Compare the strings in the source with the Chinese catalogue, and bring it up to date."""

    help = "Compare the strings in the source with the Chinese catalogue; --update brings it up to date."

    def add_arguments(self, parser):
        parser.add_argument(
            "--update", action="store_true", help="write the catalogue: new strings in, old ones out"
        )
        parser.add_argument("--check", action="store_true", help="fail if a string has no translation")
        parser.add_argument(
            "--missing", action="store_true", help="print the untranslated strings as .po entries"
        )
        parser.add_argument(
            "--merge",
            nargs="*",
            default=[],
            type=Path,
            metavar="PO",
            help="fill gaps from these files",
        )
        parser.add_argument("--locale", default="zh_Hans")

    def handle(self, *args, **options):
        root = Path(settings.BASE_DIR)
        path = root / "locale" / options["locale"] / "LC_MESSAGES" / "django.po"
        catalogue = polib.pofile(str(path), wrapwidth=110) if path.exists() else polib.POFile(wrapwidth=110)
        messages = find_messages(root)
        if options["update"] or options["merge"]:
            update(catalogue, messages, self._sources(options["merge"]))
        verdict = judge(messages, catalogue)
        if options["update"]:
            catalogue.metadata = {**HEADER, "Language": options["locale"]}
            path.parent.mkdir(parents=True, exist_ok=True)
            catalogue.save(str(path))
            catalogue.save_as_mofile(str(path.with_suffix(".mo")))
        self._report(messages, verdict, show=options["missing"])
        if options["check"] and not verdict.is_complete:
            raise CommandError("The catalogue is not complete.")

    def _sources(self, paths):
        for path in paths:
            try:
                yield polib.pofile(str(path))
            except (OSError, ValueError) as error:
                raise CommandError(f"{path} cannot be read: {error}") from error

    def _report(self, messages, verdict, *, show):
        for message in sorted(verdict.missing, key=lambda message: (min(message.places), message.msgid)):
            if show:
                entry = polib.POEntry(msgid=message.msgid, msgctxt=message.context or None)
                entry.occurrences = [(place, "") for place in sorted(message.places)]
                if message.plural:
                    entry.msgid_plural, entry.msgstr_plural = message.plural, {0: ""}
                self.stdout.write(str(entry))
        for entry in verdict.mismatched:
            self.stderr.write(
                f"placeholders differ: {entry.msgid!r} → {entry.msgstr or entry.msgstr_plural!r}"
            )
        out = self.stderr if show else self.stdout  # what is printed by --missing is a catalogue of its own
        out.write(
            f"{len(messages)} strings, {len(verdict.missing)} without translation, "
            f"{len(verdict.mismatched)} with other placeholders, {len(verdict.obsolete)} entries no longer used"
        )
