"""The whole product on real things: Redis, Celery workers, Git over HTTP, kube-apiservers."""
