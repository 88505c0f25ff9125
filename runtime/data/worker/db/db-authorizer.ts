// What SQL of a plugin may do, decided by SQLite's authorizer: it judges what a statement compiles to, never its text.
// Invariant: everything that is not listed here is refused, and so is everything that would reach beyond the plugin's one file.
// https://sqlite.org/c3ref/c_alter_table.html lists the actions and their arguments.

import { constants } from 'node:sqlite'

/** Who compiles: a plugin at run time, one of its migrations, or the host. */
export type Stage = 'guest' | 'migration' | 'host'

/** The host's record of applied migrations; plugins may read it. */
export const MIGRATIONS_TABLE = '_plugbay_migrations'

export interface Authorizer {
  stage: Stage
  /**
   * Whether a migration asked to turn foreign keys off: SQLite ignores that inside a transaction, so the host does it before.
   */
  wantsForeignKeysOff: boolean
  /** The last refusal, with what to do instead. Resets it. */
  takeRefusal(): string | undefined
  /** What was compiled since the last call. Resets it. */
  takeSeen(): { readonly writes: boolean; readonly pragma: boolean }
  /** For DatabaseSync.setAuthorizer. */
  authorize(action: number, first: string | null, second: string | null, schema: string | null): number
}

const READS: ReadonlySet<number> = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_RECURSIVE,
  constants.SQLITE_READ,
  constants.SQLITE_FUNCTION,
  constants.SQLITE_PRAGMA,
])

/** Actions whose first argument is the table that they change. */
const ON_FIRST: ReadonlySet<number> = new Set([
  constants.SQLITE_INSERT,
  constants.SQLITE_UPDATE,
  constants.SQLITE_DELETE,
  constants.SQLITE_CREATE_TABLE,
  constants.SQLITE_DROP_TABLE,
  constants.SQLITE_CREATE_VIEW,
  constants.SQLITE_DROP_VIEW,
  constants.SQLITE_DROP_VTABLE,
])

/** Actions whose second argument is the table that they change. */
const ON_SECOND: ReadonlySet<number> = new Set([
  constants.SQLITE_CREATE_INDEX,
  constants.SQLITE_DROP_INDEX,
  constants.SQLITE_CREATE_TRIGGER,
  constants.SQLITE_DROP_TRIGGER,
  constants.SQLITE_ALTER_TABLE,
])

/** ALTER TABLE also reads and writes the empty schema of "temp", which alone does not justify a refusal. */
const CREATES: ReadonlySet<number> = new Set([
  constants.SQLITE_CREATE_TABLE,
  constants.SQLITE_CREATE_INDEX,
  constants.SQLITE_CREATE_VIEW,
  constants.SQLITE_CREATE_TRIGGER,
  constants.SQLITE_CREATE_VTABLE,
])

const NO_TEMPORARY = 'temporary tables, views and triggers are not available to plugins'

const FREE: ReadonlySet<number> = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_RECURSIVE,
  constants.SQLITE_ANALYZE,
  constants.SQLITE_REINDEX,
])

const MODULES: ReadonlySet<string> = new Set(['fts5', 'rtree', 'rtree_i32'])

/** Built-in tables that reveal something about the file instead of its content. */
const HIDDEN: ReadonlySet<string> = new Set([
  ...['dbstat', 'sqlite_dbpage', 'sqlite_dbdata', 'sqlite_dbptr', 'sqlite_stmt', 'bytecode', 'tables_used'],
])

/** None of them exists in Node's build or works without being enabled. A second line of defence, for another build. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['load_extension', 'readfile', 'writefile', 'edit', 'fsdir', 'zipfile', 'fts3_tokenizer', 'sqlite_log'],
])

/** They take the name of a table, or a setting that lasts for one transaction. */
const PRAGMAS: ReadonlySet<string> = new Set([
  ...['table_list', 'table_info', 'table_xinfo', 'index_list', 'index_info', 'index_xinfo'],
  ...['foreign_key_list', 'foreign_key_check', 'defer_foreign_keys', 'quick_check', 'integrity_check'],
  'optimize',
])

/** May be read but not set. fts5 and rtree read data_version and page_size themselves. */
const READ_PRAGMAS: ReadonlySet<string> = new Set([
  ...['user_version', 'application_id', 'schema_version', 'data_version', 'page_size', 'page_count'],
  ...['freelist_count', 'foreign_keys', 'encoding'],
])

export function createAuthorizer(): Authorizer {
  let refusal: string | undefined
  let seen = { writes: false, pragma: false }
  const authorizer: Authorizer = {
    stage: 'guest',
    wantsForeignKeysOff: false,
    takeRefusal() {
      const taken = refusal
      refusal = undefined
      return taken
    },
    takeSeen() {
      const taken = seen
      seen = { writes: false, pragma: false }
      return taken
    },
    authorize(action, first, second, schema) {
      if (!READS.has(action)) seen.writes = true
      if (action === constants.SQLITE_PRAGMA) seen.pragma = true
      if (authorizer.stage === 'host') return constants.SQLITE_OK
      if (authorizer.stage === 'migration' && action === constants.SQLITE_PRAGMA && isForeignKeys(first)) {
        if (isOff(second)) authorizer.wantsForeignKeysOff = true
        return constants.SQLITE_OK
      }
      const found = schema === 'temp' && CREATES.has(action) ? NO_TEMPORARY : refusalOf(action, first, second)
      if (found === undefined) return constants.SQLITE_OK
      refusal = found
      return constants.SQLITE_DENY
    },
  }
  return authorizer
}

function refusalOf(action: number, first: string | null, second: string | null): string | undefined {
  if (FREE.has(action)) return undefined
  if (ON_FIRST.has(action)) return ours(first)
  if (ON_SECOND.has(action)) return ours(second)
  switch (action) {
    case constants.SQLITE_READ:
      return has(HIDDEN, first) ? `table "${first}" is not available to plugins` : undefined
    case constants.SQLITE_FUNCTION:
      return has(FUNCTIONS, second) ? `function "${second}" is not available to plugins` : undefined
    case constants.SQLITE_PRAGMA:
      return has(PRAGMAS, first) || (second === null && has(READ_PRAGMAS, first))
        ? undefined
        : `"PRAGMA ${first}"${has(READ_PRAGMAS, first) ? ' can be read only' : ' is not available to plugins'}`
    case constants.SQLITE_CREATE_VTABLE:
      return has(MODULES, second)
        ? ours(first)
        : `virtual tables use "fts5" or "rtree", not "${String(second).slice(0, 64)}"`
    case constants.SQLITE_TRANSACTION:
    case constants.SQLITE_SAVEPOINT:
      return 'transactions are made by env.db.batch(), and every migration is in one'
    case constants.SQLITE_ATTACH:
    case constants.SQLITE_DETACH:
      return 'ATTACH, DETACH and VACUUM are not available to plugins'
    default:
      return NO_TEMPORARY
  }
}

function ours(table: string | null): string | undefined {
  return table?.toLowerCase() === MIGRATIONS_TABLE
    ? `table "${MIGRATIONS_TABLE}" can be read only`
    : undefined
}

function has(names: ReadonlySet<string>, name: string | null): boolean {
  return name !== null && names.has(name.toLowerCase())
}

function isForeignKeys(pragma: string | null): boolean {
  return pragma?.toLowerCase() === 'foreign_keys'
}

/** https://sqlite.org/pragma.html#syntax: the values that SQLite reads as false. */
function isOff(value: string | null): boolean {
  return value !== null && ['off', 'no', 'false', '0'].includes(value.toLowerCase())
}
