"""The grammar of printed ranks: accepted texts with their meaning, and rejected texts."""

from __future__ import annotations

from typing import Any

import pytest

from portal.source_values.ranks import Consecutive, Rank, parse_rank

ROW = {"consecutive": Consecutive.YES}

READ: dict[str, dict[str, Any]] = {
    # Texts of the source document
    "43个月排名全市首位": {"scope": "全市", "place": 1, "months": 43},
    "全部进入全省前十名": {"scope": "全省", "within": 10},
    "始终位于全省第一档": {"scope": "全省", "tier": 1},
    "连续10个月位列全国法院系统微博排行榜，最好成绩全国第13名": {
        "scope": "全国",
        "place": 13,
        "months": 10,
        "best": True,
        **ROW,
    },
    "始终位列全省法院微信排行榜单，两次排名全省第2名": {
        "scope": "全省",
        "place": 2,
        "occurrences": 2,
    },
    "位于全省法院前列": {"scope": "全省法院", "words": "前列"},
    "均位于全省法院前列": {"scope": "全省法院", "words": "前列"},
    # Ranks that are a place
    "第一": {"place": 1},
    "排名第2": {"place": 2},
    "全国第13名": {"scope": "全国", "place": 13},
    "全国第十三位": {"scope": "全国", "place": 13},
    "全省第３名": {"scope": "全省", "place": 3},
    "第一百二十三名": {"place": 123},
    "首位": {"place": 1},
    "居首": {"place": 1},
    "位居榜首": {"place": 1},
    "位居全省法院之首": {"scope": "全省法院", "place": 1},
    "全省排名第三": {"scope": "全省", "place": 3},
    "在全省法院中排名第三": {"scope": "全省法院", "place": 3},
    "黑龙江省第三": {"scope": "黑龙江省", "place": 3},
    "位居鸡西市第一。": {"scope": "鸡西市", "place": 1},
    "全市基层法院第二": {"scope": "全市基层法院", "place": 2},
    "位列全国法院系统微博排行榜第13名": {"scope": "全国法院系统微博排行榜", "place": 13},
    "连续10个月位列全国法院系统微博排行榜，最好成绩第13名": {
        "scope": "全国法院系统微博排行榜",
        "place": 13,
        "months": 10,
        "best": True,
        **ROW,
    },
    "并列第二": {"place": 2, "words": "并列"},
    "跃居全省第一": {"scope": "全省", "place": 1},
    "最好名次全省第2": {"scope": "全省", "place": 2, "best": True},
    # Ranks that are an upper limit, a tier or words
    "前三": {"within": 3},
    "前三甲": {"within": 3},
    "前10强": {"within": 10},
    "进入前十": {"within": 10},
    "全省前5位": {"scope": "全省", "within": 5},
    "第一方阵": {"tier": 1},
    "全省法院第二梯队": {"scope": "全省法院", "tier": 2},
    "名列全省前茅": {"scope": "全省", "words": "前茅"},
    "走在全国前列": {"scope": "全国", "words": "前列"},
    # Ranks with a duration or frequency
    "连续43个月排名全市首位": {"scope": "全市", "place": 1, "months": 43, **ROW},
    "累计12个月排名第一": {"place": 1, "months": 12},
    "连续两个季度排名第一": {"place": 1, "months": 6, **ROW},
    "连续三年位居全省第一": {"scope": "全省", "place": 1, "months": 36, **ROW},
    "连续三次排名第一": {"place": 1, "occurrences": 3, **ROW},
    "三次获得全省第一": {"scope": "全省", "place": 1, "occurrences": 3},
    "连续12个月全市第一": {"scope": "全市", "place": 1, "months": 12, **ROW},
    "稳居全省第一方阵": {"scope": "全省", "tier": 1},
    "第五位次": {"place": 5},
    "连续位居全省第一": {"scope": "全省", "place": 1, **ROW},
}

NOT_UNDERSTOOD = [
    *("倒数第二", "全省倒数第一", "末位", "前10%", "前百分之十", "前三分之一", "前1/3"),
    *("前3%以内", "未进入前十", "跌出前十", "由第5位升至第2位", "上升2位", "跌至第5位"),
    *("仅次于省城位居第二", "第2至5名", "第2-5名", "第1、2名", "第一、第三"),
    *("全省第一，全国第十", "全省第一,未获奖"),
    *(
        "第一批",
        "第二审判庭",
        "第一季度",
        "第3届",
        "获一等奖",
        "一级",
        "第10名以内",
        "第0名",
        "前0名",
    ),
    *(
        "10个法院第3名",
        "三个市第一",
        "13名",
        "第13名（并列）",
        "第10000名",
        "连续第三年第一",
        "多次排名第一",
    ),
    *(
        "曾排名第一",
        "连续10个月",
        "连续10个月位列全国法院系统微博排行榜",
        "综合结案率全市第一",
        "",
        "全省",
    ),
    *("第", "前", "名列", "最好成绩", "第一第二", "不是第一", "非第一", "第一之外", "全省前1%"),
    *("全省第1/130", "首次排名第一", "第二次排名第一", "两项第一", "3项指标位居全省第一"),
    *("12个月第一，6个月第二", "后三名", "最后一名", "第一书记", "第一时间", "全省第一家"),
    *("全省一流",),
]


@pytest.mark.parametrize(("text", "meaning"), READ.items(), ids=READ)
def test_accepted_text(text: str, meaning: dict[str, Any]) -> None:
    found = parse_rank(text)
    assert found == Rank(text, **meaning)
    assert found.is_understood
    assert found.is_automatic
    assert found.sort == (meaning.get("place") or meaning.get("within"))


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_rejected_text(text: str) -> None:
    found = parse_rank(text)
    assert found == Rank(text)
    assert (found.is_understood, found.is_automatic, found.sort) == (False, True, None)


@pytest.mark.parametrize(
    "meaning",
    [
        {"place": 0},
        {"within": -1},
        {"tier": 1_000_001},
        {"months": 0, "place": 1},
        {"place": 11, "within": 10},
        {"best": True},
        {"best": True, "words": "前列"},
        {"scope": "x" * 101},
        {"consecutive": "perhaps"},
    ],
    ids=str,
)
def test_contradicting_parts_are_refused(meaning: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Rank("x", **meaning)
