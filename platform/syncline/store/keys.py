r"""The schema of the store, written out: every key, its type, what it holds, how long it lives.

Scripts get the same names: ``lua`` writes ``K.target(id)`` for each key that they mention, so that
no key is spelt anywhere else. Broker keys (``syncline:broker:``) are Celery's and not ours.

Words: <target> is ``<application uid>.<cluster uid>``; <kind> is Repository, Cluster, Application,
…; a *member* of a sorted list is ``<name>\0<id>`` with score 0, in order of names.
"""

from __future__ import annotations

import re

from syncline.store.key import HOLE, PREFIX, Key

INSTALLATION = Key("installation", "string", "the installation's id; see Store.installation")
SCHEMA_VERSION = Key("schema", "string", "the version of all this; see migrations")

# Registered documents
RECORD = Key(
    "record:<uid>",
    "hash",
    "one document: kind, name, document (JSON of spec, labels, annotations), digest, generation; "
    "what scripts need of the spec; a cluster's breaker, identity and what its survey missed",
    "until deleted and its last target is gone",
)
NAMES = Key("names:<kind>", "hash", "name (project/name) → uid")
RECORDS = Key("records:<kind>", "zset", "members: all of a kind")
PROJECT_RECORDS = Key("records:project:<project>", "zset", "members: a project's applications")
USERS = Key("records:repository:<name>", "zset", "members: the applications with a source in it")
READINGS = Key(
    "readings:<cluster>",
    "hash",
    "target → JSON: what the variables of its application were read from in the cluster, with "
    "keyed digests of what it held; only of targets that have such variables",
    "until something of it changes, or the target is gone",
)
KUBECONFIG = Key("kubeconfig:<cluster>", "string", "sealed, base64", "as the cluster's record")
KUBE_UIDS = Key("kube-uids", "hash", "uid of a kube-system namespace → cluster uid")
SPECS = Key(
    "specs:<application>",
    "hash",
    "generation → the application as it was then (JSON)",
    "while a history entry, a running claim or a pin names the generation",
)
SPEC_USES = Key("spec-uses:<application>", "hash", "generation → how many name it", "as specs")

# Targets
TARGET = Key(
    "target:<target>",
    "hash",
    "state: names, phase, sync, health, reason, message, revision, signed (signatures, JSON), …; "
    "the wish that waits (pending…), the one at hand (request, operation), ticket, fence, attempt; "
    "back: a rollback's pin (JSON), back_head: heads that it ends from; others: see lib/source.lua",
    "until the target is gone",
)
PINS = Key(
    "pins:<target>", "list", "pinned and dry wishes, first one first; 20 of each", "as target"
)
INVENTORY = Key("inventory:<target>", "hash", "object → its entry; see packing", "as target")
HISTORY = Key(
    "history:<target>",
    "list",
    "'<application generation> <time> <entry>', newest first, bounded; see packing",
    "as target",
)
OWNERS = Key("owners:<cluster>", "hash", "object → the target that owns it")
FOUND = Key(
    "found:<cluster>:<application name>",
    "hash",
    "object → its entry (see packing) of what a survey found by its marks",
    "until its target records it; what nobody declares stays until the cluster is removed",
)
FOUND_ON = Key("found-on:<cluster>", "hash", "application name → label of its objects", "as found")
ALL = Key("index:all", "zset", "members: all targets")
OF_APPLICATION = Key("index:application:<application>", "zset", "members: its targets")
OF_CLUSTER = Key("index:cluster:<cluster>", "zset", "members: its targets")
OF_PROJECT = Key("index:project:<project>", "zset", "members: its targets")
BY_SYNC = Key("index:sync:<status>", "zset", "members: targets of that sync status")
BY_HEALTH = Key("index:health:<status>", "zset", "members: targets of that health status")
ASIDE = Key("index:aside", "zset", "members: targets that were set aside")
PINNED = Key("index:pinned", "zset", "members: targets that a rollback keeps at a past state")
HELD = Key("index:held", "zset", "members: targets whose request is held back")
COUNTS = Key(
    "counts:<scope>",
    "hash",
    "targets, sync:<status>, health:<status>, phase:<phase> of the fleet, an application or a "
    "cluster (scope: fleet or a uid)",
)

