// A plugin that serves, without an artifact on disk or a process: for what is worked out from manifests alone.

import type { ServingPlugin } from '../../runtime/contributions/live-plugin.ts'
import { PRODUCTION } from '../../runtime/policy.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'

export function servingPlugin(
  id: string,
  manifest: Partial<Manifest> = {},
  parts: Partial<ServingPlugin> = {},
): ServingPlugin {
  const version = manifest.version ?? '1.0.0'
  return {
    kind: 'serving',
    id,
    version,
    manifest: { manifestVersion: 1, id, name: id, version, ...manifest },
    access: 'public',
    grants: {},
    generation: 'one',
    artifact: ARTIFACT,
    runner: null,
    tasks: null,
    policy: PRODUCTION,
    reportError() {},
    reportLeftOut() {},
    reportWithheld() {},
    reportRefusedWorker() {},
    reportNoFetch() {},
    reportOnce() {},
    ...parts,
  }
}

/** Of a package that has no files: there is nothing to read. */
const ARTIFACT: ServingPlugin['artifact'] = {
  sha256: '0'.repeat(64),
  manifest: { manifestVersion: 1, id: 'empty', name: 'empty', version: '1.0.0' },
  notYetActive: [],
  frontend: null,
  closed: false,
  entries: [],
  catalogs: new Map(),
  readAll: () => {
    throw new Error('There is nothing to read')
  },
  asset: () => undefined,
  read: () => {
    throw new Error('There is nothing to read')
  },
  acquire: () => () => undefined,
  refresh: async () => false,
}
