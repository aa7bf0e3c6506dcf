"""The running appliance: its lines and threads, calls for help, the watchdog, and ``assemble``, the one place where
everything is put together.

Imports: core, isolation, language, config, hearing, speaking, records, conversation, tools, engines, devices, brain.
Not pure.
"""
