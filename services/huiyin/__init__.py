"""The whole installation: puts the three services together, and the command `huiyin`.

`parts` knows what each service offers; `gateway` puts their pages under one address; `embedded` runs everything
in one process; `walks` plays a scenario over HTTP; `cli` and `commands` are the doors.
"""
