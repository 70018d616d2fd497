"""How the numbers are made, how good the tagger is, and what the words mean."""

from __future__ import annotations

from typing import Any

import pandas as pd

from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Html, folded
from shopscore_analysis.show.tables import Column, Names, causes_column, notes, pairs, table

HIDDEN = "hidden"  # the row of complaints among favourable reviews, whatever their cause
METHOD: Names = {
    "数据": "店铺导出的评价、订单、售后、客服和体验分，按主键去重，重复的以较新的导出为准；读不进来的行都列出来。",
    "计周": "评价按评价日期、售后按申请时间、订单按提交时间归入自然周（周一到周日，北京时间）。",
    "归因": "先按标点切开，再用词表和两个小模型认出每一小句抱怨什么；每种根因算什么、不算什么，见 docs/causes.md；"
    "识别得有多准，见下面的质量表。",
    "分母": "没有特别说明时，占比的分母是有文字的评价；按订单算的占比会写明“订单”。",
    "区间": "占比用威尔逊 95% 区间，两个占比之差用 Newcombe 区间；样本少于 5 不下结论。",
    "判断变化": "由每周的波动定出控制限（Laney P′ 图），再对全部比较一起校正（Benjamini-Hochberg）。",
    "丢星": "每条评价丢 5 − 星级，平分给它的根因；所有根因与“未归因”加起来正好等于丢掉的全部星。",
    "折算总分": "丢星除以评价数，再乘维度权重。权重没有官方数字的地方，用的是公开文章的说法，图下写明。",
    "竞品": "竞品只有平台公布的分，没有样本量，所以不给区间；公布分四舍五入，名次是一个范围。",
    "隐私": "昵称、电话、邮箱、地址、证件号、单号在入库之前打码，这一页在发布之前再检查一遍。",
}


def method() -> Html:
    """How each kind of number was made, a line each."""
    return pairs(METHOD, class_="glossary")


def tagger_table(quality: pd.DataFrame) -> Html:
    """How well the tagger knows each cause: precision and recall as k/n with intervals, the most frequent cause first.

    `quality`, a row each and one for `HIDDEN`: cause, n (labelled with it), said (tagged with it), hit (both),
    precision and recall (weighed), and the ends of their intervals, precision_low, precision_high, recall_low,
    recall_high.
    """
    columns = [
        causes_column(),
        Column("认得准：对/识别出的", lambda row: theme.ratio(row.hit, row.said)),
        Column("95% 区间", lambda row: theme.interval(row.precision_low, row.precision_high)),
        Column("认得全：对/标注里的", lambda row: theme.ratio(row.hit, row.n)),
        Column("95% 区间 ", lambda row: theme.interval(row.recall_low, row.recall_high)),
        Column("折算后 准/全", lambda row: f"{theme.percent(row.precision)} / {theme.percent(row.recall)}"),
    ]
    of_causes = quality[quality["cause"] != HIDDEN]
    ranked = of_causes.sort_values(["n", "cause"], ascending=[False, True])
    whole = table(ranked, columns, "归因质量：在人工标注的评价上测得")
    hidden = map(_hidden_words, quality[quality["cause"] == HIDDEN].itertuples())
    return notes(_tagger_words(of_causes), *hidden) + folded("每种根因认得多准", whole)


def _hidden_words(row: Any) -> str:
    return (
        f"好评里的抱怨（隐性差评）更难认：说有抱怨的 {theme.count(row.said)} 条好评里 {theme.count(row.hit)} 条真有"
        f"（{theme.percent(row.hit / row.said)}，95% 区间 {theme.interval(row.precision_low, row.precision_high)}），"
        f"真有的 {theme.count(row.n)} 条里认出 {theme.percent(row.hit / row.n)}。看原话再下结论。"
    )


def _tagger_words(quality: Any) -> str:
    hit, said, n = (int(quality[name].sum()) for name in ("hit", "said", "n"))
    if not said or not n:
        return "没有质量数据。"
    return (
        f"合计：说是某根因的 {theme.count(said)} 次里有 {theme.count(hit)} 次说对（{theme.percent(hit / said)}），"
        f"标注里的 {theme.count(n)} 次认出了 {theme.percent(hit / n)}。交叉验证所得，没有用到本店的评价；"
        "“折算后”按两条差评配一条好评的比例算。"
    )


GLOSSARY: Names = {
    "根因": "评价里抱怨的具体问题，共 22 种，分商品、物流、服务三个维度；一条评价最多计 6 种。",
    "占比": "抱怨某根因的评价数 ÷ 有文字的评价数；“此用户没有填写评价”之类的默认评价不计入。",
    "95% 区间": "按威尔逊法算的范围：同样条件下重复很多次，真实占比约有 95% 的机会被这样的范围盖住。",
    "样本不足": "总数少于 5，或此前的周数太少，不下结论。",
    "真实变化": "超出历史波动的控制限；「值得盯住的变化」里的，还在本报告所有比较一起校正之后成立。",
    "可能变化": "比平时的起伏大，但还不能排除偶然；再看一周。",
    "波动内": "和过去几周的起伏分不出来。",
    "平时的总分": "五周以前各周平台总分的中位数：总分是 30 天的均值，五周以前的和本周没有共同的评价。"
    "按平台给的分制判断：离平时超过起伏的 2 倍是可能变化；超过 3 倍，或五周前已同向超过 2 倍，是真实变化。",
    "评价均分": "一段时期里全部评价的平均星级，哪几周的写在旁边；等于 5 减去平均每条丢的星；没写字的也算。"
    "平台总分还算发货、客服、售后等指标，不公开怎么合成，所以两者可以不同。",
    "丢星": "一条评价丢 5 − 星级，平分给它的根因；找不到根因的计入“未归因”。",
    "未归因": "丢了星、但没有能认出的根因：没有写文字，4 星而文字没认出问题，或文字认不出是哪种；"
    "各有多少，周报的丢星图下写着。",
    "收缩占比": "小样本的占比向全表平均靠拢后的值，只用来上色和排序；打印的永远是原始次数。",
    "差评池": "1–3 星的评价，加上 4–5 星里文字有抱怨的评价（隐性差评）。",
}


def glossary() -> Html:
    """Every term of the report, explained in a line."""
    return pairs(GLOSSARY, class_="glossary")
