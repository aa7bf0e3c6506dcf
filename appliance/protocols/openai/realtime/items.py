"""The items of a conversation: what was said, written and called, in order, by id. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.protocols.openai.realtime.events import Refused, Send, new_id, text_at

Item = dict[str, Any]

MOST_ITEMS = 500
"""Most items that are kept; the oldest go first"""

_LONGEST_TEXT = 4000
"""Letters of the longest text of an item"""

_PARTS = {"user": ("input_text", "input_audio"), "assistant": ("output_text", "text", "output_audio", "audio")}
"""Types of the parts of a message, by its role; other roles have ``input_text``"""


class Conversation:
    """The items of one session."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._items

    @property
    def last(self) -> str | None:
        """The id of the last item."""
        return next(reversed(self._items), None)

    def get(self, item_id: str | None) -> Item:
        """An item. Raises Refused."""
        if item_id is None or item_id not in self._items:
            raise Refused("item_not_found", f"there is no item {item_id!r}", "item_id")
        return self._items[item_id]

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put an item at the end, or after another (``root``: at the beginning). Returns the id of the one before it.
        Raises Refused."""
        if item["id"] in self._items:
            raise Refused("item_create_duplicate_item_id", f"there is an item {item['id']!r} already", "item.id")
        if after is not None and after != "root" and after not in self._items:
            raise Refused("item_create_invalid_previous_item_id", f"there is no item {after!r}", "previous_item_id")
        if after is None or after == self.last:
            previous = self.last
            self._items[item["id"]] = item
        else:
            order = list(self._items.items())
            place = 0 if after == "root" else list(self._items).index(after) + 1
            previous = order[place - 1][0] if place else None
            self._items = dict([*order[:place], (item["id"], item), *order[place:]])
        while len(self._items) > MOST_ITEMS:
            del self._items[next(iter(self._items))]
        return previous

    def delete(self, item_id: str | None) -> Item:
        """Take an item out. Raises Refused."""
        item = self.get(item_id)
        del self._items[item["id"]]
        return item


def read_item(value: object, where: str = "item") -> Item:
    """An item that a client made, complete. Raises Refused."""
    if not isinstance(value, Mapping):
        raise Refused("invalid_type", f"`{where}` must be an object", where)
    given = text_at(value, "id", f"{where}.id", needed=False)
    head = {"id": given or new_id("item"), "object": "realtime.item", "type": value.get("type"), "status": "completed"}
    match value.get("type"):
        case "message":
            return {**head, **_message(value, where)}
        case "function_call_output":
            output = value.get("output")
            if not isinstance(output, str) or len(output) > _LONGEST_TEXT:
                raise Refused("invalid_value", f"`{where}.output` must be a text", f"{where}.output")
            return {**head, "call_id": text_at(value, "call_id", f"{where}.call_id"), "output": output}
        case "function_call":
            names = ("name", "arguments", "call_id")
            return {**head, **{name: text_at(value, name, f"{where}.{name}") for name in names}}
    raise Refused(
        "invalid_value", f"`{where}.type` must be message, function_call or function_call_output", f"{where}.type"
    )


def _message(value: Mapping[str, object], where: str) -> Item:
    role, content = value.get("role"), value.get("content")
    if role not in ("user", "assistant", "system", "developer"):
        raise Refused("invalid_value", f"`{where}.role` must be user, assistant or system", f"{where}.role")
    if not isinstance(content, list) or not content:
        raise Refused("invalid_value", f"`{where}.content` must be a list of parts", f"{where}.content")
    kinds = _PARTS.get(str(role), ("input_text",))
    parts: list[dict[str, Any]] = []
    for number, part in enumerate(content):
        at = f"{where}.content[{number}]"
        if not isinstance(part, Mapping) or part.get("type") not in kinds:
            raise Refused("invalid_value", f"`{at}.type` must be one of {', '.join(kinds)}", f"{at}.type")
        field = "transcript" if "audio" in str(part["type"]) else "text"
        text = part.get(field)
        if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
            what = f"`{at}.{field}` must be a text of at most {_LONGEST_TEXT} letters"
            raise Refused("invalid_value", f"{what}; sound comes by input_audio_buffer.append", f"{at}.{field}")
        kind = {"text": "output_text", "audio": "output_audio"}.get(str(part["type"]), part["type"])
        parts.append({"type": kind, field: text})
    return {"role": "system" if role == "developer" else role, "content": parts}


def words_of(item: Item) -> str:
    """The words of a message of the visitor; empty for any other item."""
    if item["type"] != "message" or item["role"] != "user":
        return ""
    return " ".join(str(part.get("text") or part.get("transcript") or "") for part in item["content"]).strip()


def spoken_item(item_id: str) -> Item:
    """What the visitor said, before it is transcribed. Clients break where there is no ``transcript`` at all."""
    content = [{"type": "input_audio", "transcript": None}]
    return {
        **{"id": item_id, "object": "realtime.item", "type": "message", "status": "completed", "role": "user"},
        "content": content,
    }


def copy_of(item: Item) -> Item:
    """An item as it is now, for an event."""
    return {**item, **({"content": [dict(part) for part in item["content"]]} if "content" in item else {})}


def tell_item(send: Send, item: Item, previous: str | None) -> None:
    """Tell that an item was added, complete, after the ``previous`` one."""
    for type in ("conversation.item.added", "conversation.item.done"):
        send(type, previous_item_id=previous, item=copy_of(item))
