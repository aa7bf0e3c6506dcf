"""``cloister evaluate conversation``: holds conversations of several turns with three sites and judges every reply.

The visitors of ``questions/conversations`` speak as people do: they leave out what was said before, ask two things at
once, correct themselves, compare, and talk about the conversation and the appliance. The responder is built as the
daemon builds it. Each conversation begins with a new visitor and an empty appointment book, and time is fixed.

Every reply gets one grade (``conversation_judge``):

- *right*: it is what the sheet accepts;
- *partly*: one of two things, or the right thing after "did you mean …?" and a yes, or after saying it again;
- *wrong*: something false or about something else;
- *asked back*: a question back that did not lead to the answer;
- *refused*: "I don't know", or a person was offered, where there was an answer.

Nothing is worked ahead while the visitor speaks: no reply depends on it, and with a model that is not small it takes
most of the time. ``cloister bench turns --part speculation-cost`` measures it. A line on standard error tells how far
the conversations are.

When a reply asks whether an entry is meant, the visitor says yes if it is and no otherwise. The scripted lines go on
whatever was replied, as a visitor who insists does, so a fault early in a conversation may cost the later turns too.

With ``--spoken``, flite says the lines in simulated rooms and noise, and the ears of the settings hear them, as in
``spoken``. Each visitor has one voice. Their yes and no to questions back count as understood. Replies are graded by
what the visitor said, not by what was heard.

The test half is for figures alone. Only the dev half can be written to a file for a reader (``show``).
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import starmap
from pathlib import Path
from typing import get_args

import numpy as np

from appliance.bench.markdown import Row, percent
from appliance.bench.questions import Engines, Rig, clear, open_engines
from appliance.bench.workbench.brain import NOW
from appliance.bench.workbench.conversation_journal import Exchange, Journal, Judged
from appliance.bench.workbench.conversation_judge import GRADES, Given, Grade, judge
from appliance.bench.workbench.conversation_sheet import KINDS, KNOWN_SHEETS, SHEETS, Line, read
from appliance.bench.workbench.material import Half, drawn
from appliance.bench.workbench.record import synthesize
from appliance.bench.workbench.spoken import HearingCounts, Speak, SpokenVisitor, need_voices
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.facts import Message, Outcome, Transcript
from appliance.core.ports import Ear
from appliance.engines.asr.combined import open_ear

MOST_QUESTIONS_BACK = 3
"""How many questions back the visitor answers before the next line of the script"""

BOOTSTRAP_DRAWS = 1000

SPOKEN_CONVERSATIONS = 8
"""Conversations of each sheet and half that are spoken, where no limit is given"""

Visitor = Callable[[str], Iterator[Transcript]]
"""The transcripts of a line, each time that it is said."""


Held = tuple[str, Half, Sequence[Judged]]
"""A conversation that was held: the name of its sheet, its half, and its lines."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of turns by grade."""

    right: int = 0
    partly: int = 0
    wrong: int = 0
    asked_back: int = 0
    refused: int = 0
    after_asking: int = 0
    """those of ``partly`` whose right reply came after a question back"""
    suggested: int = 0
    """turns in which "did you mean …?" was asked"""

    @property
    def turns(self) -> int:
        return self.right + self.partly + self.wrong + self.asked_back + self.refused


