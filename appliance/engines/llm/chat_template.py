"""A model's own chat template, adapted as little as possible to our messages, and the tokens of what it renders.

Contents are data. A template, and the search for control tokens after it, must never take a visitor's words, a fact or
a tool's answer for a part of the prompt. So the characters that markers begin with are hidden in contents while a
template is rendered: each is replaced by one from Unicode's private use area. What still looks like a control token
afterwards was written by the template, and becomes that token. All else is tokenised as text.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jinja2
import jinja2.ext
import jinja2.nodes

from appliance.core.facts import Message
from appliance.engines.llm.prompts import Prompt
from appliance.engines.llm.thoughts import OPENS
from appliance.engines.llm.vocabulary import Vocabulary

INTERRUPTED = " ..."
"""Tells the model that the visitor spoke over the rest of a reply. Transcripts write it like this, so models of all
sizes know it from their training."""

_MARK = "\u241f"  # stands for the end of the user's words while a template is rendered

_PRIVATE = re.compile("[\ue000-\uf8ff]")
"""Unicode's private use area, which no speech contains"""

_MARKER = re.compile(r"<[^<>\s'\"{}]{1,40}>|<<[^<>'\"{}]{1,20}>>|\[/?[A-Z_]{2,20}\]")
"""markers that templates write around turns where they use no control tokens, such as ``[INST]``"""

_LARGEST_TEMPLATE = 100_000
"""The most characters of a template. Those of the models in the catalogue have up to 13,000."""

_LARGEST_NUMBER = 10_000
_LARGEST_FACTOR = 1_000


def _refuse_bombs(source: str, generation_tags: type[jinja2.ext.Extension]) -> None:
    """Raise ValueError for a template that multiplies what it writes: large numbers, powers, repeated texts, doubled
    variables, nested loops over ranges. Templates of real models do nothing of the kind. The source is parsed and
    neither compiled nor run, because the engine evaluates constants while it compiles."""
    if len(source) > _LARGEST_TEMPLATE:
        raise ValueError(f"it has more than {_LARGEST_TEMPLATE} letters")
    try:
        tree = jinja2.Environment(extensions=["jinja2.ext.loopcontrols", generation_tags]).parse(source)
    except (jinja2.TemplateError, RecursionError) as error:
        raise ValueError(f"it is no template ({type(error).__name__})") from None
    nodes = jinja2.nodes
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, int | float) and not abs(constant.value) <= _LARGEST_NUMBER:
            raise ValueError("it holds a very large number")
    if tree.find(nodes.Pow) is not None:
        raise ValueError("it raises to a power")
    for product in tree.find_all(nodes.Mul):
        for factor in product.find_all((nodes.Const, nodes.TemplateData, nodes.List, nodes.Tuple)):
            if not isinstance(factor, nodes.Const) or not isinstance(factor.value, int | float):
                raise ValueError("it repeats a text or a list")
            if abs(factor.value) > _LARGEST_FACTOR:
                raise ValueError("it multiplies by a large number")
        if product.find(nodes.Mul) is not None:
            raise ValueError("it multiplies a product")
    doubled = [(add.left, add.right) for add in tree.find_all(nodes.Add)]
    doubled += [(one, other) for join in tree.find_all(nodes.Concat) for one, other in itertools.pairwise(join.nodes)]
    if any(one == other and not isinstance(one, nodes.Const) for one, other in doubled):
        raise ValueError("it doubles a variable")
    for loop in tree.find_all(nodes.For):
        if _counts(loop.iter) and any(_counts(inner.iter) for part in loop.body for inner in _loops(part)):
            raise ValueError("it loops over a range within a loop over a range")


def _counts(node: jinja2.nodes.Node) -> bool:
    """Whether an expression calls ``range``."""
    calls = [node, *node.find_all(jinja2.nodes.Call)]
    return any(
        isinstance(call, jinja2.nodes.Call) and isinstance(call.node, jinja2.nodes.Name) and call.node.name == "range"
        for call in calls
    )


def _loops(node: jinja2.nodes.Node) -> list[jinja2.nodes.For]:
    own = [node] if isinstance(node, jinja2.nodes.For) else []
    return [*own, *node.find_all(jinja2.nodes.For)]


