// The version of the package that this file belongs to, in a checkout and in an installed package.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export function packageVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const path = join(folder, 'package.json')
    if (existsSync(path)) {
      const { name, version }: { name?: unknown; version?: unknown } = JSON.parse(readFileSync(path, 'utf8'))
      if (name === 'plugbay' && typeof version === 'string') return version
    }
    const parent = dirname(folder)
    if (parent === folder) return '0.0.0'
    folder = parent
  }
}
