"""The running appliance: engines, lines, threads, errands and the watchdog, put together in one place."""
