// Lets Node keep what V8 made of our modules: half of a start is compiling them.
// To be imported before what it is for: a module that was read before is compiled anew at every start.

import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { cacheFolder } from '../bundles/cache-folder.ts'

const folder = cacheFolder()
if (folder !== undefined) enableCompileCache(join(folder, 'compiled'))
