"""Tools whose calls are recorded before they are made."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from appliance.config.site import Site
from appliance.core.facts import ToolResult
from appliance.core.ports import Forgetful, Ledger, PortError, Tool
from appliance.records.audit_record import Detail

log = logging.getLogger(__name__)

_URGENT = frozenset({"alarm", "call_person"})
"""Functions that call for help. They are called even when the log is at fault."""


@dataclass(frozen=True, slots=True)
class AuditedTool:
    """A tool whose calls with an effect are recorded before they are made, and again with their outcome."""

    tool: Tool
    ledger: Ledger
    harmless: frozenset[str]
    """functions that only look something up, and whose many calls are not worth recording"""

    @property
    def name(self) -> str:
        return self.tool.name

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        """Call the tool. Raises PortError also when the call cannot be recorded, which is then not made."""
        self.forget()
        if function in self.harmless:
            return self.tool.call(function, arguments)
        self._record("tool called", function)
        try:
            result = self.tool.call(function, arguments)
        except PortError:
            self._record("tool failed", function, effect="unknown")
            raise
        self._record("tool answered", function, effect="done" if result.ok else "refused")
        return result

    def forget(self) -> None:
        """Let the tool delete what it has kept for long enough, on the record. A tool that cannot do so is reported to
        the operator, and goes on."""
        if not isinstance(self.tool, Forgetful):
            return
        try:
            self.tool.forget(lambda number: self.ledger.append("tool forgot", tool=self.name, records=number))
        except PortError as error:
            log.warning("tool %s keeps what it should forget: %s", self.name, error)

    def _record(self, event: str, function: str, **details: Detail) -> None:
        try:
            self.ledger.append(event, tool=self.name, function=function, **details)
        except PortError:
            if function not in _URGENT:
                raise


def forget_what_is_due(tools: Mapping[str, Tool]) -> None:
    """Let every recorded tool delete what is due, whether or not it is used."""
    for tool in tools.values():
        if isinstance(tool, AuditedTool):
            tool.forget()


def audited(tools: Mapping[str, Tool], site: Site, ledger: Ledger) -> dict[str, Tool]:
    """The tools of a site, each recorded."""
    harmless = frozenset(
        [function for form in site.forms for function in (form.check, form.offers) if function]
        + [choice[1:] for form in site.forms for slot in form.slots for choice in slot.choices if choice[:1] == "@"]
    )
    return {name: AuditedTool(tool, ledger, harmless) for name, tool in tools.items()}
