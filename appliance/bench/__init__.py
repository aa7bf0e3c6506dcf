"""Figures that can be reproduced: what `cloister evaluate` and `cloister bench` measure, with sample sizes."""
