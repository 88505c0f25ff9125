// Starts `main.ts` in a checkout with Node's compile cache on from the first module. JavaScript, since for a TypeScript file that is not
// in that cache Node loads a compiler, a tenth of a start; the published package has none.

import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

// Made by main.ts at the first start, which checks that it is safe: ../bundles/cache-folder.ts.
const folder = fileURLToPath(new URL('../../node_modules/.cache/plugbay/compiled', import.meta.url))
if (existsSync(folder)) module.enableCompileCache?.(folder)
await import('./main.ts')