# The queue
READY = Key("ready:<lane>:<project>:<cluster>", "zset", "targets by the time they got ready")
GROUPS = Key("groups:<cluster>", "set", "<lane>:<project> of which targets are ready")
RING = Key(
    "ring:<lane>:<project>",
    "zset",
    "clusters with ready targets that are not held back, by the time they were served",
)
TURNS = Key("turns:<lane>", "zset", "projects with a ring, by what they had of their share")
SHARES = Key("shares:<lane>", "hash", "project → what it had of its share, for its return")
WEIGHTS = Key("weights", "hash", "project → weight; 1 where absent", "written every minute")
SLOTS = Key("slots:<cluster>", "zset", "targets queued or running, by when that runs out")
LEASES = Key("leases:<cluster>", "zset", "targets running, by when their lease runs out")
UNPROVEN = Key("unproven", "zset", "targets in slots of doubtful clusters, likewise")
UNPROVEN_WAIT = Key("unproven-wait", "set", "doubtful clusters that wait for such a slot")
UNPROVEN_QUOTA = Key("unproven-quota", "string", "most of such slots", "60 s; in trouble alone")
TROUBLE = Key(
    "trouble",
    "string",
    "since when clusters stop to answer: each must answer once more",
    "60 s after the last that did",
)
WATCH = Key("watch", "zset", "targets queued or running, by their deadline")
DRAIN = Key(
    "drain",
    "hash",
    "<lane>:rate (runs a second), <lane>:ended and <lane>:behind when it was measured; at",
)

# Sync windows
WINDOWS = Key("windows", "hash", "version: grows as a SyncWindow changes; walk: where it was filed")
WINDOW = Key(
    "window:<set>",
    "hash",
    "windows (JSON), targets (how many have just these); auto_from, auto_until, auto_why, "
    "manual_…: when it is closed next for what happens by itself, for people; cursor of letting go",
    "while a target has it",
)
WINDOW_HELD = Key("window-held:<set>", "zset", "members: targets that it holds back", "as the set")
WINDOW_SETS = Key("window-sets", "set", "all sets")

TEMPLATES = Key("templates", "hash", "version: another one each time a CredentialTemplate changes")

# Dependencies
PARENTS = Key(
    "parents",
    "hash",
    "children:<application name> → how many depend on it; told:<subject> → how often those that "
    "wait for it were to be looked at again: an application's name, or @<cluster>",
    "until that application is removed",
)
WAITING = Key(
    "waiting:<subject>",
    "zset",
    "targets that wait for a target (<target>), for all of an application's (its name), for a "
    "cluster to be expanded (@<cluster>), or to be looked at (?); by how often it had been told of",
    "while one does",
)

# Timers
DUE = Key("due", "zset", "kind:id by the time it is due")
DUE_BEFORE = Key("due-before", "zset", "due, by a time that went back", "until moved to due")
CLOCK = Key("clock", "hash", "at: the latest time seen; back: seconds that due-before is moved by")
CHECKS = Key("checks:<cluster>", "zset", "targets whose health is looked at again, by when")
WAKE = Key("wake", "list", "one element while a scheduler has something to do at once")

WATCHERS = Key("watchers", "hash", "watcher → '<time> <what it watches, JSON>'", "5 s unsigned")

# Repositories
HEADS = Key("heads:<repository name>", "hash", "revision as written → commit, for claims")
SEEN = Key("seen:<repository name>", "hash", "revision as written → commit folded entirely")
LOOKED = Key(
    "looked:<repository name>",
    "hash",
    "revision as written → when the look-up of it that was folded last began; '' → of any",
)
FOLLOWERS = Key("followers:<repository name>:<revision>", "set", "applications, or fleet")
INPUTS = Key("inputs:<repository name>:<revision>", "hash", "digest → Inputs (JSON)")
BEHIND = Key(
    "behind:<repository name>:<revision>:<digest>",
    "set",
    "targets whose last render read these inputs; digest '' = unknown",
)
LOOKUP_ERRORS = Key("lookup-errors:<repository name>", "hash", "revision as written → why not")

HOST = Key("git-host:<host>", "zset", "requests in flight, by when they are given up", "1 hour")
HOST_TOKEN = Key("git-token:<digest>", "string", "what an app was given, sealed", "its own")
HOST_PAUSE = Key("git-pause:<host>", "string", "there while nobody asks this host", "its pause")
HOST_PAUSES = Key("git-pauses:<host>", "string", "how often it was paused", "10 minutes")

