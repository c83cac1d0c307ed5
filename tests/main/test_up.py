"""Which roles `syncline up` starts, and how."""

from pathlib import Path

from syncline.main import up
from syncline.main.directory import DataDirectory


def test_nobody_who_is_waited_for_yields_to_a_roll_out(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.prepare()
    plan = up.Plan(
        data=data,
        port=1,
        flower_port=2,
        workers=2,
        concurrency=4,
        user_slots=1,
        watch=True,
        flower=True,
    )

    niceness = {child.name: child.niceness for child in up._children(plan, {})}

    assert niceness == {
        "server": 0,
        "scheduler": 0,
        "worker-1": 10,
        "worker-2": 10,
        "worker-user": 0,
        "watch": 0,
        "flower": 10,
    }
