// The one door to kysely at run time: the published package brings it as one file (runtime/build-package.ts), since the library
// has 250, and a server cannot start before it has read them.

export { Kysely, SqliteDialect, SqliteDriver, sql } from 'kysely'
