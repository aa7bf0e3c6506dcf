"""Carries out a task of several turns: the steps of its form, the calls of its tool, and questions in between."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from appliance.brain import knowledge
from appliance.brain.knowledge import Entry
from appliance.brain.meaning import Meaning, has_content, telling_words, understood
from appliance.brain.request import Answer, Request
from appliance.brain.routes.facts import state_fact
from appliance.brain.routes.small_talk import answer_small_talk, wait
from appliance.brain.routes.unknown import offer_person
from appliance.brain.state import ResponderState
from appliance.config.site import FormSettings, Site
from appliance.conversation import forms, results, slots
from appliance.conversation.forms import Form, FormAnswer, Value, Window
from appliance.core.facts import Outcome, ToolResult
from appliance.core.ports import PortError
from appliance.language import Language
from appliance.language.parts import Answers, Replies

HOLD = f"talk:{knowledge.HOLD}"

_ABOUT_REPLIES: frozenset[str] = frozenset({"talk:sure", "talk:no_more"})
"""Small talk about what was said last. What was read back is no such statement."""

_NOT_KNOWN = Outcome(kind="unknown")

_MOST_TIMES = 6
"""most times that are told of a span of the day"""

_LAST_MINUTE = time(23, 59)

_MOST_WORDS_OF_A_VALUE = 3
"""most words of an answer that is only a value: "mister blackwood" tells of no distress"""

# --- the steps ----------------------------------------------------------------------------------------------------


def start(request: Request, state: ResponderState, settings: FormSettings, text: str) -> Answer:
    """Begin a task, with the values that the visitor gave along with the request. A look-up in the middle of another
    task ("what times are there") is about what that one knows already, and the task goes on after it."""
    known = _of_references(request, state, settings)
    within = state.form if settings.confirm is None else None
    if within and within.settings.confirm is None:
        within = within.within
    if state.form and (settings.confirm is None or forms.opens_record(settings)):
        known |= _alike(state.form, settings)
    form = Form(settings, values=known, within=within)
    if known and forms.opens_record(settings):
        # "Push it back an hour" is said of what the record has.
        form = _opened(request, form)
    # What was taken back in one breath is the form's to read: "with doctor patel no doctor chen on tuesday".
    whole = text == request.site.language.questions.corrected(request.text)
    said = request.text if whole else text
    form = replace(form, window=_span_looked_up(request, said, settings))
    begun = _advance(request, replace(state, looked_up=None), form, _given(_hear(request, said, form)))
    other = _other_choice(request, form)
    return replace(begun, text=f"{_keeps_choice(request, other)} {begun.text}") if other else begun


def _given(heard: FormAnswer) -> FormAnswer:
    """What was given along with a request: no decision, and nothing picked or called wrong."""
    return FormAnswer(
        values=heard.values,
        unwanted=heard.unwanted,
        open=heard.open,
        window=heard.window,
        days=heard.days,
        moves=heard.moves,
        unsure=heard.unsure,
    )


def _span_looked_up(request: Request, text: str, settings: FormSettings) -> Window | None:
    """The span of the day about which a look-up is asked: "what is free on monday morning"."""
    language = request.site.language
    if _form_of_times(settings, request.site) is None:
        return None
    span = language.time_windows.find_window(language.tokens(text), request.now)
    return Window(span.earliest, span.latest) if span and (span.earliest or span.latest) else None


def _form_of_times(settings: FormSettings, site: Site) -> FormSettings | None:
    """The form whose times a look-up lists, where its tool can tell what it has in a span of the day."""
    return next((form for form in site.forms if form.offers and _lists_for(settings, Form(form))), None)


def _other_choice(request: Request, form: Form) -> Value | None:
    """The choice that a visitor wants in place of the one that a record has, where the form moves the record to another
    day or time and keeps the choice: "change it to doctor miller"."""
    settings, language = form.settings, request.site.language
    if settings.confirm is None or not forms.opens_record(settings) or forms.date_slot(settings) is None:
        return None
    own = {slot.name for slot in settings.slots}
    for slot in (slot for other in _making(settings, request.site) for slot in other.slots):
        if slot.kind != "choice" or slot.name in own:
            continue
        wanted = slots.wished_choice(request.text, request.choices.get(slot.name, ()), language)
        if wanted and _of_record(request, form, slot.name) != wanted.value:
            return wanted
    return None


def _of_record(request: Request, form: Form, slot: str) -> str | None:
    """What the record has of a slot that its form does not ask for, once it is open."""
    record = _check(request, form).data.get("record") if form.record else None
    return str(record[slot]) if isinstance(record, Mapping) and slot in record else None


def _keeps_choice(request: Request, other: Value) -> str:
    return request.site.language.replies.keeps_choice.format(value=other.say)


def _keep_choice(request: Request, state: ResponderState, form: Form) -> Answer | None:
    """Tell that a moving keeps the choice, where another is wanted, and go on."""
    other = _other_choice(request, form)
    if other is None:
        return None
    heard, said = _hear(request, request.text, form), _keeps_choice(request, other)
    if not heard.values:
        return resume(request, state, said, Outcome(kind="ask"))
    answer = _advance(request, state, form, FormAnswer(values=heard.values))
    return replace(answer, text=f"{said} {answer.text}")


def _of_references(request: Request, state: ResponderState, settings: FormSettings) -> dict[str, Value]:
    """The values that open what was made in this conversation, for a form that asks for them. "My old one" is
    another."""
    if request.site.language.tasks.names_other(request.text):
        return {}
    return {
        slot.name: slots.value_of(slot, state.references[slot.name], request.now, request.site.language)
        for slot in (settings.slots if forms.opens_record(settings) else ())
        if slot.kind in forms.OPENS_RECORDS and slot.name in state.references
    }


def _alike(form: Form, settings: FormSettings) -> dict[str, Value]:
    """The values of a form that another one asks for too: all of them for a look-up, those that open a record for what
    is done with it."""
    kinds = {slot.name: slot.kind for slot in form.settings.slots}
    looks_up, opens = settings.confirm is None, forms.opens_record(form.settings)
    return {
        slot.name: form.values[slot.name]
        for slot in settings.slots
        if slot.name in form.values and kinds[slot.name] == slot.kind
        if looks_up or (opens and slot.kind in forms.OPENS_RECORDS)
    }


def _wished_instead(request: Request, form: Form) -> FormSettings | None:
    """The other task that the visitor wishes for with the same record: "can i move it instead" of a cancelling."""
    wish = _wish_in(request, form)
    if not wish or not forms.opens_record(form.settings) or wish in _wished(form.settings, request.site):
        return None
    found = _tasks_for(wish, request.site)
    return next((settings for settings in found if settings.tool == form.settings.tool), None)


def _wish(request: Request) -> str:
    """What the visitor wants to do with something booked, in their word: "move" of "i'd rather move it"; or empty."""
    known = request.site.language.answers
    said = _full(request)
    wish = known.WISHES_TO.match(said)
    return _wished_verb(wish, known) if not known.ABOUT_LATER.search(said) else ""


def _chance(request: Request) -> str:
    """What the visitor asks to be possible with something booked: "move" of "is there a chance to move it"."""
    known = request.site.language.answers
    return _wished_verb(known.ASKS_CHANCE.fullmatch(_full(request)), known)


def _wished_verb(match: re.Match[str] | None, known: Answers) -> str:
    """The verb of a wish, where it is one for what is done with something booked; or empty."""
    verbs = {word for words in known.WISHED.values() for word in words}
    return match["verb"] if match and match["verb"] in verbs else ""


def _of_opposites(request: Request, form: Form) -> str | None:
    """The choice that a yes or a no gives, where one of two opposites was asked for."""
    if form.asked is None or form.suggested or form.slot(form.asked).kind != "choice":
        return None
    language, choices = request.site.language, request.choices.get(form.asked, ())
    if language.intents.leaves_open(request.text) == {"asked"}:
        # Who does not mind needs no thing.
        return language.tasks.of_opposites(language.phrases.refuse, choices)
    return language.tasks.of_opposites(request.text, choices)


def _wish_in(request: Request, form: Form) -> str:
    """What the visitor wants to do with the record that a form is about. Another day or time is a wish to move what the
    form does not ask a day for."""
    known = request.site.language.answers
    keeps_day = not any(slot.kind in ("date", "time") for slot in form.settings.slots)
    otherwise = keeps_day and form.settings.confirm is not None and known.WISHES_OTHERWISE.search(_full(request))
    return _wish(request) or _chance(request) or (known.TO_MOVE if otherwise else "")


def _full(request: Request) -> str:
    return " ".join(word for word in request.site.language.full_words(request.text) if word != "?")


def _restore(request: Request, state: ResponderState) -> Answer | None:
    """Where the visitor wants back what was just cancelled or moved: begin a new booking, or the moving back, which is
    read back first."""
    done, site = state.done, request.site
    if done is None or not forms.opens_record(done.settings) or not site.language.tasks.restores(request.text):
        return None
    if done.record:
        form = Form(done.settings, values={n: v for n, v in done.values.items() if n not in done.record})
        return _advance(request, replace(state, done=None), form, FormAnswer(values=done.record))
    making = _making(done.settings, site)
    if "cancel" not in slots.verbs(done.settings, site.language) or not making:
        return None
    names = {slot.name for slot in making[0].slots if slot.kind == "name"}
    form = Form(making[0], values={name: value for name, value in done.values.items() if name in names})
    form, following = forms.proceed(form)
    answer = _say_step(request, replace(state, form=form, done=None), form, following)
    return replace(answer, text=f"{site.language.replies.cancelled_for_good} {answer.text}")


def _tasks_for(wish: str, site: Site) -> list[FormSettings]:
    """The forms that do with a record what is wished."""
    return [settings for settings in _records(site) if wish in _wished(settings, site)]


def do_as_wished(request: Request, state: ResponderState) -> Answer | None:
    """Begin the task that the visitor wishes for with what they have booked: "i have to cancel my appointment with
    doctor chen". Where the site cannot do it with what it books, offer a person."""
    wish, site = _wish(request), request.site
    restored = _restore(request, state)
    if restored:
        return restored
    made = state.done if state.done is not None and not forms.opens_record(state.done.settings) else None
    if made and _asks_about_later(request, made) and site.language.answers.LATER_ON.search(_full(request)):
        return Answer(state, site.language.replies.later, Outcome(kind="smalltalk"))
    if state.done and _undoes(request, state):
        return _undo(request, state, state.done)
    if not wish or not (site.language.tasks.names_own(request.text) or state.references):
        return None
    found = _tasks_for(wish, site)
    if found:
        return start(request, state, found[0], request.text)
    return offer_person(request, state) if _records(site) else None


