"""Notify: tells people what they have to know, and can say afterwards whether it reached them.

Owns notices, their deliveries and people's own settings. A delivery ends in a terminal state in the data:
delivered, failed or suppressed, never in silence; that somebody *read* it is another thing.

Rooms: `tables` and `store*` hold the SQL; `notices` decides whom to tell, `recipients` who that is, `texts` in
which words, `dispatch` when to send; `channels` know one way each; `api`, `web`, `consumer`, `cli` translate.
"""
