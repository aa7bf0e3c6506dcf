"""Checks that a reply says only what the site's facts say, so that a language model of any size may phrase it. Pure."""
