"""The final bytes are looked at before they go out."""

from __future__ import annotations

import pytest

from shopscore_analysis.errors import ReportError
from shopscore_analysis.report.checks import CSP, MOST_BYTES, check, faults

GOOD = f"""<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{CSP}"><meta name="robots" content="noindex">
<style>a {{ color: red; clip-path: url(#c) }}</style></head><body><a href="#there">去</a><p id="there">BODY</p>
</body></html>"""


def _page(body: str = "", **replaced: str) -> bytes:
    page = GOOD.replace("BODY", body)
    for old, new in replaced.items():
        page = page.replace({"lang": "zh-CN", "csp": CSP, "robots": "noindex"}[old], new)
    return page.encode()


def test_a_good_page_has_no_fault() -> None:
    """The baseline of the cases below."""
    assert faults(_page("尺码偏小 3/412，2026-11-16，商品 3500519435916043061")) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<script>1</script>", "a <script> element"),
        ('<img src="https://example.org/a.png" alt="a">', "<img src> that leaves the page: https://example.org/a.png"),
        ('<a href="https://example.org">x</a>', "<a href> that leaves the page: https://example.org"),
        ('<p style="background:url(//x.org/a)">x</p>', "<p style> that leaves the page: background:url(//x.org/a)"),
        ("<style>@import 'x.css';</style>", "a style sheet that loads something"),
        ("<style>p{background:url( 'http://x')}</style>", "a style sheet that loads something"),
        ('<p onclick="x()">x</p>', "<p onclick> that leaves the page: x()"),
        ('<link rel="icon" href="#there">', "a <link> element"),
        ('<img src="data:image/png;base64,AA">', "an image without a description (alt)"),
        ('<a href="#nowhere">x</a>', "links to nowhere: nowhere"),
        ('<p id="there">x</p>', "ids used twice: there"),
        ("<svg><title>t</title></svg>", "an <svg> without title and desc"),
        ("<figure>x</figure>", "1 figure(s) without a table twin"),
        ("联系 13812345678", "a mobile phone number (mask it before it is shelved)"),
        ("电话138-1234-5678", "a mobile phone number (mask it before it is shelved)"),
        ("11010119900307123X", "an identity card number (mask it before it is shelved)"),
        ("mail a.b@example.org", "an e-mail address (mask it before it is shelved)"),
        ("x" * MOST_BYTES, "bytes where at most 2,000,000 are allowed"),
    ],
)
def test_each_fault_is_found_and_named(body: str, fault: str) -> None:
    """One fault, one finding."""
    found = faults(_page(body))
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    ("part", "value", "fault"),
    [
        ("lang", "en", "lang='en' instead of zh-CN"),
        ("csp", "default-src *", "no strict content security policy"),
        ("robots", "all", "no noindex"),
    ],
)
def test_the_head_must_be_strict(part: str, value: str, fault: str) -> None:
    """Language, policy, robots."""
    assert faults(_page(**{part: value})) == [fault]


@pytest.mark.parametrize("body", ["订单 69138123456780", "a13812345678b", "3.13812345678", "1380000", "SF13812345678"])
def test_numbers_inside_longer_ones_are_no_phone_numbers(body: str) -> None:
    """A product id is no person."""
    assert faults(_page(body)) == []


def test_numbers_of_neighbouring_cells_are_not_read_as_one() -> None:
    """Three table cells do not make a phone number."""
    assert faults(_page("<table><tr><td>138</td><td>1234</td><td>5678</td></tr></table>")) == []


def test_source_code_is_found_even_where_highlighting_cuts_it() -> None:
    """Hidden inputs must be absent, not invisible."""
    cell = "import pandas as pd\nx = 1\n# a comment that is long enough"
    assert faults(_page("<pre><b>import</b> pandas <i>as</i> pd</pre>"), [cell]) == ["source code of the notebook"]
    assert faults(_page("x = 1"), [cell]) == []


def test_a_fault_forbids_to_publish_and_all_are_told() -> None:
    """The message names every fault."""
    with pytest.raises(ReportError) as caught:
        check(_page("<script></script>", lang="en"), "weekly.ipynb")
    assert str(caught.value) == (
        "weekly.ipynb: expected a page fit to publish, found lang='en' instead of zh-CN; a <script> element; "
        "nothing was published"
    )
