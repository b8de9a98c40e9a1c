"""Two functions of the database on which custom fields stand.

`custom_reading('汇川 A') = 'hui chuan a'`: custom text sorts as people read it, Chinese by pinyin, Latin whatever its case.
The database collates by code point; names keep a key of their own for that, a custom value has none, so indexes are over
this function.

`custom_field_index` is how the app's role, which may not change tables, has indexes and statistics of custom fields made
(the planner takes no statistics from partial indexes, and would guess 0.5 % for every range). It runs with the owner's
rights (SECURITY DEFINER), so it trusts nothing it is given: the table has to carry `custom`, key and options are plain
words, the form is one of four, and there is an end to how many indexes a table gets.
"""

from django.db import migrations

from crm.core.pinyin import reading

FIRST, LAST = 0x4E00, 0x9FFF
READING = """
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


def make_reading(apps, schema_editor):
    """The function, with the usual reading of every character in it."""
    readings = [reading(chr(code)) for code in range(FIRST, LAST + 1)]
    syllables = sorted({"", *readings})
    place = {syllable: number for number, syllable in enumerate(syllables)}
    places = "".join(f"{place[one]:04x}" for one in readings)
    quoted = ",".join(one or '""' for one in syllables)
    schema_editor.execute(
        READING.format(first=FIRST, span=LAST - FIRST, syllables=quoted, places=places), params=None
    )


INDEX = r"""
CREATE OR REPLACE FUNCTION custom_field_index(
    carrier text, field_key text, form text, options text[], lead text, wanted boolean
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '3s' AS $$
DECLARE
    relation regclass := to_regclass(format('public.%I', carrier));
    stem text := 'cf_' || left(md5(carrier || ':' || field_key), 12);
    value text := format('(custom ->> %L)', field_key);
    alive text := '';
    name text;
    old text;
BEGIN
    IF relation IS NULL OR NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = relation AND attname = 'custom' AND atttypid = 'jsonb'::regtype
    ) THEN
        RAISE EXCEPTION '% carries no custom fields', carrier;
    END IF;
    IF field_key !~ '^[a-z][a-z0-9_]{0,29}$' OR form NOT IN ('text', 'number', 'rank', 'words')
       OR lead NOT IN ('', 'owner_id', 'team_id', 'statistics')
       OR EXISTS (SELECT FROM unnest(options) AS o WHERE o !~ '^[a-z0-9][a-z0-9_]{0,39}$') THEN
        RAISE EXCEPTION 'not an index of a custom field';
    END IF;
    IF form = 'number' THEN
        value := format('(%s::numeric)', value);
    ELSIF form = 'words' THEN
        value := format('custom_reading(%s)', value);
    ELSIF form = 'rank' THEN
        value := format('array_position(ARRAY[%s]::text[], %s)',
                        (SELECT string_agg(quote_literal(o), ',' ORDER BY n) FROM unnest(options) WITH ORDINALITY AS x(o, n)),
                        value);
    END IF;
    name := stem || '_' || left(md5(form || '|' || array_to_string(options, '|')), 8)
            || CASE lead WHEN 'owner_id' THEN '_o' WHEN 'team_id' THEN '_t' WHEN 'statistics' THEN '_s' ELSE '_a' END;
    IF lead = 'statistics' THEN
        FOR old IN
            SELECT stxname FROM pg_statistic_ext
            WHERE stxrelid = relation AND stxname LIKE stem || '\_%' AND (stxname <> name OR NOT wanted)
        LOOP
            EXECUTE format('DROP STATISTICS public.%I', old);
        END LOOP;
        IF wanted THEN
            EXECUTE format('CREATE STATISTICS IF NOT EXISTS public.%I ON (%s) FROM public.%I', name, value, carrier);
            EXECUTE format('ANALYZE public.%I', carrier);
        END IF;
        RETURN wanted;
    END IF;
    FOR old IN
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = relation AND c.relname LIKE stem || '\_%' AND c.relname <> name
          AND right(c.relname, 2) = right(name, 2)
    LOOP
        EXECUTE format('DROP INDEX public.%I', old);
    END LOOP;
    IF NOT wanted THEN
        EXECUTE format('DROP INDEX IF EXISTS public.%I', name);
        RETURN false;
    END IF;
    IF (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = relation AND c.relname LIKE 'cf\_%') >= 120 THEN
        RETURN false;
    END IF;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation AND attname = 'deleted_at') THEN
        alive := 'deleted_at IS NULL AND ';
    END IF;
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON public.%I (%s%s, id) WHERE %s%s IS NOT NULL',
                   name, carrier, CASE lead WHEN '' THEN '' ELSE lead || ', ' END, value, alive, value);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION custom_field_index FROM PUBLIC;
"""


class Migration(migrations.Migration):
    replaces = [
        ("records", "0006_custom_field_index"),
        ("records", "0009_custom_field_statistics"),
        ("records", "0018_custom_text_reading"),
    ]
    dependencies = [("records", "0004_rights")]
    operations = [
        migrations.RunPython(make_reading, migrations.RunPython.noop),
        migrations.RunSQL(INDEX, "DROP FUNCTION custom_field_index"),
    ]
