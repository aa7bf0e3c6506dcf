"""Adapters: one module per engine library, behind the ports."""