class ChatTemplate:
    """See the module. Its methods render prompts, in which contents have their markers hidden (``revealed``)."""

    def __init__(
        self,
        source: str,
        bos: str,
        eos: str,
        prompt: Prompt,
        controls: Sequence[str] = (),
        added: Sequence[str] = (),
    ) -> None:
        """``controls`` and ``added`` are the texts of such tokens of the model's. Raises ValueError for a template that
        is made to exhaust memory or processor time."""
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        _refuse_bombs(source, Jinja2ChatFormatter.IgnoreGenerationTags)
        self._prompt = prompt
        written = [marker for marker in _MARKER.findall(source) if marker not in controls]
        broken = {*written, *(text for text in added if _MARKER.fullmatch(text))}
        begins = sorted({text[0] for text in (*controls, *broken) if not text[0].isalnum()})
        self._hidden: Mapping[int, str] = {ord(c): chr(0xE000 + n) for n, c in enumerate(begins)}
        self._shown: Mapping[int, str] = {ord(hidden): chr(c) for c, hidden in self._hidden.items()}
        self._broken = _any_of(text.translate(self._hidden) for text in broken)
        self._format = functools.partial(Jinja2ChatFormatter, source, eos, bos)
        self._open, self._closed = self._format(add_generation_prompt=True), self._format(add_generation_prompt=False)
        self._known = {role for role in prompt.roles if self._knows(role)}
        self._strict = not self._renders([("user", "a"), ("user", "b")])

    def reply(self, messages: Sequence[Message]) -> str:
        """The whole prompt of the assistant's next message."""
        return self._render(self._open, messages)

    def partial(self, messages: Sequence[Message], text: str) -> str:
        """The prompt up to the last word of an unfinished user message."""
        rendered = self._render(self._closed, [*messages, Message("user", text.strip() + _MARK)])
        return rendered[: rendered.rindex(_MARK)]

    def after_user(self) -> str:
        """The text that the template writes after a user's last word."""
        rendered = self._render(self._closed, [Message("user", "a" + _MARK)])
        return rendered[rendered.rindex(_MARK) + len(_MARK) :]

    @functools.cached_property
    def opens_thought(self) -> bool:
        """Whether a reply begins within a thought of the model's, because the template opens one."""
        return self.reply([Message("user", "a")]).rstrip().endswith(OPENS)

    def revealed(self, text: str) -> str:
        """A part of a rendered prompt without control tokens, with its contents as they were.

        Markers that are ordinary text (``[INST]``), and those tokens that llama.cpp finds in every text, cannot be told
        from the template's own by any option of the tokenizer. In contents they get a blank after their first letter.
        """
        while (broken := self._broken.sub(lambda marker: f"{marker[0][0]} {marker[0][1:]}", text)) != text:
            text = broken
        return text.translate(self._shown)

    def _knows(self, role: str) -> bool:
        before = [] if role == "system" else [("user", "a")]
        return self._renders([*before, (role, "zq"), ("user" if role == "system" else "assistant", "b")], "zq")

    def _renders(self, messages: list[tuple[str, str]], wanted: str = "") -> bool:
        rows: Any = [{"role": role, "content": content} for role, content in messages]
        try:
            return wanted in self._closed(messages=rows).prompt
        except Exception:  # templates may raise any exception for a role that they refuse
            return False

    def _render(self, formatter: Any, messages: Sequence[Message]) -> str:
        rows: list[dict[str, str]] = []
        opened = False
        """whether the last message is a system prompt in the user's role, to which the visitor's first words belong"""
        for message in self._prompt.worded(messages):
            role, content = str(message.role), _PRIVATE.sub("", message.content).translate(self._hidden)
            if message.interrupted:
                content += INTERRUPTED
            stands_in = role not in ("user", "assistant") and role not in self._known
            if stands_in:
                role = "user"  # for facts after the visitor's words, and for a system prompt before the first
            if rows and rows[-1]["role"] == role and (stands_in or opened or self._strict):
                rows[-1]["content"] += f"\n\n{content}"
            else:
                rows.append({"role": role, "content": content})
            opened = stands_in and len(rows) == 1
        prompt: str = formatter(messages=rows, enable_thinking=False).prompt
        return prompt


class PromptTokens:
    """Turns rendered prompts into the tokens that llama.cpp would make of them, if contents held no markers."""

    def __init__(self, vocabulary: Vocabulary, template: ChatTemplate) -> None:
        self._vocabulary = vocabulary
        self._template = template
        self._controls = _any_of(vocabulary.controls)

    def prompt(self, rendered: str) -> list[int]:
        """The tokens of a rendered prompt, or of its beginning."""
        tokens, beginning = self.part(rendered), self._vocabulary.beginning
        return tokens if tokens[: len(beginning)] == beginning else [*beginning, *tokens]

    def part(self, rendered: str) -> list[int]:
        """The tokens of a part of a rendered prompt that is not its beginning."""
        tokens: list[int] = []
        at, swallow = 0, False
        for found in (*self._controls.finditer(rendered), None):
            text = rendered[at : found.start() if found else len(rendered)]
            text = text.lstrip() if swallow else text
            token = None if found is None else self._vocabulary.controls[found[0]]
            before, swallow = (False, False) if token is None else self._vocabulary.swallows_space(token)
            text = text.rstrip() if before else text
            if text:
                tokens += self._vocabulary.numbers(self._template.revealed(text))
            if found is not None and token is not None:
                tokens.append(token)
                at = found.end()
        return tokens


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """Matches the longest of some texts; nothing where there are none."""
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
