"""Public forms: who fills one in becomes a lead once, whom one knows is touched, robots and other sites get nowhere."""

import pytest
from django.test import Client

from accounts.models import Activity, Customer
from accounts.tests.factories import make_customer
from crm.automation.models import Notification
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from crm.records.services.custom_fields import create_field
from sales import services
from sales.models import FormSubmission, Lead, LeadTouch, WebForm
from sales.rules.webforms import channel_of, origin_of
from sales.services.pools import default_pool
from sales.tests.factories import SYSTEM, make_lead

pytestmark = pytest.mark.django_db
ASKED = [{"name": "name"}, {"name": "phone", "required": True}, {"name": "company"}, {"name": "need"}]
GIVEN = {"name": "王敏", "phone": "138 1234 5678", "need": "想看样机", "key": "k1", "consent": "on"}


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def form(company):
    create_field(model="sales.lead", kind="text", label_zh="现有设备", key="machine", actor=SYSTEM)
    return services.save_web_form(
        None,
        actor=SYSTEM,
        name="官网咨询",
        slug="contact",
        fields=[*ASKED, {"name": "cf_machine"}],
        owner=company.sales1,
        consent_zh="同意贵司联系我",
        embed_origins=["https://www.example.com/page"],
    )


def send(given=GIVEN, slug="contact", **extra):
    return Client().post(f"/f/{slug}/", given, **extra)


def test_whoever_fills_it_in_becomes_a_lead_with_where_they_came_from(company, form):
    page = Client().get(
        "/f/contact/?utm_source=baidu&utm_medium=cpc&utm_campaign=spring",
        headers={"Referer": "https://a.cn/x"},
    )
    text = page.content.decode()
    assert page.status_code == 200 and 'value="spring"' in text and "https://a.cn/x" in text
    assert "同意贵司联系我" in text and "现有设备" in text
    given = GIVEN | {
        "cf_machine": "C200",
        "utm_campaign": "spring",
        "utm_medium": "cpc",
        "referrer": "https://a.cn/x",
    }
    answer = send(given)
    assert (answer.status_code, answer["Location"]) == (302, "/f/contact/thanks/")
    lead = Lead.objects.get()
    assert (lead.name, lead.phone, lead.owner, lead.team) == (
        "王敏",
        "+8613812345678",
        company.sales1,
        company.east,
    )
    assert (lead.source, lead.channel, lead.campaign) == ("web_form", "paid_search", "spring")
    assert (lead.custom, lead.need, lead.engagement_score) == ({"machine": "C200"}, "想看样机", 15)
    assert lead.hand_raised_at is not None
    received = FormSubmission.objects.get()
    assert (received.outcome, received.consent.version, received.address) == ("lead", 1, "127.0.0.1")
    assert received.utm["utm_campaign"] == "spring" and received.referrer == "https://a.cn/x"
    assert Notification.objects.filter(user=company.sales1, kind="lead_arrived").count() == 1


def test_a_double_click_makes_one_lead(form):
    answers = [send() for _n in range(3)]
    assert {(a.status_code, a["Location"]) for a in answers} == {(302, "/f/contact/thanks/")}
    assert (Lead.objects.count(), FormSubmission.objects.count(), LeadTouch.objects.count()) == (1, 1, 1)


def test_a_known_lead_is_touched_and_the_answer_looks_the_same(company, form):
    lead = make_lead(company.sales3, "老王", phone="13812345678")
    new, known = send(GIVEN | {"phone": "13812345679"}), send(GIVEN | {"company": "博远"})
    assert (new.status_code, new["Location"], new.content) == (
        known.status_code,
        known["Location"],
        known.content,
    )
    lead.refresh_from_db()
    assert (lead.owner, lead.name, lead.company, lead.last_source) == (
        company.sales3,
        "老王",
        "博远",
        "web_form",
    )
    assert "想看样机" in lead.touches.get().note
    assert Lead.objects.count() == 2


def test_somebody_at_a_customer_gets_a_call_from_its_owner(company, form):
    customer = make_customer(company.sales3, contact={"name": "王敏", "phone": "13812345678"})
    assert send().status_code == 302
    assert not Lead.objects.exists()
    assert FormSubmission.objects.get().customer == customer
    task = Activity.objects.get(customer=customer, done_at__isnull=True)
    assert task.owner == company.sales3 and "官网咨询" in task.subject
    assert Event.objects.filter(name="customer.sent_form", subject_id=str(customer.pk)).count() == 1