@dataclass(frozen=True, slots=True)
class Cell:
    """The turns of one kind in one half of one sheet."""

    sheet: str
    half: str
    kind: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Share:
    """A share of turns, with its 95 % bootstrap interval over conversations."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RouteFigures:
    """The replies that were made in one way."""

    route: str
    replies: int
    wrong: int
    """those that ended a turn which was graded wrong"""
    cpu_median_ms: float
    cpu_p95_ms: float


@dataclass(frozen=True, slots=True)
class ConversationFigures:
    """All figures of the conversations."""

    conversations: int
    cells: tuple[Cell, ...]
    right: Mapping[str, Share]
    """by half, of the sheets of which one half is held out"""
    wrong: Mapping[str, Share]
    routes: tuple[RouteFigures, ...]
    """by how the replies were made, the commonest first"""
    all_routes: RouteFigures
    heard: HearingCounts | None = None
    """how the ears heard the lines, where they were spoken"""
    model: str = ""
    """name of the language model's file"""
    memory_mb: float = 0.0
    """the most memory that the process had, the embedder and the judge included"""

    def counts(self, half: str, sheet: str | None = None, kind: str | None = None) -> Counts:
        """The counts of a half, of one sheet or of those of which one half is held out."""
        return _total(
            cell.counts
            for cell in self.cells
            if cell.half == half
            and (cell.sheet == sheet if sheet else cell.sheet in SHEETS)
            and kind in (None, cell.kind)
        )

    def mean_of_kinds(self, half: str) -> tuple[float, ...]:
        """The share of each grade, where every kind counts alike."""
        kinds = [counts for kind in KINDS if (counts := self.counts(half, kind=kind)).turns]
        shares = [[part / counts.turns for part in astuple(counts)[: len(GRADES)]] for counts in kinds]
        return tuple(float(share) for share in np.mean(shares, axis=0))

    def _named(self) -> Iterator[tuple[str, Counts]]:
        """Yield the names of groups of turns and their counts."""
        for half in get_args(Half):
            for sheet in (*SHEETS, *KNOWN_SHEETS):
                yield f"{sheet}, {half}", self.counts(half, sheet)
            for kind in KINDS:
                yield f"{kind}, {half}", self.counts(half, kind=kind)
            yield f"all, {half}", self.counts(half)

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for name, c in self._named():
            if c.turns:
                shares = "; ".join(percent(part, c.turns) for part in astuple(c)[: len(GRADES)])
                yield Row(f"{name}: {', '.join(GRADES)}", shares, c.turns)
        for half in self.right:
            means = "; ".join(f"{100 * share:.1f} %" for share in self.mean_of_kinds(half))
            yield Row(f"mean of the kinds, {half}: {', '.join(GRADES)}", means, self.counts(half).turns)
        for name, shares_of in (("right", self.right), ("wrong", self.wrong)):
            for half, s in shares_of.items():
                interval = f"{100 * s.low:.1f} to {100 * s.high:.1f} %"
                yield Row(f"{name}, {half}: 95 % interval over conversations", interval, self.counts(half).turns)
        for half in get_args(Half):
            if (c := self.counts(half)).turns:
                yield Row(f'"did you mean …?", {half}', percent(c.suggested, c.turns), c.turns)
        for r in (*self.routes, self.all_routes):
            what = "share; wrong turns that it ended; processor time of a reply, median and 95th percentile"
            share = percent(r.replies, self.all_routes.replies)
            figure = f"{share}; {r.wrong}; {r.cpu_median_ms:.0f}, {r.cpu_p95_ms:.0f} ms"
            yield Row(f"route {r.route}: {what}", figure, r.replies)
        yield Row(f"memory at most, with {self.model}", f"{self.memory_mb:,.0f} MB")
        if self.heard is not None:
            yield from self.heard.document()

    def table(self) -> str:
        """The figures as text for a reader."""
        head = f"{'':<24}" + "".join(f"{grade:>12}" for grade in GRADES) + f"{'turns':>8}{'after asking':>14}"
        lines = [f"{self.conversations} conversations with {self.model}, {self.memory_mb:,.0f} MB at most", head]
        for name, c in self._named():
            if c.turns:
                shares = "".join(f"{percent(part, c.turns):>12}" for part in astuple(c)[: len(GRADES)])
                lines.append(f"{name:<24}{shares}{c.turns:>8}{percent(c.after_asking, c.turns):>14}")
        for half in self.right:
            means = "".join(f"{100 * share:>10.1f} %" for share in self.mean_of_kinds(half))
            lines.append(f"{f'mean of the kinds, {half}':<24}{means}{self.counts(half).turns:>8}")
        for half, s in self.right.items():
            w = self.wrong[half]
            lines.append(
                f"{half}: right {s.share:.1%} ({s.low:.1%} to {s.high:.1%}), wrong {w.share:.1%} ({w.low:.1%} to "
                f'{w.high:.1%}), 95 % intervals over conversations; "did you mean …?" in '
                f"{percent(self.counts(half).suggested, self.counts(half).turns)} of the turns"
            )
        lines.append(f"{'route':<24}{'share':>12}{'replies':>12}{'wrong turns':>12}{'cpu median':>12}{'cpu p95':>12}")
        for r in (*self.routes, self.all_routes):
            lines.append(
                f"{r.route:<24}{percent(r.replies, self.all_routes.replies):>12}{r.replies:>12}{r.wrong:>12}"
                f"{r.cpu_median_ms:>9.0f} ms{r.cpu_p95_ms:>9.0f} ms"
            )
        if self.heard is not None:
            lines.append(self.heard.line())
        return "\n".join(lines)


