"""The table of everything that is recorded in the audit log: each event, where it is raised, and what its record holds.

A test finds every event that the product appends and compares it with this table, and the table of `AUDITOR.md` as
well. No record holds what was said, except in the field ``text``, which ``privacy.audit_transcripts`` switches on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Event:
    """A kind of record."""

    name: str
    when: str
    raised_in: str
    """module of ``appliance``"""
    holds: tuple[str, ...] = ()
    """fields that its record may have besides ``n``, ``at``, ``up_s``, ``boot`` and ``previous``"""
    role: Literal["administer", "break_glass", "any"] | None = None
    """role that an operator needs for it at the control socket; None where the event is not caused by an operator, or
    not asked for there"""


_LOG, _RUN, _TRAIL = "records.audit_log", "runtime.evidence", "records.audit_trail"
_RECORDER, _EXPIRY = "records.recorder", "records.expiry"
_TOOLS, _CONTROL, _INSTALLER = "tools.audited", "control.server", "bundle.install"
_RECORDINGS, _DESK, _KEYS, _TOKENS = "cli.recordings", "cli.appointments", "cli.keys", "cli.tokens"
_DOOR = "protocols.door_record"

_WHO = ("user", "claims_to_be")
_LINE = "line"
"""the conversation line that a record is about (``room``: the box's own microphone and loudspeaker)"""

_REPLY = (_LINE, "turn", "kind", "replaced", "text")
_COPIED = ("done", "entry")
"""Fields of what is copied from the installer's history: when it was done, and its number there"""

_ALL = (
    Event("log begun", "the first record of a log", _LOG, ("log", "key", "seal", "torn_bytes", "torn_sha256")),
    Event("repaired", "a write was cut off, and its remains were ended", _LOG, ("torn_bytes", "torn_sha256")),
    Event("sealing begun", "a log from before there were seals gets its first key", _LOG, ("seal",)),
    Event("checkpoints not exported", "the other medium cannot be written to, told once", _LOG, ("reason",)),
    Event("checkpoints exported again", "the other medium can be written to again", _LOG, ("copied",)),
    Event(
        "started",
        "an appliance starts (`run`, `talk`, `replay`)",
        _RUN,
        ("version", "code", "configuration", "site", "host", "boot", "pid", "user"),
    ),
    Event("alive", "every `audit.checkpoint_s`, before the checkpoint, while it runs", _TRAIL),
    Event("stopped", "the appliance ends: told to, or by which error", _RUN, ("reason",)),
    Event("conversation opened", "a visitor comes", _TRAIL, (_LINE, "conversation")),
    Event(
        "conversation closed",
        "the visitor left, was handed over to a person, or there is an emergency; `left`: the line was closed",
        _TRAIL,
        (_LINE, "conversation", "reason"),
    ),
    Event("visitor said", "only with `privacy.audit_transcripts`", _TRAIL, (_LINE, "text")),
    Event("replied", "a reply was made", _TRAIL, _REPLY),
    Event("reply refused", "the question is not answered here, or the answer is not known", _TRAIL, _REPLY),
    Event("reply failed", "a tool or the model could not do its work", _TRAIL, (_LINE, "turn")),
    Event("clause skipped", "the voice cannot say a part of a reply", _TRAIL, (_LINE, "turn")),
    Event("audio lost", "the box was too busy to hear", _TRAIL, (_LINE, "samples")),
    Event("device lost", "microphone or speaker is gone", _TRAIL, (_LINE, "device")),
    Event("device returned", "microphone or speaker works again", _TRAIL, (_LINE, "device")),
    Event("tool called", "before a call that has an effect", _TOOLS, (_LINE, "tool", "function")),
    Event("tool answered", "after the call: done, or refused", _TOOLS, (_LINE, "tool", "function", "effect")),
    Event(
        "tool failed",
        "after a call that broke off: what it did is unknown",
        _TOOLS,
        (_LINE, "tool", "function", "effect"),
    ),
    Event("tool forgot", "before a tool deletes what it kept for long enough", _TOOLS, (_LINE, "tool", "records")),
    Event("recording begun", "a conversation begins, and `privacy.recording` is on", _RECORDER, (_LINE, "recording")),
    Event("recording ended", "the conversation is over", _RECORDER, (_LINE, "recording")),
    Event("recording expired", "its days are over, and its key was destroyed", _EXPIRY, ("recording",)),
    Event(
        "calendar ahead",
        "the calendar leapt: recordings are kept for longer until an operator confirms it",
        _EXPIRY,
        ("days",),
    ),
    Event(
        "operator",
        "before each command at the control socket but `status` and `account`, which has a record of its own",
        _CONTROL,
        ("user", "command", "claims_to_be"),
        "any",
    ),
    Event(
        "operator refused",
        "a user without a role, or a command beyond the role; `more`: how many more",
        _CONTROL,
        ("user", "command", "more"),
    ),
    Event(
        "operator limited",
        "commands that were refused because they were too many; `more`: how many",
        _CONTROL,
        ("user", "more"),
        "any",
    ),
    Event(
        "operator idle",
        "a session is ended after `operators.idle_s` without a command",
        _CONTROL,
        ("user", "after_s"),
        "any",
    ),
    Event("operator session ended", "a session ends", _CONTROL, ("user",), "any"),
    Event("glass broken", "before an operator hears the first word", _CONTROL, ("user", "reason"), "break_glass"),
    Event("operator stopped listening", "an operator no longer hears what is said", _CONTROL, ("user",), "break_glass"),
    Event("recording held", "before it is done", _RECORDINGS, (*_WHO, "recording", "reason"), "administer"),
    Event("recording released", "before it is done", _RECORDINGS, (*_WHO, "recording", "reason"), "administer"),
    Event("recording wiped", "before it is done", _RECORDINGS, (*_WHO, "recording", "reason"), "administer"),
    Event("recording exported", "before it is done", _RECORDINGS, (*_WHO, "recording", "reason"), "administer"),
    Event(
        "calendar believed", "`recordings catch-up`, before it is done", _RECORDINGS, (*_WHO, "reason"), "administer"
    ),
    Event("appointments listed", "before they are shown", _DESK, (*_WHO, "appointment"), "administer"),
    Event("appointments exported", "before they are written", _DESK, (*_WHO, "appointment"), "administer"),
    Event("appointment cancelled", "before it is cancelled at the desk", _DESK, (*_WHO, "appointment"), "administer"),
    Event("token made", "before a program's token is made", _TOKENS, (*_WHO, "token"), "administer"),
    Event("token revoked", "before a program's token is revoked", _TOKENS, (*_WHO, "token"), "administer"),
    Event("door used", "before a request of another program is served", _DOOR, ("caller", "what")),
    Event(
        "door refused",
        "a program came without a valid token, or beyond what its token is for; `more`: how often before",
        _DOOR,
        ("user", "what", "more"),
    ),
    Event("keys destroyed", "before the first key is destroyed", _KEYS, (*_WHO, "reason", "keys")),
    Event("bundle refused", "a bundle was not installed", _INSTALLER, ("user", "bundle", "reason", *_COPIED)),
    Event(
        "bundle installation begun",
        "before anything is written",
        _INSTALLER,
        ("user", "from", "to", "manifest", *_COPIED),
    ),
    Event("bundle installed", "a new version was switched to", _INSTALLER, ("user", "from", "to", "outcome", *_COPIED)),
    Event("bundle confirmed", "an operator saw the new version come up", _INSTALLER, ("user", "to", *_COPIED)),
    Event(
        "bundle rollback begun",
        "before the earlier version is switched to",
        _INSTALLER,
        ("user", "from", "to", *_COPIED),
    ),
    Event(
        "bundle rolled back",
        "the earlier version was switched to",
        _INSTALLER,
        ("user", "from", "to", "outcome", *_COPIED),
    ),
    Event(
        "bundle taken back",
        "a new version did not come up, or was not confirmed",
        _INSTALLER,
        ("from", "to", "reason", *_COPIED),
    ),
    Event(
        "bundle statement accepted",
        "a rotation of keys or a revocation list is in force",
        _INSTALLER,
        ("user", "what", *_COPIED),
    ),
    Event(
        "bundle statement refused",
        "a rotation or a revocation list is not signed as it must be",
        _INSTALLER,
        ("user", "file", "reason", *_COPIED),
    ),
    Event("damaged", "an entry of the installer's history that a power cut tore", "bundle.store", _COPIED),
)

EVENTS = {event.name: event for event in _ALL}
"""The events by name"""


def accounts(module: str) -> tuple[str, ...]:
    """The events that a command of ``module`` has the daemon record before it does them."""
    return tuple(event.name for event in _ALL if event.role == "administer" and event.raised_in == module)
