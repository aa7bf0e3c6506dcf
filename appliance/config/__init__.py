"""The box's file and the site's file: records, ranges, and the reader that reports each mistake with its line.

Imports: core, language. Pure but for `reader` and `fields`, which read files.
"""
