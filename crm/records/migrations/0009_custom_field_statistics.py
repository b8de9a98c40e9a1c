"""Statistics on custom values: the planner takes none from partial indexes, and guessed 0.5 % for every range."""

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
    IF form = 'number' THEN
        value := format('(%s::numeric)', value);
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
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0008_record_top")]
    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