def _undoes(request: Request, state: ResponderState) -> bool:
    """Whether the visitor does not want what was done. Said at once after it, "never mind" means it too."""
    known = request.site.language.tasks
    at_once = state.outcome.kind == "done" and known.withdraws(request.text)
    return state.done is not None and (at_once or known.undoes(request.text))


def undo(request: Request, state: ResponderState) -> Answer | None:
    """Ask whether to cancel what was done where the visitor says "cancel it" to a question back about something else,
    such as "Did you mean"."""
    asked_back = state.form is None and (state.suggested or state.offered_person)
    if state.done is None or not asked_back or not request.site.language.tasks.undoes(request.text):
        return None
    return _undo(request, state.moved_on(), state.done)


def _undo(request: Request, state: ResponderState, done: Form) -> Answer:
    """Ask whether to cancel what was made just now. What was cancelled, or made where nothing can be cancelled, only a
    person takes back."""
    site = request.site
    cancelling = [f for f in _records(site) if slots.verbs(f, site.language) == {"cancel"}]
    if cancelling and state.references and done.settings not in cancelling:
        return start(request, state, cancelling[0], request.text)
    return _offer_change(request, state)


def _offer_change(request: Request, state: ResponderState) -> Answer:
    """Offer a person for a change that no form of the site makes."""
    replies = request.site.language.replies
    said = f"{replies.not_changed} {replies.shall_call}"
    return Answer(replace(state, offered_person=True), said, Outcome(kind="unknown"))


def _records(site: Site) -> list[FormSettings]:
    """The forms that change or cancel what is booked."""
    return [settings for settings in site.forms if settings.confirm and forms.opens_record(settings)]


