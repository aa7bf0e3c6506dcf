"""How a conversation is put before a model: which roles a family of models was trained on, and what it must be told.

The starter model was trained on roles of its own for facts and for tools (``models/recipes/brain``). Other models know
a system prompt, the user and themselves. Many templates write any role at all, so a template does not tell whether its
model knows one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.core.facts import Message


@dataclass(frozen=True, slots=True)
class Prompt:
    """A way to put a conversation before a model."""

    roles: frozenset[str]
    """the roles it may use besides ``user`` and ``assistant``, where the template knows them; what others say is added
    to the user's words"""
    instruction: str = ""
    """what the system prompt says besides who the assistant is. It is in English for every site, the language in which
    models of all families were trained to follow instructions"""
    asks: bool = True
    """whether a model may be asked to decide something (``interpreter``), in words that say what is wanted"""
    ends_without_marks: bool = False
    """whether the model was trained on users' messages without full stops and question marks, as ears write them"""

    def worded(self, messages: Sequence[Message]) -> Sequence[Message]:
        """``messages`` with the instruction after a system prompt that they begin with."""
        if not self.instruction or not messages or messages[0].role != "system":
            return messages
        return [replace(messages[0], content=f"{messages[0].content}\n{self.instruction}"), *messages[1:]]


STARTER = Prompt(roles=frozenset({"system", "facts", "tool"}), asks=False, ends_without_marks=True)

PLAIN = Prompt(
    roles=frozenset({"system"}),
    instruction=(
        "You hear what visitors say through a microphone, and what you write is spoken. After a visitor's words, "
        "`fact:` tells what this place says about them. Answer with what it says and with nothing else: its figures, "
        "names and conditions are right, and there are no others. If it does not answer the question, say that you do "
        "not know. Write plain sentences without lists, headings or symbols."
    ),
)

STARTER_NAME = "cloister-starter"
"""``general.name`` of the GGUF files that the starter's recipe writes"""


def named(choice: str | None, model: str) -> Prompt:
    """The prompt that the settings choose; otherwise the one that suits the model with this name."""
    starter = model == STARTER_NAME if choice is None else choice == "starter"
    return STARTER if starter else PLAIN
