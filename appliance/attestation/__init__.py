"""What a box proves about itself: the report, its checks, and the comparison of a fleet.

Imports: core, isolation, config, records, bundle, tools, engines, control. Not pure.
"""
