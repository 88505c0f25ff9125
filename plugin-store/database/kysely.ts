// The only run-time import of kysely: the published package bundles it into one file (runtime/build-package.ts), because the
// library has 250 files that a server would have to read before it can start.

export type { Insertable, Selectable } from 'kysely'
export { Kysely, SqliteDialect, SqliteDriver, sql } from 'kysely'
