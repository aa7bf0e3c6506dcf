"""The list of events equals the product's: it has each event that is appended, with place and fields, and no other.

Read from the source with ``ast``. A recorder is the ``append`` of a ledger, or a function that passes its own
parameter ``event`` on to a recorder. Every other recorded event must be a literal text in the call, or come from one of
the places that are named here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from appliance.control.server import _ROLE_OF, ACCOUNTS, DESK_ACCOUNTS, TOKEN_ACCOUNTS
from appliance.records.audit_events import EVENTS
from tests.conftest import CHECKOUT

PACKAGE = CHECKOUT / "appliance"
SOURCES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}

Function = ast.FunctionDef | ast.AsyncFunctionDef

ELSEWHERE = {
    "records.audit_trail": "what `record_of` returns",
    "runtime.evidence": "what the installer kept, by `Store.record`",
    "control.server": "what a command asks for, out of ACCOUNTS, DESK_ACCOUNTS and TOKEN_ACCOUNTS",
}
"""modules that record an event whose name is no literal there"""

OWN = {"records.audit_log": {"_append": 0}, "bundle.install": {"record": 0}}
"""recorders that pass no event on: the log's own, and that of the installer's history"""


@dataclass
class Found:
    """The events that a source records."""

    events: dict[str, set[str]] = field(default_factory=dict)
    """name of the event to the fields that are named in the call"""
    unread: list[str] = field(default_factory=list)
    """calls whose event is no literal text"""


def parameters(function: Function) -> list[str]:
    names = [argument.arg for argument in function.args.args]
    return names[1:] if names[:1] == ["self"] else names


def name_of(call: ast.Call) -> str:
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def is_append(call: ast.Call) -> bool:
    """Whether this is a call of a ledger's ``append``. The owner tells, because lists have an ``append`` as well."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr != "append":
        return False
    return ast.unparse(function.value).rsplit(".", 1)[-1].strip("_") in ("ledger", "log")


def event_of(call: ast.Call, recorders: dict[str, int]) -> ast.expr | None:
    """The argument that is the event. None for any other call."""
    at = 0 if is_append(call) else recorders.get(name_of(call))
    return call.args[at] if at is not None and at < len(call.args) else None


def recorders_in(tree: ast.Module, known: dict[str, int]) -> dict[str, int]:
    """Functions that pass their parameter ``event`` on, and which argument of theirs that is."""
    found = dict(known)
    while True:  # until no more are found, since one may pass on to one that was found late
        before = len(found)
        for function in ast.walk(tree):
            if isinstance(function, Function) and "event" in parameters(function):
                events = (event_of(call, found) for call in ast.walk(function) if isinstance(call, ast.Call))
                passes_on = any(isinstance(event, ast.Name) and event.id == "event" for event in events)
                if passes_on and function.name != "append":
                    found[function.name] = parameters(function).index("event")
        if len(found) == before:
            return found


def texts(value: ast.expr) -> Iterator[str | None]:
    """The texts that an expression may be. None for anything else."""
    if isinstance(value, ast.IfExp):
        yield from texts(value.body)
        yield from texts(value.orelse)
    else:
        yield value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def keys_of(mapping: ast.Dict) -> set[str]:
    """The keys of a mapping that are literal texts."""
    return {key.value for key in mapping.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def fields_of(call: ast.Call) -> set[str]:
    """The fields that are named in a call, by keyword or in a literal mapping."""
    named = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
    mappings = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg is None)]
    for mapping in mappings:
        if isinstance(mapping, ast.Dict):
            named |= keys_of(mapping)
    return named


def found_in(source: str, recorders: dict[str, int]) -> Found:
    tree, found = ast.parse(source), Found()
    recorders = recorders_in(tree, recorders)
    passing = {
        id(call)
        for function in ast.walk(tree)
        if isinstance(function, Function) and "event" in parameters(function)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(event := event_of(call, recorders), ast.Name)
        and event.id == "event"
    }
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or id(call) in passing:
            continue
        event = event_of(call, recorders)
        for text in () if event is None else texts(event):
            if text is None:
                found.unread.append(ast.unparse(call))
            else:
                found.events.setdefault(text, set()).update(fields_of(call))
    return found


def shared_recorders() -> dict[str, int]:
    """Recorders that one module offers to others, and which argument is the event."""
    once = recorders_in(ast.parse(SOURCES["records.audit_log"]), OWN["records.audit_log"])["append_once"]
    account = recorders_in(ast.parse(SOURCES["cli.account"]), {"append_once": once})["account"]
    return {"append_once": once, "account": account}


