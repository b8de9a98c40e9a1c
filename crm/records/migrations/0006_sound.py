"""The function on which search by sound stands: `sound_pairs('hua xing') = {'hua x', 'xing'}`.

Indexes are over it. It says that it is dear, so that a search takes them rather than asking every row.
"""

from django.db import migrations

PAIRS = """
CREATE OR REPLACE FUNCTION sound_pairs(reading text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
COST 1000 AS $$
DECLARE
    pairs text[] := string_to_array(reading, ' ');
BEGIN
    FOR place IN 1 .. cardinality(pairs) - 1 LOOP
        pairs[place] := pairs[place] || ' ' || left(pairs[place + 1], 1);
    END LOOP;
    RETURN pairs;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0005_custom_fields")]
    operations = [migrations.RunSQL(PAIRS, "DROP FUNCTION sound_pairs(text)")]
