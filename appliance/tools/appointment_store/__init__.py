"""Where the appointment book keeps its appointments: an SQLite file of the box, or a PostgreSQL database that several
boxes share.

| module | what it does |
|---|---|
| ``store`` | what a store promises, and the statements that both kinds run |
| ``sqlite`` | a file in the state folder |
| ``postgresql`` | a database, reached through the Unix socket of its server |
| ``opening`` | the store that the options of the site's book name |
"""
