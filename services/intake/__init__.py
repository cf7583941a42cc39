"""Intake: where a suggestion comes in, gets its number, and can be followed until it is answered.

Owns matters, the directory (units, people, accounts, sessions) and what is projected from the records of
the other services: ledger, letters, statistics.

Rooms: `tables` and `store*` hold the SQL; `matters`, `directory`, `accounts`, `ledger`, `letters`,
`statistics` decide; `api`, `web`, `consumer`, `cli` translate. `submissions` and `numbers` are pure.
"""
