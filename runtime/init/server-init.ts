// How the standalone server is set up: scripts run in a shell where the operator's config grants it, and nowhere otherwise.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeclaredInit } from '../../sdk/host/init.ts'
import type { Config } from '../config/config.ts'
import { runInShell } from './script-runner.ts'

export async function serverInit({ data, init }: Pick<Config, 'data' | 'init'>): Promise<DeclaredInit> {
  if (init.runner === 'none') return {}
  const folder = join(data, 'init')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return { run: (script, about) => runInShell(script, about, folder) }
}