def _making(settings: FormSettings, site: Site) -> list[FormSettings]:
    """The forms that make what ``settings`` changes or cancels."""
    return [form for form in site.forms if form.tool == settings.tool and form.confirm and not forms.opens_record(form)]


def _wished(settings: FormSettings, site: Site) -> set[str]:
    """Words for what a task does with a record."""
    known = site.language.answers.WISHED
    return {word for verb in slots.verbs(settings, site.language) for word in known.get(verb, ())}


def go_on(request: Request, state: ResponderState) -> Answer | None:
    """Take the visitor's words in the middle of a task."""
    form = state.form
    if form is None:
        return None
    request, state = _choosing(request, form), state.moved_on()
    turned = _turn_away(request, state, form) or _keep_choice(request, state, form)
    if turned:
        return turned
    language = request.site.language
    if form.confirming and not forms.opens_record(form.settings) and language.tasks.adds_another(request.text):
        # Nothing of it is about what was read back, which waits for a yes of its own.
        return resume(request, state, language.replies.one_at_a_time, Outcome(kind="smalltalk"))
    heard = _hear(request, request.text, form)
    if language.tasks.asks_for_time(request.text) and not heard.values and heard.decision in ("doubt", "other", "ask"):
        return wait(request, state)
    if language.tasks.asks_free(request.text) and (listed := _list_free(request, state, form, heard)):
        return listed
    line = _read_line(request, state, form, heard)
    return (
        _answer_later(request, state, form, line)
        or _begin_other(request, state, form, line)
        or _answer_beside(request, state, form, line)
        or _offer_help(request, state, line)
        or _fill(request, state, form, line)
    )


def names_change(request: Request, state: ResponderState) -> bool:
    """Whether the words answer "What shall I change" by what a form asks for: "the time" asks for no clock then, and
    "the person" for no person."""
    form = state.form
    return form is not None and form.changing and slots.names_slot(request.text, form, request.site.language)


def _choosing(request: Request, form: Form) -> Request:
    """The request, with the choice that it means in place of a yes or a no."""
    chosen = _of_opposites(request, form)
    return replace(request, heard=replace(request.heard, text=chosen)) if chosen else request


