"""What was measured, and on what, as a file in `bench-results/`."""

import json
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redis import Redis


def machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpus": os.cpu_count(),
        "load_before": os.getloadavg(),
    }


def built(redis: Redis) -> str:
    """Which server it is, and with which allocator, which decides what its calls cost."""
    info = redis.info()
    name, version = info.get("server_name", "redis"), info.get("valkey_version")
    return f"{name} {version or info['redis_version']}, {info['mem_allocator']}"


def save(results: Mapping[str, Any], name: str = "") -> Path:
    """Write the results as JSON; ``name`` is put before the time."""
    path = Path("bench-results") / f"{name}{time.strftime('%Y%m%dT%H%M%S')}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=2))
    return path
