"""A chat pasted from WeChat: lines of name and time become readable messages. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TIME = (
    r"(?:(?:\d{4}[-/年])?\d{1,2}[-/月]\d{1,2}日?\s*)?(?:(?:昨天|今天|星期.|周.)\s*)?(?:上午|下午|凌晨|晚上|中午|早上)?\s*"
    r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:\s*[AaPp][Mm])?"
)
_NAME_AND_TIME = re.compile(rf"^\s*(?P<name>[^\s:：].{{0,39}}?)\s{{1,4}}(?P<time>{_TIME})\s*$")
_TIME_ALONE = re.compile(rf"^\s*(?P<time>{_TIME})\s*$")
_NAME_COLON = re.compile(r"^\s*(?P<name>[^\s:：，。,.!?！？]{1,20})\s*[:：]\s*(?P<text>.*)$")
_NAME_ALONE = re.compile(r"^\s*(?P<name>[^\s:：]{1,20})\s*[:：]?\s*$")


@dataclass(frozen=True)
class Message:
    """One message of a chat."""

    name: str
    time: str
    text: str


def parse(pasted: str) -> list[Message]:
    """The messages of a pasted chat; empty if it does not look like one (then it stays as it is).

    Three shapes occur: "name time" above the text (desktop), "name:" above the text (phone, forwarded), and
    "name: text" on one line. A time alone applies to what follows.
    """
    lines = [line.rstrip() for line in pasted.replace("\r\n", "\n").split("\n")]
    messages: list[Message] = []
    name = time = ""
    text: list[str] = []
    heads = 0

    def close() -> None:
        said = "\n".join(text).strip("\n ")
        if said and (name or messages):
            messages.append(Message(name, time, said))
        text.clear()

    for index, line in enumerate(lines):
        if found := _NAME_AND_TIME.match(line):
            close()
            name, time, heads = found["name"].rstrip(":："), found["time"].strip(), heads + 1
        elif found := _TIME_ALONE.match(line):
            close()
            time = found["time"].strip()
        elif (
            (found := _NAME_ALONE.match(line))
            and line.rstrip().endswith((":", "："))
            and _has_text(lines, index)
        ):
            close()
            name, heads = found["name"], heads + 1
        elif (found := _NAME_COLON.match(line)) and found["text"] and not found["text"].startswith("//"):
            close()
            name, heads = found["name"], heads + 1
            text.append(found["text"])
        else:
            text.append(line)
    close()
    return messages if heads >= 2 else []


def _has_text(lines: list[str], index: int) -> bool:
    return index + 1 < len(lines) and bool(lines[index + 1].strip())


def readable(pasted: str) -> str:
    """The chat as we keep it: one line "name time: text" per message; any other text unchanged."""
    messages = parse(pasted)
    if not messages:
        return pasted
    written: list[str] = []
    last = ("", "")
    for message in messages:
        head = " ".join(part for part in (message.name, message.time) if part)
        if (message.name, message.time) == last and written:
            written[-1] += "\n" + message.text
        else:
            written.append(f"{head}：{message.text}" if head else message.text)
        last = (message.name, message.time)
    return "\n".join(written)
