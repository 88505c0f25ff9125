// Pages of our own that Vite builds: in a checkout each is made when it is missing or older than its sources.
// Invariant: the output is always complete, also while two processes build at once: it is made elsewhere and renamed.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { codeRoot } from './code-root.ts'

export interface VitePage {
  /** For people, such as "the admin page". */
  readonly name: string
  /** The folder that Vite takes as the root of its project, with its configuration. */
  readonly root: string
  readonly output: string
  /** Files and folders that the output is made of. */
  readonly sources: readonly string[]
  /** The packages whose versions matter. */
  readonly libraries: RegExp
}

export interface BuildOptions {
  /** Receives one line before a build starts. Default: standard error, so that JSON on standard output stays whole. */
  readonly say?: (line: string) => void
}

/**
 * Makes sure that the output is what the sources make. Cheap when it is: it reads and hashes the sources only. Where Vite is
 * not installed it says so and leaves what is there.
 * @throws what Vite throws when the sources do not build
 */
export async function ensureBuilt(page: VitePage, options: BuildOptions = {}): Promise<void> {
  const hash = await hashOf(page)
  const before = await receiptOf(page)
  if (before === hash && existsSync(page.output)) return
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`))
  const vite = await loadVite()
  if (!vite) {
    const advice = 'run "npm install" with its development dependencies'
    return say(`Vite, which builds ${page.name}, is not installed: ${advice}`)
  }
  say(`Building ${page.name} (${before === undefined ? 'first start' : 'its sources changed'})…`)
  const staging = `${page.output}-${process.pid}.tmp`
  try {
    await vite.build({ root: page.root, logLevel: 'warn', build: { outDir: staging, emptyOutDir: true } })
    // Another process may have built the same in the meantime.
    if ((await receiptOf(page)) === hash && existsSync(page.output)) return
    // A crash between the swap and its receipt must not leave the receipt of other sources.
    await rm(receiptPath(page), { force: true })
    await swapIn(staging, page.output)
    await writeFile(receiptPath(page), hash)
  } finally {
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

/** Says from what the output was made. Beside it, since all that is in it is served. */
function receiptPath({ output }: VitePage): string {
  return `${output}.built`
}

async function receiptOf(page: VitePage): Promise<string | undefined> {
  try {
    return await readFile(receiptPath(page), 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** A folder cannot be renamed over a full one: the old one steps aside first. Whoever comes second wins; both are whole. */
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
      // Another process has put its own there between our two steps.
      if (attempt >= 5 || !['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error) ?? '')) throw error
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
