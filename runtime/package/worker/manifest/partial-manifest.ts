// The usable parts of an invalid manifest: paths of its parts, so that they can be checked all the same.
// Invariant: only strings that are plain paths are returned; everything else counts as absent.

import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import { FORMS } from '../../../../sdk/manifest/names.ts'

export type KnownParts = Pick<Manifest, 'backend' | 'frontend'>

/** Picks `backend` and `frontend` out of a value of any shape. */
export function knownParts(manifest: unknown): KnownParts {
  const backend = record(manifest).backend
  const frontend = record(manifest).frontend
  const entry = path(record(backend).entry)
  const root = path(record(frontend).root)
  const index = path(record(frontend).index)
  const viteManifest = path(record(frontend).viteManifest)
  return {
    ...(entry === undefined ? {} : { backend: { entry } }),
    ...(frontend === undefined
      ? {}
      : {
          frontend: {
            ...(root === undefined ? {} : { root }),
            ...(index === undefined ? {} : { index }),
            ...(viteManifest === undefined ? {} : { viteManifest }),
          },
        }),
  }
}

function path(value: unknown): string | undefined {
  return typeof value === 'string' && new RegExp(FORMS.path.pattern).test(value) ? value : undefined
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
