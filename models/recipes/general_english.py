"""Makes ``appliance/engines/general_english.arpa.xz``: general English, small enough to mix with a site's language.

    python models/recipes/general_english.py OUT.arpa.xz

Takes the US-English language model that comes with pocketsphinx (CMU Sphinx, BSD licence) and keeps its commonest words
and the pairs that say most: those whose loss would change the model's probabilities most, weighed by how often they
occur. Triples are left out; a site's own come in when the two are mixed. Takes a minute.
"""

from __future__ import annotations

import argparse
import lzma
import math
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pocketsphinx

WORDS, PAIRS = 20_000, 300_000
START = "<s>"
_START_SHARE = 0.06
"""of all words: how often a sentence begins, for a word that the model gives no probability"""


def main() -> None:
    """Write the file named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    model = Path(pocketsphinx.get_model_path("en-us"))
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "all.arpa")
        scale = _write_text(model / "en-us.lm.bin", text)
        words, backoffs, pairs = _read(text, scale)
    with next(model.glob("*.dict")).open(encoding="utf-8") as lines:
        pronounced = {line.split(maxsplit=1)[0] for line in lines}
    lines_out = _pruned(words, backoffs, pairs, pronounced)
    with lzma.open(out, "wt", encoding="ascii", preset=9 | lzma.PRESET_EXTREME) as file:
        file.writelines(lines_out)


def _write_text(binary: Path, text: Path) -> float:
    """Write a binary model as text; returns what its numbers must be multiplied with to be logarithms to base 10.

    pocketsphinx 5.1.1 scales the logarithms it writes by a constant too many, and crashes after the pairs. So it runs
    in a process of its own, and the scale is found by asking the model itself.
    """
    code = (
        "import sys, pocketsphinx as p\n"
        "m = p.NGramModel.readfile(sys.argv[1])\n"
        "print(p.LogMath().log_to_log10(m.prob(['the'])), flush=True)\n"
        "m.write(sys.argv[2], p.NGramModel.str_to_type('arpa'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(binary), str(text)], check=False, capture_output=True, text=True
    )
    true = float(done.stdout.split()[0])
    with text.open(encoding="utf-8", errors="replace") as lines:
        written = next(float(p[0]) for p in map(str.split, lines) if len(p) >= 2 and p[1] == "the")
    return true / written


def _read(text: Path, scale: float) -> tuple[dict[str, float], dict[str, float], dict[tuple[str, str], float]]:
    """Log10 probabilities of words, their back-off weights, log10 probabilities of pairs."""
    words: dict[str, float] = {}
    backoffs: dict[str, float] = {}
    pairs: dict[tuple[str, str], float] = {}
    order = 0
    with text.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            parts = line.split()
            if line.startswith("\\"):
                order = int(line[1]) if line[1:2].isdigit() else 0
            elif order == 1 and len(parts) >= 2:
                words[parts[1]] = scale * float(parts[0])
                backoffs[parts[1]] = scale * float(parts[2]) if len(parts) > 2 else 0.0
            elif order == 2 and len(parts) >= 3:
                pairs[parts[1], parts[2]] = scale * float(parts[0])
    return words, backoffs, pairs


def _pruned(
    words: dict[str, float], backoffs: dict[str, float], pairs: dict[tuple[str, str], float], pronounced: set[str]
) -> Iterator[str]:
    """Lines of the smaller model."""
    # Marks that are never recognised have no (finite) probability.
    common = sorted((w for w in words if w in pronounced and words[w] < 0), key=lambda w: -words[w])[:WORDS]
    kept = {word: 10 ** words[word] for word in (*common, "</s>")}
    total = sum(kept.values())
    log = {word: math.log10(share / total) for word, share in kept.items()}

    def frequency(word: str) -> float:
        return _START_SHARE if word == START else kept[word]

    def gain(pair: tuple[str, str], log10: float) -> float:
        first, second = pair
        return frequency(first) * 10**log10 * (log10 - backoffs[first] - words[second])

    inside = ((p, v) for p, v in pairs.items() if (p[0] in kept or p[0] == START) and p[1] in kept)
    best = dict(sorted(inside, key=lambda item: -gain(*item))[:PAIRS])
    listed: dict[str, float] = defaultdict(float)
    below: dict[str, float] = defaultdict(float)
    for (first, second), log10 in best.items():
        listed[first] += 10**log10
        below[first] += 10 ** log[second]
    log[START] = -99.0
    yield f"\\data\\\nngram 1={len(log)}\nngram 2={len(best)}\n\n\\1-grams:\n"
    for word in sorted(log):
        weight = math.log10(max(1e-6, 1 - listed[word]) / max(1e-6, 1 - below[word])) if word in listed else 0.0
        yield f"{log[word]:.3f} {word} {weight:.3f}\n"
    yield "\n\\2-grams:\n"
    for first, second in sorted(best):
        yield f"{best[first, second]:.3f} {first} {second}\n"
    yield "\n\\end\\\n"


if __name__ == "__main__":
    main()
