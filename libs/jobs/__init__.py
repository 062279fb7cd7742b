"""Work that several replicas of a service share: leases, and queues that outlive a crash.

A lease names one holder of a thing, an agent for example, until it ends by itself. A queue holds
jobs of which each is done once at a time, is put off when it cannot be done yet, and is set aside
with its reason when it never can. Both live in tables of the service that uses them.
"""

from libs.jobs.backoff import pause_seconds
from libs.jobs.held import Held
from libs.jobs.leases import Leases
from libs.jobs.queue import Job, NewJob, Queue
from libs.jobs.sweep import Done, Later, Outcome, Refused, Sweep, SweepTerms
from libs.jobs.tables import leases_table, queue_table

__all__ = [
    "Done",
    "Held",
    "Job",
    "Later",
    "Leases",
    "NewJob",
    "Outcome",
    "Queue",
    "Refused",
    "Sweep",
    "SweepTerms",
    "leases_table",
    "pause_seconds",
    "queue_table",
]
