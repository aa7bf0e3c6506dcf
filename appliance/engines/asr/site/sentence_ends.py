"""Tells where the sentences of a site end: the ``Sentences`` port, by the site's own language models.

A chat model has seen sentences of any kind, but the site's own templates say what its visitors say. No order ends after
"a large", and most do after "a large latte".
"""

from __future__ import annotations

from pathlib import Path

from appliance.config.site import Site
from appliance.core.ports import PortError
from appliance.engines.asr.site import language_model
from appliance.engines.asr.site.cache import prepared
from appliance.engines.asr.site.ngram import END, START, BackoffModel, read_arpa
from appliance.language.words import plain_words

_STRANGE = 1 / 2
"""Unseen n-grams (``BackoffModel.unseen``) per word from which the models say nothing about a sentence"""


class SiteSentences:
    """The ``Sentences`` port; see the module."""

    def __init__(self, site: Site, keep: Path) -> None:
        """Make the site's language models, which are kept in ``keep`` from the first start on. Raises PortError."""
        ingredients = [repr(site).encode(), *(path.read_bytes() for path in language_model.program(site))]

        def make(folder: Path) -> None:
            try:
                models = language_model.subject_models(site)
            except ValueError as error:
                raise PortError(f"speech: {error}") from None
            for number, model in enumerate(models.values()):
                model.write(folder / f"{number}.arpa")

        folder = prepared(keep, "sentences", ingredients, make)
        self._subjects = [
            read_arpa(path.read_text(encoding="utf-8").splitlines()) for path in sorted(folder.glob("*.arpa"))
        ]

    def ends(self, text: str) -> float | None:
        words = plain_words(text)
        if not words or not self._subjects:
            return None

        def surprises(subject: BackoffModel) -> int:
            return subject.unseen(words)

        best = min(self._subjects, key=surprises)
        # Nobody can tell from a word that the site does not know whether its sentences end there.
        if surprises(best) > _STRANGE * len(words) or (words[-1],) not in best.orders[0]:
            return None
        context = (START, *words)[-(len(best.orders) - 1) :]
        return float(10 ** best.log10((*context, END)))
