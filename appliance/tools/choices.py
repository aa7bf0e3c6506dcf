"""The values that visitors may choose from in a form, as the site or its tool lists them."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.config.site import Site
from appliance.core.ports import PortError, Tool


def idle_tools(site: Site) -> set[str]:
    """Names of the tools that list no choices."""
    listing = {form.tool for form in site.forms for slot in form.slots for choice in slot.choices if choice[:1] == "@"}
    return {tool.name for tool in site.tools} - listing


def choices(site: Site, tools: Mapping[str, Tool]) -> dict[str, tuple[str, ...]]:
    """The values of every ``choice`` slot, by slot name. For ``@function`` the form's tool is asked, whose answer lists
    them under ``choices``. Raises PortError."""
    found: dict[str, tuple[str, ...]] = {}
    for form in site.forms:
        for slot in form.slots:
            values: list[str] = []
            for choice in slot.choices:
                if not choice.startswith("@"):
                    values.append(choice)
                    continue
                listed = tools[form.tool].call(choice[1:], {}).data.get("choices")
                if not isinstance(listed, list) or not listed:
                    raise PortError(f'tool {form.tool}: {choice[1:]} must answer {{"data": {{"choices": [...]}}}}')
                for value in listed:
                    if set(str(value)) & set("()[]{}|") or not any(c.isalnum() for c in str(value)):
                        raise PortError(f"tool {form.tool}: {choice[1:]} must list plain names, not {value!r}")
                    values.append(str(value))
            if values:
                found[slot.name] = tuple(values)
    return found
