"""Tests of OpenAI's Realtime interface."""