def evaluate(
    settings: Settings,
    site: Site | None,
    shared: Path,
    limit: int | None = None,
    *,
    half: Half | None = None,
    show: Path | None = None,
    spoken: bool = False,
    engines: Engines | None = None,
    hears: Callable[[Settings, Site], Ear] = open_ear,
    speak: Speak = synthesize,
    tell: Callable[[str], None] = lambda line: None,
    resume: Path | None = None,
) -> ConversationFigures:
    """Hold the conversations of both halves or of one, or ``limit`` of each sheet and half, evenly drawn. ``tell`` is
    told after each one how far they are. Each is kept in ``resume``, and one that is there is not held again.

    With ``brain.composed``, facts are composed whatever the model was measured to do.

    With ``spoken``, the visitors speak as those of ``evaluate spoken`` do, and ``SPOKEN_CONVERSATIONS`` are held where
    no limit is given. The transcript of the dev half, with grades, is written to ``show``. The conversations come with
    their own sites, so ``site`` and ``shared`` play no part. Raises PortError, and OSError if ``show`` cannot be
    written.
    """
    del site, shared
    heard = None
    if spoken:
        need_voices("conversation --spoken", speak)
        heard = HearingCounts()
        limit = SPOKEN_CONVERSATIONS if limit is None else limit
    engines = engines or open_engines(settings)
    if not engines.measured:
        tell(
            f"{settings.brain.model.name} was not measured here, so it is asked nothing: run `cloister models prepare`"
        )
    held: list[Held] = []
    run = f"{settings.brain.model.name}, composed: {settings.brain.composed}"
    journal = Journal(resume, run)
    with tempfile.TemporaryDirectory() as directory:
        for name in (*SHEETS, *KNOWN_SHEETS):
            sheets = [(one, read(name, one)) for one in (get_args(Half) if half is None else (half,))]
            if not any(sheet.conversations for _, sheet in sheets):
                continue
            known = sheets[0][1].site
            rig = Rig.open(known, engines, Path(directory) / name, NOW)
            ear = hears(settings, known).stream() if spoken else None
            for one, sheet in sheets:
                chosen = drawn(sheet.conversations, limit)
                for number, lines in enumerate(chosen):
                    key = f"{name}, {one}, {lines[0].text}"
                    conversation = journal.held(key, lines)
                    if conversation is None:
                        visited = rig.emptied(Path(directory) / f"{name}-{one}-{number}")
                        if settings.brain.composed:
                            visited = visited.composing()
                        visitor = _typed
                        if ear is not None and heard is not None:
                            visitor = SpokenVisitor(number, ear, heard, speak).says
                        conversation = tuple(hold(visited, lines, sheet.entries, visitor))
                        journal.keep(key, conversation)
                    held.append((name, one, conversation))
                    tell(f"{name}, {one}: {number + 1} of {len(chosen)} conversations; {_so_far(held)}")
    if show is not None:
        show.write_text("\n".join(transcript(held)), encoding="utf-8")
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return replace(count(held, heard), model=settings.brain.model.name, memory_mb=memory_mb)


def _so_far(held: Sequence[Held]) -> str:
    grades = [judged.grade for _, _, conversation in held for judged in conversation]
    return f"{percent(grades.count('right'), len(grades))} of {len(grades)} turns right, {time.process_time():.0f} s"


# --- one conversation ---------------------------------------------------------------------------------------------


def _typed(text: str) -> Iterator[Transcript]:
    while True:
        yield clear(text)


def hold(rig: Rig, lines: Sequence[Line], entries: Mapping[str, str], visitor: Visitor = _typed) -> Iterator[Judged]:
    """Hold one conversation with a new visitor. Yield each line with its grade."""
    rig.begin()
    history: list[Message] = []
    last, outcome = "", Outcome()
    for line in lines:
        # After an offer to call a person, yes or no is expected, and no form is being filled in.
        form_before = rig.expecting is not None and outcome.kind != "unknown"
        hearings = visitor(line.text)
        heard = next(hearings)
        exchanges: list[Exchange] = []
        suggested = repeated = 0
        while True:
            began = time.process_time()
            said, outcome = rig.reply(heard, history, prefilled=False)
            exchanges.append(Exchange(heard.text, said, outcome, 1000 * (time.process_time() - began)))
            history += [Message("user", heard.text), Message("assistant", said)]
            given = Given(said, outcome, rig.expecting, form_before, last)
            if len(exchanges) > MOST_QUESTIONS_BACK:
                break
            if given.suggests:
                suggested += 1
                heard = clear("yes" if line.means(given.suggests) else "no")
            elif outcome.kind == "reprompt" and not repeated:
                repeated += 1
                heard = next(hearings)
            else:
                break
        grade = judge(line, given, entries)
        if suggested or repeated:
            first = Given(exchanges[0].said, exchanges[0].outcome, None, form_before, last)
            grade = _after_asking(judge(line, first, entries), grade, outcome)
        last = said
        yield Judged(line, grade, tuple(exchanges), suggested)


