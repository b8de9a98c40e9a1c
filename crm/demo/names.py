"""Invented companies and people: believable, deterministic for a seed, and enough of them for a million."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

FIRST = (
    "星云博远恒嘉瑞启海天晨华锐宏科安泰明润德信联创飞鸿金汇盛佳力新凯中立和正达诚智卓越光景森源卫蓝青禾沃川宁"
)
SECOND = (
    "河杉航泰川达宇晟衡辉拓澜图石晶越岭峰翔源潮信驰迈洋微维芯格电帆睿讯森林原野腾鼎元朗乐邦程立易宝通联环"
)
TRADES = [
    # what the company makes, industry code (GB/T 4754), whether mostly in East or South
    ("电子", "C39"),
    ("自动化", "C34"),
    ("半导体", "C39"),
    ("新能源", "C38"),
    ("医疗器械", "C35"),
    ("精密机械", "C34"),
    ("智能科技", "I65"),
    ("软件", "I65"),
    ("光学", "C40"),
    ("轨道交通", "C37"),
    ("储能", "C38"),
    ("连接器", "C39"),
    ("泵阀", "C34"),
    ("纺机", "C35"),
    ("食品", "C14"),
    ("物流", "G59"),
    ("包装", "C22"),
    ("汽车零部件", "C36"),
    ("环保设备", "N77"),
    ("建材", "C30"),
]
SUFFIXES = ["有限公司", "股份有限公司", "有限责任公司", "科技有限公司", "集团有限公司"]
EAST = [
    ("上海", "310100"),
    ("苏州", "320500"),
    ("杭州", "330100"),
    ("宁波", "330200"),
    ("无锡", "320200"),
    ("南京", "320100"),
    ("合肥", "340100"),
    ("常州", "320400"),
    ("嘉兴", "330400"),
    ("绍兴", "330600"),
    ("台州", "331000"),
    ("昆山", "320500"),
]
SOUTH = [
    ("深圳", "440300"),
    ("广州", "440100"),
    ("东莞", "441900"),
    ("佛山", "440600"),
    ("珠海", "440400"),
    ("惠州", "441300"),
    ("厦门", "350200"),
    ("福州", "350100"),
    ("中山", "442000"),
    ("南宁", "450100"),
]
ENGLISH = [
    "Halden Marine Systems",
    "Brightwell Foods Asia",
    "Northgate Robotics",
    "Lindqvist Optics",
    "Corvane Medical",
]
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = [
    "伟",
    "敏",
    "静",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "建华",
    "晓雯",
]
GIVEN += [
    "文博",
    "立群",
    "子涵",
    "志强",
    "雪梅",
    "思远",
    "佳怡",
    "浩然",
    "雨桐",
    "国栋",
    "海燕",
    "欣然",
    "俊杰",
    "梦琪",
]
TITLES = [
    "总经理",
    "采购经理",
    "生产总监",
    "设备部经理",
    "技术总监",
    "信息部经理",
    "财务经理",
    "厂长",
    "工程师",
]
SOURCES = [
    "exhibition",
    "referral",
    "web_form",
    "inbound_call",
    "prospecting",
    "partner",
    "wechat",
    "ad",
]


@dataclass(frozen=True)
class Company:
    """One invented company with the person to talk to."""

    number: int
    name: str
    region: str
    region_code: str
    industry: str
    trade: str
    contact: str
    title: str
    phone: str
    email: str
    east: bool
    size: int
    source: str


def companies(count: int, seed: int) -> Iterator[Company]:
    """`count` companies whose names do not repeat."""
    chance = random.Random(seed)  # noqa: S311 - believable, not secret
    combinations = [a + b for a in FIRST for b in SECOND if a != b]
    chance.shuffle(combinations)
    seen: set[str] = set()
    number = 0
    while number < count:
        east = chance.random() < 0.55
        city, code = chance.choice(EAST if east else SOUTH)
        mark = combinations[number % len(combinations)] if count < 2000 else chance.choice(combinations)
        trade, industry = chance.choice(TRADES)
        name = f"{city}{mark}{trade}{chance.choice(SUFFIXES)}"
        if number < len(ENGLISH):
            name = ENGLISH[number]
        if name in seen:
            continue
        seen.add(name)
        number += 1
        person = chance.choice(SURNAMES) + chance.choice(GIVEN)
        yield Company(
            number=number,
            name=name,
            region=city,
            region_code=code,
            industry=industry,
            trade=trade,
            contact=person,
            title=chance.choice(TITLES),
            phone=f"+861{chance.choice('3578')}{number % 10}{(number * 7919 + seed) % 100_000_000:08d}",
            email=f"contact{number}@{_domain(number)}",
            east=east,
            size=chance.choice([20, 50, 80, 120, 180, 320, 500, 900, 1500]),
            source=chance.choice(SOURCES),
        )


def _domain(number: int) -> str:
    return f"customer-{number}.example"
