"""Precision and recall of the duplicate rules: the figures of docs/duplicates.md must not get worse unnoticed."""

from io import StringIO

import pytest
from django.core.management import call_command

from accounts.rules.matching import keys_of
from crm.demo.duplicate_truth import CHICAGO, FEBRL, Result, chicago, disguised, febrl, measure, named

# (set, at least this precision, at least this recall)
INVENTED = [("invented companies: named", 0.44, 0.93), ("invented companies: refused", 0.96, 0.65)]
PERSONS = [
    ("FEBRL 1, names and postcodes: named", 0.99, 0.63),
    ("FEBRL 1, names and postcodes: refused", 0.99, 0.40),
    ("FEBRL 1, with the identity number: named", 0.99, 0.95),
    ("FEBRL 1, with the identity number: refused", 0.99, 0.93),
]


def rated(folder) -> dict[str, Result]:
    return {one.what: one for one in measure(folder)}


def test_invented_companies():
    results = rated(None)
    for what, precision, recall in INVENTED:
        assert results[what].precision >= precision and results[what].recall >= recall, results[what]


def test_persons_with_typing_errors(test_data):
    if not (test_data / "dedupe" / FEBRL).is_file():
        pytest.skip(f"no {FEBRL}")
    results = rated(test_data / "dedupe")
    for what, precision, recall in PERSONS:
        assert results[what].precision >= precision and results[what].recall >= recall, results[what]
    records, truth = febrl(test_data / "dedupe" / FEBRL, numbers=True)
    assert (len(records), len(truth)) == (1000, 500)


def test_rows_that_are_alike_in_every_column_are_found(test_data):
    path = test_data / "dedupe" / CHICAGO
    if not path.is_file():
        pytest.skip(f"no {CHICAGO}")
    records, truth = chicago(path)
    assert truth <= set(named(records)) and len(records) == 3337


def test_the_invented_truth_is_the_same_every_time():
    assert disguised(60) == disguised(60)
    assert named([keys_of(name="甲"), keys_of(name="乙")]) == {}


@pytest.mark.django_db
def test_the_command_prints_a_table(tmp_path):
    out = StringIO()
    call_command("measure_duplicates", data=tmp_path, stdout=out)
    assert "invented companies: refused" in out.getvalue() and "FEBRL" not in out.getvalue()
