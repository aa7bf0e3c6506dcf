"""Measures what the language model of a box is good for with its site, and keeps it, at ``cloister models prepare``."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from appliance.brain import aptitude
from appliance.brain.compose import compose
from appliance.brain.knowledge import entries
from appliance.brain.request import Answer
from appliance.brain.responder import system_prompt
from appliance.brain.state import ResponderState
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.facts import Outcome
from appliance.core.ports import AskCosts
from appliance.core.turn import Turn
from appliance.tools.choices import choices, idle_tools

if TYPE_CHECKING:
    from appliance.engines.llm.llama import LlamaSession

Result = TypeVar("Result")


class ProcessorMeter:
    """The ``Meter`` of a model: seconds that a call takes on a box that does nothing else.

    A clock counts what a busy neighbour takes. Processor time of several threads does too, because llama.cpp's threads
    spin while one of them waits for its core. So a call runs on one thread, and its processor time is divided by the
    threads that a conversation has. A GPU computes while the processor waits, so with one it is the clock's time.
    """

    def __init__(self, session: LlamaSession, *, gpu: bool) -> None:
        self._session = session
        self._threads, self._clock = (1, time.perf_counter) if gpu else (session.threads, time.thread_time)

    def __call__(self, call: Callable[[], Result]) -> tuple[Result, float]:
        with self._session.on_one_thread():
            begun = self._clock()
            result = call()
            return result, (self._clock() - begun) / self._threads


def measure_model(settings: Settings, site: Site, step: Callable[[str], None]) -> Iterator[str]:
    """Measure the language model, unless that was done with the same model and the same site. The starter model decides
    nothing, so it is only measured where it words facts (``brain.composed``). Yields a line for the operator about each
    thing that it may be good for, as soon as it is known. ``step`` is told what is done next. Raises PortError."""
    from appliance.brain.retrieval import Retrieval
    from appliance.engines.embedding.answers import open_judge
    from appliance.engines.embedding.minilm import MiniLm
    from appliance.engines.llm import measured
    from appliance.engines.llm.interpreter import LlamaInterpreter
    from appliance.engines.llm.llama import LlamaModel
    from appliance.tools.executable import open_tools

    model = LlamaModel(settings)
    if not model.prompt.asks and not settings.brain.composed:
        return
    # A server that lists no choices is not started, since it would run as the appliance's user.
    tools = open_tools(site.tools, site.language, settings.state, datetime.now, idle_tools(site))
    listed = choices(site, tools)
    known = entries(site, listed)
    sentences = hashlib.sha256(repr([(entry.say, entry.asks) for entry in known]).encode()).hexdigest()
    if model.measured.sentences == sentences:
        return
    session, turn, system = model.session(), Turn(0), system_prompt(site.persona, site.language)
    meter = ProcessorMeter(session, gpu=settings.device == "cuda")
    ends, judging, rewriting = aptitude.TurnEnds(), aptitude.Judging(), aptitude.Rewriting()
    if model.prompt.asks:
        finder = Retrieval(
            known,
            MiniLm(settings.brain.embedder, threads=1),
            site.language,
            cache=settings.kept / "retrieval.npz",
            judge=open_judge(settings.brain.answers),
        )
        interpreter = LlamaInterpreter(session)
        step("language model: whether it hears from the words that a visitor has finished")
        ends = aptitude.turn_ends(lambda text: session.end_of_turn_opinion([system], text))
        used = "used" if ends.calibration.weight else "not good enough, so not used"
        yield f"end of turn: tells {ends.separation:.0%} of whole and cut sentences apart; {used}"
        step("language model: whether it chooses what is meant")
        judging = aptitude.judging(lambda line, among: interpreter.opinion(line, among, turn), known, finder, meter)
        found = (
            f"tells {judging.separation:.0%} of known and unknown questions apart, {judging.right:.0%} right among "
            "known ones"
        )
        yield f"judgement: {_verdict(judging.verdict, judging.cost_s, found)}"
        step("language model: whether it completes lines")
        rewriting = aptitude.rewriting(
            lambda said, line: interpreter.rewrite(said, line, turn), known, finder, site.language, meter
        )
        found = f"{rewriting.completed:.0%} completed rightly, {rewriting.kept:.0%} of complete lines kept"
        yield f"follow-ups: {_verdict(rewriting.verdict, rewriting.cost_s, found)}"
    step("language model: whether it words facts so that they pass the check")

    def write(question: str, fact: str) -> Iterator[str | Outcome]:
        return compose(Answer(ResponderState(), fact, Outcome(), question), session, [system], site, turn)

    composing = aptitude.composing(write, known, site.language, meter)
    found = f"{composing.passed:.0%} of the facts pass in its words"
    yield f"composing: {_verdict(composing.verdict, composing.cost_s, found)}"
    costs = AskCosts(_asked_s(rewriting), _asked_s(judging))
    weight = composing.passed if composing.verdict == "useful" else 0.0
    kept = measured.Measured("", sentences, ends.calibration, judging.known, judging.among, costs, weight)
    measured.write(settings.kept, settings.brain.model, kept)


def _asked_s(skill: aptitude.Judging | aptitude.Rewriting) -> float | None:
    """The cost of a skill that is worth asking for."""
    return skill.cost_s if skill.verdict == "useful" else None


def _verdict(verdict: aptitude.Verdict, cost_s: float, found: str) -> str:
    """A sentence for the operator: whether the model was wrong, or too slow to be measured."""
    match verdict:
        case "useful":
            return f"{found}, in {cost_s:.1f} s; used"
        case "not good enough":
            return f"{found}, in {cost_s:.1f} s; not good enough, so not used"
        case "too slow":
            return (
                f"too slow: {cost_s:.1f} s of processor time on this box's threads, and {aptitude.LONGEST_S:.0f} s is "
                "the most; how well was not measured; not used"
            )
        case "cannot be asked":
            return "not measured, because the site has too few sentences or they do not fit the model; not used"
