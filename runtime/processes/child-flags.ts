// The Node flags of a child process: the permission model is the second wall, so every right is named here, with its reason.
// Invariant: no child may read the data folder but for the parts that it is given, and none has the network.

import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface ChildRights {
  /** Folders and files that may be read, beside the code that every child needs. */
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

/** The folder that holds `runtime` and `sdk`: the checkout, or `dist` of the published package. */
export function codeRoot(): string {
  return dirname(dirname(dirname(fileURLToPath(import.meta.url))))
}

function codePaths(): string[] {
  const root = codeRoot()
  const paths = [join(root, 'runtime'), join(root, 'sdk'), join(root, 'package.json')]
  // Dependencies: beside the code, above it (dist/), or the node_modules that this package lies in.
  for (let folder = root; dirname(folder) !== folder; folder = dirname(folder)) {
    const modules = folder.endsWith(`${sep}node_modules`) ? folder : join(folder, 'node_modules')
    if (existsSync(modules)) paths.push(modules)
    if (existsSync(join(folder, 'package.json'))) paths.push(join(folder, 'package.json'))
  }
  return paths.filter((path) => existsSync(path))
}

/** The code that every child needs, and what this one was given. Shorter paths first, so that none hides one inside it. */
export function readablePaths(rights: ChildRights): string[] {
  // Node's tree of allowed paths forgets a folder when a path inside it was named before (26.10).
  return [...new Set([...codePaths(), ...(rights.read ?? [])])].sort((a, b) => a.length - b.length)
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
