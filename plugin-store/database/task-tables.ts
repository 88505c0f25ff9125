// What two steps of the schema have in common: the tables of tasks.
// Invariant: both steps are released, so nothing here is ever edited.

export const TASK_COLUMNS = `name TEXT NOT NULL,
    key TEXT,
    queue TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
      ('waiting', 'running', 'cancelling', 'succeeded', 'warning', 'failed', 'cancelled')),
    priority INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    exclusive INTEGER NOT NULL CHECK (exclusive IN (0, 1)),
    run_at_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    after_id TEXT,
    replaced INTEGER NOT NULL DEFAULT 0 CHECK (replaced IN (0, 1)),
    spec TEXT NOT NULL CHECK (json_valid(spec)),
    level INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until_ms INTEGER,
    epoch INTEGER NOT NULL DEFAULT 0,
    worked INTEGER NOT NULL DEFAULT 0 CHECK (worked IN (0, 1)),
    progress TEXT CHECK (json_valid(progress)),
    checkpoint TEXT CHECK (json_valid(checkpoint)),
    result TEXT CHECK (json_valid(result)),
    problem TEXT CHECK (json_valid(problem)),
    created_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    finished_at_ms INTEGER`

export const TASK_LOG_COLUMNS = `number INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    level INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (task_seq, number)`

export const TASK_INDEXES = [
  "CREATE INDEX tasks_waiting ON tasks (plugin_id, priority, run_at_ms, seq) WHERE state = 'waiting'",
  "CREATE INDEX tasks_due ON tasks (run_at_ms) WHERE state = 'waiting'",
  "CREATE INDEX tasks_held ON tasks (plugin_id, name) WHERE state IN ('running', 'cancelling')",
  'CREATE INDEX tasks_key ON tasks (plugin_id, name, key) WHERE finished_at_ms IS NULL',
  'CREATE INDEX tasks_after ON tasks (after_id) WHERE after_id IS NOT NULL',
  'CREATE INDEX tasks_finished ON tasks (finished_at_ms) WHERE finished_at_ms IS NOT NULL',
  'CREATE INDEX tasks_plugin ON tasks (plugin_id, seq)',
] as const
