"""Tools that are servers of MCP (Model Context Protocol, https://modelcontextprotocol.io) over standard input and
output.

The client is our own. The ``mcp`` package brings an HTTP stack, a web server and an event loop along, which have no
place in a process that promises to make no network call. What a tool needs of the protocol is small: a handshake, the
list of functions (MCP calls them tools), their calls, and an answer to a ping. Whatever else a server asks of us
(``sampling``, ``roots``, ``elicitation``) is refused as an unknown method. The versions of the protocol that begin with
a handshake are spoken, up to 2025-11-25. A server that speaks only a later one is refused.

A server is started once, by the keeper or in the tool's unit, as every program of a site is: without a network, without
capabilities, and with its standard error dropped, since that may hold what a visitor said.

What a server writes is data. Its descriptions are shown to the author of the site file and to nobody else: never to a
language model, never to a visitor. Its answers are spoken only through a sentence of the site's form that names their
fields. The functions that may be called, and their schemas, are pinned by hash in the site file (``functions``).

| module | what it does |
|---|---|
| ``messages`` | JSON-RPC 2.0 messages and lines |
| ``schemas`` | the part of JSON Schema that is understood |
| ``arguments`` | a slot's value as what a schema takes |
| ``functions`` | what a server offers, its hashes, and how it differs from what is pinned |
| ``link`` | the way to a server: a keeper's process, or the tool's unit |
| ``client`` | requests and answers over one link |
| ``server`` | one server, started once and again when it ends |
| ``tool`` | the ``Tool`` |
| ``drafts`` | pins and forms for a site file, for a person to approve |
"""
