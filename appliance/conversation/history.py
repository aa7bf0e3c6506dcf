"""What was said in a conversation, as far as it was heard.

A language model that remembers a reply which the visitor interrupted talks past them. So a reply enters the history
when its sound has left the speaker: whole when it was played to its end, cut to the words that were audible
otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.core.facts import ClauseVoiced, Message

KEPT_MESSAGES = 24
"""Most messages that are kept, the newest ones. The engine cuts further when its context is smaller."""

DROPPED_TOGETHER = 8
"""Messages that go at a time when there are too many. What the language model has evaluated ends where the oldest
message was, so each time costs one evaluation of what remains."""


@dataclass(frozen=True, slots=True)
class History:
    """The messages of one conversation, oldest first, without the system prompt."""

    messages: tuple[Message, ...] = ()

    def visitor_said(self, text: str) -> History:
        return self._with(Message("user", text))

    def visitor_heard(self, text: str, *, interrupted: bool = False, turn_id: int | None = None) -> History:
        """Add the part of a reply that was audible; an empty part adds nothing. ``interrupted`` tells the language
        model that there was more."""
        return self._with(Message("assistant", text, interrupted, turn_id)) if text else self

    def cut(self, turn_id: int, text: str) -> History:
        """Leave only ``text`` of a reply, or nothing of it. A reply that is not remembered any more changes nothing."""
        messages = (
            Message("assistant", text, True, turn_id) if message.turn_id == turn_id else message
            for message in self.messages
            if text or message.turn_id != turn_id
        )
        return History(tuple(messages))

    def _with(self, message: Message) -> History:
        messages = (*self.messages, message)
        return History(messages[DROPPED_TOGETHER:] if len(messages) > KEPT_MESSAGES else messages)


def heard(clauses: Sequence[ClauseVoiced], samples: int) -> str:
    """The words of a reply whose sound had ended when ``samples`` of it had been played.

    A word counts when its whole sound was audible. A clause that was played to its end counts literally, with its
    punctuation.
    """
    parts: list[str] = []
    for clause in clauses:
        if clause.start + clause.samples <= samples:
            parts.append(clause.text)
            continue
        parts.extend(word.text for word in clause.words if clause.start + word.end <= samples)
        break
    return " ".join(parts)
