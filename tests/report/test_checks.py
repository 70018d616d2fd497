"""The final bytes are looked at before they go out."""

from __future__ import annotations

from importlib.resources import files

import pytest

from shopscore_analysis.errors import ReportError
from shopscore_analysis.report.checks import CSP, MOST_BYTES, check, faults
from shopscore_analysis.report.contrast import pale

GOOD = f"""<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{CSP}"><meta name="robots" content="noindex">
<style>:root {{ --ink: #1c2530; --paper: #fff }} @media (prefers-color-scheme: dark) {{ :root {{ --ink: #eee;
--paper: #222 }} }} @media print {{ :root {{ --ink: #000; --paper: #fff }} }}
a {{ clip-path: url(#c) }}</style>
</head><body><a href="#there">去</a><p id="there">BODY</p>
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
        ("联系 13812345678", "personal data: 手机号 (mask it before it is shelved)"),
        ("电话138-1234-5678", "personal data: 手机号 (mask it before it is shelved)"),
        ("电话[手机号]，还有13812345678", "personal data: 联系方式 (mask it before it is shelved)"),
        ("11010119900307123X", "personal data: 身份证 (mask it before it is shelved)"),
        ("mail a.b@example.org", "personal data: 邮箱 (mask it before it is shelved)"),
        ("加微信 shop_12345", "personal data: 微信号 (mask it before it is shelved)"),
        ("QQ 123456789", "personal data: QQ号 (mask it before it is shelved)"),
        ("订单 6900000000000000011", "personal data: 单号 (mask it before it is shelved)"),
        ("寄到杭州市西湖区文三路138号2单元501室", "personal data: 地址 (mask it before it is shelved)"),
        ("收件人：王小明", "personal data: 姓名 (mask it before it is shelved)"),
        ('<b aria-label="13812345678">x</b>', "personal data: 手机号 (mask it before it is shelved)"),
        (
            "<style>:root { --muted: #9aa; --paper: #fff }</style>",
            "--muted on --paper in light at 2.4:1 (at least 4.5:1 is needed)",
        ),
        ("x" * MOST_BYTES, "bytes where at most 2,000,000 are allowed"),
    ],
)
def test_each_fault_is_found_and_named(body: str, fault: str) -> None:
    """One fault, one finding."""
    found = faults(_page(body))
    assert len({one.partition(" in ")[0] for one in found}) == 1
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


@pytest.mark.parametrize("body", ["商品 3500519435916043061", "1380000", "<code>d8fdfd637134355804e6704e</code>"])
def test_numbers_inside_longer_ones_are_no_phone_numbers(body: str) -> None:
    """A product id is no person."""
    assert faults(_page(body)) == []


def test_numbers_of_neighbouring_cells_are_not_read_as_one() -> None:
    """Three table cells do not make a phone number."""
    assert faults(_page("<table><tr><td>138</td><td>1234</td><td>5678</td></tr></table>")) == []


def test_colours_are_judged_in_dark_mode_and_in_print_as_well() -> None:
    """What dark mode leaves alone keeps its light colour; print comes on top of both."""
    dark = "<style>@media (prefers-color-scheme: dark) { :root { --paper: #1c2530 } }</style>"
    page = GOOD.replace("--ink: #eee", "--gone: #eee").replace("BODY", dark).encode()
    assert faults(page) == ["--ink on --paper in dark at 1.0:1 (at least 4.5:1 is needed)"]
    printed = "<style>@media print { :root { --ink: #ddd } }</style>"
    assert [one.split(" at ")[0] for one in faults(_page(printed))] == [
        "--ink on --paper in print", "--ink on --paper in print from dark",
    ]  # fmt: skip


def test_a_sheet_without_named_colours_cannot_be_judged() -> None:
    """A renamed palette must not pass for a readable one."""
    assert faults(GOOD.replace("--ink", "--black").encode()) == [
        "no colours whose contrast could be judged (the style sheet names them in :root)"
    ]


def test_the_shipped_style_sheet_can_be_read_everywhere() -> None:
    """All pairs of the template's colours."""
    css = files("shopscore_analysis") / "report" / "template" / "shopscore" / "page.css"
    assert list(pale(css.read_text(encoding="utf-8"))) == []


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
