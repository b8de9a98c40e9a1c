"""Departments and people out of a sheet."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from crm.console.services.organisation_import import check_people, import_people
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity import services
from crm.identity.models import Team, User
from crm.identity.tests.factories import SYSTEM, fresh
from crm.records.models import StoredFile

pytestmark = pytest.mark.django_db

PAGE = "/settings/organisation/import/"
HEADERS = ["姓名", "用户名", "手机", "邮箱", "部门", "角色", "主管", "职务"]


def row(number, **values):
    return number, values


def check(*rows):
    return check_people(list(rows))


def workbook(*rows, headers=HEADERS):
    book = Workbook()
    for line in [headers, *rows]:
        book.active.append(line)
    target = io.BytesIO()
    book.save(target)
    return SimpleUploadedFile("通讯录.xlsx", target.getvalue())


def test_new_people_and_departments_are_made_in_one_go(company):
    found = check(
        row(2, name="周立诚", username="zhou", team="销售中心 / 华东大区", role="销售经理", leader="是"),
        row(3, name="林晓雯", phone="138 0571 6620", team="销售中心/华东大区/一组", role="salesperson"),
    )
    assert (found.created, found.failed) == (2, 0)
    assert found.teams == ["销售中心", "销售中心 / 华东大区", "销售中心 / 华东大区 / 一组"]
    counts = import_people(found, actor=SYSTEM)
    assert counts == {"teams": 3, "created": 2, "updated": 0}
    lin = User.objects.get(username="13805716620")
    assert lin.team.parent.leader.username == "zhou" and not lin.has_usable_password()
    assert lin.team.name == "一组" and lin.role.slug == "salesperson"


def test_a_second_run_changes_nothing(company):
    rows = [row(2, name="林晓雯", username="lin", email="lin@example.com", team="A / B", role="销售")]
    import_people(check(*rows), actor=SYSTEM)
    before = Event.objects.count()
    again = check(*rows)
    assert (again.unchanged, again.created, again.updated, again.ready) == (1, 0, 0, False)
    import_people(again, actor=SYSTEM)
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "known", [{"username": "SALES1"}, {"email": "Sales1@example.com"}, {"phone": "138-0571-6620"}]
)
def test_known_people_are_found_by_any_of_three(company, known):
    services.update_user(company.sales1, email="sales1@example.com", phone="13805716620", actor=SYSTEM)
    found = check(row(2, name="新名字", **known))
    assert found.updated == 1
    import_people(found, actor=SYSTEM)
    assert fresh(company.sales1).name == "新名字"
    assert fresh(company.sales1).role.slug == "salesperson"  # an empty cell takes nothing away


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "", "username": "x", "role": "销售"}, ("姓名", "name")),
        ({"name": "a", "username": "x", "role": "飞行员"}, ("飞行员",)),
        ({"name": "a", "username": "x"}, ("角色", "role")),
        ({"name": "a", "phone": "1380571662", "role": "销售"}, ("1380571662",)),
        ({"name": "a", "username": "x", "email": "nope", "role": "销售"}, ("nope",)),
        ({"name": "a", "role": "销售"}, ("登录", "signing in")),
        ({"name": "a", "username": "x y", "role": "销售"}, ("x y",)),
        ({"name": "a", "username": "x", "team": "部" * 101, "role": "销售"}, ("部门", "department")),
    ],
)
def test_bad_rows_say_what_is_wrong_and_stay_out(company, values, words):
    found = check(row(7, **values), row(8, name="好", username="good", role="销售"))
    assert (found.failed, found.created) == (1, 1)
    assert any(word in " ".join(found.wrong[0].errors) for word in words), found.wrong[0].errors
    import_people(found, actor=SYSTEM)
    assert User.objects.filter(username="good").exists()


def test_the_same_person_twice_is_an_error_of_the_second_row(company):
    found = check(
        row(2, name="a", username="twin", role="销售"), row(3, name="b", username="TWIN", role="销售")
    )
    assert [r.number for r in found.wrong] == [3] and "2" in found.wrong[0].errors[0]


def test_somebody_who_left_is_not_silently_brought_back(company):
    services.deactivate_user(company.sales1, actor=SYSTEM)
    found = check(row(2, name="a", username="sales1"))
    assert found.failed == 1 and not fresh(company.sales1).is_active


def test_the_last_administrator_cannot_be_imported_away(company):
    found = check(row(2, name="a", username="admin", role="销售"))
    with pytest.raises(RuleBroken) as broken:
        import_people(found, actor=SYSTEM)
    assert "2" in str(broken.value)
    assert fresh(company.admin).role.slug == "admin"


def test_the_page_checks_first_and_writes_after_the_confirmation(client, company):
    client.force_login(company.admin)
    file = workbook(
        ["林晓雯", "lin", "13805716620", "", "销售 / 一组", "销售", "", ""],
        ["坏电话", "bad", "1380571", "", "销售", "销售", "", ""],
    )
    page = client.post(PAGE, {"file": file})
    assert (
        page.status_code == 200 and page.context["check"].created == 1 and page.context["check"].failed == 1
    )
    assert not User.objects.filter(username="lin").exists()
    assert client.get(PAGE).context["check"].created == 1  # it waits
    client.post(PAGE + "confirm/")
    assert User.objects.get(username="lin").team.name == "一组"
    assert not User.objects.filter(username="bad").exists()
    assert not StoredFile.objects.exists()
    client.post(PAGE + "confirm/")
    assert Team.objects.filter(name="一组").count() == 1


def test_discarding_writes_nothing(client, company):
    client.force_login(company.admin)
    client.post(PAGE, {"file": workbook(["林晓雯", "lin", "", "", "", "销售", "", ""])})
    client.post(PAGE + "confirm/", {"discard": "1"})
    client.post(PAGE + "confirm/")
    assert not User.objects.filter(username="lin").exists() and not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("people.xlsx", b"PK\x03\x04 not a workbook"),
        ("people.csv", b""),
        ("people.csv", "邮箱\na@b.cc\n".encode()),
    ],
)
def test_an_unreadable_file_is_refused_in_words(client, company, name, content):
    client.force_login(company.admin)
    response = client.post(PAGE, {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 422 and response.context["form"].errors["file"]


def test_a_csv_of_wechat_work_with_other_words_is_understood(client, company):
    client.force_login(company.admin)
    text = "成员,账号,手机号码,所属部门,角色\n林晓雯,lin,13805716620,销售中心/华东,销售\n"
    page = client.post(PAGE, {"file": SimpleUploadedFile("people.csv", text.encode("gb18030"))})
    assert page.context["check"].created == 1


def test_the_template_is_what_the_import_reads(client, company):
    client.force_login(company.admin)
    answer = client.get("/settings/organisation/template/")
    assert load_workbook(io.BytesIO(answer.content)).active.max_row == 3
    page = client.post(PAGE, {"file": SimpleUploadedFile("organisation.xlsx", answer.content)})
    assert page.context["check"].created == 2 and page.context["check"].failed == 0


def test_nobody_else_imports_or_confirms(client, company):
    for user in (company.exec, company.manager1, company.sales1):
        client.force_login(user)
        assert (
            client.post(PAGE, {"file": workbook(["x", "x", "", "", "", "admin", "", ""])}).status_code == 403
        )
        assert client.post(PAGE + "confirm/").status_code == 403