def test_a_new_person_of_a_known_company_goes_to_its_owner(company, form):
    make_customer(company.sales3, "苏州博远科技有限公司")
    send(GIVEN | {"company": "苏州博远科技有限公司"})
    assert Lead.objects.get().owner == company.sales3


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"phone": ""},
        {"phone": "1381234"},
        {"consent": ""},
        {"name": "x" * 101},
        {"need": "x" * 2001},
        {"phone": "\x00"},
    ],
)
def test_what_cannot_be_right_comes_back_with_the_reason(form, wrong):
    answer = send({k: v for k, v in (GIVEN | wrong).items() if v})
    assert answer.status_code == 422 and b"error" in answer.content
    assert not Lead.objects.exists() and not FormSubmission.objects.exists()


def test_it_cannot_write_what_it_does_not_ask(form):
    send(GIVEN | {"status": "qualified", "owner": "1", "budget": "5", "title": "总监", "score": "100"})
    lead = Lead.objects.get()
    assert (lead.status, lead.budget, lead.title) == ("new", None, "")


def test_a_robot_in_the_trap_hears_thanks_and_leaves_nothing(form):
    answer = send(GIVEN | {"address2": "http://spam.example"})
    assert (answer.status_code, answer["Location"]) == (302, "/f/contact/thanks/")
    assert not Lead.objects.exists() and not FormSubmission.objects.exists()


def test_a_flood_is_stopped_by_address_and_by_form(form, settings):
    settings.ACCOUNT_RATE_LIMITS = {"web_form": "3/m/ip,5/m/key"}
    codes = [send(GIVEN | {"phone": f"1381234{n:04}", "key": f"{n}"}).status_code for n in range(5)]
    assert codes == [302, 302, 302, 429, 429]
    elsewhere = [
        send(GIVEN | {"phone": f"1391234{n:04}", "key": f"x{n}"}, REMOTE_ADDR=f"10.0.0.{n}").status_code
        for n in range(4)
    ]
    assert elsewhere.count(429) >= 1 and Lead.objects.count() <= 5
    assert Client().get("/f/contact/").status_code == 200


def test_only_named_sites_may_show_it_and_only_this_page(company, form):
    for path in ("/f/contact/", "/f/contact/thanks/"):
        page = Client().get(path)
        policy = page["Content-Security-Policy"]
        assert "frame-ancestors 'self' https://www.example.com;" in f"{policy};"
        assert "X-Frame-Options" not in page
    client = Client()
    client.force_login(company.sales1)
    other = client.get("/settings/")
    assert "frame-ancestors 'none'" in other["Content-Security-Policy"] and other["X-Frame-Options"] == "DENY"
    script = Client().get("/f/contact/embed.js")
    assert script["Content-Type"].startswith("text/javascript") and b"/f/contact/" in script.content


def test_it_speaks_both_languages_and_leads_to_a_page_of_thanks(form):
    services.save_web_form(
        form, actor=SYSTEM, fields=ASKED, title_zh="联系我们", title_en="Contact us",
        redirect_url="https://www.example.com/thanks",
    )  # fmt: skip
    assert "联系我们" in Client().get("/f/contact/?lang=zh").content.decode()
    assert "Contact us" in Client().get("/f/contact/?lang=en").content.decode()
    page = send({k: v for k, v in GIVEN.items() if k != "consent"})
    assert page["Location"] == "https://www.example.com/thanks"


def test_a_closed_form_is_no_page(form):
    services.save_web_form(form, actor=SYSTEM, fields=ASKED, is_active=False)
    for path in ("/f/contact/", "/f/contact/thanks/", "/f/contact/embed.js", "/f/nothing/"):
        assert Client().get(path).status_code == 404
    assert send().status_code == 404


