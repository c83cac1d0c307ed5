"""What a simulated cluster says it is: never Kubernetes itself."""

from __future__ import annotations

GIT_VERSION = "v1.36.3+syncline-simulator"

VERSION = {
    "major": "1",
    "minor": "36",
    "gitVersion": GIT_VERSION,
    "gitCommit": "",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "syncline/simulator",
}
