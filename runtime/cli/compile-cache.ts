// Enables Node's compile cache for our modules: half of a start is compiling them.
// Import it first: modules loaded before it are compiled again at every start.

import module from 'node:module'
import { join } from 'node:path'
import { cacheFolder } from '../bundles/cache-folder.ts'

const folder = cacheFolder()
if (folder !== undefined) module.enableCompileCache(join(folder, 'compiled'))
