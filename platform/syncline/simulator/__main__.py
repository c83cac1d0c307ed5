"""`python -m syncline.simulator`: simulated clusters until interrupted."""

from __future__ import annotations

import argparse
from pathlib import Path

from syncline.simulator.server import ROLLOUT, serve


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="syncline.simulator", description=__doc__)
    parser.add_argument("--clusters", type=int, default=1)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--directory", type=Path, required=True, help="for kubeconfigs and tokens")
    parser.add_argument("--rollout", type=float, default=ROLLOUT, help="seconds until ready")
    parser.add_argument("--prefix", default="cluster-", help="of the clusters' names")
    args = parser.parse_args()
    serve(
        args.clusters,
        port=args.port,
        directory=args.directory,
        rollout=args.rollout,
        prefix=args.prefix,
    )


if __name__ == "__main__":
    main()
