"""What every test may use."""

import gc
import os
from itertools import count
from pathlib import Path

import pytest
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# A busy machine is no fault of the code: nothing fails because it took long.
hypothesis_settings.register_profile("crm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("crm")


# What is imported and collected stays to the end: looking through it for garbage again and again takes long.
gc.disable()


def pytest_collection_finish() -> None:
    """From now on Python looks for garbage among what the tests leave."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with real transactions are the long ones. They come first, so that no worker ends alone with one."""
    marks = {item: item.get_closest_marker("django_db") for item in items}
    items.sort(key=lambda item: not (marks[item] and marks[item].kwargs.get("transaction")))


@pytest.fixture(scope="session", autouse=True)
def _fast(tmp_path_factory):
    """Cheap password hashes, the language of the source, and no file where those of people lie."""
    cheap = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    files = tmp_path_factory.getbasetemp() / "files"
    with override_settings(LANGUAGE_CODE="en", PASSWORD_HASHERS=cheap, MEDIA_ROOT=files / "shared"):
        yield


@pytest.fixture(scope="session")
def django_db_setup(_fast, django_db_setup, django_db_blocker):
    """The test database, and the rows of the migrations and of the small company to put back into it."""
    from crm.identity.tests.factories import keep_company
    from crm.tests.seeds import keep_seeds

    with django_db_blocker.unblock():
        keep_seeds()
        keep_company()
    gc.collect()  # the migrations leave much
    gc.freeze()


@pytest.fixture(autouse=True)
def _private(settings, tmp_path_factory):
    """Files of its own for every test; their folder is made when the first one is stored."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "files" / str(next(_tests))


_tests = count(1)


@pytest.fixture(autouse=True)
def _company_of_this_test():
    """What a process remembers of the company belongs to one test only."""
    from crm.identity.queries import forget_company
    from crm.records.queries.custom_fields import forget_fields

    for forget in (forget_company, forget_fields):
        forget()
    yield
    for forget in (forget_company, forget_fields):
        forget()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data sets; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("CRM_TEST_DATA", Path(__file__).parent.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data in {folder} (CRM_TEST_DATA says where)")
    return folder


@pytest.fixture
def company(db):
    """Two regions of sales under one director, marketing, service and finance: `company.sales1` and so on."""
    from crm.identity.tests.factories import make_company

    return make_company()
