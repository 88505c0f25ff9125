// Checks the SQL files of a package's migrations. The database engine itself judges their content when they run.

import type { Problem } from '../../../../sdk/api/problems.ts'
import { isMigration, MIGRATIONS_FOLDER } from '../../../../sdk/manifest/layout.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import type { ReadOutcome } from '../../types.ts'
import { misplacedSql } from './misplaced-sql.ts'

/** Limits of SQLite: see runtime/data/worker/db/db-database.ts. */
const MAX_BYTES = 1_000_000

const OF_TOOLS = /(?:^|\/)(?:migrations|drizzle|prisma)\//i

/** @param manifest null when it is invalid: its own problems come first */
export function checkMigrations(
  manifest: Manifest | null,
  { files, outsideSql }: Pick<ReadOutcome & { readonly ok: true }, 'files' | 'outsideSql'>,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  const migrations = [...files.keys()].filter(isMigration)
  const problems = migrations.flatMap((path) => checkFile(path, files.get(path) ?? new Uint8Array()))
  // Beside migrations that run, other SQL of a project is of its tests, unless a tool's folder says otherwise.
  const outside = outsideSql.filter((path) => migrations.length === 0 || OF_TOOLS.test(path))
  const usesDatabase = manifest?.permissions?.database === true
  const isTried = usesDatabase || [...files.keys()].some((path) => path.startsWith(MIGRATIONS_FOLDER))
  const warnings = isTried ? misplacedSql([...files.keys(), ...outside], manifest ?? {}) : []
  if (migrations.length > 0 && manifest !== null && !usesDatabase) {
    warnings.push({
      code: 'MANIFEST_INVALID',
      message: 'The migrations are not used: the plugin does not ask for a database',
      hint: 'Add "database": true to "permissions"',
      file: 'manifest.json',
      pointer: '/permissions',
    })
  }
  return { problems, warnings }
}

function checkFile(file: string, bytes: Uint8Array): Problem[] {
  const problem = (message: string, hint: string): Problem[] => [
    { code: 'MIGRATION_FAILED', message, hint, file },
  ]
  if (bytes.length > MAX_BYTES) {
    return problem(
      `The migration has ${bytes.length} bytes, ${MAX_BYTES} are allowed`,
      'Split it into several files',
    )
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? problem('The migration holds a NUL character', 'Remove it') : []
  } catch {
    return problem('The migration is not text in UTF-8', 'Save it as UTF-8')
  }
}
