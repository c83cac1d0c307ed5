"""What each kind of due member means."""

from syncline.contract import queues, tasks
from syncline.contract.tasks import SubjectPayload
from syncline.model.names import Uid
from syncline.scheduler import due, work
from syncline.scheduler.publisher import Message
from syncline.store.due import Due


def taken(kind: str) -> Due:
    return Due(kind, "abc", 1000.5)


def test_members_are_sorted_by_what_becomes_of_them() -> None:
    lookup, retry, later = taken("lookup"), taken("retry"), taken("of-a-newer-release")

    routed = due.route([later, lookup, retry])

    assert (routed.tasks, routed.work, routed.unknown) == ([lookup], [retry], [later])


def test_a_member_becomes_a_message_whose_id_tells_this_taking_from_any_other() -> None:
    assert due.message(taken("lookup"), "shop") == Message(
        task=tasks.LOOKUP,
        payload=SubjectPayload(uid=Uid("abc"), name="shop"),
        task_id="lookup.abc.1000.500",
        queue=queues.LOOKUP,
    )


def test_every_task_about_a_subject_has_a_kind() -> None:
    about = {task.name for task in tasks.TASKS if task.payload is SubjectPayload}

    assert {task.name for task in due.TASKS.values()} == about


def test_every_kind_of_work_is_done_by_something() -> None:
    assert work.KINDS.keys() == due.WORK
