import polib
import pytest

from crm.core.messages import find_messages, judge, placeholders, update

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
a = _("Save")
b = ngettext("%(count)s customer", "%(count)s customers", 2)
c = pgettext("verb", "Open")
d = _("Two lines "
      "of text")
e = f"{not_marked}"
"""
TEMPLATE = """{% load i18n %}
<div title="{% translate "Close" %}">
        {% blocktranslate trimmed with name=user.name %}
            Welcome back,
            {{ name }}
        {% endblocktranslate %}
   {% blocktranslate count n=total %}one row{% plural %}{{ n }} rows{% endblocktranslate %}
 {{ _("Marked") }} {% translate "Open" context "state" %} 中文，。{{ value|default:_("None yet") }}
</div>
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app" / "templates").mkdir(parents=True)
    (tmp_path / "app" / "tests").mkdir()
    (tmp_path / "app" / "views.py").write_text(PYTHON)
    (tmp_path / "app" / "tests" / "test_x.py").write_text('_("Never")')
    (tmp_path / "app" / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


def test_strings_of_python_and_templates_are_found(project):
    found = find_messages(project)
    assert set(found) == {
        ("", "Save"),
        ("", "%(count)s customer"),
        ("verb", "Open"),
        ("", "Two lines of text"),
        ("", "Close"),
        ("", "Welcome back, %(name)s"),
        ("", "one row"),
        ("", "Marked"),
        ("state", "Open"),
        ("", "None yet"),
    }
    assert found["", "one row"].plural == "%(n)s rows"
    assert found["", "Close"].places == {"app/templates/page.html"}


def test_a_catalogue_is_brought_up_to_date(project):
    messages = find_messages(project)
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="Save", msgstr="保存"))
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="没了"))
    source = polib.POFile()
    source.append(polib.POEntry(msgid="Open", msgctxt="verb", msgstr="打开"))
    source.append(
        polib.POEntry(msgid="one row", msgid_plural="%(n)s rows", msgstr_plural={0: "%(n)s 行"}),
    )
    update(catalogue, messages, [source])
    texts = {(entry.msgctxt or "", entry.msgid): entry for entry in catalogue}
    assert texts["", "Save"].msgstr == "保存"
    assert texts["verb", "Open"].msgstr == "打开"
    assert texts["", "one row"].msgstr_plural == {0: "%(n)s 行"}
    assert ("", "Gone") not in texts
    verdict = judge(messages, catalogue)
    assert len(verdict.missing) == len(messages) - 3
    assert not verdict.mismatched and not verdict.obsolete


def test_wrong_placeholders_are_noticed(project):
    messages = find_messages(project)
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="Welcome back, %(name)s", msgstr="欢迎回来，%(who)s"))
    assert [entry.msgid for entry in judge(messages, catalogue).mismatched] == ["Welcome back, %(name)s"]


def test_placeholders_of_every_style():
    assert placeholders("%(a)s %(b).2f {c} %s 100%% {{d}}") == {"a", "b", "c", "s"}
