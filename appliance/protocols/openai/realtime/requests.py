"""What a client asks for with ``response.create``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from appliance.protocols.openai.realtime.configuration import Configuration, modality, read_format
from appliance.protocols.openai.realtime.events import Refused, text_at
from appliance.protocols.openai.realtime.items import Conversation, Item, read_item, words_of

_FIELDS = {
    *("instructions", "tools", "tool_choice", "output_modalities", "audio", "conversation", "input", "metadata"),
    *("max_output_tokens", "parallel_tool_calls", "prompt", "reasoning"),
}

_MOST_METADATA = 16
_LONGEST_NAME, _LONGEST_VALUE = 64, 512


@dataclass(frozen=True, slots=True)
class Request:
    """One response that is wanted."""

    configuration: Configuration
    """the session's, with what the request changes"""
    words: str | None
    """what is to be answered; None for all that was not answered yet"""
    apart: bool
    """whether the answer is no part of the conversation"""
    metadata: dict[str, str] | None


def read_request(wanted: object, configuration: Configuration, items: Conversation) -> Request:
    """The request that a client's ``response`` holds. Raises Refused."""
    if not isinstance(wanted, Mapping):
        raise Refused("invalid_type", "`response` must be an object", "response")
    for name in wanted:
        if name not in _FIELDS:
            raise Refused("unknown_parameter", f"there is no `response.{name}`", f"response.{name}")
    conversation = wanted.get("conversation")
    if conversation not in ("auto", "none", None):
        raise Refused("invalid_value", "`response.conversation` must be auto or none", "response.conversation")
    return Request(
        _changed(configuration, wanted),
        _words(wanted.get("input"), items),
        conversation == "none",
        _metadata(wanted.get("metadata")),
    )


def _changed(configuration: Configuration, wanted: Mapping[str, Any]) -> Configuration:
    if wanted.get("output_modalities") is not None:
        way = modality(wanted["output_modalities"], "response.output_modalities")
        configuration = replace(configuration, modality=way)
    sound = wanted.get("audio") or {}
    says = (sound.get("output") or {}) if isinstance(sound, Mapping) else {}
    if isinstance(says, Mapping) and says.get("format") is not None:
        configuration = replace(configuration, output=read_format(says["format"], "response.audio.output.format"))
    tools = wanted.get("tools")
    if tools is not None:
        if not isinstance(tools, list) or not all(isinstance(tool, Mapping) for tool in tools):
            raise Refused("invalid_value", "`response.tools` must be a list of functions", "response.tools")
        configuration = replace(configuration, tools=tuple(tools))
    if wanted.get("tool_choice") is not None:
        configuration = replace(configuration, tool_choice=wanted["tool_choice"])
    return configuration


def _words(given: object, items: Conversation) -> str | None:
    if given is None:
        return None
    if not isinstance(given, list):
        raise Refused("invalid_type", "`response.input` must be a list of items", "response.input")
    return " ".join(filter(None, (words_of(_item(item, number, items)) for number, item in enumerate(given))))


def _item(item: object, number: int, items: Conversation) -> Item:
    where = f"response.input[{number}]"
    if isinstance(item, Mapping) and item.get("type") == "item_reference":
        return items.get(text_at(item, "id", f"{where}.id"))
    return read_item(item, where)


def _metadata(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    if isinstance(value, Mapping) and len(value) <= _MOST_METADATA:
        texts = {str(name): text for name, text in value.items() if isinstance(text, str)}
        short = all(len(name) <= _LONGEST_NAME and len(text) <= _LONGEST_VALUE for name, text in texts.items())
        if short and len(texts) == len(value):
            return texts
    raise Refused("invalid_value", f"`response.metadata` must be at most {_MOST_METADATA} texts", "response.metadata")
