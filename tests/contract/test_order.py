"""How a worker's slots are shared between lanes."""

from collections import Counter

from syncline.contract import queues
from syncline.contract.order import WEIGHTS, WeightedOrder


def serve(order: WeightedOrder, waiting: dict[str, int]) -> str:
    """Take one message as a blocking pop does: from the first queue that has any."""
    name = next(name for name in order.consume(len(queues.ALL)) if waiting[name])
    waiting[name] -= 1
    return order.rotate(name)


def fresh() -> WeightedOrder:
    order = WeightedOrder()
    order.update(queues.ALL)
    return order


def test_full_queues_are_served_by_weight() -> None:
    order, waiting = fresh(), dict.fromkeys(queues.ALL, 1000)

    served = Counter(serve(order, waiting) for _ in range(10 * sum(WEIGHTS.values())))

    assert served == {name: 10 * weight for name, weight in WEIGHTS.items()}


def test_idle_queues_are_looked_at_best_first() -> None:
    assert fresh().consume(7) == list(queues.ALL)


def test_a_user_waits_for_no_more_than_one_message_of_a_long_roll_out() -> None:
    order, waiting = fresh(), dict.fromkeys(queues.ALL, 0) | {queues.PUSH: 1000}
    for _ in range(500):
        serve(order, waiting)

    waiting[queues.USER] = 1

    assert queues.USER in [serve(order, waiting) for _ in range(2)]


def test_a_queue_that_was_empty_is_not_owed_what_it_did_not_use() -> None:
    order, waiting = fresh(), dict.fromkeys(queues.ALL, 0) | {queues.USER: 1000}
    for _ in range(500):
        serve(order, waiting)

    waiting[queues.DRIFT] = 100

    served = Counter(serve(order, waiting) for _ in range(90))
    assert served == {queues.USER: 80, queues.DRIFT: 10}
