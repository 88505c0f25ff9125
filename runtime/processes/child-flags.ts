// Node flags of a child process. The permission model is the second wall, so every right is listed here with its reason.
// Invariant: a child can read only the given parts of the data folder, and has no network.

import { sourcePaths } from '../bundles/children.ts'

/** Read by libuv when the pool is used first: child/confine.ts leaves it. */
const POOL_THREADS = 'UV_THREADPOOL_SIZE'

export interface ChildRights {
  /** The code that it runs: all of ours by default. */
  readonly code?: readonly string[]
  /** Additional folders and files that may be read. */
  readonly read?: readonly string[]
  readonly write?: readonly string[]
  /** Nodes of devices, and folders of them, to open. Only the jail keeps them from a child. */
  readonly devices?: readonly string[]
  /** False: it runs without Node's permission model, which has no fsync (26.10); its walls are the jail and its own code. */
  readonly permissionModel?: false
  /** Native addons: isolated-vm. They are not confined by the permission model. */
  readonly addons?: boolean
  /** esbuild runs as a child of the package process. */
  readonly childProcess?: boolean
  /** isolated-vm needs a process without Node's startup snapshot. */
  readonly noSnapshot?: boolean
  /** V8 heap of the process itself, in MiB. */
  readonly heapMb?: number
  /** Memory of each WebAssembly module in it, in pages of 64 KiB. */
  readonly wasmPages?: number
  /** Threads of the pool in which Node does crypto, compression and files; its own default is four. */
  readonly poolThreads?: number | undefined
}

/** The whole environment of the child. */
export function childEnvironment({ poolThreads }: ChildRights): Readonly<Record<string, string>> {
  return poolThreads === undefined ? {} : { [POOL_THREADS]: String(poolThreads) }
}

/** The child's code, and the paths that it was given. Shorter paths first, so that none hides one inside it. */
export function readablePaths(rights: ChildRights): string[] {
  // Node's tree of allowed paths loses a folder when a path inside it was listed before (26.10).
  return [...new Set([...(rights.code ?? sourcePaths()), ...(rights.read ?? [])])].sort(
    (a, b) => a.length - b.length,
  )
}

/** @param options.watchdog whether the child must detect the end of the runtime itself (see child/watchdog.ts) */
export function childFlags(rights: ChildRights, options: { readonly watchdog: boolean }): string[] {
  const general = [
    '--no-warnings',
    // See runtime/v8-flags.ts.
    '--no-allocation-site-pretenuring',
    ...(rights.heapMb === undefined ? [] : [`--max-old-space-size=${rights.heapMb}`]),
    ...(rights.wasmPages === undefined ? [] : [`--wasm-max-mem-pages=${rights.wasmPages}`]),
  ]
  if (rights.permissionModel === false) return general
  return [
    '--permission',
    ...general,
    // A worker thread may have rights that its process lacks (26.10): child/confine.ts ensures that there is only one.
    ...(options.watchdog ? ['--allow-worker'] : []),
    ...(rights.addons ? ['--allow-addons'] : []),
    ...(rights.childProcess ? ['--allow-child-process'] : []),
    ...(rights.noSnapshot ? ['--no-node-snapshot'] : []),
    // detect-libc and node-gyp-build look here to tell musl from glibc.
    '--allow-fs-read=/etc/alpine-release',
    ...readablePaths(rights).map((path) => `--allow-fs-read=${path}`),
    ...(rights.write ?? []).map((path) => `--allow-fs-write=${path}`),
  ]
}
