// Builds the admin page when it is missing or older than its sources.
// Invariant: `dist` is always complete, also while two processes build at once: it is made elsewhere and renamed.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const DIST = join(FOLDER, 'dist')
const HASH_FILE = '.source-hash'
const SOURCE_FILES = [
  'build.ts',
  'index.html',
  'tsconfig.json',
  'vite.config.ts',
  '../../sdk/manifest/names.ts',
]
const SOURCE_FOLDERS = ['src', '../../sdk/permissions']
const BUNDLED = /^(?:vite|react|react-dom|@vitejs\/.+|@mantine\/.+|@tanstack\/.+)$/

export interface EnsureOptions {
  /** Receives one line before a build starts. Default: standard error, so that JSON on standard output stays whole. */
  readonly say?: (line: string) => void
}

/**
 * Builds `dist` unless it is up to date, which takes only reading and hashing the sources. Does nothing in the published
 * package, which ships `dist` without sources. Without Vite it reports that and leaves `dist` as it is: the server works
 * without the page.
 * @throws what Vite throws when the sources do not build
 */
export async function ensureAdminPage(options: EnsureOptions = {}): Promise<void> {
  if (!existsSync(join(FOLDER, 'src'))) return
  const hash = await hashOfSources()
  const built = await builtHash()
  if (built === hash) return
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`))
  const vite = await loadVite()
  if (!vite)
    return say(
      'The admin page cannot be built: Vite is not installed; run "npm install" with its development dependencies',
    )
  say(
    built === undefined
      ? 'Building the admin page (first start)…'
      : 'Building the admin page (its sources changed)…',
  )
  const staging = join(FOLDER, `dist-${process.pid}.tmp`)
  try {
    await vite.build({
      configFile: join(FOLDER, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: staging, emptyOutDir: true },
    })
    await writeFile(join(staging, HASH_FILE), hash)
    // Another process may have built the same in the meantime.
    if ((await builtHash()) !== hash) await swapIn(staging)
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

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256')
  const files = await sourceFiles()
  const contents = await Promise.all(files.map((file) => readFile(file)))
  files.forEach((file, index) => {
    const content = contents[index] ?? ''
    hash.update(`${relative(FOLDER, file).split(sep).join('/')}\0${content.length}\0`).update(content)
  })
  hash.update(await versionsOfLibraries())
  return hash.digest('hex')
}

async function sourceFiles(): Promise<readonly string[]> {
  const files = SOURCE_FILES.map((source) => join(FOLDER, source))
  for (const folder of SOURCE_FOLDERS)
    for (const entry of await readdir(join(FOLDER, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
  return files.sort()
}

async function versionsOfLibraries(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'))
  const ranges =
    (manifest as { readonly devDependencies?: Readonly<Record<string, string>> }).devDependencies ?? {}
  return JSON.stringify(Object.entries(ranges).filter(([name]) => BUNDLED.test(name)))
}

async function builtHash(): Promise<string | undefined> {
  try {
    return await readFile(join(DIST, HASH_FILE), 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/**
 * A folder cannot be renamed over a non-empty one: the old one is moved aside first. The later process wins; both are complete.
 */
async function swapIn(staging: string): Promise<void> {
  const old = `${staging}-old.tmp`
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(DIST, old)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    await rm(old, { recursive: true, force: true })
    try {
      return await rename(staging, DIST)
    } catch (error) {
      // Another process has put its own there between our two steps.
      if (attempt >= 5 || !['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error) ?? '')) throw error
    }
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

if (import.meta.main) await ensureAdminPage()
