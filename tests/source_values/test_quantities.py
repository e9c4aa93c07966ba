"""The grammar of printed quantities: accepted texts with their meaning, and rejected texts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.source_values.quantities import Comparator, Quantity, parse_quantity

# Printed text -> comparator, number, upper bound, unit.
READ: dict[str, tuple[str, str, str, str]] = {
    # Texts of the source document
    "20余名": ("odd", "20", "30", "名"),
    "20余名干警": ("odd", "20", "30", "名"),
    "百余篇": ("odd", "100", "200", "篇"),
    "百余篇宣传稿件": ("odd", "100", "200", "篇"),
    "均超过100%": ("over", "100", "", "%"),
    "达99.9%": ("exact", "99.9", "", "%"),
    "98.65": ("exact", "98.65", "", ""),
    "43个月": ("exact", "43", "", "个月"),
    "两次": ("exact", "2", "", "次"),
    "十六项": ("exact", "16", "", "项"),
    "十六项指标": ("exact", "16", "", "项"),
    "5177件": ("exact", "5177", "", "件"),
    "5107件": ("exact", "5107", "", "件"),
    "32人": ("exact", "32", "", "人"),
    "5个": ("exact", "5", "", "个"),
    "未出现": ("exact", "0", "", ""),
    "未出现干警违法违纪现象": ("exact", "0", "", ""),
    # Notations of exact numbers
    "3,456件": ("exact", "3456", "", "件"),
    "3，456件": ("exact", "3456", "", "件"),
    "１２３件": ("exact", "123", "", "件"),
    "1.2万件": ("exact", "12000", "", "件"),
    "5千件": ("exact", "5000", "", "件"),
    "500万元": ("exact", "5000000", "", "元"),
    "1.5亿元": ("exact", "150000000", "", "元"),
    "2万亿元": ("exact", "2000000000000", "", "元"),
    "一千二百三十四件": ("exact", "1234", "", "件"),
    "一千零五件": ("exact", "1005", "", "件"),
    "十二万三千四百五十六元": ("exact", "123456", "", "元"),
    "二百零三人": ("exact", "203", "", "人"),
    "零": ("exact", "0", "", ""),
    "0件": ("exact", "0", "", "件"),
    "零投诉": ("exact", "0", "", ""),
    "未发生": ("exact", "0", "", ""),
    "从未发生过": ("exact", "0", "", ""),
    "-3.5%": ("exact", "-3.5", "", "%"),
    "−3.5％": ("exact", "-3.5", "", "%"),
    "98.650%": ("exact", "98.65", "", "%"),
    "百分之九十八点六五": ("exact", "98.65", "", "%"),
    "百分之98.65": ("exact", "98.65", "", "%"),
    "百分之百": ("exact", "100", "", "%"),
    "千分之三": ("exact", "3", "", "‰"),
    "123.4%": ("exact", "123.4", "", "%"),
    "3.5个百分点": ("exact", "3.5", "", "个百分点"),
    "共5177件": ("exact", "5177", "", "件"),
    "高达99%": ("exact", "99", "", "%"),
    "98.65%。": ("exact", "98.65", "", "%"),
    "17名人大代表": ("exact", "17", "", "名"),
    "24小时": ("exact", "24", "", "小时"),
    # Numbers with a comparator such as 超过 (more than)
    "超过100%": ("over", "100", "", "%"),
    ">100%": ("over", "100", "", "%"),
    "＞100%": ("over", "100", "", "%"),
    "逾千件": ("over", "1000", "", "件"),
    "超1万件": ("over", "10000", "", "件"),
    "过百人": ("over", "100", "", "人"),
    "突破1万件": ("over", "10000", "", "件"),
    "≥95%": ("at_least", "95", "", "%"),
    "95%以上": ("at_least", "95", "", "%"),
    "100件以上": ("at_least", "100", "", "件"),
    "不少于100件": ("at_least", "100", "", "件"),
    "至少三次": ("at_least", "3", "", "次"),
    "上百件": ("at_least", "100", "", "件"),
    "上亿元": ("at_least", "100000000", "", "元"),
    "达到95%以上": ("at_least", "95", "", "%"),
    "已满十四周岁": ("at_least", "14", "", "周岁"),
    "不足5件": ("under", "5", "", "件"),
    "不满十八周岁": ("under", "18", "", "周岁"),
    "不到一百人": ("under", "100", "", "人"),
    "<5%": ("under", "5", "", "%"),
    "5%以下": ("at_most", "5", "", "%"),
    "5%以内": ("at_most", "5", "", "%"),
    "不超过三个月": ("at_most", "3", "", "个月"),
    "≤5%": ("at_most", "5", "", "%"),
    "30日内": ("at_most", "30", "", "日"),
    "近百篇": ("about", "100", "", "篇"),
    "近千万元": ("about", "10000000", "", "元"),
    "约20件": ("about", "20", "", "件"),
    "20件左右": ("about", "20", "", "件"),
    "约20件左右": ("about", "20", "", "件"),
    "将近十年": ("about", "10", "", "年"),
    # Indefinite numbers with 余, 多, 几 or 数
    "20多名": ("odd", "20", "30", "名"),
    "120余件": ("odd", "120", "130", "件"),
    "一百二十余件": ("odd", "120", "130", "件"),
    "1200余件": ("odd", "1200", "1300", "件"),
    "1.5万余件": ("odd", "15000", "16000", "件"),
    "500余万元": ("odd", "5000000", "6000000", "元"),
    "20余万件": ("odd", "200000", "300000", "件"),
    "百余万元": ("odd", "1000000", "2000000", "元"),
    "万余人": ("odd", "10000", "20000", "人"),
    "一年多": ("odd", "1", "2", "年"),
    "两个多月": ("odd", "2", "3", "个月"),
    "数十件": ("odd", "10", "100", "件"),
    "几十名": ("odd", "10", "100", "名"),
    "数百万元": ("odd", "1000000", "10000000", "元"),
    "十几名": ("odd", "10", "20", "名"),
    "二十几万人": ("odd", "200000", "300000", "人"),
    # Ranges of numbers
    "10至20件": ("between", "10", "20", "件"),
    "10件至20件": ("between", "10", "20", "件"),
    "10—20件": ("between", "10", "20", "件"),
    "10~20": ("between", "10", "20", ""),
    "90%-95%": ("between", "90", "95", "%"),
    "90至95%": ("between", "90", "95", "%"),
    "百分之九十至九十五": ("between", "90", "95", "%"),
    "1万至2万件": ("between", "10000", "20000", "件"),
    "三年以上七年以下": ("between", "3", "7", "年"),
    # Texts from the news of other courts
    "二百五十余场次": ("odd", "250", "260", "场次"),
    "两千余人次": ("odd", "2000", "3000", "人次"),
    "2.3亿多元": ("odd", "230000000", "240000000", "元"),
    "一百多万元": ("odd", "1000000", "2000000", "元"),
    "约1.2亿元": ("about", "120000000", "", "元"),
    "不足百分之一": ("under", "1", "", "%"),
    "百分之一百二十": ("exact", "120", "", "%"),
    "千分之一点五": ("exact", "1.5", "", "‰"),
    "零点三个百分点": ("exact", "0.3", "", "个百分点"),
    "0.5个工作日": ("exact", "0.5", "", "个工作日"),
    "3～5个工作日": ("between", "3", "5", "个工作日"),
    "全部达到100%": ("exact", "100", "", "%"),
    "零超期": ("exact", "0", "", ""),
    "十五日以内": ("at_most", "15", "", "日"),
    "二十四小时内": ("at_most", "24", "", "小时"),
}

NOT_UNDERSTOOD = [
    *(
        "三分之一",
        "三分之二以上",
        "一半",
        "半数",
        "过半",
        "九成",
        "半年",
        "三个半月",
        "2小时30分",
        "½",
    ),
    *(
        "同比增长3.5%",
        "下降3.5个百分点",
        "+3.5%",
        "零下5度",
        "前10%",
        "第3名",
        "人均200件",
        "日均3件",
    ),
    *(
        "5件未结",
        "5177/5107",
        "98.65%（全市第一）",
        "首次超过100%",
        "最高100万元",
        "100%完成",
        "3件起",
    ),
    *("1至2万件", "三至五百件", "10-20", "20至10件", "三五名", "两三百件", "约10至20件", "3、4件"),
    *(
        "近20余名",
        "至少20余名",
        "上百余件",
        "近20名以上",
        "超过20名以下",
        "5177余件",
        "三年以上不满七年",
    ),
    *(
        "近三年",
        "近10天",
        "近三次",
        "2018年",
        "2018至2020年",
        "15日",
        "7月8日",
        "三级",
        "一批",
        "多名",
    ),
    *("万件", "百件", "一百五", "三万五", "3千8百件", "007", "12,34件", "1.2.3", "10²件", "①件"),
    *(
        "零容忍",
        "零距离",
        "未出现明显下降",
        "未出现一起违纪案件",
        "无",
        "没有",
        "成千上万",
        "",
        "件",
        "%",
    ),
    *(
        "100000000000000000000件",
        "0.1234567%",
        "连续43个月",
        "两年来",
        "不超过",
        "余",
        "非5件",
        "5-件",
    ),
    *("5%的案件", "平均用时25天", "提前3天", "一站式", "两会", "三个规定", "10:1", "3比1"),
    *("第三方", "近九成", "一两件", "五六十件", "多于5件少于10件", "未超过审限", "一案一策"),
    *("三审三校", "百强"),
]


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


@pytest.mark.parametrize(("text", "meaning"), READ.items(), ids=READ)
def test_accepted_text(text: str, meaning: tuple[str, str, str, str]) -> None:
    comparator, value, upper, unit = meaning
    found = parse_quantity(text)
    assert found == Quantity(text, Comparator(comparator), number(value), number(upper), unit)
    assert found.is_understood
    assert found.is_automatic


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_rejected_text(text: str) -> None:
    found = parse_quantity(text)
    assert found == Quantity(text, Comparator.UNKNOWN)
    assert (found.is_understood, found.is_automatic, found.sort) == (False, True, None)


def test_default_unit() -> None:
    missing = parse_quantity("98.65", "%")
    assert missing == Quantity("98.65", Comparator.EXACT, Decimal("98.65"), None, "%")
    assert (missing.is_automatic, missing.is_unit_printed) == (True, False)
    # A printed unit takes precedence over the default unit.
    assert parse_quantity("5177件", "%") == parse_quantity("5177件")
    assert parse_quantity("三分之一", "%") == Quantity("三分之一", Comparator.UNKNOWN, unit="%")
    assert parse_quantity("98.65", "x" * 21) == parse_quantity("98.65")


def test_default_unit_does_not_change_a_stated_meaning() -> None:
    assert parse_quantity("98.65").with_unit("%") == parse_quantity("98.65", "%")
    stated = Quantity("三分之一", Comparator.ABOUT, Decimal("33.3"), None, "%")
    assert stated.with_unit("件") is stated


@pytest.mark.parametrize(
    ("text", "bounds", "sort"),
    [
        ("5件", ("5", False, "5", False), "5"),
        ("超过5件", ("5", True, "", False), "5"),
        ("5件以上", ("5", False, "", False), "5"),
        ("不足5件", ("", False, "5", True), "5"),
        ("5件以下", ("", False, "5", False), "5"),
        ("约5件", ("", False, "", False), "5"),
        ("20余件", ("20", True, "30", True), "20"),
        ("5至6件", ("5", False, "6", False), "5"),
        ("三分之一", ("", False, "", False), ""),
    ],
)
def test_bounds_and_sort_key_of_a_quantity(
    text: str, bounds: tuple[str, bool, str, bool], sort: str
) -> None:
    found = parse_quantity(text)
    low, low_open, high, high_open = bounds
    assert (found.low, found.low_open) == (number(low), low_open)
    assert (found.high, found.high_open) == (number(high), high_open)
    assert found.sort == number(sort)


@pytest.mark.parametrize(
    ("comparator", "value", "upper"),
    [
        ("between", "5", "4"),
        ("between", "5", ""),
        ("odd", "5", "5"),
        ("odd", "", "5"),
        ("exact", "", ""),
        ("exact", "5", "6"),
        ("about", "5", "6"),
        ("unknown", "5", ""),
        ("exact", "NaN", ""),
        ("exact", "sNaN", ""),
        ("exact", "-Infinity", ""),
        ("exact", "1E+15", ""),
        ("exact", "1E+999999", ""),
        ("exact", "0.0000001", ""),
        ("exact", "0.10000000000000000000000000000001", ""),
        ("exact", "1234567890.123456", ""),
        ("many", "5", ""),
    ],
)
def test_contradicting_parts_are_refused(comparator: str, value: str, upper: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Quantity("x", comparator, number(value), number(upper))


def test_equal_values_have_one_canonical_form() -> None:
    one = Quantity("x", Comparator.EXACT, Decimal("1.50"))
    other = Quantity(" x ", Comparator.EXACT, Decimal("1.5"))
    assert one == other
    assert len({one, other}) == 1
    assert one.canonical() == other.canonical()
    assert Quantity("x", "exact", Decimal("1E+3")).canonical() == (
        '{"comparator":"exact","printed":"x","unit":"","upper":null,"value":"1000"}'
    )
