// The page of a sample plugin that Vite builds: frontend-source/ holds its sources, frontend/ is made of them.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ensureBuilt } from '../bundles/vite-build.ts'

/** Does nothing for a sample whose page is written by hand. */
export async function ensureSamplePage(sample: string): Promise<void> {
  const root = join(sample, 'frontend-source')
  if (!existsSync(join(root, 'vite.config.js'))) return
  await ensureBuilt({
    name: `the page of ${basename(sample)}`,
    root,
    output: join(sample, 'frontend'),
    sources: [root],
    libraries: /^vite$/,
  })
}
