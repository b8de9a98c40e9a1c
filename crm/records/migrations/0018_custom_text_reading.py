"""Custom text sorts as people read it: Chinese by pinyin, Latin whatever its case.

The database collates by code point. Names keep a key of their own for that; a custom value has none, so a function makes
it, which indexes can be over. It reads character by character: `custom_reading('汇川 A') = 'hui chuan a'`.
"""

from importlib import import_module
from typing import Any

from django.db import migrations

from crm.core.pinyin import reading

FIRST, LAST = 0x4E00, 0x9FFF
FUNCTION = """
CREATE OR REPLACE FUNCTION custom_reading(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    found text := '';
    after boolean := false;
    one text;
    place integer;
BEGIN
    IF octet_length(value) = char_length(value) THEN
        RETURN lower(value);
    END IF;
    FOREACH one IN ARRAY string_to_array(left(lower(value), 100), NULL) LOOP
        place := 2 * (ascii(one) - {first});
        IF place >= 0 AND place <= 2 * {span} THEN
            found := found || ' ' || coalesce(nullif(('{{{syllables}}}'::text[])[
                1 + 256 * get_byte('\\x{places}'::bytea, place) + get_byte('\\x{places}'::bytea, place + 1)], ''), one);
            after := true;
        ELSE
            found := found || CASE WHEN after AND one <> ' ' THEN ' ' ELSE '' END || one;
            after := false;
        END IF;
    END LOOP;
    RETURN ltrim(found);
END $$
"""


def make_reading(apps: Any, schema_editor: Any) -> None:
    """The function, with the usual reading of every character in it."""
    readings = [reading(chr(code)) for code in range(FIRST, LAST + 1)]
    syllables = sorted({"", *readings})
    place = {syllable: number for number, syllable in enumerate(syllables)}
    places = "".join(f"{place[one]:04x}" for one in readings)
    quoted = ",".join(one or '""' for one in syllables)
    schema_editor.execute(
        FUNCTION.format(first=FIRST, span=LAST - FIRST, syllables=quoted, places=places), params=None
    )


# The indexes of custom fields know one more form, `words`: the reading of a text.
INDEXES = (
    import_module("crm.records.migrations.0009_custom_field_statistics")
    .FUNCTION.replace(
        "form NOT IN ('text', 'number', 'rank')", "form NOT IN ('text', 'number', 'rank', 'words')"
    )
    .replace(
        "    ELSIF form = 'rank' THEN",
        "    ELSIF form = 'words' THEN\n        value := format('custom_reading(%s)', value);\n    ELSIF form = 'rank' THEN",
    )
)


class Migration(migrations.Migration):
    dependencies = [("records", "0017_record_files")]
    operations = [
        migrations.RunPython(make_reading, migrations.RunPython.noop),
        migrations.RunSQL(INDEXES, migrations.RunSQL.noop),
    ]
