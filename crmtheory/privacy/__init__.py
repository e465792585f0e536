"""What keeps customers unknown to those who read the results: keyed hashes, a guard, small groups masked.

read_key, make_key      the key that turns ids into hashes, from the environment or a file of mode 600
pseudonym               ids to keyed hashes; the same in DuckDB (prepare, hmac_sql) and Spark (hmac_spark)
refuse_personal         refuses a table with e-mail addresses, phone, identity-card or payment-card numbers
mask_small              hides groups of fewer than k customers
disarm                  text that a spreadsheet would run as a formula

A keyed hash is a pseudonym, not anonymity: whoever holds the key can try every id and find the person again.
Keep the key apart from the tables, and lose it when nobody needs to be found again.
"""

from crmtheory.privacy.key import key_file, make_key, read_key
from crmtheory.privacy.personal import refuse_personal
from crmtheory.privacy.pseudonyms import hmac_spark, hmac_sql, prepare, pseudonym
from crmtheory.privacy.sharing import disarm, mask_small

__all__ = [
    "disarm",
    "hmac_spark",
    "hmac_sql",
    "key_file",
    "make_key",
    "mask_small",
    "prepare",
    "pseudonym",
    "read_key",
    "refuse_personal",
]
