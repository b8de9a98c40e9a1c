"""vCards through the very import: people with their companies, in every version, encoding and state."""

import quopri

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Activity, Contact, Customer
from accounts.tests.factories import make_customer
from accounts.tests.import_tools import carry_on, check, commit, errors_of, run
from crm.listing.importing import jobs, undoing
from crm.listing.importing.reading import UnreadableFile, inspect_file, read_rows

pytestmark = pytest.mark.django_db

V3 = """BEGIN:VCARD
VERSION:3.0
FN:张三
N:张;三;;;
ORG:甲有限公司;采购部
TITLE:采购经理
TEL;TYPE=WORK,VOICE:0571-88886666
TEL;TYPE=CELL:138 0573 2216
item1.EMAIL;TYPE=INTERNET,pref:zhang@jia.example
item1.X-ABLabel:工作
X-WECHAT:zhangsan_jia
NOTE:老客户\\, 爱喝茶\\n第二行
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQ
 AAAAAAAAAAAAAAAAAAAAA
END:VCARD
"""
V4 = """BEGIN:VCARD
VERSION:4.0
FN:李四
ORG:甲有限公司
TEL;VALUE=uri;TYPE="voice,cell":tel:+86-138-0573-2217
EMAIL;PREF=1:li@jia.example
END:VCARD
"""
ALONE = "BEGIN:VCARD\nVERSION:3.0\nN:王;五;;;\nTEL:13805732218\nEND:VCARD\n"


def cards(text: str | bytes, encoding: str = "utf-8", name: str = "people.vcf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode(encoding))


def old_card(charset: str, encoding: str, name: str = "张三") -> bytes:
    """A card of version 2.1 as Chinese phones write it, with quoted-printable and soft line breaks."""

    def qp(text: str) -> str:
        coded = quopri.encodestring(text.encode(encoding)).decode().strip()
        return coded.replace("=E", "=\r\n=E", 1) if "=E" in coded else coded

    return (
        f"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:{qp(name[0])};{qp(name[1:])}\r\n"
        f"ORG;encoding=quoted-printable;charset={charset}:{qp('甲有限公司')}\r\nTEL;CELL:13805732216\r\nEND:VCARD\r\n"
    ).encode()


def person() -> tuple[str, str, str]:
    contact = Contact.objects.select_related("customer").get()
    return contact.name, contact.customer.name, contact.phone


def test_people_come_with_their_companies(company):
    job = check(company.sales1, cards(V3 + V4 + ALONE), "contacts")
    assert (job.resource, job.format, errors_of(job)) == ("customers", "vcf", [])
    assert job.tally == {"customers": 2, "contacts": 3}
    job = commit(job)
    first = Contact.objects.get(name="张三")
    assert (first.phone, first.email, first.wechat, first.title, first.department) == (
        "+8613805732216",
        "zhang@jia.example",
        "zhangsan_jia",
        "采购经理",
        "采购部",
    )
    assert first.is_primary and first.customer.name == "甲有限公司" and first.customer.owner == company.sales1
    note = Activity.objects.get(customer=first.customer)
    assert note.body == "老客户, 爱喝茶\n第二行\n0571-88886666"
    assert Contact.objects.get(name="李四").customer == first.customer
    assert Customer.objects.get(name="王五").kind == "person"
    job = carry_on(undoing.start_undo(job))
    assert job.undo_counts == {"undone": 3, "kept": 0} and not Customer.objects.exists()


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("UTF-8", "utf-8"), ("GBK", "gb18030"), ("gb2312", "gb18030"), ("GBK", "utf-8"), ("X-UNKNOWN", "utf-8")],
)
def test_cards_of_old_phones(company, charset, encoding):
    run(company.sales1, cards(old_card(charset, encoding)))
    assert person() == ("张三", "甲有限公司", "+8613805732216")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_cards_in_other_encodings(company, encoding):
    run(company.sales1, cards(V3, encoding))
    assert person()[:2] == ("张三", "甲有限公司")


def test_they_join_the_customer_that_is_there(company):
    mine = make_customer(company.sales1, "甲有限公司")
    make_customer(company.sales3, "乙有限公司")
    job = run(company.sales1, cards(V3 + V4.replace("甲有限公司", "乙有限公司")))
    assert mine.contacts.get().name == "张三"
    assert [(row, code) for row, _column, code in errors_of(job)] == [(3, "occupied")]


def test_cards_that_cannot_be_read_say_so_and_the_others_come_in(company):
    endless = "BEGIN:VCARD\nFN:没有结尾\n"
    empty = "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n"
    nested = "BEGIN:VCARD\nFN:赵六\nORG:丙有限公司\nAGENT:\nBEGIN:VCARD\nFN:秘书\nEND:VCARD\nEND:VCARD\n"
    job = run(company.sales1, cards(endless + empty + nested + ALONE + endless))
    assert [(row, code) for row, _column, code in errors_of(job)] == [(2, "card"), (3, "card"), (6, "card")]
    assert set(Contact.objects.values_list("name", flat=True)) == {"赵六", "王五"}


def test_they_name_people_and_nothing_else(company):
    with pytest.raises(UnreadableFile) as refused:
        jobs.start_import(company.sales1, cards(V3), "activities")
    assert refused.value.code == "cards"


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(
            "BEGIN:VCARD\nFN:甲\n" + "TEL:1\n" * 1_000_000 + "END:VCARD\n", id="a million properties"
        ),
        pytest.param("BEGIN:VCARD\nFN:甲\nNOTE:" + "字" * 3_000_000 + "\nEND:VCARD\n", id="an endless line"),
        pytest.param(
            "BEGIN:VCARD\nFN:甲\nNOTE:字\n" + " 字\n" * 500_000 + "END:VCARD\n", id="endlessly folded"
        ),
        pytest.param("BEGIN:VCARD\nAGENT:\n" * 200_000, id="nested"),
        pytest.param("BEGIN:VCARD\nFN:" + "\\" * 200_000 + "\nEND:VCARD\n", id="nothing but escapes"),
        pytest.param("BEGIN:VCARD\nFN:甲\nORG:" + ";" * 250_000 + "\nEND:VCARD\n", id="nothing but parts"),
        pytest.param(
            "BEGIN:VCARD\nTEL;" + 'X="' * 80_000 + ":1\nFN:甲\nEND:VCARD\n", id="nothing but quotes"
        ),
    ],
)
def test_bombs_are_bounded(tmp_path, bomb):
    file = tmp_path / "bomb.vcf"
    file.write_text(bomb + ALONE, encoding="utf-8")
    found = inspect_file(file)
    assert found.format == "vcf"
    rows = list(read_rows(file, encoding=found.encoding))
    assert rows[-1].cells[1] == "王五" and rows[0].number == 1
    assert max(len("".join(row.cells)) for row in rows) < 600_000


def test_cards_of_real_address_books(test_data):
    people = {}
    for file in sorted((test_data / "vcards").glob("*.vcf")):
        found = inspect_file(file)
        rows = list(read_rows(file, encoding=found.encoding))[1:]
        assert all(not row.broken for row in rows), file.name
        people[file.name] = len(rows), rows[0].cells[:2]
    assert people["rfc2426-example.vcf"] == (2, ["Lotus Development Corporation", "Frank Dawson"])
    assert people["outlook-2003.vcf"] == (1, ["Company, The", "John Doe III"])
    assert people["John_Doe_ANDROID.vcf"][0] == 6
