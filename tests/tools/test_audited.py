"""Tools are recorded before they act. A call that cannot be recorded is not made, except for help."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from appliance.config.site import FormSettings, SlotSettings
from appliance.core.facts import ToolResult
from appliance.core.ports import PortError, Tool
from appliance.records.audit_log import AuditLog
from appliance.records.audit_record import records
from appliance.tools.audited import AuditedTool, audited, forget_what_is_due
from tests.records.test_audit_trail import KEY, FailingLedger
from tests.sites import SITE

FORM = FormSettings(
    "book", "book", "book", ("book",), (SlotSettings("doctor", "Which?", "choice", ("@doctors",)),), check="free"
)


class Book:
    name = "book"

    def __init__(self) -> None:
        self.calls: list[str] = []

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        self.calls.append(function)
        if function == "fails":
            raise PortError("book: broken")
        return ToolResult(function != "refuses", "said")


def with_ledger(ledger: FailingLedger, tool: Tool) -> Tool:
    site = dataclasses.replace(SITE, tools=(), emergency=None, hand_over=dataclasses.replace(SITE.hand_over, tool=None))
    object.__setattr__(site, "forms", (FORM,))
    return audited({tool.name: tool}, site, ledger)[tool.name]


def test_a_tool_is_recorded_before_and_after() -> None:
    ledger, book = FailingLedger(good=99), Book()
    tool = with_ledger(ledger, book)
    tool.call("book", {"name": "canary"})
    tool.call("refuses", {})
    with pytest.raises(PortError, match="broken"):
        tool.call("fails", {})
    assert ledger.events == [
        *("tool called", "tool answered", "tool called", "tool answered", "tool called", "tool failed"),
    ]
    tool.call("free", {})
    tool.call("doctors", {})
    assert len(ledger.events) == 6, "look-ups on the way are not recorded"


def test_a_call_that_cannot_be_recorded_is_refused_except_for_help() -> None:
    ledger, book = FailingLedger(good=0), Book()
    tool = with_ledger(ledger, book)
    with pytest.raises(PortError, match="no space"):
        tool.call("book", {})
    assert book.calls == []
    tool.call("alarm", {})
    assert book.calls == ["alarm"]


class Diary:
    """A tool with one record that is due to be forgotten."""

    name = "diary"

    def __init__(self, due: int = 1) -> None:
        self.due = due

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        return ToolResult(True, "")

    def forget(self, record: Callable[[int], None]) -> None:
        if self.due:
            record(self.due)
            self.due = 0


def test_forgetting_a_record_is_recorded_first(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, KEY)
    tools = audited({"diary": Diary(3)}, SITE, log)
    forget_what_is_due(tools)
    forget_what_is_due(tools)
    log.close()
    forgotten = [record for record in records(tmp_path / "audit.jsonl") if record["event"] == "tool forgot"]
    assert [(record["tool"], record["records"]) for record in forgotten] == [("diary", 3)]


def test_a_record_is_kept_if_forgetting_it_cannot_be_recorded() -> None:
    diary = Diary()
    (tool,) = audited({"diary": diary}, SITE, FailingLedger(good=0)).values()
    assert isinstance(tool, AuditedTool)
    tool.forget()
    assert diary.due == 1


def test_a_call_makes_the_tool_forget_due_records() -> None:
    diary, ledger = Diary(), FailingLedger(good=9)
    audited({"diary": diary}, SITE, ledger)["diary"].call("read", {})
    assert diary.due == 0
    assert ledger.events == ["tool forgot", "tool called", "tool answered"]
