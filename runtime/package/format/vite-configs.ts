// Where a project has its config of Vite: at the top.

import { existsSync } from 'node:fs'
import { join } from 'node:path'

const CONFIGS = ['ts', 'js', 'mts', 'mjs'].map((ending) => `vite.config.${ending}`)

export function hasViteConfig(folder: string): boolean {
  return CONFIGS.some((name) => existsSync(join(folder, name)))
}
