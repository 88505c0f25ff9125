// A store in a temporary folder that goes away with the test.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openStore, type StoreOptions } from '../../plugin-store/open-store.ts'
import type { ReleaseRecord } from '../../plugin-store/records.ts'
import type { Audit, Store } from '../../plugin-store/store.ts'

export async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-store-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export async function tempStore(t: TestContext, options?: StoreOptions): Promise<Store> {
  const store = await openStore(join(await tempFolder(t), 'data'), options)
  t.after(() => store.close())
  return store
}

export function release(pluginId: string, version: string, letter = 'a'): ReleaseRecord {
  return {
    pluginId,
    version,
    sha256: letter.repeat(64),
    manifest: { manifestVersion: 1, id: pluginId, name: { en: 'Ünï "quoted"' }, version },
    installedAt: '2026-11-01T10:00:00.000Z',
  }
}

export function audit(action: string): Audit {
  return { actor: 'tester', action }
}
