"""Whether a form fits the functions of a ``Typed`` tool, by their signatures. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from appliance.config.nodes import Path
from appliance.config.reader import Mistake, did_you_mean
from appliance.config.site import FormSettings, places
from appliance.core.ports import Argument, Signature


def needed_arguments(signature: Signature) -> dict[str, Argument]:
    """The arguments that a function cannot be called without."""
    return {name: argument for name, argument in signature.arguments.items() if argument.needed}


def mistyped(where: Path, form: FormSettings, signatures: Mapping[str, Signature]) -> Iterator[Mistake]:
    """Mistakes where a form has slots that its functions do not take, or lacks words for what they answer."""
    for function in (form.check, form.function):
        if function is not None and function in signatures:
            yield from _unlike_arguments(where, form, function, signatures[function])
    if form.check is not None and form.check in signatures and (wanted := needed_arguments(signatures[form.check])):
        what = f"is called as soon as one slot is filled, so it must need none; it needs {', '.join(wanted)}"
        yield (*where, "check"), f"{form.tool}.{form.check} {what}"
    for number, slot in enumerate(form.slots):
        for choice in slot.choices:
            if choice[1:] in signatures and choice[:1] == "@" and needed_arguments(signatures[choice[1:]]):
                yield (*where, "slots", number, "choices"), f"{choice} is called without arguments, and needs some"
    for field in ("say", "refused"):
        if getattr(form, field) is None:
            yield where, f"the tool {form.tool!r} has no words of its own: write `{field}`"
    answers = signatures[form.function].answers if form.function in signatures else None
    if form.say is not None and answers is not None:
        possible = {slot.name for slot in form.slots if not slot.optional} | answers
        for place in places(form.say):
            if place.partition(".")[0] not in possible:
                what = (
                    f"neither a slot that is always filled nor a field of every answer{did_you_mean(place, possible)}"
                )
                yield (*where, "say"), f"{place!r} is {what}"


def _unlike_arguments(where: Path, form: FormSettings, function: str, signature: Signature) -> Iterator[Mistake]:
    """Mistakes where the slots of a form are not the arguments of a function."""
    called = f"{form.tool}.{function}"
    for number, slot in enumerate(form.slots):
        argument, path = signature.arguments.get(slot.name), (*where, "slots", number)
        if argument is None:
            yield (*path, "name"), f"{called} takes no {slot.name!r}{did_you_mean(slot.name, signature.arguments)}"
        elif argument.problem:
            yield path, f"{called}: {slot.name!r} cannot be asked for: {argument.problem}"
        elif slot.kind not in argument.kinds:
            kinds = " or ".join(f"`{kind}`" for kind in sorted(argument.kinds))
            yield path, f"{called} takes {slot.name!r} from a slot of the kind {kinds}, not `{slot.kind}`"
        else:
            for choice, value in enumerate(slot.choices):
                if not value.startswith("@") and not argument.accepts(value):
                    what = f"{called} takes no {slot.name!r} {value!r}; say in the tool's `mcp.words` what it means"
                    yield (*path, "choices", choice), what
    if function != form.function:
        return
    filled = {slot.name for slot in form.slots if not slot.optional}
    for name, argument in needed_arguments(signature).items():
        if name not in filled:
            kinds = " or ".join(f"`{kind}`" for kind in sorted(argument.kinds)) or "none that there is"
            yield (*where, "slots"), f"{called} needs a slot {name!r} of the kind {kinds}, not optional"
