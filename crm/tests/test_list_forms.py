"""The base of forms: choices only among what one sees, versions, conflicts side by side."""

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured

from accounts.models import Customer
from crm.core.hooks import hooks
from crm.core.writes import RuleBroken, StaleVersion
from crm.identity.tests.factories import make_company
from crm.listing.forms import CrmForm, CrmModelForm, RemoteSelect, conflict_rows
from crm.tests.probe import PROBE

pytestmark = [pytest.mark.django_db, pytest.mark.urls("crm.tests.probe")]


class LinkForm(CrmForm):
    customer = forms.ModelChoiceField(queryset=Customer.objects.all())


class CustomerForm(CrmModelForm):
    class Meta:
        model = Customer
        fields = ["name", "tier", "parent"]


@pytest.fixture
def company(monkeypatch):
    monkeypatch.setattr(hooks, "list_pages", {"probe": PROBE})
    return make_company()


def make(company, owner, name, **values):
    person = getattr(company, owner)
    return Customer._base_manager.create(name=name, owner=person, team=person.team, **values)


def test_a_hidden_record_is_as_wrong_a_choice_as_an_absent_one(company):
    mine, hidden = make(company, "sales1", "我的"), make(company, "sales3", "别人的")
    assert LinkForm({"customer": mine.pk}, user=company.sales1).is_valid()
    errors = [
        LinkForm({"customer": pk}, user=company.sales1).errors.as_json() for pk in (hidden.pk, 99999999)
    ]
    assert errors[0] == errors[1] != "{}"


def test_choices_of_many_records_are_looked_up_as_one_types(company):
    rows = [make(company, "sales1", f"客户{number}") for number in range(60)]
    form = LinkForm(user=company.sales1, initial={"customer": rows[0].pk})
    assert isinstance(form.fields["customer"].widget, RemoteSelect)
    html = str(form["customer"])
    assert 'data-options-url="/probe/options/"' in html
    assert html.count("<option") <= 52 and f'value="{rows[0].pk}" selected' in html


def test_what_stands_there_may_stay_though_one_cannot_see_it(company):
    parent = make(company, "sales3", "母公司")
    row = make(company, "sales1", "子公司", parent=parent)
    form = CustomerForm(
        {"name": "新名", "parent": parent.pk, "version": 1}, instance=row, user=company.sales1
    )
    assert form.is_valid(), form.errors
    assert form.expected_version == 1
    assert form.values(changed_only=True) == {"name": "新名"}
    assert "version" not in form.values()


def test_forms_validate_and_never_save(company):
    form = CustomerForm({"name": "新"}, user=company.sales1)
    assert form.is_valid() and "version" not in form.fields
    with pytest.raises(ImproperlyConfigured):
        form.save()


def test_a_broken_rule_stands_at_its_field(company):
    form = CustomerForm({"name": "新"}, user=company.sales1)
    form.is_valid()
    form.add_rule(RuleBroken("no", field="name"))
    form.add_rule(RuleBroken("never", field="nowhere"))
    assert form.errors["name"] == ["no"] and form.non_field_errors() == ["never"]


def test_the_second_editor_sees_both_values(company):
    row = make(company, "sales1", "旧名", tier="B")
    form = CustomerForm({"name": "我的名", "tier": "A", "version": 1}, instance=row, user=company.sales1)
    assert form.is_valid()
    now = Customer._base_manager.get(pk=row.pk)
    now.name = "他的名"
    rows = conflict_rows(form, StaleVersion(now))
    assert [(r["name"], r["mine"], r["theirs"]) for r in rows] == [
        ("name", "我的名", "他的名"),
        ("tier", "A", "B"),
    ]
