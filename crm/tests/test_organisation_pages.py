"""The organisation page with customers behind it: who sees how many, who takes over what."""

import pytest
from django.utils import timezone

from accounts.models import Activity, Customer
from accounts.tests.factories import make_customer
from crm.events.models import Event
from crm.identity import access, services
from crm.identity.models import HandOver, Role, Team, TeamUserGrant, User
from crm.identity.tests.factories import SYSTEM, fresh, make_team

pytestmark = pytest.mark.django_db

PAGE = "/settings/organisation/"


@pytest.fixture
def admin(client, company):
    client.force_login(company.admin)
    return client


def seen(user):
    return set(access.visible(Customer, fresh(user)).values_list("name", flat=True))


def activity(owner, customer, **values):
    return Activity.objects.create(
        kind="task", subject="Call back", owner=owner, team=owner.team, customer=customer, **values
    )


def save(client, member, **values):
    form = {
        "name": member.name,
        "role": member.role_id,
        "team": member.team_id or "",
        "phone": "",
        "email": "",
        "title": "",
        "records_follow": "follow",
    }
    return client.post(f"{PAGE}members/{member.pk}/", {**form, **values})


def test_the_panel_counts_what_somebody_sees(admin, company):
    make_customer(company.sales1, "Own")
    theirs = make_customer(company.sales2, "Shared")
    services.share(theirs, user=company.sales1, actor=SYSTEM)
    reach = admin.get(f"{PAGE}?member={company.sales1.pk}").context["reach"]
    assert (reach.total, reach.own, reach.others) == (2, 1, 1)


def test_another_role_can_be_tried_out_without_saving(admin, company):
    make_customer(company.sales1, "Own")
    make_customer(company.sales3, "Far away")
    before = Event.objects.count()
    role = Role.objects.get(slug="executive")
    answer = admin.post(
        f"{PAGE}members/{company.sales1.pk}/preview/", {"name": "x", "role": role.pk, "team": company.east.pk}
    )
    assert answer.context["reach"].total == 2
    assert fresh(company.sales1).role.slug == "salesperson" and Event.objects.count() == before
    assert seen(company.sales1) == {"Own"}


def test_saving_a_role_changes_what_is_seen_at_once(admin, company):
    make_customer(company.sales2, "Colleague's")
    assert save(admin, company.sales1, role=Role.objects.get(slug="sales_manager").pk).status_code == 302
    assert seen(company.sales1) == {"Colleague's"}


def test_records_follow_into_the_new_team_or_stay(admin, company):
    make_customer(company.sales1, "Follows")
    save(admin, company.sales1, team=company.south.pk)
    assert Customer.objects.get(name="Follows").team == company.south
    assert seen(company.manager2) == {"Follows"} and seen(company.manager1) == set()
    assert Event.objects.filter(name="record.team_changed").exists()
    make_customer(company.sales2, "Stays")
    save(admin, company.sales2, team=company.south.pk, records_follow="stay")
    assert Customer.objects.get(name="Stays").team == company.east
    assert seen(company.manager1) == {"Stays"}


def test_a_department_that_moves_takes_its_visibility_along(admin, company):
    group = make_team("Group 1", company.east)
    services.update_user(company.sales1, team=group, actor=SYSTEM)
    make_customer(fresh(company.sales1), "Moves")
    assert seen(company.manager1) == {"Moves"}
    form = {"name": "Group 1", "parent": company.south.pk, "leader": ""}
    assert admin.post(f"{PAGE}teams/{group.pk}/", form).status_code == 302
    assert seen(company.manager1) == set() and seen(company.manager2) == {"Moves"}


def test_a_department_below_itself_is_refused(admin, company):
    form = {"name": "Sales", "parent": company.east.pk, "leader": ""}
    assert admin.post(f"{PAGE}teams/{company.sales.pk}/", form).status_code == 422


def test_a_department_with_records_is_not_deleted(admin, company):
    team = make_team("Old", company.sales)
    make_customer(company.sales1, "Held")
    Customer.objects.update(team=team)
    admin.post(f"{PAGE}teams/{team.pk}/delete/")
    assert type(team).objects.filter(pk=team.pk).exists()


def test_access_by_hand_is_given_and_withdrawn(admin, company):
    make_customer(company.sales3, "South's")
    admin.post(
        f"{PAGE}members/{company.sales1.pk}/access/", {"team": company.south.pk, "permission": "view_records"}
    )
    assert seen(company.sales1) == {"South's"}
    grant = TeamUserGrant.objects.get(user=company.sales1)
    admin.post(f"{PAGE}members/{company.sales1.pk}/access/{grant.pk}/withdraw/")
    assert seen(company.sales1) == set()


