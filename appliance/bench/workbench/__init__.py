"""What only the makers of Cloister use: fits, labels, measurements on public recordings and held-out questions, other
systems to compare with, and what makes the demonstration's recordings and pictures.

A box has none of it. ``cloister evaluate`` and ``cloister bench turns`` find it in a checkout
(``appliance.bench.workbench``); nothing else in the product knows it.
"""
