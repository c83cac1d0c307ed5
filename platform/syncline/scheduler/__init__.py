"""The scheduler role: what is due becomes messages, and what is ready gets its place in a queue.

``due`` knows what each kind of due member means (pure); ``loop`` takes, routes, dispatches and
recovers, tick after tick; ``chores`` are what one elected scheduler does for all; ``publisher``
speaks to the broker; ``process`` runs it all. Any number may run at once: whatever must happen once
is one atomic step of the store. Nothing is remembered here that a restart would miss.
"""