def _turn_away(request: Request, state: ResponderState, form: Form) -> Answer | None:
    """Leave a task that the visitor does not want, for the one that they want instead where there is one."""
    instead = _wished_instead(request, form)
    if instead:
        return start(request, state, instead, request.text)
    if forms.opens_record(form.settings) and (wish := _wish_in(request, form)) and not _tasks_for(wish, request.site):
        # What was read back is not wanted as it is, so that a "yes" to the offer agrees to nothing else.
        return offer_person(request, replace(state, form=replace(form, confirming=False)))
    language = request.site.language
    if not forms.opens_record(form.settings) and (wish := language.tasks.wishes_with_another(request.text)):
        found = _tasks_for(wish, request.site)
        return start(request, state, found[0], request.text) if found else None
    rest = None if form.confirming else language.intents.beside_refusal(request.text)
    if rest is not None and slots.names_verb(request.text, form.settings, language):
        return _leave(request, replace(state, form=None), rest)
    return None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line in the middle of a task, and what else it may be than an answer to it."""

    heard: FormAnswer
    """what it means for the task"""
    gives: bool
    """whether it gives the task a new value; other words may look like a name, so that none counts"""
    question: bool
    at_task: bool
    """whether it surely is about the task"""
    aside: bool
    """whether it may be about something else"""
    meant: Meaning | None
    """the entry that it may mean; None where it is about the task"""


def _read_line(request: Request, state: ResponderState, form: Form, heard: FormAnswer) -> _Line:
    text = request.text
    given = {name: value for name, value in heard.values.items() if form.slot(name).kind != "name"}
    gives = any(form.values.get(name) != value for name, value in given.items()) if form.confirming else bool(given)
    question = request.site.language.intents.asks_question(text) or heard.decision == "ask"
    moves_on = heard.decision == "give_up" or heard.leap
    at_task = bool(moves_on or heard.open or heard.window or heard.days or heard.wrong or len(text.split()) < 3)
    meant = None if at_task else understood(request, _naming(request, state, form), text)
    open_minded = heard.decision in ("other", "ask") or not form.confirming
    aside = question or (not heard.values and not heard.unwanted and open_minded)
    return _Line(heard, gives, question, at_task, aside, meant)


def _answer_later(request: Request, state: ResponderState, form: Form, line: _Line) -> Answer | None:
    """Answer whether the visitor can cancel or move, once the task is done, what it makes."""
    about_later = not line.gives and _asks_about_later(request, form)
    return _about_later(request, state, form, line.meant) if about_later else None


def _surely_meant(request: Request, line: _Line) -> Meaning | None:
    """What a line means, where it is more probable than an answer to the task."""
    return line.meant if line.meant and line.meant.probability >= request.thresholds.digress else None


def _begin_other(request: Request, state: ResponderState, form: Form, line: _Line) -> Answer | None:
    """Begin another task that the visitor asks for, or tell that it can be asked for later."""
    meant = _surely_meant(request, line)
    wanted = meant.entry.form if meant else None
    if meant is None or wanted is None or line.gives or not line.aside or wanted.intent == form.settings.intent:
        return None
    if wanted.confirm is None and not forms.opens_record(wanted) and not _asks_for_times(request, line):
        return None
    later = request.site.language.answers.ABOUT_LATER.search(_full(request))
    if later and wanted.confirm and forms.opens_record(wanted):
        return _about_later(request, state, form, meant)
    return start(request, state, wanted, meant.question) if _may_begin(request, form, wanted) else None


def _asks_for_times(request: Request, line: _Line) -> bool:
    """Whether words may ask what can be had. "Is doctor patel a woman" and "is it with doctor miller" do not."""
    language, words = request.site.language, request.site.language.tokens(request.text)
    if language.tasks.names_free(request.text):
        return True
    found = [hit for listed in request.choices.values() for hit in slots.find_choices(words, listed, False, language)]
    spoken_of = any(language.slots.of_other_person(words, start, end) for start, end, _ in found)
    return line.question and not spoken_of and not language.tasks.asks_held(request.text)


def _answer_beside(request: Request, state: ResponderState, form: Form, line: _Line) -> Answer | None:
    """Answer a question or a remark about something else than the task."""
    meant = _surely_meant(request, line)
    if meant is None or meant.entry.form or not _fits(meant.entry, form):
        return None
    if line.gives:
        # A question counts as one even with a value: "what are your hours on friday" gives no day for the appointment.
        intents, text = request.site.language.intents, request.text
        beside = intents.asks_question(text) and not intents.goes_on(text)
    else:
        beside = line.question or _remarks(form, line.heard, meant.entry)
    return _digress(request, state, form, meant) if beside else None


def _remarks(form: Form, heard: FormAnswer, entry: Entry) -> bool:
    """Whether a line is small talk. To what was read back, a "no" is an answer, and so is doubt but for "hold on"."""
    if entry.kind != "talk" or heard.values:
        return False
    if form.confirming:
        return heard.decision == "other" or (heard.decision == "doubt" and entry.id == HOLD)
    return heard.decision in ("other", "doubt", "refuse")


def _offer_help(request: Request, state: ResponderState, line: _Line) -> Answer | None:
    """Offer a person to a visitor in need, who is asked for nothing more."""
    tells = line.aside and not line.at_task and not line.gives and line.heard.decision != "agree"
    long = len(request.text.split()) > _MOST_WORDS_OF_A_VALUE
    return offer_person(request, state) if tells and long and request.distressed(request.text) else None


def _fill(request: Request, state: ResponderState, form: Form, line: _Line) -> Answer:
    """Give the task what was heard, or tell that a question is not understood."""
    heard = line.heard
    if form.asked and _may_hold(form.asked, heard):
        heard = replace(heard, values=_second_opinion(request, form, form.asked))
    likely = line.meant is not None and line.meant.probability >= request.thresholds.ask_unclear
    unanswered = line.question and heard.brings_nothing and not line.at_task and not likely
    if unanswered and form.asked and not form.suggested:
        form = replace(form, misses=form.misses + 1)
        if form.misses < forms.MAX_UNPRODUCTIVE_TURNS:
            return resume(request, replace(state, form=form), request.site.language.replies.not_known, _NOT_KNOWN)
    return _advance(request, state, form, heard)


def _may_hold(asked: str, heard: FormAnswer) -> bool:
    """Whether words may hold the value that was asked for, though nothing was heard in them."""
    brought = heard.values or heard.open or heard.window or heard.days or heard.leap or heard.unknown
    return not brought and heard.decision == "other" and asked not in heard.passed_over


def _fits(entry: Entry, form: Form) -> bool:
    """Whether an entry may be said in the middle of a task. Small talk that asks something itself would leave the
    visitor with two questions."""
    about_reply = form.confirming and entry.id in _ABOUT_REPLIES
    return entry.kind != "talk" or not (about_reply or entry.say.endswith("?"))


def _may_begin(request: Request, form: Form, settings: FormSettings) -> bool:
    """Whether the visitor's words may begin another task in the middle of one that makes something. What is about
    something booked must name it: "i want to come later" is about what is being booked."""
    if form.confirming and forms.opens_record(form.settings):
        # What is about the record, or is said beside a yes, does not leave a task that waits for a plain yes.
        looks_up = settings.confirm is None and not forms.opens_record(settings)
        if looks_up and not request.site.language.tasks.names_free(request.text):
            return False
        if settings.confirm is not None and not forms.opens_record(settings):
            return False
        # "I can't come" tells why it is cancelled.
        language = request.site.language
        if "cancel" in slots.verbs(form.settings, language) and language.answers.BARRED.search(_full(request)):
            return False
    makes = form.settings.confirm is not None and not forms.opens_record(form.settings)
    return not (makes and forms.opens_record(settings)) or request.site.language.tasks.names_own(request.text)


def tell_record(request: Request, state: ResponderState) -> Answer | None:
    """Say the day and the time of what is to be cancelled or moved, where the visitor asks which one it is, and ask
    again."""
    form, language = state.form, request.site.language
    if form is None or not forms.opens_record(form.settings) or not language.tasks.asks_which(request.text):
        return None
    # Once a new day or time was read back, "when is it" is about that.
    moves = any(slot.kind in forms.CHOSEN for slot in form.settings.slots)
    if form.confirming == moves or (moves and (not form.record or language.recall.asks_clock(request.text))):
        return None
    record = _check(request, form).data.get("record")
    if not isinstance(record, Mapping):
        return None
    of_tool = [settings for settings in request.site.forms if settings.tool == form.settings.tool]
    known = {slot.name: slot for settings in of_tool for slot in settings.slots}
    values = [slots.value_of(known[n], str(v), request.now, language).say for n, v in record.items() if n in known]
    return _tell_values(request, state, values)


def tell_held(request: Request, state: ResponderState) -> Answer | None:
    """Say the values of what is being made so far, where the visitor asks for one of them, and ask again."""
    form, language = state.form, request.site.language
    if form is None or form.confirming or forms.opens_record(form.settings):
        return None
    if not language.tasks.asks_held(request.text) or language.recall.asks_clock(request.text):
        return None
    held = [slot.name for slot in form.settings.slots if slot.kind in forms.CHOSEN and slot.name in form.values]
    return _tell_values(request, state, [form.values[name].say for name in held])


def _tell_values(request: Request, state: ResponderState, values: Sequence[str]) -> Answer | None:
    """Say values in one sentence, and ask again; None where there are none."""
    if not values:
        return None
    said = ", ".join(values)
    return resume(request, state.moved_on(), f"{said[:1].upper()}{said[1:]}.", Outcome(kind="answer"))


def _asks_about_later(request: Request, form: Form) -> bool:
    """Whether the visitor asks if they can cancel or move, once the task is done, what it makes. "Does it cost anything
    if i cancel" is about no later time in the middle of a cancelling."""
    site, said = request.site, _full(request)
    wished = set().union(*(_wished(settings, site) for settings in _records(site) if settings != form.settings))
    return bool(site.language.answers.ABOUT_LATER.search(said)) and not wished.isdisjoint(said.split())


