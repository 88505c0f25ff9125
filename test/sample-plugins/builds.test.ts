import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'

const samples = fileURLToPath(new URL('../../sample-plugins/', import.meta.url))
const bin = fileURLToPath(new URL('../../node_modules/.bin/', import.meta.url))

/** Contents by path, with forward slashes. */
function filesOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort()
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, 'utf8')]))
}

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plugbay-sample-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('what is built and committed', () => {
  it('example-plugin: frontend/ is what Vite makes of frontend-source/', () =>
    inTemporaryFolder(async (folder) => {
      const root = join(samples, 'example-plugin', 'frontend-source')
      await build({ root, logLevel: 'silent', build: { outDir: folder, emptyOutDir: true } })
      assert.deepEqual(filesOf(join(samples, 'example-plugin', 'frontend')), filesOf(folder))
    }))

  for (const id of ['guestbook', 'notes-kysely', 'notes-drizzle']) {
    it(`${id}: backend/index.js is what its build script makes of backend-source/`, () =>
      inTemporaryFolder(async (folder) => {
        const cwd = join(samples, id)
        const script: string = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')).scripts.build
        const output = join(folder, 'index.js')
        const [program, ...args] = script.replace(/--outfile=\S+/, `--outfile=${output}`).split(' ')
        assert.equal(program, 'esbuild')
        await promisify(execFile)(join(bin, 'esbuild'), args, { cwd })
        // No deep comparison: its message would hold all of Hono, twice.
        const isSame = readFileSync(join(cwd, 'backend', 'index.js')).equals(readFileSync(output))
        assert.ok(isSame, `run "npm run build" in sample-plugins/${id}`)
      }))
  }
})
