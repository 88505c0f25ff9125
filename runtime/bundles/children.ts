// The programs of our child processes, each bundled into one file, so that a child starts without resolving a hundred modules.
// Invariant: a child can read its own file and the packages that cannot be bundled, and no other code.

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BundleSpec, bundlePath } from './bundle.ts'
import { codeRoot } from './code-root.ts'

export interface ChildEntry {
  readonly url: URL
  /** Files and folders that the child must be able to read. */
  readonly code: readonly string[]
}

interface Program {
  readonly source: string
  /** Native modules, WebAssembly, and esbuild, which is a program of its own: they are loaded from where they are installed. */
  readonly packages: readonly string[]
}

const PROGRAMS = {
  sandbox: { source: 'runtime/isolate/main.ts', packages: ['isolated-vm'] },
  data: { source: 'runtime/data/worker/main.ts', packages: [] },
  'data-transfer': { source: 'runtime/data/worker/snapshot-main.ts', packages: [] },
  content: { source: 'runtime/data/worker/content-main.ts', packages: [] },
  'host-data': { source: 'runtime/data/worker/host-data-main.ts', packages: [] },
  files: { source: 'runtime/files/worker/main.ts', packages: [] },
  usb: { source: 'runtime/devices/usb/worker/main.ts', packages: ['usb'] },
  package: { source: 'runtime/package/worker/main.ts', packages: ['esbuild'] },
  'source-map': { source: 'runtime/package/worker/source-map/main.ts', packages: [] },
  template: { source: 'runtime/templates/worker/main.ts', packages: ['minijinja-js'] },
  compression: { source: 'runtime/package/worker/compress-main.ts', packages: [] },
} as const satisfies Readonly<Record<string, Program>>

export type ChildName = keyof typeof PROGRAMS

export const CHILD_NAMES = Object.keys(PROGRAMS) as readonly ChildName[]

/** CommonJS packages load Node's modules by require(). */
export const REQUIRE_BANNER = `import { createRequire as requireFrom } from 'node:module'
const require = requireFrom(import.meta.url)`

export function childBundle(name: ChildName): BundleSpec {
  const { source, packages }: Program = PROGRAMS[name]
  return {
    name,
    source,
    // The extension makes it a module without a package.json.
    extension: '.mjs',
    options: {
      format: 'esm',
      target: 'esnext',
      platform: 'node',
      // jsonc-parser's main file loads its parts in a way that cannot be bundled.
      mainFields: ['module', 'main'],
      external: [...packages],
      banner: { js: REQUIRE_BANNER },
    },
  }
}

/** Finds the program at its first use; in a checkout that may bundle it. */
export function childEntry(name: ChildName): () => ChildEntry {
  let found: ChildEntry | undefined
  return () => {
    if (found === undefined || !existsSync(found.url)) found = findEntry(name)
    return found
  }
}

function findEntry(name: ChildName): ChildEntry {
  const { source, packages }: Program = PROGRAMS[name]
  const path = bundlePath(childBundle(name))
  if (path === undefined) return sourceEntry(pathToFileURL(join(codeRoot(), source)))
  return { url: pathToFileURL(path), code: [path, ...packages.flatMap((name) => packageFolders(name))] }
}

/** An entry module that imports the sources: started when there is no cache folder, and by tests. */
export function sourceEntry(url: URL): ChildEntry {
  return { url, code: [...sourcePaths(), fileURLToPath(url)] }
}

/** All of our code, and everything that it may import. */
export function sourcePaths(): string[] {
  const root = codeRoot()
  const paths = [join(root, 'runtime'), join(root, 'sdk'), join(root, 'package.json')]
  for (const folder of foldersUp(root)) {
    paths.push(modulesOf(folder), join(folder, 'package.json'))
  }
  return paths.filter((path) => existsSync(path))
}

/** A package with all its dependencies: their paths as found, and their real paths. */
function packageFolders(name: string, from = codeRoot(), found = new Set<string>()): string[] {
  const folder = foldersUp(from)
    .map((folder) => join(modulesOf(folder), name))
    .find((folder) => existsSync(join(folder, 'package.json')))
  if (folder === undefined || found.has(folder)) return [...found]
  const real = realpathSync(folder)
  found.add(folder).add(real)
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Partial<Record<'dependencies' | 'optionalDependencies', Readonly<Record<string, string>>>>
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies }))
    packageFolders(needed, real, found)
  return [...found]
}

/** Dependencies are beside the code, above it (dist/), or in the node_modules that holds this package. */
function modulesOf(folder: string): string {
  return folder.endsWith(`${sep}node_modules`) ? folder : join(folder, 'node_modules')
}

function foldersUp(start: string): string[] {
  const folders: string[] = []
  for (let folder = start; dirname(folder) !== folder; folder = dirname(folder)) folders.push(folder)
  return folders
}
