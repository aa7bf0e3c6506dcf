"""What only the makers of Cloister use: fits, labels, measurements on public recordings and held-out questions, other
systems to compare with, what makes the demonstration's recordings and pictures, and what fetches models (``fetching``).

A box has none of it. ``cloister evaluate``, ``cloister bench turns`` and ``cloister models fetch`` find it in a
checkout (``appliance.bench.workbench``); nothing else in the product knows it.
"""
