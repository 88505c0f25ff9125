// A folder gives the same files as a zip of it, without what an author keeps beside the plugin.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { DEFAULT_PACKAGE_LIMITS, type PackageLimits } from '../../../../runtime/config/config.ts'
import { packageMembers, readFolder } from '../../../../runtime/package/worker/archive/read-folder.ts'
import { readZip } from '../../../../runtime/package/worker/archive/read-zip.ts'
import { contentHash } from '../../../../runtime/package/worker/artifact/content-hash.ts'
import { zipOf } from '../../../support/zip.ts'

const PLUGIN: Readonly<Record<string, string>> = {
  'manifest.json': '{"manifestVersion":1,"icon":"art/icon.svg"}',
  'README.md': '# Hello',
  LICENSE: 'MIT',
  'art/icon.svg': '<svg/>',
  'backend/index.ts': 'export default {}',
  'backend/node_modules/hono/index.js': 'x',
  'frontend/.vite/manifest.json': '{}',
  'frontend/été.txt': 'summer',
  'locales/fr.json': '{}',
  'templates/mail.html': '<p>',
}

const PROJECT: Readonly<Record<string, string>> = {
  'package.json': '{}',
  'tsconfig.json': '{}',
  'art/sketch.psd': 'x',
  'node_modules/vite/index.js': 'x',
  'test/index.test.ts': 'x',
  'frontend-source/main.ts': 'x',
  '.plugbay/data/store.db': 'x',
  '.git/config': 'x',
  '.env': 'SECRET=1',
  'frontend/.DS_Store': 'x',
  'backend/.git/config': 'x',
}

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugbay-folder-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

async function codes(limits: Partial<PackageLimits> = {}, path = folder): Promise<readonly string[]> {
  const outcome = await readFolder(path, { ...DEFAULT_PACKAGE_LIMITS, ...limits })
  return outcome.ok ? ['accepted'] : outcome.problems.map((problem) => problem.code)
}

describe('readFolder()', () => {
  it('reads what belongs to the package, the same as from a zip of it', async () => {
    await put({ ...PROJECT, ...PLUGIN })
    const outcome = await readFolder(folder, DEFAULT_PACKAGE_LIMITS)
    assert.ok(outcome.ok, JSON.stringify(outcome))
    assert.deepEqual([...outcome.files.keys()], Object.keys(PLUGIN).sort())
    const zipped = readZip(zipOf(PLUGIN), DEFAULT_PACKAGE_LIMITS)
    assert.ok(zipped.ok)
    assert.deepEqual(outcome.files, zipped.files)
    assert.equal(contentHash(outcome.files), contentHash(zipped.files))
  })

  it('normalises names from file systems that decompose them', async () => {
    await put({ 'manifest.json': '{}', 'frontend/e\u0301.txt': 'x' })
    const outcome = await readFolder(folder, DEFAULT_PACKAGE_LIMITS)
    assert.ok(outcome.ok)
    assert.deepEqual([...outcome.files.keys()], ['frontend/\u00e9.txt', 'manifest.json'])
  })

  it('reads the default folders when the manifest is missing or broken', async () => {
    await put({ 'backend/index.js': 'x', 'src/x.ts': 'x' })
    assert.deepEqual(await codes(), ['accepted'])
    await put({ 'manifest.json': '{' })
    const outcome = await readFolder(folder, DEFAULT_PACKAGE_LIMITS)
    assert.deepEqual(outcome.ok && [...outcome.files.keys()], ['backend/index.js', 'manifest.json'])
  })

  it('refuses symbolic links among the members, wherever they lead', async () => {
    await put({ 'manifest.json': '{}', 'backend/index.js': 'x', 'src/a.js': 'x' })
    await symlink('/etc/passwd', join(folder, 'backend/passwd'))
    await symlink('src', join(folder, 'frontend'))
    await symlink('index.js', join(folder, 'backend/inside.js'))
    await symlink('/etc/passwd', join(folder, 'src/ignored'))
    assert.deepEqual(await codes(), ['ARCHIVE_UNSUPPORTED', 'ARCHIVE_UNSUPPORTED', 'ARCHIVE_UNSUPPORTED'])
  })

  it('does not follow a manifest that is a symbolic link', async () => {
    await put({ 'other.json': '{}' })
    await symlink('other.json', join(folder, 'manifest.json'))
    assert.deepEqual(await codes(), ['ARCHIVE_UNSUPPORTED'])
  })

  it('refuses a pipe without waiting for a writer', async () => {
    await put({ 'manifest.json': '{}', 'backend/index.js': 'x' })
    execFileSync('mkfifo', [join(folder, 'backend/pipe')])
    assert.deepEqual(await codes(), ['ARCHIVE_UNSUPPORTED'])
  })

  it('applies the rules for names', async () => {
    await put({
      'manifest.json': '{}',
      'backend/a\\b.js': 'x',
      'backend/AUX.js': 'x',
      'backend/c.js': 'x',
      'backend/C.js': 'x',
    })
    const found = await codes()
    assert.deepEqual(found.toSorted(), ['ARCHIVE_AMBIGUOUS', 'ARCHIVE_UNSAFE_PATH', 'ARCHIVE_UNSAFE_PATH'])
  })

  it('applies the caps', async () => {
    await put({ 'manifest.json': '{}', 'backend/a.js': 'x'.repeat(100), 'backend/b.js': 'x'.repeat(100) })
    assert.deepEqual(await codes({ maxEntries: 2 }), ['ARCHIVE_TOO_LARGE'])
    assert.deepEqual(await codes({ maxInflatedBytes: 201 }), ['ARCHIVE_TOO_LARGE'])
    assert.deepEqual(await codes({ maxInflatedBytes: 202, maxEntries: 3 }), ['accepted'])
  })

  it('reports a missing folder', async () => {
    assert.deepEqual(await codes({}, join(folder, 'nowhere')), ['ARCHIVE_CORRUPT'])
  })
})

