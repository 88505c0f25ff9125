// The sample plugins: installed into a new data folder like any upload. An uninstalled one stays away.

import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlugbayError } from './errors.ts'
import type { Runtime } from './runtime.ts'

/** Exceeds limits on purpose: an operator enables it to see that. */
const DISABLED: ReadonlySet<string> = new Set(['greedy-plugin'])

/** Beside the sources in a checkout, above `dist` in the published package. */
export function samplesFolder(): string {
  const [beside, above] = ['../sample-plugins/', '../../sample-plugins/'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  return beside !== undefined && existsSync(beside) ? beside : (above ?? '')
}

/** Installs samples that were never here. One that cannot be installed is logged; the server starts all the same. */
export async function installSamples({ plugins, store, log }: Runtime): Promise<void> {
  const folder = samplesFolder()
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const id = entry.name
    if (!entry.isDirectory() || !existsSync(join(folder, id, 'manifest.json'))) continue
    if ((await store.catalog.get(id)) !== undefined || (await store.catalog.wasUninstalled(id))) continue
    try {
      await plugins.upload(
        { kind: 'folder', path: join(folder, id) },
        { actor: 'system', enable: !DISABLED.has(id) },
      )
    } catch (error) {
      const problems = error instanceof PlugbayError ? error.problems : []
      log.error({ sample: id, error: String(error), problems }, 'a sample plugin could not be installed')
    }
  }
}
