"""Measures what the language model of a box is good for with its site, and keeps it, at ``cloister models prepare``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime

from appliance.brain import aptitude
from appliance.brain.knowledge import entries
from appliance.brain.responder import system_prompt
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.ports import AskCosts
from appliance.core.turn import Turn
from appliance.tools.choices import choices, idle_tools


def measure_model(settings: Settings, site: Site, step: Callable[[str], None]) -> Iterator[str]:
    """Measure the language model, unless that was done with the same model and the same site. The starter model is not
    measured, because it is asked nothing. Yields a line for the operator about each thing that it may be good for, as
    soon as it is known. ``step`` is told what is done next. Raises PortError."""
    from appliance.brain.retrieval import Retrieval
    from appliance.engines.embedding.minilm import MiniLm
    from appliance.engines.llm import measured
    from appliance.engines.llm.interpreter import LlamaInterpreter
    from appliance.engines.llm.llama import LlamaModel
    from appliance.tools.executable import open_tools

    model = LlamaModel(settings)
    if not model.prompt.asks:
        return
    # A server that lists no choices is not started, since it would run as the appliance's user.
    tools = open_tools(site.tools, site.language, settings.state, datetime.now, idle_tools(site))
    listed = choices(site, tools)
    known = entries(site, listed)
    sentences = hashlib.sha256(repr([(entry.say, entry.asks) for entry in known]).encode()).hexdigest()
    if model.measured.sentences == sentences:
        return
    finder = Retrieval(
        known, MiniLm(settings.brain.embedder, threads=1), site.language, cache=settings.kept / "retrieval.npz"
    )
    session, turn, system = model.session(), Turn(0), system_prompt(site.persona, site.language)
    interpreter = LlamaInterpreter(session)
    step("language model: whether it hears from the words that a visitor has finished")
    ends = aptitude.turn_ends(lambda text: session.end_of_turn_opinion([system], text))
    yield f"end of turn: tells {ends.separation:.0%} of whole and cut sentences apart{_unused(ends.calibration.weight)}"
    step("language model: whether it chooses what is meant")
    judging = aptitude.judging(lambda line, among: interpreter.opinion(line, among, turn), known, finder)
    yield (
        f"judgement: tells {judging.separation:.0%} of known and unknown questions apart, {judging.right:.0%} right "
        f"among known ones{_in_time(judging.cost_s)}"
    )
    step("language model: whether it completes lines")
    rewriting = aptitude.rewriting(
        lambda said, line: interpreter.rewrite(said, line, turn), known, finder, site.language
    )
    yield (
        f"follow-ups: {rewriting.completed:.0%} completed rightly, {rewriting.kept:.0%} of complete lines kept"
        f"{_in_time(rewriting.cost_s)}"
    )
    costs = AskCosts(rewriting.cost_s, judging.cost_s)
    found = measured.Measured("", sentences, ends.calibration, judging.known, judging.among, costs)
    measured.write(settings.kept, settings.brain.model, found)


def _unused(weight: float) -> str:
    return "" if weight else "; not used"


def _in_time(cost_s: float | None) -> str:
    return "; not used" if cost_s is None else f", in {cost_s:.1f} s"