def _about_later(request: Request, state: ResponderState, form: Form, meant: Meaning | None) -> Answer:
    """Answer a question about what can be done once the task is done: with the fact that tells, or that it can be
    asked for."""
    if meant and meant.entry.kind in ("fact", "hours") and meant.probability >= request.thresholds.accept:
        return _digress(request, state, form, meant)
    return resume(request, state, request.site.language.replies.later, Outcome(kind="smalltalk"))


def _list_free(request: Request, state: ResponderState, form: Form, heard: FormAnswer) -> Answer | None:
    """Answer what can be had, in the middle of a task that offers it, by the look-up of the same tool. Without a day,
    the first that can be had is told."""
    when = forms.time_slot(form.settings)
    look_up = next((f for f in request.site.forms if _lists_for(f, form)), None)
    if form.settings.offers is None or when is None or look_up is None:
        return None
    held = {name: value for name, value in form.values.items() if name != when}
    known = replace(
        form,
        values={**held, **{n: v for n, v in heard.values.items() if form.slot(n).kind != "name"}},
        window=heard.window or form.window,
        days=heard.days or form.days,
    )
    asked = {**forms.window_arguments(known), **forms.arguments(known)}
    offers = _alternatives(request.check(form.settings.tool, form.settings.offers, asked).data)
    listed = _alike(known, look_up)
    own = {slot.name for slot in form.settings.slots}
    for slot in look_up.slots:
        # The record that is to be moved knows its doctor.
        if slot.kind == "choice" and slot.name not in own and offers and slot.name in offers[0]:
            listed[slot.name] = slots.value_of(slot, offers[0][slot.name], request.now, request.site.language)
    asking = Form(look_up, values=listed, window=known.window, within=form)
    if not asking.missing:
        return _advance(request, state, asking, FormAnswer())
    suiting = (offer for offer in _read_offers(request, form.settings, offers) if forms.suits(known, offer))
    first = next(suiting, None)
    if first is None:
        return None
    said = request.site.language.replies.first_offer.format(values=", ".join(value.say for value in first.values()))
    return resume(request, replace(state, form=form), said, Outcome(kind="answer"))


def _lists_for(settings: FormSettings, form: Form) -> bool:
    """Whether a look-up of the form's tool tells what can be had for it."""
    days = {slot.name for slot in form.settings.slots if slot.kind == "date"}
    looks_up = settings.confirm is None and not forms.opens_record(settings) and settings.tool == form.settings.tool
    return looks_up and any(slot.name in days for slot in settings.slots)


def _naming(request: Request, state: ResponderState, form: Form) -> ResponderState:
    """The state with a topic that names the person whom the form holds ("what does she do" asks about the doctor), and
    what the form is about where nothing else is spoken of: "how much does it cost" asks about the appointment."""
    language, topic = request.site.language, state.topic
    held = (language.follow_ups.person(v.say) for n, v in form.values.items() if form.slot(n).kind == "choice")
    person = next((name for name in held if name), topic.person)
    return replace(state, topic=replace(topic, person=person, thing=topic.thing or _thing(form.settings, language)))


def _thing(settings: FormSettings, language: Language) -> str:
    """What a form is about: the word that most of the phrases hold by which it is begun."""
    plain = (re.sub(r"\{.*?\}|[^\w']", " ", phrase) for phrase in settings.ask)
    words = Counter(word for phrase in plain for word in dict.fromkeys(telling_words(phrase, language)))
    return words.most_common(1)[0][0] if words else ""


def resume(request: Request, state: ResponderState, words: str, outcome: Outcome) -> Answer:
    """Say ``words``, and ask again for what the task needs."""
    if not state.form:
        return Answer(state, words, outcome)
    form, following = forms.proceed(state.form)
    return Answer(replace(state, form=form), words, outcome, then=_now_asked(request.site, following))


def _digress(request: Request, state: ResponderState, form: Form, meant: Meaning) -> Answer:
    """Answer a question in the middle of a task, then ask again for what the task needs. A visitor in need, or one who
    asks for time, is not asked."""
    entry = meant.entry
    talk = entry.kind == "talk"
    answer = answer_small_talk(state, entry) if talk else state_fact(request, state, entry, meant.question)
    if request.distressed(request.text) or entry.id == HOLD:
        return answer
    form, following = forms.proceed(form)
    return replace(answer, state=replace(answer.state, form=form), then=_now_asked(request.site, following))


def _now_asked(site: Site, following: forms.Step) -> str:
    """The question for what a task needs, as it is put after other words."""
    if isinstance(following, forms.Ask):
        question = following.slot.ask
        lower = question[:1].lower() + question[1:]
        return f" {site.language.replies.now_asked.format(question=question, lower=lower)}"
    if isinstance(following, forms.Suggest):
        return f" {site.language.replies.value_meant.format(value=following.value.say)}"
    return f" {following.text}" if isinstance(following, forms.Confirm) else ""


def _hear(request: Request, text: str, form: Form) -> FormAnswer:
    return slots.hear(text, form, request.choices, request.now, request.site.language)


def _second_opinion(request: Request, form: Form, asked: str) -> dict[str, Value]:
    """Ask the language model for the slot's value. Only words that the visitor said count."""
    if form.slot(asked).kind == "choice":
        return {}
    tokens = request.site.language.tokens
    value = request.point_at(asked)
    said, wanted = tokens(request.text), tokens(value)
    if not wanted or not any(said[at : at + len(wanted)] == wanted for at in range(len(said))):
        return {}
    again = _hear(request, value, replace(form, confirming=False, changing=False, offers=()))
    return {name: v for name, v in again.values.items() if name == asked}


def _advance(request: Request, state: ResponderState, form: Form, heard: FormAnswer) -> Answer:
    before = form.values
    form, following = forms.step(form, heard)
    if dict(form.values) != dict(before) and not isinstance(following, forms.Stopped | forms.Stuck):
        result = _check(request, form)
        if not result.ok:
            return _refuse(request, state, form, result)
        form = replace(form, record=_read_record(request, form, result))
        if form.moves and form.record:
            told = _told_by_record(request, form)
            form = replace(form, moves="")
            if told:
                return _advance(request, state, form, FormAnswer(values=told))
    if isinstance(following, forms.Choose):
        return _choose(request, state, form)
    return _say_step(request, replace(state, form=form), form, following)


