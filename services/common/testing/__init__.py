"""Real servers for tests: a private RabbitMQ, PostgreSQL and Chromium, started once and never left behind.

`brokers`, `databases` and `browsers` find or start one server each, `guards` keeps them from outliving us,
`packages` installs what a Debian machine lacks. No pytest in here: the fixtures are in `tests/conftest.py`.
"""
