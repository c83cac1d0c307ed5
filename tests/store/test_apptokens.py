"""Tokens of Git hosts: sealed, for all workers, until their end."""

import time

from syncline.store import apptokens, keys
from syncline.store.apptokens import Token
from syncline.store.connection import Store


def token(seconds: float = 3600.0) -> Token:
    return Token("ghs_s3cret", time.time(), time.time() + seconds)


def test_a_token_is_kept_sealed_until_its_end(store: Store) -> None:
    kept = token()

    apptokens.keep(store, "app", kept)

    assert apptokens.get(store, "app") == kept
    assert b"ghs_s3cret" not in store.binary.get(keys.HOST_TOKEN("app"))
    assert 3500 < store.redis.ttl(keys.HOST_TOKEN("app")) <= 3600


def test_one_that_was_dropped_or_is_over_is_not_there(store: Store) -> None:
    apptokens.keep(store, "app", token())
    apptokens.drop(store, "app")
    apptokens.keep(store, "late", token(-1))

    assert (apptokens.get(store, "app"), apptokens.get(store, "late")) == (None, None)


def test_what_another_key_sealed_is_not_there(store: Store) -> None:
    apptokens.keep(store, "app", token())
    sealed = store.binary.get(keys.HOST_TOKEN("app"))
    store.binary.set(keys.HOST_TOKEN("other"), sealed)

    assert apptokens.get(store, "other") is None
