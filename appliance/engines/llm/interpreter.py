"""Asks a chat model what a visitor means: to complete a line, and to choose among sentences.

Both questions begin with fixed words, which stay in the cache, so a question costs what it adds to them. They are put
in English for every site, the language in which models of all families were trained to follow instructions.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from appliance.core.calibration import log_sum
from appliance.core.facts import Message
from appliance.core.ports import MOST_CANDIDATES, AskCosts
from appliance.core.turn import Turn
from appliance.engines.llm.llama import LlamaSession

_LONGEST_LINE_TOKENS = 32

_QUESTION = r"""
root ::= word (" " word)+
word ::= [a-z0-9ß-öø-ÿ]+ (['-] [a-z0-9ß-öø-ÿ]+)*
"""
"""GBNF of a complete question: two words or more in lower case, without marks. The letters are those of Latin-1"""

_REWRITE = Message(
    "system",
    "Rewrite the visitor's last line as a full question. Replace words like it, there, that, he, she, they by the "
    "thing or the person of the conversation that they stand for, and complete what is left out. Use lower-case words "
    "without punctuation.",
)

_REWRITTEN = (
    (
        ("where is the library", "The library is on the second floor, above the gym."),
        "and when does it open on fridays",
        "when does the library open on fridays",
    ),
    (
        ("who can help me with my tax form", "Mister Novak helps with tax forms, in room eleven."),
        "is he here today",
        "is mister novak here today",
    ),
    (
        ("where is the swimming pool", "The swimming pool is behind the sports hall."),
        "do children pay there",
        "do children pay at the swimming pool",
    ),
    (
        ("how much is a ticket", "A ticket is nine dollars."),
        "and for students",
        "how much is a ticket for students",
    ),
    (
        ("is there a playground", "The playground is in the park."),
        "where can i buy a map of the city",
        "where can i buy a map of the city",
    ),
)
"""examples: an exchange, the line after it, and that line as a complete question"""

_JUDGE = Message(
    "system",
    "A visitor speaks at a reception, and each lettered sentence is something that the reception knows. Answer with "
    "the letter of the sentence that the visitor wants, or with the last letter if none of them fits. Sentences that "
    "are only about something similar do not fit.",
)

_JUDGED = (
    (
        "what time can i swim",
        ("how do i rent a boat", "when is the pool open", "where are the showers"),
        "B",
    ),
    (
        "do you sell stamps",
        ("where is the post office", "what does a ticket cost", "can i pay by card"),
        "D",
    ),
)
"""examples: a line, the candidates, and the letter of the right one"""


class LlamaInterpreter:
    """The ``Interpreter`` port, on a line's session of the model."""

    def __init__(self, session: LlamaSession) -> None:
        self._session = session
        self._measured = session.measured
        if self.costs.rewrite_s is not None:
            session.keep_ready("rewrite", _rewriting(("a", "a"), "a"), _rewriting(("zq", "zq"), "zq"))
        if self.costs.judge_s is not None:
            session.keep_ready("judge", _judging("a", ["a"]), _judging("zq", ["zq"]))

    @property
    def costs(self) -> AskCosts:
        """What a call costs here, and whether it is worth it."""
        return self._measured.costs

    def rewrite(self, history: Sequence[Message], line: str, turn: Turn) -> str | None:
        """The visitor's ``line`` as a complete question that names what it is about."""
        said = [message.content for message in history if message.role in ("user", "assistant")][-2:]
        if not said or not line.strip():
            return None
        answer = self._session.ask(
            "rewrite", _rewriting(said, line), turn, max_tokens=_LONGEST_LINE_TOKENS, grammar=_QUESTION
        )
        return None if answer is None or answer == line.strip().lower() else answer

    def judge(self, line: str, candidates: Sequence[str], turn: Turn) -> Sequence[float]:
        """Natural log probabilities that ``line`` means each of the ``candidates``, and last none of them."""
        opinion = self.opinion(line, candidates, turn)
        if not opinion:
            return ()
        measured = self._measured
        *p_candidates, p_none = opinion
        known = measured.known.log_odds(log_sum(p_candidates) - p_none)
        weighed = [measured.among * one for one in p_candidates]
        any_of_them, p_known, p_none = log_sum(weighed), -log_sum((0.0, -known)), -log_sum((0.0, known))
        return (*(one - any_of_them + p_known for one in weighed), p_none)

    def opinion(self, line: str, candidates: Sequence[str], turn: Turn) -> Sequence[float]:
        """The model's own log probabilities, not calibrated."""
        if not 1 <= len(candidates) <= MOST_CANDIDATES:
            raise ValueError(f"{len(candidates)} candidates; a model chooses from 1 to {MOST_CANDIDATES}")
        return self._session.choose(_judging(line, candidates), ascii_uppercase[: len(candidates) + 1], turn)


def _rewriting(said: Sequence[str], line: str) -> list[Message]:
    examples = (
        message
        for before, short, complete in _REWRITTEN
        for message in (Message("user", _conversation(before, short)), Message("assistant", complete))
    )
    return [_REWRITE, *examples, Message("user", _conversation(said, line))]


def _judging(line: str, candidates: Sequence[str]) -> list[Message]:
    examples = (
        message
        for known, among, letter in _JUDGED
        for message in (Message("user", _choice(known, among)), Message("assistant", letter))
    )
    return [_JUDGE, *examples, Message("user", _choice(line, candidates))]


def _conversation(said: Sequence[str], line: str) -> str:
    """The last exchange and the line after it. The first of two was the visitor's."""
    speakers = ("visitor", "reception") if len(said) == 2 else ("reception",)
    return "\n".join(f"{who}: {what}" for who, what in (*zip(speakers, said, strict=True), ("visitor", line.strip())))


def _choice(line: str, candidates: Sequence[str]) -> str:
    """The line and the lettered candidates, the last letter for none of them."""
    lettered = zip(ascii_uppercase, (*candidates, "none of these"), strict=False)
    return "\n".join((f"visitor: {line.strip()}", *(f"{letter}: {text}" for letter, text in lettered)))
