"""The benchmark of a monorepo in its small form: all that it counts, and nothing that it times."""

import pytest

from tests.bench import monorepo
from tests.bench.monorepo_tree import SMALL


@pytest.mark.slow
def test_what_is_counted_on_a_small_monorepo_is_as_it_must_be() -> None:
    with monorepo.bench(SMALL) as bench:
        rows = list(bench.rows(1))

    counted = [row for row in rows if not row.is_timed]
    assert [row for row in counted if not row.is_met] == []
    assert {row.what: row.value for row in counted if row.most == 1} == {
        "poll with nothing new: requests": 1,
        "one application on 10 clusters, 2 hosts: renders": 1,
    }
