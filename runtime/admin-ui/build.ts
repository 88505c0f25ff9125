// Builds the admin page when it is missing or its sources have changed.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { codeRoot } from '../bundles/code-root.ts'
import { type BuildOptions, ensureBuilt } from '../bundles/vite-build.ts'

const FOLDER = join(codeRoot(), 'runtime/admin-ui')
const SDK = join(codeRoot(), 'sdk')
const SOURCES = ['index.html', 'src', 'tsconfig.json', 'vite.config.ts'].map((name) => join(FOLDER, name))
/** What the page imports from other folders. */
const SHARED = ['manifest/names.ts', 'permissions', 'settings', 'host-page', 'client'].map((name) =>
  join(SDK, name),
)

/**
 * Makes sure that `dist` is up to date. Does nothing in the published package, which has `dist` and no sources.
 * @throws what Vite throws when the sources do not build
 */
export async function ensureAdminPage(options: BuildOptions = {}): Promise<void> {
  if (!existsSync(join(FOLDER, 'src'))) return
  const page = {
    name: 'the admin page',
    root: FOLDER,
    output: join(FOLDER, 'dist'),
    sources: [...SOURCES, ...SHARED],
    libraries: /^(?:vite|react|react-dom|@vitejs\/.+|@mantine\/.+|@tanstack\/.+|markdown-to-jsx)$/,
  }
  await ensureBuilt(page, options)
}

if (import.meta.main) await ensureAdminPage()
