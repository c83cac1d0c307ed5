"""How children are kept running."""

import os
import sys
from pathlib import Path

from syncline.main.supervisor import Child, stop
from tests.harness import poll


def test_a_child_yields_to_others_as_far_as_it_was_told(tmp_path: Path) -> None:
    program = "import os, time; print(os.nice(0), flush=True); time.sleep(60)"
    children = [
        Child(
            name=f"child-{niceness}",
            argv=[sys.executable, "-c", program],
            environment={},
            output=tmp_path / f"{niceness}.log",
            niceness=niceness,
        )
        for niceness in (0, 5)
    ]
    for child in children:
        child.start()
    try:
        said = [
            int(poll.until(child.output.read_text, within=20, what="its niceness"))
            for child in children
        ]
    finally:
        stop(children)

    assert said == [os.nice(0), os.nice(0) + 5]
