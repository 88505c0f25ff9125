// Builds the published package in dist, and the light one in dist-sdk: npm run build && npm pack ./dist. Runs in a checkout only, and is not published.
// Invariant: dist has the folders of the checkout with .js for .ts, so that paths between files are valid in both.

import { spawnSync } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureAdminPage } from './admin-ui/build.ts'
import { buildLibrary } from './build-library.ts'
import { licensesOf } from './build-licenses.ts'
import { buildSdk } from './build-sdk.ts'
import { BROWSER_BUNDLES } from './bundles/browser-scripts.ts'
import { type BundleSpec, buildBundle } from './bundles/bundle.ts'
import { CHILD_NAMES, childBundle } from './bundles/children.ts'
import { GUEST_BUNDLE } from './bundles/guest-bundle.ts'
import { programBundle } from './bundles/program.ts'
import { DEFAULT_PACKAGE_LIMITS } from './config/config.ts'
import { createLog } from './log.ts'
import { LICENSE_FILE } from './package/format/licenses/license-file.ts'
import { openPackageProcess } from './package/package-process.ts'
import { folderSource, SAMPLES } from './samples/folder-source.ts'
import { sampleFolders, sampleIds } from './samples/samples.ts'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const COPIED = [
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'docs',
  'runtime/admin-ui/dist',
  'runtime/cli/templates',
  'sample-plugins',
  'sdk/client/style.css',
  'sdk/manifest/manifest.v1.json',
]

interface PackageJson {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

/** Builds the package into `target`, which is emptied first. Throws what the compiler or Vite throw. */
async function buildPackage(target: string): Promise<void> {
  await rm(target, { recursive: true, force: true })
  await ensureAdminPage()
  const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc')
  const config = join(PROJECT, 'runtime/tsconfig.build.json')
  const { status } = spawnSync(process.execPath, [tsc, '-p', config, '--outDir', target], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('The sources do not compile')
  const bundles = [
    programBundle('package'),
    GUEST_BUNDLE,
    ...BROWSER_BUNDLES,
    ...CHILD_NAMES.map(childBundle),
  ]
  const inputs: string[] = []
  for (const spec of bundles)
    inputs.push(...(await writeBundle(smaller(spec), join(target, 'runtime/bundles'))))
  // First, since it builds the pages that are copied with the samples.
  await packSamples(join(target, 'sample-plugins'))
  for (const path of COPIED) {
    await mkdir(dirname(join(target, path)), { recursive: true })
    await cp(join(PROJECT, path), join(target, path), { recursive: true, filter: isPublished })
  }
  const own = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as PackageJson
  const made = published(own)
  const library = await buildLibrary(PROJECT, target, entriesOf(made))
  await writeFile(join(target, LICENSE_FILE), await licensesOf(PROJECT, [...inputs, ...library.inputs]))
  const dependencies = Object.fromEntries(
    Object.entries(own.dependencies).filter(([name]) => library.packages.includes(name)),
  )
  await writeFile(join(target, 'package.json'), `${JSON.stringify({ ...made, dependencies }, null, 2)}\n`)
  // npm does so when it installs, but a project that is linked to this folder meets the next build as it is.
  for (const program of Object.values(made.bin)) await chmod(join(target, program), 0o755)
}

/** Names stay, and stacks are read with the source map. Stacks of the guest have its own lines, so it stays as it is. */
function smaller(spec: BundleSpec): BundleSpec {
  if (spec.name === GUEST_BUNDLE.name) return spec
  return { ...spec, options: { ...spec.options, minifyWhitespace: true, minifySyntax: true } }
}

/** Resolves with the files that are in it. */
async function writeBundle(spec: BundleSpec, folder: string): Promise<readonly string[]> {
  const { code, map, inputs } = buildBundle(spec)
  const path = join(folder, `${spec.name}${spec.extension}`)
  await writeFile(path, code)
  await writeFile(`${path}.map`, map)
  return inputs
}

/** Packs each sample with the code that it imports: the published package installs them without Vite and their libraries. */
async function packSamples(target: string): Promise<void> {
  await mkdir(target)
  const staging = await realpath(await mkdtemp(join(tmpdir(), 'plugbay-')))
  const packages = openPackageProcess({
    staging,
    limits: DEFAULT_PACKAGE_LIMITS,
    log: createLog('error'),
    folders: await sampleFolders(),
  })
  try {
    for (const id of await sampleIds()) {
      const zip = join(staging, `${id}.zip`)
      const { ok, problems } = await packages.pack(await folderSource(join(SAMPLES, id)), zip)
      if (!ok) throw new Error(`The sample "${id}" is not valid: ${JSON.stringify(problems)}`)
      await cp(zip, join(target, `${id}.zip`))
    }
  } finally {
    await packages.close()
    await rm(staging, { recursive: true, force: true })
  }
}

/** Build leftovers in a sample's folder are not published. */
function isPublished(path: string): boolean {
  return !/[\\/](?:node_modules|\.plugbay|[^\\/]+\.built)(?:[\\/]|$)/.test(path.slice(PROJECT.length))
}

/** The checkout's package.json without what only the checkout needs, pointing to the compiled files. */
function published(own: PackageJson) {
  const { private: _private, scripts: _scripts, devDependencies: _dev, allowScripts: _allow, ...kept } = own
  return {
    ...kept,
    bin: mapValues(own.bin, compiled),
    exports: mapValues(own.exports, (path) =>
      path.endsWith('.ts') ? { types: path.replace(/\.ts$/, '.d.ts'), default: compiled(path) } : path,
    ),
  }
}

/** Modules and types that others import or run. */
function entriesOf({ bin, exports }: ReturnType<typeof published>): readonly string[] {
  const imported = Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [entry.types, entry.default],
  )
  return [...Object.values(bin), ...imported].map((path) => posix.normalize(path))
}

function compiled(path: string): string {
  return path.replace(/\.ts$/, '.js')
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

const target = process.argv[2] ?? join(PROJECT, 'dist')
await buildPackage(target)
await buildSdk(target, `${target}-sdk`)
