// The version of the package that this code belongs to, in a checkout and in an installed package.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeRoot } from '../bundles/code-root.ts'

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(codeRoot(), 'package.json'), 'utf8')) as {
    readonly version: string
  }
  return version
}
