"""The tables, as the steps that lead to them: entry N of SCHEMA makes version N+1 of the file.

A step that was released is never changed; what comes later is a new entry at the end. Every table
that belongs to a fleet has the fleet's name first in its key. SQL is kept to what SQLite 3.34 knows
(no STRICT, no RETURNING): Python 3.11 runs on systems with no newer one.
"""

from typing import Final

APPLICATION_ID: Final = 0x5357414C
"""`SWAL`: tells Seawall's files from other people's (https://www.sqlite.org/fileformat2.html)."""

REMEMBERED: Final = """
CREATE TABLE migrations (
    version INTEGER PRIMARY KEY,
    made_at TEXT NOT NULL
);

CREATE TABLE clusters (
    fleet TEXT NOT NULL,
    key TEXT NOT NULL,
    scope TEXT NOT NULL,
    presence TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (fleet, key)
) WITHOUT ROWID;
CREATE INDEX clusters_of_scope ON clusters (fleet, scope);

CREATE TABLE memories (
    fleet TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    attempt TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (fleet, key)
);

CREATE TABLE claims (
    fleet TEXT NOT NULL,
    uid TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (fleet, uid)
) WITHOUT ROWID;

CREATE TABLE transitions (
    seq INTEGER PRIMARY KEY,
    fleet TEXT NOT NULL,
    cluster TEXT NOT NULL,
    document BLOB NOT NULL,
    told_by TEXT
);
CREATE INDEX transitions_of_cluster ON transitions (fleet, cluster);
CREATE INDEX transitions_untold ON transitions (fleet) WHERE told_by IS NULL;

CREATE TABLE notices (
    seq INTEGER PRIMARY KEY,
    fleet TEXT NOT NULL,
    run TEXT NOT NULL,
    cluster TEXT NOT NULL,
    plan TEXT NOT NULL,
    text TEXT NOT NULL,
    noted_at TEXT NOT NULL,
    told_by TEXT,
    UNIQUE (fleet, run, cluster, plan, text)
);
CREATE INDEX notices_untold ON notices (fleet) WHERE told_by IS NULL;

CREATE TABLE digests (
    seq INTEGER PRIMARY KEY,
    fleet TEXT NOT NULL,
    id TEXT NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    document BLOB NOT NULL
);
CREATE UNIQUE INDEX digest_waiting ON digests (fleet) WHERE sent = 0;

CREATE TABLE runs (
    seq INTEGER PRIMARY KEY,
    fleet TEXT NOT NULL,
    id TEXT NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0,
    document BLOB NOT NULL,
    UNIQUE (fleet, id)
);
CREATE UNIQUE INDEX run_open ON runs (fleet) WHERE ended = 0;

CREATE TABLE entries (
    fleet TEXT NOT NULL,
    run TEXT NOT NULL,
    cluster TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (fleet, run, cluster)
) WITHOUT ROWID;

CREATE TABLE modes (
    fleet TEXT NOT NULL,
    cluster TEXT NOT NULL,
    mode TEXT NOT NULL,
    PRIMARY KEY (fleet, cluster)
) WITHOUT ROWID;

CREATE TABLE ceilings (
    fleet TEXT NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE plans (
    seq INTEGER PRIMARY KEY,
    fleet TEXT NOT NULL,
    id TEXT NOT NULL,
    cluster TEXT NOT NULL,
    stage TEXT NOT NULL,
    made_at TEXT NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (fleet, id)
);
CREATE INDEX plans_of_cluster ON plans (fleet, cluster);
"""

# The queue, of the room `publish`. A letter is held from `held_at_us` until `free_at_us`: by who
# took it (`receipt` and `owner` are set), or because it is to be tried again later. Times are whole
# microseconds since 1970, UTC: a hold is measured, so that it can be moved when the clock is.
LETTERS: Final = """
CREATE TABLE letters (
    seq INTEGER PRIMARY KEY,
    fleet TEXT NOT NULL,
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    group_key TEXT NOT NULL,
    run TEXT NOT NULL,
    body BLOB NOT NULL,
    sent_at_us INTEGER NOT NULL,
    held_at_us INTEGER,
    free_at_us INTEGER,
    receipt TEXT,
    owner TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    why TEXT NOT NULL DEFAULT '',
    died_at_us INTEGER,
    UNIQUE (fleet, queue, id)
);
CREATE INDEX letters_in_turn ON letters (fleet, queue) WHERE died_at_us IS NULL;
CREATE INDEX letters_of_group ON letters (fleet, queue, group_key) WHERE died_at_us IS NULL;
CREATE INDEX letters_held ON letters (fleet, held_at_us) WHERE held_at_us IS NOT NULL;
CREATE UNIQUE INDEX letter_taken ON letters (receipt) WHERE receipt IS NOT NULL;
"""

# When the look began that missed a cluster last; nothing: none did since it was last seen.
MISSED: Final = """
ALTER TABLE clusters ADD COLUMN missed_at TEXT;
"""

# Who tells the digest that waits, and until when nobody else does.
TOLD_BY_ONE: Final = """
ALTER TABLE digests ADD COLUMN teller TEXT NOT NULL DEFAULT '';
ALTER TABLE digests ADD COLUMN held_until TEXT;
"""

SCHEMA: Final[tuple[str, ...]] = (REMEMBERED, LETTERS, MISSED, TOLD_BY_ONE)
