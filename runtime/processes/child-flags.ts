// The Node flags of a child process: the permission model is the second wall, so every right is named here, with its reason.
// Invariant: no child may read the data folder but for the parts that it is given, and none has the network.

import { sourcePaths } from '../bundles/children.ts'

export interface ChildRights {
  /** What it runs: all of our code by default. */
  readonly code?: readonly string[]
  /** Folders and files that may be read beside that. */
  readonly read?: readonly string[]
  readonly write?: readonly string[]
  /** Native addons: isolated-vm. They are not confined by the permission model. */
  readonly addons?: boolean
  /** esbuild runs as a child of the package process. */
  readonly childProcess?: boolean
  /** isolated-vm needs a process without Node's startup snapshot. */
  readonly noSnapshot?: boolean
  /** V8 heap of the process itself, in MiB. */
  readonly heapMb?: number
}

/** The code of the child, and what it was given. Shorter paths first, so that none hides one inside it. */
export function readablePaths(rights: ChildRights): string[] {
  // Node's tree of allowed paths forgets a folder when a path inside it was named before (26.10).
  return [...new Set([...(rights.code ?? sourcePaths()), ...(rights.read ?? [])])].sort(
    (a, b) => a.length - b.length,
  )
}

/** @param options.watchdog whether the child has to notice by itself that the runtime is gone (see inside/watchdog.ts) */
export function childFlags(rights: ChildRights, options: { readonly watchdog: boolean }): string[] {
  return [
    '--permission',
    '--no-warnings',
    // See runtime/v8-flags.ts.
    '--no-allocation-site-pretenuring',
    // A worker thread may have rights that its process has not (26.10): inside/confine.ts sees to it that there is one.
    ...(options.watchdog ? ['--allow-worker'] : []),
    ...(rights.addons ? ['--allow-addons'] : []),
    ...(rights.childProcess ? ['--allow-child-process'] : []),
    ...(rights.noSnapshot ? ['--no-node-snapshot'] : []),
    ...(rights.heapMb === undefined ? [] : [`--max-old-space-size=${rights.heapMb}`]),
    // detect-libc and node-gyp-build look here to tell musl from glibc.
    '--allow-fs-read=/etc/alpine-release',
    ...readablePaths(rights).map((path) => `--allow-fs-read=${path}`),
    ...(rights.write ?? []).map((path) => `--allow-fs-write=${path}`),
  ]
}
