"""The records of a check. A check examines a claim about the box and names the command that shows an auditor the
same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from appliance.attestation.proc import Process
from appliance.config.box import Settings

Verdict = Literal["ok", "warn", "fail", "unknown"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

Found: TypeAlias = tuple[Verdict, Mapping[str, Any]]
"""The verdict of a check, and its evidence."""


@dataclass(frozen=True, slots=True)
class Line:
    """The result of one check: a line of the report."""

    id: str
    claim: str
    verdict: Verdict
    by_hand: str
    """the command that an auditor types, as root"""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """The input of every check."""

    process: Process
    """the daemon"""
    answer: Mapping[str, Any]
    """the daemon's whole answer to the request for evidence"""
    statement: Mapping[str, Any]
    """the part of the answer that the daemon says of itself"""
    inside: Mapping[str, bool]
    """the part of the answer with the ways to a network that the daemon's child tried, and whether each was refused"""
    config: Path
    settings: Settings
    catalog: Path


@dataclass(frozen=True, slots=True)
class Check:
    """A check: the claim, the function that examines it, and the command by hand."""

    id: str
    claim: str
    by_hand: Callable[[Look], str]
    """gives the command with which an auditor, as root, sees the same without our code"""
    look: Callable[[Look], Found]
    shared: tuple[str, ...] | None = ()
    """names of the evidence that the boxes of one fleet have in common; None for all of it"""

    def line(self, look: Look) -> Line:
        """Carry out the check, and return its line."""
        verdict, evidence = self.look(look)
        return Line(self.id, self.claim, verdict, self.by_hand(look), evidence)