def _told_by_record(request: Request, form: Form) -> dict[str, Value]:
    """The day and the time that the visitor told by those of the record before it was open."""
    heard = _hear(request, form.moves, form)
    return {name: value for name, value in heard.values.items() if form.slot(name).kind in ("date", "time")}


def _choose(request: Request, state: ResponderState, form: Form) -> Answer:
    """Fill what the visitor leaves open with the first that the tool offers, and say what it is."""
    known = {**forms.window_arguments(form), **forms.arguments(form)}
    result = request.check(form.settings.tool, str(form.settings.offers), known)
    if not result.ok and not _strings(result.data.get("slots")) and not _alternatives(result.data):
        # Another value would not help.
        said = f"{result.say} {request.site.language.replies.shall_call}"
        return Answer(replace(state, form=None, offered_person=True), said, Outcome(kind="unknown"))
    if not result.ok:
        return _refuse(request, state, replace(form, open=frozenset(), window=None, days=None), result)
    offers = [o for o in _read_offers(request, form.settings, _alternatives(result.data)) if form.open <= o.keys()]
    chosen = next((offer for offer in offers if forms.suits(form, offer)), None)
    if chosen is None:
        return offer_person(request, state)
    last = form.window is not None and form.window.last
    if last:
        chosen = _last_of_day(request, form, chosen)
    values = {slot.name: chosen[slot.name] for slot in form.settings.slots if slot.name in form.open}
    form, following = forms.proceed(forms.choose(form, values))
    answer = _say_step(request, replace(state, form=form), form, following)
    if not isinstance(following, forms.Ask):
        return answer
    replies = request.site.language.replies
    said = (replies.last_offer if last else replies.first_offer).format(
        values=", ".join(v.say for v in values.values())
    )
    return replace(answer, text=f"{said} {answer.text}")


def _last_of_day(request: Request, form: Form, offer: Mapping[str, Value]) -> dict[str, Value]:
    """The last time that can be had on the day of an offer, which is the first of that day. The tool lists the first
    ones, so that it is asked for what comes after each."""
    when, last = forms.time_slot(form.settings), dict(offer)
    if when is None or form.window is None or when not in offer:
        return last
    held = {name: value for name, value in {**form.values, **offer}.items() if name != when}
    while (moment := time.fromisoformat(last[when].value)) < _LAST_MINUTE:
        after = (datetime.combine(request.now, moment) + timedelta(minutes=1)).time()
        ahead = replace(form, values=held, window=replace(form.window, earliest=after))
        known = {**forms.window_arguments(ahead), **forms.arguments(ahead)}
        result = request.check(form.settings.tool, str(form.settings.offers), known)
        offers = _read_offers(request, form.settings, _alternatives(result.data) if result.ok else ())
        following = next((other for other in offers if when in other and forms.suits(ahead, other)), None)
        if following is None:
            break
        last[when] = following[when]
    return last


def _say_step(request: Request, state: ResponderState, form: Form, following: forms.Step) -> Answer:
    replies = request.site.language.replies
    match following:
        case forms.Ask():
            return Answer(state, _question(replies, following), Outcome(kind="ask"))
        case forms.Choose():
            return _choose(request, state, form)
        case forms.Suggest(value):
            return Answer(state, replies.value_meant.format(value=value.say), Outcome(kind="ask"))
        case forms.Confirm(question):
            return Answer(state, question, Outcome(kind="confirm"))
        case forms.Change():
            return Answer(state, replies.change, Outcome(kind="ask"))
        case forms.Stopped():
            return Answer(replace(state, form=None), replies.stopped, Outcome(kind="smalltalk"))
        case forms.Stuck() if form.misheard >= forms.MOST_MISHEARD:
            said = f"{replies.again} {replies.shall_call}"
            return Answer(replace(state, offered_person=True), said, Outcome(kind="unknown"))
        case forms.Stuck():
            return offer_person(request, state)
        case forms.Call(arguments):
            return _call(request, state, form, arguments)


def _question(replies: Replies, ask: forms.Ask) -> str:
    """The question for a slot."""
    return " ".join([*([replies.again] if ask.again else []), ask.slot.ask, *([replies.spell] if ask.spelled else [])])


def _leave(request: Request, state: ResponderState, rest: str) -> Answer:
    """Leave a task that the visitor refuses, and begin the one that is named beside the refusal: "don't move it i want
    to cancel it"."""
    meant = understood(request, state, rest) if has_content(request, rest) else None
    if meant and meant.entry.form and meant.probability >= request.thresholds.accept_task:
        return start(request, state, meant.entry.form, meant.question)
    return Answer(state, request.site.language.replies.stopped, Outcome(kind="smalltalk"))


# --- the tool -----------------------------------------------------------------------------------------------------


def _check(request: Request, form: Form) -> ToolResult:
    """What the tool's check says of the values so far."""
    if form.settings.check is None:
        return ToolResult(True, "")
    return request.check(form.settings.tool, form.settings.check, forms.arguments(form))


def _opened(request: Request, form: Form) -> Form:
    """The form with the record that its values open, if they do."""
    checked = _check(request, form)
    return replace(form, record=_read_record(request, form, checked)) if checked.ok else form


def _read_record(request: Request, form: Form, checked: ToolResult) -> Mapping[str, Value]:
    """The record that a check found, as values of the form's slots."""
    record = checked.data.get("record")
    if not isinstance(record, Mapping):
        return form.record
    told = {str(name): str(value) for name, value in record.items()}
    return next(iter(_read_offers(request, form.settings, [told])), {})


def _refuse(request: Request, state: ResponderState, form: Form, result: ToolResult) -> Answer:
    replies = request.site.language.replies
    if form.settings.refused is not None:
        result = replace(result, say=form.settings.refused)
    at_fault = [name for name in _strings(result.data.get("slots")) if name in form.values]
    references = {k: v for k, v in state.references.items() if k not in at_fault}
    form = forms.refuse(form, at_fault, _read_offers(request, form.settings, _alternatives(result.data)))
    if form.unopened >= forms.MOST_UNOPENED:
        state = replace(state, form=None, references=references, offered_person=True)
        return Answer(state, f"{result.say} {replies.shall_call}", Outcome(kind="unknown"))
    if form.settings.refused is not None and not at_fault and not form.offers:
        return _ask_what_to_change(state, form, result.say, replies.change)
    form, following = forms.proceed(form) if not form.offers else (form, None)
    ask = following.slot.ask if isinstance(following, forms.Ask) else replies.which_offer
    if len(form.offers) == 1:
        ask = replies.one_offer
    return Answer(replace(state, form=form, references=references), f"{result.say} {ask}", Outcome(kind="refused"))