def _after_asking(first: Grade, final: Grade, outcome: Outcome) -> Grade:
    """The grade of a reply after questions back, by the grades of the first reply and of the last, whose outcome is
    given."""
    if first == "right":
        return "right"
    if final == "wrong":
        return "wrong"
    led_to_nothing = outcome.kind in ("unknown", "handover") or final not in ("right", "partly")
    return "asked back" if led_to_nothing else "partly"


# --- figures ------------------------------------------------------------------------------------------------------


def count(held: Sequence[Held], heard: HearingCounts | None = None) -> ConversationFigures:
    """Count how the lines of conversations were replied to."""
    turns: dict[tuple[str, str, str], list[Judged]] = {}
    for name, half, conversation in held:
        for judged in conversation:
            turns.setdefault((name, half, judged.line.kind), []).append(judged)
    cells = tuple(Cell(*key, _counted(judged)) for key, judged in turns.items())
    routes: dict[str, list[tuple[float, bool]]] = {}
    for _, _, conversation in held:
        for judged in conversation:
            for number, exchange in enumerate(judged.exchanges, 1):
                wrong = judged.grade == "wrong" and number == len(judged.exchanges)
                routes.setdefault(exchange.route, []).append((exchange.cpu_ms, wrong))
    by_half = {
        half: [conversation for name, one, conversation in held if one == half and name in SHEETS]
        for half in get_args(Half)
    }
    return ConversationFigures(
        len(held),
        cells,
        {half: _share(conversations, "right") for half, conversations in by_half.items() if conversations},
        {half: _share(conversations, "wrong") for half, conversations in by_half.items() if conversations},
        tuple(sorted(starmap(_routed, routes.items()), key=lambda route: -route.replies)),
        _routed("all", [reply for replies in routes.values() for reply in replies]),
        heard,
    )


def _routed(route: str, replies: Sequence[tuple[float, bool]]) -> RouteFigures:
    cpu_ms = [ms for ms, _ in replies] or [float("nan")]
    wrong = sum(wrong for _, wrong in replies)
    return RouteFigures(route, len(replies), wrong, float(np.median(cpu_ms)), float(np.percentile(cpu_ms, 95)))


def _counted(turns: Sequence[Judged]) -> Counts:
    grades = Counter(judged.grade for judged in turns)
    after = sum(judged.grade == "partly" and len(judged.exchanges) > 1 for judged in turns)
    return Counts(
        right=grades["right"],
        partly=grades["partly"],
        wrong=grades["wrong"],
        asked_back=grades["asked back"],
        refused=grades["refused"],
        after_asking=after,
        suggested=sum(judged.suggested > 0 for judged in turns),
    )


def _total(parts: Iterable[Counts]) -> Counts:
    return Counts(*(sum(values) for values in zip(*map(astuple, [Counts(), *parts]), strict=True)))


def _share(conversations: Sequence[Sequence[Judged]], grade: Grade) -> Share:
    """Turns of one conversation are not independent, so conversations are drawn, not turns."""
    hits = np.array([sum(judged.grade == grade for judged in conversation) for conversation in conversations])
    turns = np.array([len(conversation) for conversation in conversations])
    picked = np.random.default_rng(1).integers(len(turns), size=(BOOTSTRAP_DRAWS, len(turns)))
    shares = hits[picked].sum(axis=1) / turns[picked].sum(axis=1)
    low, high = np.percentile(shares, (2.5, 97.5))
    return Share(float(hits.sum() / turns.sum()), float(low), float(high))


def transcript(held: Sequence[Held]) -> Iterator[str]:
    """Yield the lines of a transcript of the dev half. The held-out half is not for reading."""
    number = Counter[str]()
    for name, half, conversation in held:
        if half != "dev":
            continue
        number[name] += 1
        yield f"\n# {name} {number[name]}"
        for judged in conversation:
            yield f"[{judged.grade}] {judged.line.kind}"
            for exchange in judged.exchanges:
                yield f"    > {exchange.heard}"
                yield f"    < {exchange.said}"
                yield f"      ({', '.join((exchange.route, exchange.outcome.kind, *exchange.outcome.facts))})"
            if judged.grade != "right":
                yield from (f"    wanted: {want}" for want in judged.line.wants)
    yield ""
