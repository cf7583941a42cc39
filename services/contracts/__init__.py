"""The language of Huiyin: envelope, messages, records and codes. Pure: no database, broker, web or clock."""
