// SQL files that no server runs, because they are not where migrations are: tools put them into folders of their own.

import type { Problem } from '../../../../sdk/api/problems.ts'
import { frontendLayout, isMigration, MIGRATIONS_FOLDER } from '../../../../sdk/manifest/layout.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'

const MOST_SHOWN = 10

/** A warning for each, with the place where it would run; none for what pages load, and what packages carry. */
export function misplacedSql(paths: Iterable<string>, manifest: Pick<Manifest, 'frontend'>): Problem[] {
  const { root } = frontendLayout(manifest)
  const found = [...paths].filter(
    (path) =>
      /\.sql$/i.test(path) &&
      !isMigration(path) &&
      !path.startsWith(`${root}/`) &&
      !/(?:^|\/)node_modules\//.test(path),
  )
  const warnings: Problem[] = found.slice(0, MOST_SHOWN).map((file) => ({
    code: 'MIGRATION_MISPLACED',
    message: `"${file}" is not run: migrations are the SQL files of "${MIGRATIONS_FOLDER}"`,
    hint: `To run it, name it "${placeOf(file)}"; docs/database.md says in which order they run`,
    file,
  }))
  if (found.length <= MOST_SHOWN) return warnings
  const message = `There are ${found.length - MOST_SHOWN} more SQL files that are not run`
  return [...warnings, { code: 'MIGRATION_MISPLACED', message }]
}

/** With the folder of its own that some tools give a migration. */
function placeOf(file: string): string {
  const [name = '', folder] = file.split('/').reverse()
  const own = /^migration\.sql$/i.test(name) && folder !== undefined ? `${folder}/` : ''
  return `${MIGRATIONS_FOLDER}${own}${name.replace(/\.sql$/i, '.sql')}`
}
