"""Writes a site's language as a word graph for a CTC ear: language model × spelling × blanks and repeats, as one FST.

sherpa-onnx takes it as ``ctc_graph``. It is an OpenFst file whose input labels are token numbers plus one (0 is
epsilon), whose output labels are word numbers, and whose weights are −log probabilities. Each subject of the site has a
part of the graph without arcs into another's, so the decoder chooses between whole sentences (see ``pocketsphinx``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from appliance.core.ports import PortError
from appliance.engines.asr.site.ngram import END, START, BackoffModel, NGram, histories

SPACE = "▁"
_BLANKS = ("<blk>", "<blank>", "<eps>")
_LN10 = math.log(10)


def read_tokens(path: Path) -> dict[str, int]:
    """Read tokens and their numbers from lines of ``symbol number``."""
    tokens: dict[str, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        symbol, _, number = line.rpartition(" ")
        if not number.strip().isdigit():
            raise PortError(f"{path}: {line!r} is not a line of `symbol number`")
        tokens[symbol or " "] = int(number)
    return tokens


def blank_of(tokens: Mapping[str, int]) -> int:
    """Number of the token that is CTC's blank."""
    for name in _BLANKS:
        if name in tokens:
            return tokens[name]
    raise PortError(f"tokens: none of {', '.join(_BLANKS)} is there, so this is no CTC model")


def spell(word: str, tokens: Mapping[str, int]) -> list[int] | None:
    """Token numbers of a word, longest pieces first; None when the tokens cannot spell it.

    With word pieces the first carries the space before the word; with letters, the space follows as a token.
    """
    pieces = any(token.startswith(SPACE) and len(token) > 1 for token in tokens)
    text = SPACE + word if pieces else word + SPACE
    capitals = "a" not in tokens and "A" in tokens
    text = text.upper() if capitals else text
    longest = max(map(len, tokens))
    found: list[int] = []
    at = 0
    while at < len(text):
        for length in range(min(longest, len(text) - at), 0, -1):
            if (number := tokens.get(text[at : at + length])) is not None:
                found.append(number)
                at += length
                break
        else:
            return None
    return found


def write_site_graph(
    path: Path, languages: Mapping[str, BackoffModel], tokens: Mapping[str, int], *, scale: float = 0.5
) -> int:
    """Write the graph of the languages of a site's subjects, and return its number of states.

    ``scale`` is the weight of the language model relative to the network's own scores.
    """
    try:
        import kaldifst
    except ImportError:
        raise PortError("ear: kaldifst is not installed; run `uv sync`") from None
    fst = kaldifst.StdVectorFst()
    blank = blank_of(tokens)
    space = tokens.get(SPACE)
    numbers: dict[str, int] = {}

    def arc(source: int, token: int | None, target: int, cost: float = 0.0, word: str | None = None) -> None:
        output = numbers.setdefault(word, len(numbers) + 1) if word else 0
        fst.add_arc(source, kaldifst.StdArc(0 if token is None else token + 1, output, cost, target))

    def spelled(spelling: Sequence[int]) -> tuple[int, int, list[tuple[int, int]]]:
        """Add the states of a word. Returns the state after its first token, and for each token the states that repeat
        it and the blank after it."""
        states: list[tuple[int, int]] = []
        for token in spelling:
            on, off = fst.add_state(), fst.add_state()
            arc(on, token, on)
            arc(on, blank, off)
            arc(off, blank, off)
            if states:
                before_on, before_off = states[-1]
                # Two equal tokens need a blank between them, or CTC would merge them into one.
                if token != spelling[len(states) - 1]:
                    arc(before_on, token, on)
                arc(before_off, token, on)
            states.append((on, off))
        return states[0][0], spelling[0], states

    start = fst.add_state()
    fst.start = start
    arc(start, blank, start)
    for language in languages.values():
        spellings = {word: spelling for word in language.words if (spelling := spell(word, tokens))}
        # There is a state for each history that can be reached, between the end of a word and the next word.
        places = {
            history: fst.add_state()
            for history in histories(language)
            if all(word in spellings or word == START for word in history)
        }
        arc(start, None, places.get((START,), places[()]))
        words: dict[tuple[str, NGram], tuple[int, int]] = {}
        for history, place in places.items():
            if history:
                shorter = next(history[i:] for i in range(1, len(history) + 1) if history[i:] in places)
                arc(place, None, places[shorter], -language.backoffs[history] * scale * _LN10)
        for grams in language.orders:
            for gram, log10 in grams.items():
                history, word = gram[:-1], gram[-1]
                if history not in places or word not in spellings:
                    continue
                reached = next(gram[i:] for i in range(len(gram) + 1) if gram[i:] in places)
                if (word, reached) not in words:
                    first_state, first_token, states = spelled(spellings[word])
                    words[word, reached] = (first_state, first_token)
                    end = -language.log10((*reached, END)) * scale * _LN10
                    closing = states[-2:] if spellings[word][-1] == space else states[-1:]
                    for pair in closing:
                        for state in pair:
                            fst.set_final(state, end)
                    for state in states[-1]:
                        arc(state, None, places[reached])
                state, token = words[word, reached]
                arc(places[history], token, state, -log10 * scale * _LN10, word)
    fst.write(str(path))
    return int(fst.num_states)
