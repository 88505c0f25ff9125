// Builds our own pages with Vite: in a checkout, a page is built when it is missing or its sources have changed.
// Invariant: the output is always complete, even while two processes build at once: it is built in another folder, then renamed.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { codeOf } from '../../plugin-store/store-error.ts'
import { textIfThere } from '../../plugin-store/text-if-there.ts'
import { codeRoot } from './code-root.ts'

export interface VitePage {
  /** For people, such as "the admin page". */
  readonly name: string
  /** The root of the Vite project, with its configuration. */
  readonly root: string
  readonly output: string
  /** Files and folders whose contents determine the output. */
  readonly sources: readonly string[]
  /** What imports stand for, by their names: longer ones first. */
  readonly alias?: Readonly<Record<string, string>>
  /** Packages whose versions determine the output. */
  readonly libraries: RegExp
}

export interface BuildOptions {
  /** Receives one line before a build starts. Default: standard error, so that JSON on standard output stays valid. */
  readonly say?: (line: string) => void
}

/**
 * Makes sure that the output is up to date. Cheap when it is: it only reads and hashes the sources. Without Vite it reports
 * that and keeps the existing output.
 * @throws what Vite throws when the sources do not build
 */
export async function ensureBuilt(page: VitePage, options: BuildOptions = {}): Promise<void> {
  const hash = await hashOf(page)
  const before = await textIfThere(receiptPath(page))
  if (before === hash && existsSync(page.output)) return
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`))
  const vite = await loadVite()
  if (!vite) {
    const advice = 'run "npm install" with its development dependencies'
    return say(`Vite, which builds ${page.name}, is not installed: ${advice}`)
  }
  say(`Building ${page.name} (${before === undefined ? 'first start' : 'its sources changed'})…`)
  const staging = `${page.output}-${process.pid}.tmp`
  // Vite sets it for good: programs that this process starts would install no development dependencies, for example.
  const { NODE_ENV } = process.env
  try {
    await vite.build({
      root: page.root,
      logLevel: 'warn',
      build: {
        outDir: staging,
        emptyOutDir: true,
        // A warning for authors of Vite plugins, not for operators.
        rolldownOptions: { checks: { bundlerTimings: false } },
      },
      resolve: { alias: { ...page.alias } },
    })
    // Another process may have built the same in the meantime.
    if ((await textIfThere(receiptPath(page))) === hash && existsSync(page.output)) return
    // A crash between the swap and its receipt must not leave a receipt for other sources.
    await rm(receiptPath(page), { force: true })
    await swapIn(staging, page.output)
    await writeFile(receiptPath(page), hash)
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
    await rm(staging, { recursive: true, force: true })
  }
}

async function loadVite(): Promise<typeof import('vite') | undefined> {
  try {
    return await import('vite')
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

async function hashOf({ sources, libraries }: VitePage): Promise<string> {
  const hash = createHash('sha256')
  const files = (await Promise.all(sources.map((path) => filesBelow(path)))).flat().sort()
  for (const file of files) {
    const content = await readFile(file)
    hash.update(`${relative(codeRoot(), file).split(sep).join('/')}\0${content.length}\0`).update(content)
  }
  return hash.update(await versionsOf(libraries)).digest('hex')
}

async function versionsOf(libraries: RegExp): Promise<string> {
  const { devDependencies = {} } = JSON.parse(
    await readFile(join(codeRoot(), 'package.json'), 'utf8'),
  ) as Readonly<Record<'devDependencies', Readonly<Record<string, string>> | undefined>>
  return JSON.stringify(Object.entries(devDependencies).filter(([name]) => libraries.test(name)))
}

async function filesBelow(path: string): Promise<readonly string[]> {
  if ((await stat(path)).isFile()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Records the hash of the sources. Next to the output, not in it, since everything in it is served. */
function receiptPath({ output }: VitePage): string {
  return `${output}.built`
}

/**
 * A folder cannot be renamed over a non-empty one, so the old one is moved away first. The last process wins; either output is
 * complete.
 */
async function swapIn(staging: string, output: string): Promise<void> {
  const old = `${staging}-old.tmp`
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(output, old)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
    await rm(old, { recursive: true, force: true })
    try {
      return await rename(staging, output)
    } catch (error) {
      // Another process has renamed its own output between our two steps.
      if (attempt >= 5 || !['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error) ?? '')) throw error
    }
  }
}
