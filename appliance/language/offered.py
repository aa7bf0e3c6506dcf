"""The languages that a site may choose: those for which there are ears, a voice and a retrieval."""

from __future__ import annotations

from appliance.language.english import ENGLISH

LANGUAGES = {language.tag: language for language in (ENGLISH,)}
"""each language by its tag"""