def test_leaving_asks_for_every_kind_and_moves_what_is_open(admin, company):
    customer = make_customer(company.sales1, "Handed over")
    open_task = activity(company.sales1, customer, due_at=timezone.now())
    done_task = activity(company.sales1, customer, done_at=timezone.now())
    url = f"{PAGE}members/{company.sales1.pk}/leave/"
    kinds = {kind["label"]: kind["count"] for kind in admin.get(url).context["form"].kinds}
    assert kinds["accounts.customer"] == 1 and kinds["accounts.activity"] == 1
    assert admin.post(url, {"accounts.customer": company.sales2.pk}).status_code == 422
    assert fresh(company.sales1).is_active
    form = {"accounts.customer": company.sales2.pk, "accounts.activity": company.sales2.pk}
    assert admin.post(url, form).status_code == 302
    for record in (customer, open_task, done_task):
        record.refresh_from_db()
    assert customer.owner == company.sales2 and open_task.owner == company.sales2
    assert done_task.owner_id == company.sales1.pk  # closed history keeps whose work it was
    left = fresh(company.sales1)
    assert not left.is_active and left.successor == company.sales2


def test_what_is_held_is_shared_out_among_the_team(admin, company):
    for number in range(5):
        make_customer(company.sales1, f"Customer {number}")
    form = {"accounts.customer": "team"}
    admin.post(f"{PAGE}members/{company.sales1.pk}/leave/", form)
    owners = Customer.objects.values_list("owner__username", flat=True)
    assert "sales1" not in owners and {"manager1", "sales2"} == set(owners)


def test_several_take_over_in_turn_and_what_belongs_to_a_customer_goes_along(admin, company):
    customers = [make_customer(company.sales1, f"Customer {number}") for number in range(4)]
    tasks = [activity(company.sales1, customer, due_at=timezone.now()) for customer in customers]
    url = f"{PAGE}members/{company.sales1.pk}/leave/"
    form = {
        "accounts.customer": "several",
        "accounts.activity": company.manager1.pk,
        "takers": [company.sales2.pk, company.sales3.pk],
    }
    assert admin.post(url, {**form, "takers": []}).status_code == 422
    preview = admin.post(f"{url}preview/", form).content.decode()
    assert preview.count(company.sales2.name) == 2 and company.manager1.name not in preview
    assert Customer.objects.filter(owner=company.sales1).count() == 4  # nothing is done yet
    answer = admin.post(url, form)
    owners = [Customer.objects.get(pk=customer.pk).owner for customer in customers]
    assert owners == [company.sales2, company.sales3, company.sales2, company.sales3]
    for task, owner in zip(tasks, owners, strict=True):
        task.refresh_from_db()
        assert task.owner == owner
    page = admin.get(answer["Location"]).content.decode()
    assert "Customer 3" in page and company.sales3.name in page and "signature" in page
    assert f"Customer 3 · {tasks[3].headline}" in page  # a follow-up alone says little on paper


def test_a_leader_leaves_a_team_without_one_and_the_list_says_so(admin, company):
    services.update_team(company.east, leader=company.sales1, actor=SYSTEM)
    preview = admin.post(f"{PAGE}members/{company.sales1.pk}/leave/preview/").content.decode()
    assert company.east.name in preview
    admin.post(f"{PAGE}members/{company.sales1.pk}/leave/")
    company.east.refresh_from_db()
    assert company.east.leader is None
    assert HandOver._base_manager.get().items.get().text == company.east.name


def test_what_nobody_takes_is_not_waited_for(admin, company):
    task = activity(company.sales1, make_customer(company.sales1, "Left alone"), due_at=timezone.now())
    services.leave(company.sales1, {}, actor=SYSTEM)
    task.refresh_from_db()
    assert task.cancelled_at is not None and task.customer.next_follow_up_at is None


def test_leaving_by_api(admin, company):
    make_customer(company.sales1, "Handed over")
    url = f"/api/v1/users/{company.sales1.pk}/leave/"
    body = {"default": [company.sales2.pk]}
    answer = admin.post(url, body, content_type="application/json")
    assert answer.status_code == 200
    assert [item["taker_name"] for item in answer.json()["items"]] == [company.sales2.name]
    assert Customer.objects.get().owner == company.sales2 and not fresh(company.sales1).is_active
    assert admin.post(url, {"default": [10**9]}, content_type="application/json").status_code == 400