def _ask_what_to_change(state: ResponderState, form: Form, said: str, question: str) -> Answer:
    """Nothing tells which value is at fault, so the visitor is asked. A task without values is over."""
    if not form.values:
        return Answer(replace(state, form=None), said, Outcome(kind="refused"))
    form = replace(form, confirming=False, changing=True, asked=None)
    return Answer(replace(state, form=form), f"{said} {question}", Outcome(kind="refused"))


def _call(request: Request, state: ResponderState, form: Form, arguments: Mapping[str, str]) -> Answer:
    settings = form.settings
    result = request.act(settings.tool, settings.function, arguments)
    if result.ok and settings.confirm is None and form.window:
        result = _in_span(request, form, result)
    state = replace(state, form=None)
    if not result.ok:
        return _refuse(request, state, form, result)
    # A form with words of its own takes no more from the data than they name, since its tool may be anybody's.
    data = result.data if settings.say is None else {}
    named = {n: str(data[n]) for n in _reference_slots(request.site) if n in data}
    looks_up = settings.confirm is None
    state = replace(
        state,
        references={**state.references, **named},
        offers=_alternatives(data) if looks_up else (),
        done=state.done if looks_up else form,
        told=_count(data.get("told")) if looks_up else 0,
        looked_up=form if looks_up else None,
    )
    outcome = Outcome(kind="answer" if looks_up else "done", tools=(f"{settings.tool}.{settings.function}",))
    said = _said(request, form, result)
    if form.within:
        return _back_within(request, state, form, form.within, said, outcome)
    return Answer(state, said, outcome, done=not looks_up)


def _in_span(request: Request, form: Form, result: ToolResult) -> ToolResult:
    """What a look-up found in the span of the day that was asked about. Where there is nothing, the tool says so."""
    making = _form_of_times(form.settings, request.site)
    when = forms.time_slot(making) if making else None
    if making is None or when is None or form.window is None or form.settings.say is not None:
        return result
    asked = {**forms.window_arguments(form), **forms.arguments(form)}
    first = request.check(making.tool, str(making.offers), asked)
    if not first.ok:
        return replace(first, ok=True) if first.say else result
    every = _alternatives(result.data)
    then = zip(every, _read_offers(request, making, every), strict=True)
    held = [offer for offer, values in then if when in offer and form.window.holds(values, when)]
    if len(held) == len(every):
        return result
    held = sorted(held or _alternatives(first.data), key=lambda offer: offer.get(when, ""))
    told = held[:_MOST_TIMES]
    language = request.site.language
    times = [offer[when].say for offer in _read_offers(request, making, told) if when in offer]
    known = ", ".join(form.values[slot.name].say for slot in form.settings.slots if slot.name in form.values)
    say = language.replies.free_then if len(told) == len(held) else language.replies.free_then_too
    said = say.format(values=known, times=language.dates.say_list(times))
    return ToolResult(True, said, {"alternatives": held, "told": len(told)})


def _back_within(
    request: Request, state: ResponderState, looked_up: Form, form: Form, said: str, outcome: Outcome
) -> Answer:
    """Say what was looked up, and go on with the task in whose middle the visitor asked. While it lacks a time, what
    was looked up is what it is about."""
    when = forms.time_slot(form.settings)
    if when and when not in form.values and not forms.opens_record(looked_up.settings):
        kinds = {slot.name: slot.kind for slot in form.settings.slots}
        values = {name: value for name, value in looked_up.values.items() if kinds.get(name) in forms.CHOSEN}
        offers = tuple(_read_offers(request, form.settings, state.offers))
        values = {**form.values, **values}
        form = replace(form, values=values, open=form.open - values.keys(), offers=offers, told=state.told)
    return resume(request, replace(state, form=form, offers=(), looked_up=None), said, outcome)


def _said(request: Request, form: Form, result: ToolResult) -> str:
    """What is said of a result: the form's sentence, or else the tool's. Raises PortError."""
    settings = form.settings
    if settings.say is None:
        return result.say
    try:
        return results.say(settings.say, form.values, result.data, request.now, request.site.language)
    except results.Unsayable as error:
        what = f"tool {settings.tool}: {settings.function} answered nothing that can be said for {{{error}}}"
        raise PortError(what) from None


def _reference_slots(site: Site) -> set[str]:
    return {
        slot.name
        for form in site.forms
        if forms.opens_record(form)
        for slot in form.slots
        if slot.kind in forms.OPENS_RECORDS
    }


def _alternatives(data: Mapping[str, object]) -> tuple[Mapping[str, str], ...]:
    """The alternatives that a tool offers: sets of arguments that it would accept."""
    listed = data.get("alternatives")
    return tuple(
        {str(name): str(value) for name, value in offer.items()}
        for offer in (listed if isinstance(listed, list) else [])
        if isinstance(offer, Mapping)
    )


def _read_offers(
    request: Request, settings: FormSettings, offers: Sequence[Mapping[str, str]]
) -> list[dict[str, Value]]:
    """Alternatives as values of a form's slots."""
    language, now = request.site.language, request.now
    known = {slot.name: slot for slot in settings.slots}
    return [{n: slots.value_of(known[n], v, now, language) for n, v in offer.items() if n in known} for offer in offers]


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


# --- after a look-up ----------------------------------------------------------------------------------------------


