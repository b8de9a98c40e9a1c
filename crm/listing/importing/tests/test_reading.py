"""Files as they come: encodings, delimiters, damage, bombs."""

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from crm.listing.importing.reading import UnreadableFile, inspect_file, read_rows
from crm.listing.importing.tables import choose_sheet, find_table


@pytest.fixture
def write(tmp_path):
    def put(content: bytes | str, name: str = "file", encoding: str = "utf-8"):
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return put


def workbook(*rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def repacked(content: bytes, changes: dict[str, bytes]) -> bytes:
    """A workbook with some of its parts replaced or added."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, changes.pop(name, old.read(name)))
        for name, part in changes.items():
            new.writestr(name, part)
    return target.getvalue()


def code_of(path) -> str:
    with pytest.raises(UnreadableFile) as caught:
        inspect_file(path)
    assert str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_tables_of_any_encoding_and_delimiter(write, encoding, delimiter):
    lines = [
        ["公司", "联系人", "备注"],
        ["嘉兴明锐光学", "蒋文博", "重点客户"],
        ["台州巨峰精工", "何雪", "展会认识"],
    ]
    path = write("\r\n".join(delimiter.join(line) for line in lines), encoding=encoding)
    found = inspect_file(path)
    rows = list(read_rows(path, encoding=found.encoding, delimiter=found.delimiter))
    assert [row.cells for row in rows] == lines


def test_quoted_cells_keep_commas_quotes_and_line_breaks(write):
    path = write('公司,备注\n"甲,乙公司","他说 ""好"" \n第二行"\n丙公司,无\n')
    assert [row.cells for row in read_rows(path, encoding="utf-8", delimiter=",")] == [
        ["公司", "备注"],
        ["甲,乙公司", '他说 "好" \n第二行'],
        ["丙公司", "无"],
    ]


def test_a_line_far_down_that_breaks_costs_only_itself(write):
    lines = ["公司,电话", *(f"公司{n},0571-8{n:07d}" for n in range(50_010))]
    lines[50_000] = '"公司坏,0571-1'
    path = write("\n".join(lines))
    rows = list(read_rows(path, encoding="utf-8", delimiter=","))
    assert len(rows) == 50_011
    broken = [row for row in rows if row.broken]
    assert [row.number for row in broken] == [50_001]
    assert rows[-1].cells[0] == "公司50009"


def test_a_few_broken_bytes_do_not_turn_utf8_into_another_encoding(write):
    text = "公司,城市\n" + "".join(f"公司{n},上海\n" for n in range(500))
    path = write(text.encode() + b"\xb9\xab,\xff\n")
    assert inspect_file(path).encoding == "utf-8"


def test_an_accented_latin_file_is_not_chinese(write):
    path = write("name;city\nMüller GmbH;München\nCafé Léa;Orléans\n".encode("cp1252"))
    assert inspect_file(path).encoding == "cp1252"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"%PDF-1.7", "not_a_table"),
        (b"\x89PNG\r\n", "not_a_table"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "html"),
        (b"PK\x03\x04 cut off", "damaged"),
        (bytes(range(256)) * 20, "not_a_table"),
    ],
)
def test_what_is_no_table_is_refused_by_its_content(write, content, code):
    assert code_of(write(content, "looks.xlsx")) == code


def test_a_truncated_workbook_is_damaged(write):
    content = workbook(["a", "b"], [1, 2])
    assert code_of(write(content[: len(content) // 2])) == "damaged"


def test_a_workbook_with_a_password_says_so(write):
    ole = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 600
        + "EncryptedPackage".encode("utf-16-le")
        + b"\0" * 600
    )
    assert code_of(write(ole)) == "password"


def test_a_word_document_is_not_a_table(write):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("word/document.xml", "<w/>")
    assert code_of(write(target.getvalue())) == "not_a_table"


def test_a_document_type_definition_and_links_to_other_files_are_refused(write):
    content = workbook(["公司"], ["甲"])
    dtd = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><sst/>'
    assert code_of(write(repacked(content, {"xl/sharedStrings.xml": dtd}))) == "dtd"
    assert (
        code_of(write(repacked(content, {"xl/externalLinks/externalLink1.xml": b"<x/>"}))) == "external_link"
    )


def test_a_bomb_is_refused_before_it_is_parsed(write):
    content = workbook(["公司"], ["甲"])
    sheet = (
        b"<worksheet><sheetData>" + b"<row><c><v>1</v></c></row>" * 2_000_000 + b"</sheetData></worksheet>"
    )
    assert code_of(write(repacked(content, {"xl/worksheets/sheet1.xml": sheet}))) == "bomb"


def test_a_stray_cell_in_the_last_corner_ends_the_child_not_the_server(write):
    cells = b'<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sheet = b"<worksheet " + space + b"><sheetData>" + cells + corner + b"</sheetData></worksheet>"
    assert code_of(write(repacked(workbook(["x"]), {"xl/worksheets/sheet1.xml": sheet}))) in (
        "too_heavy",
        "too_many_columns",
    )


def test_ten_thousand_columns_are_refused(write):
    header = ",".join(f"c{n}" for n in range(10_000))
    assert code_of(write(header + "\n" + header)) == "too_many_columns"


def test_formula_errors_and_formulas_without_a_value(write):
    book = Workbook()
    book.active.append(["公司", "金额"])
    book.active.append(["甲公司", "#REF!"])
    book.active["B2"].data_type = "e"
    target = io.BytesIO()
    book.save(target)
    path = write(target.getvalue())
    assert list(read_rows(path))[1].cells == ["甲公司", "#REF!"]


def test_the_header_is_found_below_titles_and_columns_without_a_name_are_named(write):
    path = write(
        workbook(
            ["2026 华东客户名单"],
            [],
            ["", "公司", "联系人", None, "电话", "电话"],
            ["", "甲公司", "张三", "x", "1", "2"],
        )
    )
    table = find_table(inspect_file(path).sheets[0])
    assert table.header_row == 3
    assert table.headers == ["公司", "联系人", "(D)", "电话", "电话 (2)"]


def test_the_sheet_with_known_headers_is_chosen(write):
    book = Workbook()
    book.active.title = "说明"
    for _n in range(50):
        book.active.append(["请按说明填写", "x"])
    sheet = book.create_sheet("名单")
    sheet.append(["公司", "手机"])
    sheet.append(["甲公司", "13800000000"])
    target = io.BytesIO()
    book.save(target)
    sheets = inspect_file(write(target.getvalue())).sheets
    assert choose_sheet(sheets, {"公司", "手机"}).name == "名单"


def test_a_value_merged_over_several_rows_counts_for_each(write):
    book = Workbook()
    for row in (["地区", "公司"], ["上海", "甲"], [None, "乙"], ["杭州", "丙"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    target = io.BytesIO()
    book.save(target)
    assert [row.cells for row in read_rows(write(target.getvalue()))][2] == ["上海", "乙"]


# --- Real files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows", "header"),
    [
        ("cn_customers_import/客户信息表_300.xlsx", 300, "姓名"),
        ("cn_companies/stock_basic_gbk.csv", 4347, "(A)"),
        ("maven_crm/accounts.csv", 85, "account"),
        ("olist_funnel/olist_marketing_qualified_leads_dataset.csv", 8000, "mql_id"),
        ("cn_citizen_tickets/附件2_留言分类.xlsx", 495, "留言编号"),
        ("dirty_tables/Customer Call List.xlsx", 21, "CustomerID"),
        ("dirty_tables/janitor_dirty_data.xlsx", 12, "First Name"),
        ("dirty_tables/messy_customers.csv", 7, "Customer ID"),
        ("dedupe/csv_example_messy_input.csv", 3337, "Id"),
        ("excel_edge_cases/deaths.xlsx", None, "Name"),
        ("cn_superstore/示例 - 超市.xls", 10_000, "行 ID"),
        ("campaign_response_ifood/marketing_campaign.csv", 2240, "ID"),
        ("bank_marketing/bank-additional.csv", 4119, "age"),
    ],
)
def test_real_files_are_read_to_the_last_row(test_data, name, rows, header):
    path = test_data / name
    found = inspect_file(path)
    sheet = found.sheets[0]
    table = find_table(sheet)
    assert table.headers[0] == header
    read = [
        r
        for r in read_rows(path, sheet=sheet.name, encoding=found.encoding, delimiter=found.delimiter)
        if r.number > table.header_row
    ]
    assert rows is None or len(read) == rows


def test_every_messy_workbook_is_read_without_a_crash(test_data):
    for path in [*(test_data / "dirty_tables").iterdir(), *(test_data / "excel_edge_cases").iterdir()]:
        for sheet in inspect_file(path).sheets:
            assert not sheet.rows or find_table(sheet) is not None


def test_dates_of_workbooks_that_count_from_1904(test_data, tmp_path):
    for name in ("dates-1900.xls", "dates-1904.xls"):
        path = test_data / "excel_edge_cases" / name
        assert next(iter(read_rows(path, sheet="Sheet1"))).cells == ["2000-01-01"] * 5
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append([datetime.date(2026, 6, 11), datetime.datetime(2026, 6, 11, 14, 30)])  # noqa: DTZ001
    book.save(tmp_path / "mac.xlsx")
    assert next(iter(read_rows(tmp_path / "mac.xlsx", sheet="Sheet"))).cells == [
        "2026-06-11",
        "2026-06-11 14:30",
    ]


def test_day_numbers_without_a_format_count_from_where_the_workbook_says(test_data, tmp_path):
    """A cell that was a date loses its format when it is pasted as a value; its number still means a day."""
    from crm.listing.importing.widgets import read_moment

    assert inspect_file(test_data / "excel_edge_cases" / "dates-1904.xls").dates_from_1904
    assert not inspect_file(test_data / "excel_edge_cases" / "dates-1900.xls").dates_from_1904
    for epoch, expected in ((CALENDAR_MAC_1904, True), (None, False)):
        book = Workbook()
        if epoch:
            book.epoch = epoch
        book.active.append(["客户名称", "成交日期"])
        book.active.append(["甲有限公司", 44700])
        path = tmp_path / f"{expected}.xlsx"
        book.save(path)
        assert inspect_file(path).dates_from_1904 is expected
    assert read_moment("44700").date() == datetime.date(2022, 5, 19)
    assert read_moment("44700", from_1904=True).date() == datetime.date(2026, 5, 20)