def test_another_wording_is_another_version_and_the_old_proof_stays(form):
    send()
    services.save_web_form(form, actor=SYSTEM, fields=ASKED, consent_zh="新的说明")
    services.save_web_form(form, actor=SYSTEM, fields=ASKED, consent_zh="新的说明")
    assert [one.version for one in form.consents.all()] == [2, 1]
    assert FormSubmission.objects.get().consent.text_zh == "同意贵司联系我"


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": [{"name": "name"}]},
        {"fields": [{"name": "phone"}, {"name": "owner"}]},
        {"fields": [{"name": "phone"}, {"name": "phone"}]},
        {"embed_origins": ["javascript:alert(1)"]},
        {"embed_origins": ["https://a.cn; script-src *"]},
        {"redirect_url": "javascript:alert(1)"},
        {"slug": "contact"},
    ],
)
def test_what_an_administrator_cannot_set(form, wrong):
    with pytest.raises(RuleBroken):
        services.save_web_form(None, actor=SYSTEM, **({"name": "x", "slug": "x", "fields": ASKED} | wrong))


def test_administrators_set_it_up_on_a_page(company):
    client = Client()
    client.force_login(company.admin)
    new = {
        "name": "展会",
        "slug": "fair",
        "is_active": "on",
        "source": "exhibition",
        "ask:phone": "on",
        "must:phone": "on",
    }
    assert client.get("/settings/forms/new/").status_code == 200
    assert client.post("/settings/forms/new/", new | {"ask:phone": ""}).status_code == 422
    assert client.post("/settings/forms/new/", new | {"embed_origins": "nonsense"}).status_code == 422
    assert client.post("/settings/forms/new/", new).status_code == 302
    made = WebForm.objects.get()
    send({"name": "王敏", "phone": "13812345678", "key": "1"}, slug="fair")
    page = client.get(f"/settings/forms/{made.pk}/").content.decode()
    assert "王敏" in page and "embed.js" in page
    assert client.get("/settings/forms/").status_code == 200
    assert client.get("/settings/forms/999999/").status_code == 404
    client.force_login(company.manager1)
    assert client.get(f"/settings/forms/{made.pk}/").status_code == 403


@pytest.mark.parametrize(
    ("marks", "referrer", "channel"),
    [
        ({"bd_vid": "1"}, "", "paid_search"),
        ({"utm_medium": "CPC"}, "", "paid_search"),
        ({"utm_medium": "paid_social"}, "", "paid_social"),
        ({"utm_source": "weixin"}, "", "wechat"),
        ({"utm_medium": "email"}, "", "email"),
        ({"utm_medium": "webinar"}, "", "event"),
        ({}, "https://www.baidu.com/s?wd=x", "organic_search"),
        ({}, "https://www.zhihu.com/question/1", "organic_social"),
        ({}, "https://cn.bing.com/search", "organic_search"),
        ({}, "https://t.co/a1", "organic_social"),
        ({}, "https://www.microsoft.com/", "referral"),  # ends in the letters of t.co and m
        ({}, "https://www.netflix.com/", "referral"),
        ({}, "https://www.also.com/", "referral"),
        ({}, "https://partner.example/", "referral"),
        ({}, "https://crm.example/f/demo/", "direct"),  # our own page
        ({}, "", "direct"),
        ({}, "http://[bad", "direct"),
    ],
)
def test_where_somebody_came_from_names_the_channel(marks, referrer, channel):
    assert channel_of(marks, referrer, "crm.example") == channel


def test_the_origin_of_an_address():
    assert origin_of("https://WWW.Example.com:8443/a?b") == "https://www.example.com:8443"
    assert origin_of("ftp://a.cn") == origin_of("//a.cn") == origin_of("https://a.cn:x") == ""


def test_nobody_is_asked_for_required_fields_the_form_leaves_out(form):
    create_field(model="sales.lead", kind="text", label_zh="编号", key="no", required=True, actor=SYSTEM)
    assert send().status_code == 302 and Lead.objects.exists()
    assert not Customer.objects.exists()


def test_without_an_owner_the_rules_of_assignment_decide(company, form):
    services.save_web_form(form, actor=SYSTEM, fields=ASKED, owner=None)
    send({k: v for k, v in GIVEN.items() if k != "consent"})
    lead = Lead.objects.get()
    assert (lead.owner, lead.team) == (None, default_pool(actor=SYSTEM).team)  # no rule takes it: the pool
