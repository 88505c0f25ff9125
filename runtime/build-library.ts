// Makes what embedders import from the published package: the library and plugbay/testing as bundles that share their parts, with the
// libraries that are JavaScript. What nothing refers to any more is removed. Runs in a checkout only, and is not published.
// Invariant: a module of the package is there once for all who import it; who imports types finds each that they name.

import { existsSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { build } from 'esbuild'
import { REQUIRE_BANNER } from './bundles/children.ts'
import { packageOf, reach } from './reach.ts'

/** Native modules, WebAssembly and programs; what is required where it is used; what has to be the same for the application. */
const EXTERNAL = [
  ...['better-sqlite3', 'esbuild', 'isolated-vm', 'minijinja-js', 'usb', 'vite'],
  ...['ajv', 'ajv-formats', 'hono', 'undici'],
]
const BUNDLES = 'runtime/bundles'
/** What is imported, by the bundle that it is made of. */
const ENTRIES = { 'runtime/index': 'library', 'runtime/testing/index': 'testing' } as const
/** Of the compiled modules; the bundles beside them are whole. */
const COMPILED = /^(?:runtime|plugin-store|sdk)\/(?!admin-ui\/|cli\/templates\/).*\.js$/

export interface Library {
  /** Packages that it needs beside it. */
  readonly packages: readonly string[]
  /** Files that were bundled, relative to the project. */
  readonly inputs: readonly string[]
}

/**
 * @param project the checkout
 * @param dist with the compiled modules
 * @param entries paths below `dist` of what is imported or run, modules and types
 */
export async function buildLibrary(
  project: string,
  dist: string,
  entries: readonly string[],
): Promise<Library> {
  const { metafile } = await build({
    absWorkingDir: project,
    entryPoints: Object.entries(ENTRIES).map(([source, name]) => ({ in: `${source}.ts`, out: name })),
    outdir: join(dist, BUNDLES),
    outExtension: { '.js': '.mjs' },
    chunkNames: 'library-[hash]',
    bundle: true,
    splitting: true,
    metafile: true,
    ...{ format: 'esm', target: 'esnext', platform: 'node', mainFields: ['module', 'main'] },
    external: EXTERNAL,
    banner: { js: REQUIRE_BANNER },
    legalComments: 'none',
    logLevel: 'warning',
  })
  for (const [source, name] of Object.entries(ENTRIES)) {
    const up = '../'.repeat(source.split('/').length - 2)
    const text = `import './${up}needs-node.js'\nexport * from './${up}bundles/${name}.mjs'\n`
    await writeFile(join(dist, `${source}.js`), text)
  }
  const kept = await reach(dist, entries)
  const keptFiles = new Set(kept.files)
  for (const path of await filesIn(dist)) {
    const isRest = COMPILED.test(path) || path.endsWith('.d.ts')
    const isBundle = posix.dirname(path) === BUNDLES && existsSync(join(dist, `${path}.map`))
    if (isRest && !isBundle && !keptFiles.has(path)) await rm(join(dist, path))
  }
  await removeEmptyFolders(dist)
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => packageOf(path)),
  )
  return {
    packages: [...new Set([...EXTERNAL, ...imported, ...kept.packages])],
    inputs: Object.keys(metafile.inputs),
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
}

async function removeEmptyFolders(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries) if (entry.isDirectory()) await removeEmptyFolders(join(folder, entry.name))
  if ((await readdir(folder)).length === 0) await rm(folder, { recursive: true })
}