def recorded() -> dict[str, Found]:
    """The events that each module records, in the log or in the installer's history."""
    shared = shared_recorders()
    return {module: found_in(source, {**shared, **OWN.get(module, {})}) for module, source in SOURCES.items()}


def returned_by_record_of() -> dict[str, set[str]]:
    """Names and fields of what ``record_of`` returns. A name is a text, or a variable that is one of two texts."""
    (function,) = (
        node
        for node in ast.parse(SOURCES["records.audit_trail"]).body
        if isinstance(node, ast.FunctionDef) and node.name == "record_of"
    )
    found: dict[str, set[str]] = {}
    variables = {
        node.targets[0].id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            name, details = node.value.elts
            for text in texts(variables[name.id] if isinstance(name, ast.Name) else name):
                assert text is not None, ast.unparse(node)
                mappings = [inner for inner in ast.walk(details) if isinstance(inner, ast.Dict)]
                found[text] = {key for mapping in mappings for key in keys_of(mapping)}
    return found


RECORDED = recorded()


def raised() -> dict[str, set[str]]:
    """Every event of the product, and the modules that raise it."""
    places: dict[str, set[str]] = {}
    for module, found in RECORDED.items():
        for event in found.events:
            places.setdefault(event, set()).add(module)
    for event in returned_by_record_of():
        places.setdefault(event, set()).add("records.audit_trail")
    for damaged in re.findall(r'{"event": "(\w+)"}', SOURCES["bundle.store"]):
        places.setdefault(damaged, set()).add("bundle.store")
    return places


def test_the_list_has_every_event_with_its_place_and_no_other() -> None:
    assert raised() == {name: {event.raised_in} for name, event in EVENTS.items()}


def test_no_event_is_recorded_under_a_name_that_cannot_be_read() -> None:
    assert {module for module, found in RECORDED.items() if found.unread} == set(ELSEWHERE)


@pytest.mark.parametrize("name", EVENTS)
def test_a_record_has_the_fields_of_the_list(name: str) -> None:
    named = {field for found in RECORDED.values() for field in found.events.get(name, ())}
    named |= returned_by_record_of().get(name, set())
    assert named <= set(EVENTS[name].holds)


def test_events_recorded_for_operators_need_the_role_that_the_socket_asks_for() -> None:
    done_to_recordings = ("recording held", "recording released", "recording wiped", "recording exported")
    assert (*done_to_recordings, "calendar believed") == ACCOUNTS, "the last alone is about no recording"
    assert DESK_ACCOUNTS == ("appointments listed", "appointments exported", "appointment cancelled")
    assert TOKEN_ACCOUNTS == ("token made", "token revoked")
    assert {EVENTS[name].role for name in (*ACCOUNTS, *DESK_ACCOUNTS, *TOKEN_ACCOUNTS)} == {_ROLE_OF["account"]}
    assert {EVENTS[name].role for name in ("glass broken", "operator stopped listening")} == {
        *(_ROLE_OF["break-glass"], _ROLE_OF["words"]),
    }


def test_the_auditor_s_page_has_the_same_list() -> None:
    page = (CHECKOUT / "systemd" / "AUDITOR.md").read_text(encoding="utf-8")
    cells = [
        (f"`{event.name}`", event.when, ", ".join(event.holds), event.role or "", event.raised_in)
        for event in EVENTS.values()
    ]
    rows = [f"| {' | '.join(row)} |" for row in cells]
    assert re.findall(r"^\| `.*\| [\w., ]+ \|$", page, re.M) == rows, "\n".join(rows)


def test_the_reader_sees_every_way_to_record() -> None:
    """Positive control."""
    source = """
class Session:
    def run(self):
        self._ledger.append("plain", one=1)
        self._note("wrapped", two=2)
        ledger.append("this" if x else "that")
        log.append(f"made {up}")
        log.warning("no event")
        lines.append("no ledger")
        append_once(state, key, "once", **{"three": 3})
    def _note(self, event, **more):
        self._tell(event, **more)
    def _tell(self, event, **more):
        self._ledger.append(event, **more)
"""
    found = found_in(source, {"append_once": 2})
    assert found.events == {"plain": {"one"}, "wrapped": {"two"}, "this": set(), "that": set(), "once": {"three"}}
    assert found.unread == ["log.append(f'made {up}')"]
