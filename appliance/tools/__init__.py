"""What the appliance can do for a visitor: programs of the site, servers of MCP, Python classes, the appointment book.

Imports: core, isolation, language, config, records, conversation. Not pure.
"""
