"""The form in which transcripts are compared. It has a name and a version, which stand beside every figure.

Systems write the same speech differently: "Dr. Chen's at 10:30, OK?" and "doctor chen is at ten thirty okay". What is
no difference in what was said must not count as an error. So a reference, what the box heard and what another system
heard all go through the same steps:

1. remarks in square brackets, angle brackets or round brackets without a blank are left out ("[noise]", "<unk>");
2. figures, dates, times, prices and abbreviations are written as they are said, by the site's language;
3. letters become small, apostrophes are of one kind, everything else that is no letter or digit divides words;
4. contractions are written out;
5. sounds that are no words ("um") are left out;
6. words with several spellings get one of them ("colour", "color"), and "oh" beside a digit is a zero.

A figure that was measured under another version is not compared with one of this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from appliance.language import Language
from appliance.language.words import fold, plain_words

NAME = "cloister-spoken"
VERSION = 1
"""Raise it when any text may come out otherwise than before. Examples are among the tests."""

FORM = f"{NAME}/{VERSION}"

_REMARK = re.compile(r"\[[^\]]*\]|<[^>]*>|\((?:\w+)\)")

_SOUNDS: Mapping[str, frozenset[str]] = {
    "en": frozenset("uh um uhm erm er hm hmm mm mmm mhm ah".split()),
}
"""Sounds that are no words, by language"""

_SPELLINGS: Mapping[str, Mapping[str, str]] = {
    "en": {
        british: american
        for pair in """colour:color colours:colors favour:favor favourite:favorite honour:honor labour:labor
        neighbour:neighbor flavour:flavor behaviour:behavior harbour:harbor humour:humor rumour:rumor centre:center
        centres:centers theatre:theater litre:liter litres:liters metre:meter metres:meters kilometre:kilometer
        kilometres:kilometers grey:gray cheque:check programme:program licence:license defence:defense
        practise:practice catalogue:catalog dialogue:dialog travelled:traveled travelling:traveling
        cancelled:canceled cancelling:canceling labelled:labeled organise:organize organised:organized
        organisation:organization realise:realize realised:realized recognise:recognize recognised:recognized
        apologise:apologize anaesthetic:anesthetic anaesthesia:anesthesia paediatric:pediatric
        paediatrics:pediatrics paediatrician:pediatrician orthopaedic:orthopedic orthopaedics:orthopedics
        gynaecology:gynecology haematology:hematology oesophagus:esophagus tumour:tumor tumours:tumors
        tyre:tire tyres:tires plough:plow moustache:mustache pyjamas:pajamas jewellery:jewelry storey:story
        mum:mom learnt:learned burnt:burned till:til whilst:while towards:toward
        yoghurt:yogurt doughnut:donut omelette:omelet""".split()
        for british, american in (pair.split(":"),)
    },
}
"""Spellings of one word, by language"""


def normalised(text: str, language: Language) -> tuple[str, ...]:
    """The words of a transcript in the form that is compared; see the module."""
    kind = language.tag.partition("-")[0]
    sounds, spellings = _SOUNDS.get(kind, frozenset()), _SPELLINGS.get(kind, {})
    said = language.speech.spelled_out(_cased(_REMARK.sub(" ", text)))
    words = [fold(word) for word in language.expanded(plain_words(said))]
    kept = [spellings.get(word, word) for word in words if word not in sounds]
    return tuple(_ZERO if word == "oh" and _beside_digit(kept, at) else word for at, word in enumerate(kept))


_ZERO = "zero"
_DIGITS = frozenset("zero one two three four five six seven eight nine".split())


def _beside_digit(words: Sequence[str], at: int) -> bool:
    """Whether the word before is a digit, and the one behind is one or another "oh"."""
    return at > 0 and words[at - 1] in _DIGITS | {"oh"} and at + 1 < len(words) and words[at + 1] in _DIGITS | {"oh"}


def _cased(text: str) -> str:
    """A text in capitals alone in small letters, because capitals are read as abbreviations ("TO THE ICU")."""
    letters = [c for c in text if c.isalpha()]
    return text.lower() if len(letters) > 4 and not any(c.islower() for c in letters) else text
