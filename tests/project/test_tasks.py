"""The contract's tasks and those that workers declare are the same."""

from collections.abc import Callable
from typing import Any

from celery import Celery

from syncline.contract import queues
from syncline.contract.tasks import TASKS
from syncline_workers import tasks


def declared() -> dict[str, Any]:
    """What a worker's app knows, without Celery's own."""
    app = Celery("declared", set_as_current=False)
    tasks.register(app, _never, _never)
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def _never() -> Any:
    raise AssertionError("declaring a task runs nothing")


def test_workers_declare_every_task_of_the_contract_and_no_other() -> None:
    assert set(declared()) == {task.name for task in TASKS}


def test_every_result_is_kept_for_the_backend_to_fold() -> None:
    assert [name for name, task in declared().items() if task.ignore_result] == []


def test_every_task_travels_by_a_known_queue_and_names_its_version() -> None:
    assert {task.queue for task in TASKS} <= set(queues.ALL)
    assert [task.name for task in TASKS if not task.name.endswith(".v1")] == []


def test_tasks_only_unpack_and_call() -> None:
    run: list[Callable[..., Any]] = [task.run for task in declared().values()]

    assert [each.__name__ for each in run if _lines(each) > 10] == []


def _lines(function: Callable[..., Any]) -> int:
    numbers = {line for _, _, line in function.__code__.co_lines() if line}
    return max(numbers) - min(numbers) + 1
