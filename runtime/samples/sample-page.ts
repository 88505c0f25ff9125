// Builds the page of a sample plugin with Vite, from frontend-source/ to frontend/.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { codeRoot } from '../bundles/code-root.ts'
import { ensureBuilt } from '../bundles/vite-build.ts'

const CLIENT = join(codeRoot(), 'sdk/client')
/** In a checkout the package is the checkout itself. */
const PACKAGE = {
  'plugbay/client/style.css': join(CLIENT, 'style.css'),
  'plugbay/client': join(CLIENT, 'index.ts'),
}

/** Does nothing for a sample whose page needs no build. */
export async function ensureSamplePage(sample: string): Promise<void> {
  const root = join(sample, 'frontend-source')
  if (!existsSync(join(root, 'vite.config.js'))) return
  await ensureBuilt({
    name: `the page of ${basename(sample)}`,
    root,
    output: join(sample, 'frontend'),
    // Its bundle may hold the client.
    sources: [root, CLIENT],
    alias: PACKAGE,
    libraries: /^vite$/,
  })
}