def test_nobody_takes_over_for_now(admin, company):
    make_customer(company.sales1, "Unowned")
    admin.post(f"{PAGE}members/{company.sales1.pk}/leave/", {"accounts.customer": "nobody"})
    customer = Customer.objects.get()
    assert customer.owner is None and customer.team.kind == Team.Kind.POOL
    assert seen(company.manager1) == {"Unowned"}


def test_nothing_moves_when_somebody_may_not_leave(admin, company):
    make_customer(company.admin, "Kept")
    admin.post(f"{PAGE}members/{company.admin.pk}/leave/", {"accounts.customer": company.sales1.pk})
    assert Customer.objects.get().owner == company.admin and fresh(company.admin).is_active


def test_a_forged_heir_is_refused(admin, company):
    make_customer(company.sales1, "Kept")
    services.deactivate_user(company.sales2, actor=SYSTEM)
    for heir in (company.sales2.pk, company.sales1.pk, 10**9):
        answer = admin.post(f"{PAGE}members/{company.sales1.pk}/leave/", {"accounts.customer": heir})
        assert answer.status_code == 422
    assert Customer.objects.get().owner == company.sales1


def test_a_new_member_gets_a_password_shown_once(admin, company):
    form = {"name": "林晓雯", "username": "lin", "role": company.sales1.role_id, "team": company.east.pk}
    answer = admin.post(f"{PAGE}members/add/", form)
    secret = answer.context["secret"]
    member = User.objects.get(username="lin")
    assert member.check_password(secret) and member.must_change_password
    assert secret not in admin.get(f"{PAGE}?member={member.pk}").content.decode()
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_temporary_password_ends_the_sessions_and_lifts_the_lock(admin, company):
    from django.test import Client

    other = Client()
    other.force_login(company.sales1)
    for _attempt in range(6):
        Client().post("/auth/login/", {"login": "sales1", "password": "wrong"})
    secret = admin.post(f"{PAGE}members/{company.sales1.pk}/password/").context["secret"]
    assert other.get("/settings/").status_code == 302
    assert Client().post("/auth/login/", {"login": "sales1", "password": secret}).status_code == 302


@pytest.mark.parametrize(
    "path",
    ["members/{}/", "members/{}/leave/", "members/{}/password/", "members/{}/access/", "members/{}/return/"],
)
def test_nobody_else_touches_people(client, company, path):
    written = Event.objects.exclude(name="user.signed_in")
    before = written.count()
    for user in (company.exec, company.manager1, company.servicemanager1, company.sales1):
        client.force_login(user)
        answer = client.post(PAGE + path.format(company.sales2.pk), {"role": 1, "team": company.south.pk})
        assert answer.status_code == 403
    assert written.count() == before


def test_a_department_dropped_on_another_moves_below_it_and_back(admin, company):
    team, other = company.sales1.team, make_team("Elsewhere")
    before = team.parent
    answer = admin.post(f"{PAGE}teams/{team.pk}/move/", {"parent": other.pk}, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and "organisationChanged" in answer["HX-Trigger"]
    team.refresh_from_db()
    assert team.parent == other
    if before:
        admin.post(f"{PAGE}teams/{team.pk}/move/?parent={before.pk}")
        team.refresh_from_db()
        assert team.parent == before


def test_a_department_cannot_be_dropped_on_one_below_it(admin, company):
    team = company.sales1.team
    below = make_team("Below", parent=team)
    answer = admin.post(f"{PAGE}teams/{team.pk}/move/", {"parent": below.pk}, headers={"HX-Request": "true"})
    team.refresh_from_db()
    assert team.parent != below and '"bad"' in answer["HX-Trigger"]


def test_a_person_dropped_on_a_department_takes_their_customers_along(admin, company):
    customer = make_customer(company.sales1, "Comes along")
    other = make_team("Elsewhere")
    admin.post(f"{PAGE}members/{company.sales1.pk}/move/", {"parent": other.pk})
    customer.refresh_from_db()
    assert (fresh(company.sales1).team, customer.team) == (other, other)


def test_only_administrators_move_people_and_departments(client, company):
    client.force_login(company.manager1)
    other = make_team("Elsewhere")
    team = company.sales1.team
    for url in (f"{PAGE}teams/{team.pk}/move/", f"{PAGE}members/{company.sales1.pk}/move/"):
        assert client.post(url, {"parent": other.pk}).status_code in (403, 404)
    team.refresh_from_db()
    assert team.parent != other and fresh(company.sales1).team == team


@pytest.mark.parametrize("parent", ["", "x", "9" * 30])
def test_dropping_on_nothing_is_refused(admin, company, parent):
    assert admin.post(f"{PAGE}teams/{company.sales1.team.pk}/move/", {"parent": parent}).status_code == 400
