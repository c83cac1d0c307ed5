"""What every test may ask for. Each fixture lives with the thing it starts."""

pytest_plugins = ["tests.harness.fixtures"]
