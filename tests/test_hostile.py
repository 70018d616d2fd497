"""Exports full of contact data: none of it may reach the shelf, the rejects or a report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from shopscore_analysis.shop import Shop
from tests.read.conftest import ORDER, REVIEW, order, review, text_of, workbook

# what must be gone, each with the words that people write around it
SECRETS = {
    "13800001234": "打13800001234",
    "138 0000 1235": "电话138 0000 1235",
    "１３８００００１２３６": "拨１３８００００１２３６",
    "138-0000-1237": "+86 138-0000-1237",
    "一三八零零零零一二三八": "一三八零零零零一二三八找我",
    "0571-87654321": "座机0571-87654321",
    "abc_12345": "加微信abc_12345",
    "hello_888": "VX：hello_888",
    "87654321": "qq87654321",
    "some.one@mail.example.com": "写信some.one@mail.example.com",
    "11010119900307001X": "身份证11010119900307001X",
    "4111111111111111": "卡4111111111111111",
    "4111 1111 1111 1111": "卡号4111 1111 1111 1111",
    "文三路12号3单元501室": "送到浙江省杭州市西湖区文三路12号3单元501室",
    "阳光小区3栋": "放阳光小区3栋门口",
    "王小二": "收件人：王小二",
    "SF126517224308": "顺丰SF126517224308",
    "6999999999999999999": "订单6999999999999999999",
}
WORDS = "，袖口有点紧，".join(SECRETS.values())
DROPPED = ["收件人", "收件人手机号", "街道", "详细地址", "买家留言", "商家备注"]
SERVICE = ["客服账号", "接待会话量", "全天平响时长"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop into which only such exports were loaded."""
    home = Shop.create(tmp_path_factory.mktemp("hostile") / "shop", "试衣间", "衣服")
    raw = home.root / "data" / "raw"
    extra = [*DROPPED, "达人昵称", "快递信息", "取消原因", "仓库名称", "省"]
    orders = [[*order(at, 选购商品=f"衬衫{WORDS}", 商品规格=WORDS), *[WORDS] * len(extra)] for at in range(1, 9)]
    orders.append([*order(9, 订单提交时间=WORDS, 商品数量=WORDS), *[WORDS] * len(extra)])
    (raw / "1790000000_订单.csv").write_text(text_of([[*ORDER, *extra], *orders]), encoding="gb18030")
    reviews = [review(f"{WORDS}，掉色严重{at}", order=f"690000000000000{at:03d}2") for at in range(1, 9)]
    for row in reviews:
        row[3], row[4], row[8], row[9] = WORDS, WORDS, WORDS, "2026-09-12 08:00:00"
    reviews.append(review(WORDS, when=WORDS, stars=WORDS))
    header = ["用户昵称", *REVIEW, "回复内容", "门店名称"]
    workbook(raw / "评价_20260913.xlsx", {"评价": [header, *(["王小二", *row, WORDS, WORDS] for row in reviews)]})
    case = [
        "售后单号",
        "商品单号",
        "售后申请时间",
        "售后原因",
        "用户售后说明",
        "商家退货地址",
        "商家退货联系人电话",
        "协商记录",
        "订单备注",
        "退货物流单号",
    ]
    cases = [[f"14{at}", f"690000000000000{at:03d}2", "2026-09-11 10:00:00", *[WORDS] * 7] for at in range(1, 4)]
    (raw / "售后_20260913.csv").write_text(text_of([case, *cases]), encoding="utf-8")
    agents = [[WORDS, "10", "30秒"], ["小禾", "20", WORDS]]
    (raw / "飞鸽_20260907-20260913.csv").write_text(text_of([SERVICE, *agents]), encoding="utf-8")
    (raw / "无表头.csv").write_text(f"王小二,{WORDS}\n", encoding="utf-8")
    done = home.load()
    assert sum(one.new for one in done) == 8 + 8 + 3 + 2
    return home


def found(folder: Path) -> list[tuple[str, str]]:
    """Where a secret stands: in the bytes of any file, or in the cells of a Parquet file."""
    hits = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if path.suffix == ".parquet":
            data += str(pq.ParquetFile(path).read().to_pydict()).encode()
        hits += [
            (path.name, secret)
            for secret in SECRETS
            if any(secret.encode(encoding) in data for encoding in ("utf-8", "gb18030", "utf-16-le"))
        ]
    return hits


def test_the_test_itself_finds_what_it_looks_for(shop: Shop) -> None:
    assert {secret for _, secret in found(shop.root / "data" / "raw")} == set(SECRETS)


def test_no_contact_data_reaches_the_shelf_or_the_rejects(shop: Shop) -> None:
    assert list((shop.root / "data" / "shelf").rglob("*.parquet"))
    assert list((shop.root / "data" / "rejects").iterdir())
    assert found(shop.root / "data" / "shelf") == []
    assert found(shop.root / "data" / "rejects") == []


@pytest.mark.slow
@pytest.mark.parametrize("notebook", ["weekly", "01_data_quality", "02_root_causes"])
def test_no_contact_data_reaches_a_report(shop: Shop, notebook: str) -> None:
    command = [sys.executable, "-m", "shopscore_analysis", "report", notebook, "--week", "2026-W37"]
    done = subprocess.run([*command, "--shop", str(shop.root)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(shop.reports.rglob("*.html"))
    assert found(shop.root / "reports") == []