def take_offer(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Begin the task that takes an offer of the last look-up, as in "then at ten please"."""
    if not state.offers or request.site.language.intents.asks_question(text):
        return None
    for settings in request.site.forms:
        if settings.confirm is None or forms.opens_record(settings):
            continue
        if set(state.offers[0]) <= {slot.name for slot in settings.slots}:
            form = Form(settings, offers=tuple(_read_offers(request, settings, state.offers)), told=state.told)
            heard = _hear(request, text, form)
            if heard.values or heard.nth is not None or heard.window:
                return _advance(request, replace(state, offers=()), form, replace(heard, decision="other", any=False))
    return None


def look_up_too(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Repeat the last look-up with another value, as in "and on friday"."""
    before = state.looked_up
    if before is None or not request.site.language.intents.goes_on(text):
        return None
    heard = _hear(request, text, before)
    new = {name: value for name, value in heard.values.items() if before.values.get(name) != value}
    window = _span_looked_up(request, text, before.settings)
    if not new and window is None:
        return None
    return _advance(request, state, replace(before, window=window), FormAnswer(values=new))


# --- after a task -------------------------------------------------------------------------------------------------


def amend(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Begin the task that changes what was done just now: "sorry i meant wednesday". It reads back what will change."""
    done, language, said = state.done, request.site.language, request.text
    if done is None or state.outcome.kind != "done":
        return None
    held = replace(done, confirming=True, changing=False, asked=None, open=frozenset(), offers=())
    heard = _hear(request, text, held)
    marked = " ".join(language.expanded(heard.marked.split()))
    # "Ten is too early" names a span too, which the marks cover.
    unwanted = bool(heard.excluded or heard.window) and language.tasks.PREFERS.fullmatch(_full(request))
    prefers = unwanted or language.tasks.PREFERS.fullmatch(marked)
    # ``text`` may be no more than the value behind "i meant".
    if not (prefers or language.tasks.meant_otherwise(text) or language.tasks.corrects(said)):
        return None
    if not prefers and language.intents.asks_question(said) and not language.tasks.asks_change(said):
        return None
    other = {n: v for n, v in heard.values.items() if done.values.get(n) != v}
    new = {n: v for n, v in other.items() if done.slot(n).kind in ("date", "time")}
    settings = next((f for f in request.site.forms if new and _changes(f, done, new)), None)
    if not language.tasks.names_anew(said):
        other = {n: v for n, v in other.items() if done.slot(n).kind != "name"}
    if other.keys() - new.keys() or (new and settings is None):
        # No form of the site changes this, so that a person has to.
        return _offer_change(request, state) if prefers or language.tasks.corrects(said) else None
    if prefers and not new:
        return _change_unsaid(request, state, done, heard)
    if settings is None:
        return None
    own = {slot.name for slot in settings.slots}
    before = {name: value for name, value in done.values.items() if name in own}
    form = Form(settings, values={**before, **_of_references(request, state, settings)})
    return _advance(request, state, form, FormAnswer(values=new))


def _change_unsaid(request: Request, state: ResponderState, done: Form, heard: FormAnswer) -> Answer:
    """Ask for what is to take the place of a day or a time that the visitor does not want any more. Any other value
    only a person changes."""
    wrong = heard.wrong or slots.named_slot(request.text, done, request.site.language)
    kinds = {done.slot(name).kind for name in ([wrong] if wrong else heard.excluded)}
    when = {slot.name: slot.kind for slot in done.settings.slots if slot.kind in ("date", "time")}
    settings = next((f for f in request.site.forms if when and _changes(f, done, dict.fromkeys(when))), None)
    if settings is None or not kinds <= {"date", "time"}:
        return _offer_change(request, state)
    # "Ten is too early" keeps the day.
    keeps = [name for name, kind in when.items() if kind == "date" and kinds == {"time"}]
    known = _of_references(request, state, settings)
    form = _opened(request, Form(settings, values=known))
    form = replace(form, values={**known, **{name: done.values[name] for name in keeps if name in done.values}})
    return _advance(request, state, form, FormAnswer())


def _changes(settings: FormSettings, done: Form, new: Mapping[str, object]) -> bool:
    """Whether a form changes these values of what was done."""
    names = {slot.name for slot in settings.slots}
    changes = settings.confirm is not None and forms.opens_record(settings) and settings.tool == done.settings.tool
    return changes and new.keys() <= names


def do_another(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Do once more what was done: "can i get another one for thursday". A choice holds, and the day where another time
    is named."""
    done, language = state.done, request.site.language
    if done is None or forms.opens_record(done.settings) or not language.tasks.wants_another(text):
        return None
    heard = _hear(request, text, Form(done.settings))
    given = {done.slot(name).kind for name in heard.values}
    same_day = "time" in given or language.tasks.on_same_day(text)
    kinds = {"choice", "date"} if same_day and "date" not in given else {"choice"}
    if language.tasks.wants_same(text):
        kinds |= {"time", "name"}
    held = {name: value for name, value in done.values.items() if done.slot(name).kind in kinds}
    form = Form(done.settings, values=held)
    return _advance(request, state, form, _given(heard))


def begin_by_values(request: Request, state: ResponderState, text: str, needed: Collection[str] = ()) -> Answer | None:
    """Begin the task whose values are all that was said: "book chen thursday ten", "doctor chen please". ``needed``:
    kinds of slots that must be among them."""
    language = request.site.language
    asks = language.intents.asks_question(text) and not language.tasks.WISHES.match(_full(request))
    if asks or language.tasks.asks_free(text):
        return None
    for settings in request.site.forms:
        if settings.confirm is None or forms.opens_record(settings):
            continue
        # As if all of it had been asked for: "ten" is a time.
        heard = replace(_hear(request, text, Form(settings, changing=True)), wrong=None)
        kinds = {slot.kind for slot in settings.slots if slot.name in heard.values}
        order = language.tasks.ORDERS.fullmatch(" ".join(language.expanded(heard.marked.split())))
        if order is None or not kinds >= {"choice", *needed}:
            continue
        values = {**heard.values, **_name_in(order["name"] or "", settings, request)}
        if order["name"] is None or len(values) > len(heard.values):
            return _advance(request, state, Form(settings), replace(heard, values=values, decision="other"))
    return None


def _name_in(words: str, settings: FormSettings, request: Request) -> dict[str, Value]:
    """The name that words are, by the slot that asks for one; empty where they hold anything else."""
    language = request.site.language
    said = language.tokens(words)
    found = language.names.find_name(said, True) if said else None
    if found is None or (found.start, found.end) != (0, len(said)):
        return {}
    return {slot.name: Value(found.name, found.name) for slot in settings.slots if slot.kind == "name"}