describe('packageMembers()', () => {
  it('follows the manifest', () => {
    const isMember = packageMembers({
      backend: { entry: './server/api/main.ts' },
      frontend: { root: 'web/dist/' },
      templates: 'mails',
      locales: 'i18n/messages',
      icon: 'logo.png',
    })
    const paths = [
      'server/lib/x.ts',
      'web/dist/index.html',
      'mails/a.html',
      'i18n/messages/fr.json',
      'logo.png',
    ]
    assert.deepEqual(
      paths.map(isMember),
      paths.map(() => true),
    )
    const strangers = [
      'backend/index.ts',
      'web/src/a.ts',
      'frontend/index.html',
      'i18n/tool.js',
      'serverless.yml',
      'logo.png2',
    ]
    assert.deepEqual(
      strangers.map(isMember),
      strangers.map(() => false),
    )
  })

  it('takes an entry at the top as one file', () => {
    const isMember = packageMembers({ backend: { entry: 'index.js' } })
    assert.ok(isMember('index.js'))
    assert.ok(!isMember('other.js'))
    assert.ok(!isMember('backend/index.js'))
  })

  it('survives any manifest, and never points outside', () => {
    for (const manifest of [
      undefined,
      null,
      1,
      'x',
      [],
      { backend: null },
      { backend: { entry: 1 } },
      { frontend: { root: '../..' } },
    ]) {
      const isMember = packageMembers(manifest)
      assert.ok(isMember('backend/index.js') && isMember('frontend/index.html') && isMember('manifest.json'))
      assert.ok(!isMember('package.json'))
    }
  })

  it('takes the documents at the top, not everywhere', () => {
    const isMember = packageMembers({})
    for (const name of ['README.md', 'readme', 'LICENSE', 'LICENSE-MIT', 'CHANGELOG.md']) {
      assert.ok(isMember(name), name)
    }
    assert.ok(!isMember('docs/README.md'))
    assert.ok(!isMember('readmetool.js'))
  })
})
