"""What a check is: something that is claimed of the box, looked at, and shown again by a command of the auditor's."""

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
"""the verdict of a check, and its evidence"""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    id: str
    claim: str
    verdict: Verdict
    by_hand: str
    """what an auditor types, as root"""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """What every line is made from."""

    process: Process
    """the daemon"""
    answer: Mapping[str, Any]
    """all that it answered when it was asked for evidence"""
    statement: Mapping[str, Any]
    """of that, what it says of itself"""
    inside: Mapping[str, bool]
    """of that, ways to a network that its child tried, and whether each was refused"""
    config: Path
    settings: Settings
    catalog: Path


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a report, and how it is made."""

    id: str
    claim: str
    by_hand: Callable[[Look], str]
    """the command with which an auditor sees the same without us, as root"""
    look: Callable[[Look], Found]
    shared: tuple[str, ...] | None = ()
    """names of the evidence that the boxes of one fleet have in common; None: all of it"""

    def line(self, look: Look) -> Line:
        """Carry out the check."""
        verdict, evidence = self.look(look)
        return Line(self.id, self.claim, verdict, self.by_hand(look), evidence)
