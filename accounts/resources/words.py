"""The words other people's sheets use for our fixed values."""

from collections.abc import Mapping
from typing import Any

KINDS = {
    "company": "公司|企业|单位|机构|法人|Company",
    "person": "个人|自然人|个体|Person",
}
GRADES = {
    "A": "重点|重要|A级|A类|高|核心|战略|high",
    "B": "一般|B级|B类|中|medium",
    "C": "普通|C级|C类|低|low",
    "D": "D级|D类|不明|潜在",
}
NEARLY_GRADES = {
    "VIP": "A",
    "SVIP": "A",
    "KA": "A",
    "大客户": "A",
    "优质": "A",
    "中等": "B",
    "小客户": "C",
    "其他": "D",
}
STAGES = {
    "lead": "线索|潜在客户|潜在|新客户",
    "mql": "市场合格线索|意向客户",
    "sql": "销售合格线索|跟进中|有意向",
    "opportunity": "商机|商机客户|报价中|谈判中",
    "customer": "成交|成交客户|已成交|已签约|签约客户|老客户|合作中",
    "repeat": "复购|复购客户|回头客",
    "loyal": "忠诚|忠诚客户",
    "at_risk": "流失预警|预警",
    "churned": "流失|已流失|流失客户",
}
SOURCES = {
    "web_form": "网站表单|官网|网站|website",
    "landing_page": "落地页",
    "inbound_call": "来电|客户来电|电话咨询|400电话",
    "chat": "在线咨询|在线客服",
    "wechat": "微信|企业微信|公众号|朋友圈",
    "exhibition": "展会|展览|展销会|会展|trade show|fair",
    "referral": "转介绍|客户介绍|老客户介绍|朋友介绍|推荐|介绍",
    "email": "邮件|电子邮件",
    "ad": "广告|百度|推广|广告投放|抖音|advertisement",
    "partner": "合作伙伴|代理商|渠道",
    "prospecting": "自主开发|自己开发|陌拜|电销|主动开发|扫街",
    "import": "导入",
    "api": "",
    "other": "其他|其它",
}
ROLES = {
    "decision_maker": "决策者|决策人|拍板人|老板|负责人",
    "influencer": "影响者|影响人",
    "user": "使用者|使用人|用户",
    "purchaser": "采购|采购人|采购员|采购经理",
}

ACTIVITY_KINDS = {
    "call": "电话|打电话|通话|去电|来电|电话沟通|电话拜访|phone|telephone",
    "visit": "拜访|上门|上门拜访|外访|到访|面谈|实地拜访",
    "meeting": "会议|开会|线上会议|视频会议",
    "email": "邮件|电子邮件|e-mail|mail",
    "wechat": "微信|企业微信|微信沟通",
    "sms": "短信",
    "note": "备注|记录|其他|其它|其他方式",
    "task": "任务|待办|计划",
}
OUTCOMES = {
    "progress": "有进展|推进|意向明确",
    "waiting": "内部讨论|等待|考虑中",
    "no_need": "暂无需求|无需求|没需求",
    "not_reached": "未接通|未联系上|联系不上|没接",
    "other": "其他|其它",
}


def spellings(names: Mapping[str, str], choices: Any) -> dict[str, list[Any]]:
    """The values of a field with their label and every usual word for them."""
    labels = {member.value: member.label for member in choices}
    return {code: [labels[code], *words.split("|")] for code, words in names.items() if code in labels}


def every_word(names: Mapping[str, str]) -> list[str]:
    """All codes and words of a field, to recognise its column by the cells."""
    return [*names, *(word for words in names.values() for word in words.split("|"))]
