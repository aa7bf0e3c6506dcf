"""Every site that ``load_site`` accepts can hold a conversation. The sites are generated. The dialogue, the responder,
the forms and the appointment book are real. The model writes anything, and visitors say anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from appliance.brain.knowledge import Entry, Hit, entries, misfits
from appliance.brain.responder import Responder, SiteResponder
from appliance.config.reader import ConfigError
from appliance.config.site import load_site
from appliance.conversation.commands import CallTool, Forget, Reply, Speak
from appliance.conversation.dialogue import Dialogue, State
from appliance.core.facts import (
    ClauseVoiced,
    Message,
    Outcome,
    Played,
    ReplyThought,
    SpeechStarted,
    TimePassed,
    Transcript,
    TurnEnded,
    TurnFailed,
    VisitorArrived,
    WordSpan,
)
from appliance.core.ports import PortError, Tool
from appliance.core.turn import Turn
from appliance.engines.llm.slot_reader import StarterSlotReader
from appliance.language.english import normalise
from appliance.language.parts import EMERGENCIES
from appliance.tools.choices import choices
from appliance.tools.executable import open_tools
from tests.fakes import RecordingTool

NOW = datetime(2026, 11, 18, 14, 45)
BOOK = "appliance.tools.appointments:AppointmentBook"

# --- sites ------------------------------------------------------------------------------------------------------------

WORDS = (
    "pharmacy",
    "cafe",
    "tea",
    "open",
    "monday",
    "please",
    "café",
    "24/7",
    "№5",
    "100%",
    "(a|b)",
    "b [c]",
    "Straße",
)
letters = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="()[]{}|"), max_size=6)
text = st.tuples(st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS) | letters, max_size=3)).map(
    lambda parts: " ".join([parts[0], *parts[1]])
)
BAD = ("", "?", "{x}", "{", "}}", "(a", "[b]", "救命", "...", "'", "\x07")


def seldom(draw: st.DrawFn) -> bool:
    """Never 0, because hypothesis draws the ends of a range far more often than the rest of it."""
    return draw(st.integers(0, 60)) == 41


@st.composite
def texts(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(BAD)) if seldom(draw) else draw(text)


SLOTS: dict[str, dict[str, object]] = {
    "doctor": {"kind": "choice", "choices": ["@doctors"]},
    "date": {"kind": "date"},
    "time": {"kind": "time"},
    "name": {"kind": "name"},
    "reference": {"kind": "reference"},
    "booked_for": {"kind": "date"},
    "note": {"kind": "text"},
    "count": {"kind": "number"},
    "size": {"kind": "choice", "choices": ["small", "large one"]},
}
NEEDED = {
    "book": ["doctor", "date", "time", "name"],
    "reschedule": ["reference", "name", "date", "time"],
    "cancel": ["reference", "booked_for"],
    "look_up": ["reference", "name"],
    "free": ["doctor", "date"],
    "doctors": [],
    "check": [],
}
HOURS = ("08:00-18:00", "closed", "20:00-02:00", "00:00-24:00", "13:00-14:00, 08:00-09:00", "23:00-24:00")
SPECIAL_DAYS = ("12-25", "Christmas Eve 12-24", "2026-11-18 to 2026-11-20", "The Day 11-18", "12-30 to 01-02", "13-01")
DAYS = ("monday-sunday", "saturday-monday", "monday, friday", "tuesday", "wednesday-thursday")


@st.composite
def forms(draw: st.DrawFn, intent: str) -> dict[str, Any]:
    function = draw(st.sampled_from(sorted(NEEDED)))
    names = dict.fromkeys([*NEEDED[function], *draw(st.lists(st.sampled_from(sorted(SLOTS)), max_size=2))])
    order = draw(st.permutations(list(names)))
    own = [{"name": name, "ask": draw(texts()), **SLOTS[name], **_optional(draw)} for name in order]
    form: dict[str, Any] = {"intent": intent, "tool": "book", "function": function, "slots": own}
    form["ask"] = [f"{intent} it", *(f"{intent} with {{{name}}}" for name in order[:1])]
    if draw(st.booleans()):
        places = draw(st.lists(st.sampled_from([*order, "dya"] if seldom(draw) or not order else order), max_size=3))
        form["confirm"] = "Shall I? " + " ".join(f"{{{place}}}" for place in places)
    if draw(st.booleans()):
        form["check"] = "check"
    return form


def _optional(draw: st.DrawFn) -> dict[str, bool]:
    return {"optional": True} if draw(st.integers(0, 4)) == 0 else {}


@st.composite
def sites(draw: st.DrawFn) -> dict[str, Any]:
    doctors = [
        {"name": "Doctor Chen", "hours": {"monday-friday": "09:00-12:00"}},
        {"name": "Doctor Ho", "hours": {"friday": "20:00-02:00"}},
    ]
    site: dict[str, Any] = {
        "name": "Somewhere",
        "persona": {
            "name": draw(texts()),
            "role": "the voice",
            "greeting": draw(texts()),
            "style": draw(st.just("") | text),
        },
        "facts": [{"id": f"f{n}", "say": draw(texts()), "ask": _ask(draw, n)} for n in range(draw(st.integers(0, 3)))],
        "opening_hours": [
            {
                "what": f"{draw(texts())} {n}",
                "hours": {draw(st.sampled_from(DAYS)): draw(st.sampled_from(HOURS))},
                "ask": [f"open {n}"],
                "exceptions": {
                    day: draw(st.sampled_from(HOURS))
                    for day in draw(
                        st.lists(st.sampled_from(SPECIAL_DAYS[: -1 if not seldom(draw) else None]), max_size=2)
                    )
                },
            }
            for n in range(draw(st.integers(0, 2)))
        ],
        "tools": [
            {"name": "book", "python": BOOK, "options": {"doctors": doctors}},
            {"name": "pager", "command": ["/bin/true"]},
        ],
        "forms": [draw(forms(intent)) for intent in ("book", "move", "drop")[: draw(st.integers(0, 3))]],
        "hand_over": {"phrases": draw(st.lists(texts(), max_size=2)), "tool": "pager"},
        "timeouts": {"no_input_s": draw(st.sampled_from([1, 8])), "reprompts": draw(st.integers(0, 3))},
    }
    if draw(st.booleans()):
        phrases, never = (draw(st.lists(texts(), max_size=2)) for _ in range(2))
        site["emergency"] = {"phrases": phrases, "say": draw(texts()), "tool": "pager", "not_emergencies": never}
        if phrases or seldom(draw):
            site["emergency"]["kinds"] = draw(st.lists(st.sampled_from(EMERGENCIES), max_size=2, unique=True))
    if draw(st.booleans()):
        least = 0 if seldom(draw) else 1
        no_input, no_match = (draw(st.lists(texts(), min_size=least, max_size=2)) for _ in range(2))
        site["prompts"] = {"no_input": no_input, "no_match": no_match, "unknown": draw(texts())}
    if draw(st.booleans()):
        site["interruptions"] = {"stop": draw(st.lists(texts(), max_size=2))}
    return site


def _ask(draw: st.DrawFn, number: int) -> list[str]:
    """A question without braces, since a fact has no lists; or none."""
    return [f"{draw(texts())} fact {number}"] if draw(st.booleans()) else []


# --- visitors ---------------------------------------------------------------------------------------------------------

SAID = (
    *("yes", "no", "", "um", "tuesday at ten", "on friday", "at nine", "ann hill", "one two three four five six seven"),
    *(
        "1234567",
        "doctor chen",
        "the first one",
        "cancel my appointment",
        "never mind",
        "goodbye",
        "thank you",
        "hello",
    ),
    *(
        "i would like an appointment",
        "is it open now",
        "open on sunday at one",
        "and on monday",
        "a person please",
        "help",
    ),
    *("whatever", "not tuesday", "what is that", "please book it with doctor chen on friday", "{date}", "%s", "救命"),
)


class Anything:
    """A model whose every answer is the next drawn text."""

    def __init__(self, writes: Sequence[str]) -> None:
        self._writes = list(writes)

    def prefill(self, messages: Sequence[Message], partial: str, turn: Turn) -> None:
        pass

    def generate(self, messages: Sequence[Message], turn: Turn, **_: object) -> Iterator[str]:
        if self._writes:
            yield self._writes.pop()

    def end_of_turn_probability(self, messages: Sequence[Message], text: str) -> float:
        return 0.5

    def forget(self, kept: Sequence[Message]) -> None:
        pass


class Overlapping:
    """Finds entries by the words that they share with what was said."""

    def glance(self, text: str) -> list[Hit]:
        return self.search(text)

    def __init__(self, known: Sequence[Entry]) -> None:
        self._known = known

    def search(self, text: str) -> list[Hit]:
        words = set(text.split())
        scored = [
            (max((len(words & set(ask.split())) for ask in entry.asks), default=0), entry) for entry in self._known
        ]
        return [Hit(entry, min(0.9, 0.3 * score)) for score, entry in sorted(scored, key=lambda s: -s[0])[:3]]


class Talk:
    """One conversation, each reply heard to its end."""

    def __init__(self, site: Any, responder: Responder) -> None:
        self._rules, self._responder = Dialogue(site), responder
        self._remembered = responder.begin()
        self._state = State()
        self._at_s = 0.0

    def tell(self, fact: Any) -> None:
        self._state, commands = self._rules.step(self._state, fact)
        for command in commands:
            match command:
                case Speak(turn_id, words, outcome):
                    self._spoken(turn_id, words, outcome)
                case Reply(turn_id, heard, history):
                    self._reply(turn_id, heard, history)
                case Forget():
                    self._remembered = self._responder.begin()
                case CallTool():
                    pass

    def _reply(self, turn_id: int, heard: Transcript, history: Any) -> None:
        turn = Turn(turn_id)
        try:
            reply = self._responder.reply(self._remembered, heard, history.messages, turn)
            self._remembered, words, outcome = reply.whole()
        except PortError:
            self._remembered = self._remembered.abandoned(turn)
            self.tell(TurnFailed(turn_id, "tool"))
            return
        self._spoken(turn_id, words, outcome)

    def _spoken(self, turn_id: int, words: str, outcome: Outcome) -> None:
        pairs = normalise.spoken(words)
        spans = tuple(WordSpan(word, (n + 1) * 1000) for n, (word, _) in enumerate(pairs))
        self.tell(ReplyThought(turn_id, words, outcome))
        self.tell(ClauseVoiced(turn_id, words, 0, len(spans) * 1000, spans))
        self.tell(Played(turn_id, len(spans) * 1000, True))

    def says(self, words: str, confidence: float) -> None:
        self.tell(SpeechStarted(self._at_s))
        self._at_s += 2
        self.tell(TurnEnded(Transcript(words, confidence, "test"), self._at_s - 0.5, self._at_s))

    def wait(self, seconds: int) -> None:
        for _ in range(seconds * 2):
            self._at_s += 0.5
            self.tell(TimePassed(self._at_s))


@given(
    site=sites(),
    said=st.lists(
        st.tuples(st.sampled_from(SAID) | text, st.sampled_from([0.3, 0.9]), st.sampled_from([0, 0, 9])), max_size=12
    ),
    writes=st.lists(st.sampled_from(["", "the cafe is closed.", '{"name": " ann"}', "{", "\u4e2d"]), max_size=4),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_accepted_site_can_hold_a_conversation(
    tmp_path_factory: pytest.TempPathFactory,
    site: dict[str, Any],
    said: list[tuple[str, float, int]],
    writes: list[str],
) -> None:
    converse(tmp_path_factory.mktemp("any"), site, said, writes)


def converse(folder: Path, site: dict[str, Any], said: list[tuple[str, float, int]], writes: list[str]) -> bool:
    """Whether the site was accepted and talked with."""
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(site, allow_unicode=True), "utf-8", "surrogatepass")
    try:
        loaded = load_site(path)
    except ConfigError as error:
        assert all(problem.startswith(str(path)) for problem in error.problems)  # noqa: PT017 (refused or accepted)
        return False
    opened = open_tools(loaded.tools, loaded.language, folder / "state", lambda: NOW)
    tools: dict[str, Tool] = {**opened, "pager": RecordingTool()}
    if misfits(loaded, tools):
        return False
    listed, model = choices(loaded, tools), Anything(writes)
    finder = Overlapping(entries(loaded, listed))
    talk = Talk(loaded, SiteResponder(loaded, model, StarterSlotReader(model), finder, tools, listed, lambda: NOW))
    talk.tell(VisitorArrived())
    for words, confidence, silence in said:
        talk.says(words, confidence)
        talk.wait(silence)
    talk.wait(30)
    return True


RIGHT: dict[str, Any] = {
    "name": "Somewhere",
    "persona": {"name": "Ada", "role": "the voice", "greeting": "Hello."},
    "facts": [{"id": "cafe", "say": "The cafe is in the hall.", "ask": ["where is the cafe"]}],
    "tools": [
        {
            "name": "book",
            "python": BOOK,
            "options": {"doctors": [{"name": "Doctor Chen", "hours": {"monday-friday": "09:00-12:00"}}]},
        },
        {"name": "pager", "command": ["/bin/true"]},
    ],
    "forms": [
        {
            "intent": "book",
            "tool": "book",
            "function": "book",
            "check": "check",
            "ask": ["i would like an appointment"],
            "slots": [
                {"name": "doctor", "kind": "choice", "choices": ["@doctors"], "ask": "Which doctor?"},
                {"name": "date", "kind": "date", "ask": "Which day?"},
                {"name": "time", "kind": "time", "ask": "What time?"},
                {"name": "name", "kind": "name", "ask": "Your name?"},
            ],
            "confirm": "{doctor}, {date} at {time}, for {name}?",
        }
    ],
}
BOOKING = ["i would like an appointment", "doctor chen", "on friday", "at nine", "ann hill", "yes"]


def test_a_right_site_books(tmp_path: Path) -> None:
    """The conversation that the generated ones vary goes to its end."""
    from appliance.tools.appointment_store.sqlite import FILE, Sqlite

    assert converse(tmp_path, RIGHT, [(words, 0.9, 0) for words in BOOKING], [])
    with Sqlite(tmp_path / "state" / FILE) as book:
        assert [one.name for one in book.everything()] == ["Ann Hill"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("confirm", "{doctor}, {dya}?"), ("confirm", "100% {sure"), ("function", "boook")],
)
def test_sites_that_broke_a_booking_are_refused(tmp_path: Path, field: str, value: str) -> None:
    """The control. These sites were once accepted, and the same conversation ended in an exception or an apology."""
    site = {**RIGHT, "forms": [{**RIGHT["forms"][0], field: value}]}
    assert not converse(tmp_path, site, [(words, 0.9, 0) for words in BOOKING], [])


@given(data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_right_site_with_a_piece_of_another_can_hold_a_conversation(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    other = data.draw(sites())
    part = data.draw(st.sampled_from(sorted(set(other) - {"name", "tools", "forms"})))
    said = data.draw(st.lists(st.sampled_from([*BOOKING, *SAID]), max_size=8))
    assume(other[part])
    converse(
        tmp_path_factory.mktemp("part"), {**RIGHT, part: other[part]}, [(w, 0.9, 0) for w in [*said, *BOOKING]], []
    )


def test_many_generated_sites_hold_a_conversation(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The control. A generator whose sites are nearly all refused proves nothing."""
    talked: list[bool] = []

    @given(site=sites())
    @settings(max_examples=60, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    def talk(site: dict[str, Any]) -> None:
        talked.append(converse(tmp_path_factory.mktemp("any"), site, [("where is the cafe", 0.9, 0)], []))

    talk()
    assert sum(talked) > len(talked) / 4, f"{sum(talked)} of {len(talked)}"