# Operations
OPERATIONS = Key(
    "operations",
    "zset",
    "uids by their time of creation",
    "7 days after the end, or until newer ones need the room: see ended.py",
)
OPERATION = Key("operation:<operation>", "hash", "spec, request, state, total, cursor, …", "same")
MEMBERS = Key("members:<operation>", "hash", "target → state, reason, message, plan", "same")
MEMBERS_BY = Key(
    "members:<operation>:<state>",
    "zset",
    "members: its targets by state; also all, held (pending, not triggered yet), and "
    "differs-<digest> (what a dry run found of them)",
    "same",
)
BACKS = Key(
    "backs:<operation>",
    "hash",
    "target → the pin (JSON) that a rollback gives it, or state, reason and message of why not",
    "as operation",
)
DIFFERENCES = Key(
    "differences:<operation>",
    "hash",
    "digest → what dry runs found (JSON, compressed, sealed, base64; '' = too large); bytes → of "
    "them all",
    "7 days after the last",
)
IDEMPOTENCY = Key("idempotency:<digest>", "string", "operation uid and digest of its spec", "1 day")

# What is told
EVENTS = Key("events", "stream", "what changed: kind, subject, name, at, …", "bounded")
AUDIT = Key("audit", "stream", "who, what, when, why", "bounded")
AUDIT_RESTORED = Key("audit-restored", "stream", "likewise, of a backup", "while it is restored")
TALLY = Key("tally", "hash", "what metrics count: its fields are written in store/tally.py")

# The rest
NOTES = Key(
    "notes",
    "hash",
    "expand:<uid> → where its expansion stands; sweep:<cluster> → seconds between its sweeps",
    "until a scheduler finds the document gone",
)
TOKEN = Key("token:<digest>", "hash", "name, scopes, times", "until it expires or is revoked")
TOKENS = Key("tokens", "hash", "token id → digest")
RESTORING = Key("restoring", "hash", "id, version, merge: schedulers rest meanwhile", "120 s")
LEADER = Key("leader:<name>", "string", "the holder", "its lease")
LEADER_FENCES = Key("leader-fences", "hash", "name → the last fence")
PREVIEW = Key("preview:<uid>", "string", "PreviewRequest (JSON)", "300 s")
PREVIEW_ANSWER = Key("preview-answer:<uid>", "string", "PreviewReport, sealed", "300 s")
PREVIEW_BELL = Key("preview-bell:<uid>", "list", "one element once answered", "300 s")
PREVIEW_ANSWERS = Key("preview-answers", "zset", "'<uid> <bytes>' by its time", "300 s unused")
PREVIEW_TOTAL = Key("preview-total", "string", "bytes of all answers", "300 s unused")
RENDERED = Key("rendered:<render key>", "string", "manifests, compressed and sealed", "1 h unused")
RENDERED_BY = Key("rendered-by-use", "zset", "render keys by the time of their last use")
RENDERED_SIZES = Key("rendered-sizes", "hash", "render key → bytes; total → their sum")
RENDERING = Key(
    "rendering:<work>",
    "hash",
    "whose turn it is to render: token, target, fence; or note: what came of it (sealed)",
    "until rendered, or as long as a render may take; a note by what it says",
)
RENDER_WAITERS = Key(
    "render-waiters:<work>", "set", "targets that wait for a render", "until rendered, or 10 min"
)
REVISED = Key(
    "revised:<digest>",
    "string",
    "how runs changed manifests, compressed and sealed",
    "as long as history at most, or until newer ones need the room",
)
REVISED_BY = Key("revised-by-use", "zset", "digests by the time they were told of last")
REVISED_SIZES = Key("revised-sizes", "hash", "digest → bytes; total → their sum")
FLEET = Key("fleet", "hash", "the followed repository, revision, path, commit, error, unreached")
FLEET_PENDING = Key("fleet-pending", "string", "FollowReport (JSON)", "until adopted")

# Health rules
HEALTH_RULES = Key(
    "health-rules",
    "hash",
    "changes, version, names, rules (JSON): what the fleet repository declares",
)
HEALTH_JUDGED = Key(
    "health-judged", "hash", "cluster → version of the rules by which all of it was judged"
)

SCHEMA: dict[str, Key] = {
    name.lower(): value for name, value in sorted(globals().items()) if isinstance(value, Key)
}
"""Every key by its name in scripts."""

_MENTIONED = re.compile(r"\bK\.([a-z_]+)")


def lua(script: str) -> str:
    """Write the table ``K`` with a function for each key that a script mentions."""
    lines = ["local K = {}"]
    for name in sorted(set(_MENTIONED.findall(script))):
        key = SCHEMA[name]
        names = [f"p{number}" for number in range(key.arity)]
        body = PREFIX + key.pattern
        for word in names:
            body = HOLE.sub(f'" .. {word} .. "', body, count=1)
        lines.append(f'function K.{name}({", ".join(names)}) return "{body}" end')
    return "\n".join(lines)
