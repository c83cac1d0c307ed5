"""The steps of a run and their order, told in terms of ports; knows no Redis and no Celery."""
