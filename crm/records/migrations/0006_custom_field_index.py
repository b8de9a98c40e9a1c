"""The function with which the app's role, which may not change tables, has indexes of custom fields made.

It runs with the owner's rights (SECURITY DEFINER), so it trusts nothing it is given: the table has to carry `custom`, key
and options are plain words, the form is one of three, and there is an end to how many indexes a table gets.
"""

from django.db import migrations

FUNCTION = r"""
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
    IF field_key !~ '^[a-z][a-z0-9_]{0,29}$' OR form NOT IN ('text', 'number', 'rank')
       OR lead NOT IN ('', 'owner_id', 'team_id', 'statistics')
       OR EXISTS (SELECT FROM unnest(options) AS o WHERE o !~ '^[a-z0-9][a-z0-9_]{0,39}$') THEN
        RAISE EXCEPTION 'not an index of a custom field';
    END IF;
    IF lead = 'statistics' THEN  -- what the planner knows of the new expressions
        EXECUTE format('ANALYZE public.%I', carrier);
        RETURN true;
    END IF;
    IF form = 'number' THEN
        value := format('(%s::numeric)', value);
    ELSIF form = 'rank' THEN
        value := format('array_position(ARRAY[%s]::text[], %s)',
                        (SELECT string_agg(quote_literal(o), ',' ORDER BY n) FROM unnest(options) WITH ORDINALITY AS x(o, n)),
                        value);
    END IF;
    name := stem || '_' || left(md5(form || '|' || array_to_string(options, '|')), 8)
            || CASE lead WHEN 'owner_id' THEN '_o' WHEN 'team_id' THEN '_t' ELSE '_a' END;
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
    dependencies = [("records", "0005_custom_fields")]
    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION custom_field_index")]
