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
  'tsconfig.base.json': '{}',
  'tsconfig.json': '{}',
}

const PROJECT: Readonly<Record<string, string>> = {
  'package.json': '{}',
  'art/sketch.psd': 'x',
  'node_modules/vite/index.js': 'x',
  'test/index.test.ts': 'x',
  'frontend-source/main.ts': 'x',
  '.plugbay/data/store.db': 'x',
  '.git/config': 'x',
  '.env': 'SECRET=1',
  'frontend/.DS_Store': 'x',
  'backend/.git/config': 'x',
  'backend/.index.ts.swp': 'x',
  'backend/index.ts~': 'x',
  'backend/node_modules/.package-lock.json': '{}',
  'frontend/Thumbs.db': 'x',
  'hello-1.0.0.zip': 'x',
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
  const outcome = await readFolder({ path }, { ...DEFAULT_PACKAGE_LIMITS, ...limits })
  return outcome.ok ? ['accepted'] : outcome.problems.map((problem) => problem.code)
}

describe('readFolder()', () => {
  it('reads what belongs to the package, the same as from a zip of it', async () => {
    await put({ ...PROJECT, ...PLUGIN })
    const outcome = await readFolder({ path: folder }, DEFAULT_PACKAGE_LIMITS)
    assert.ok(outcome.ok, JSON.stringify(outcome))
    assert.deepEqual([...outcome.files.keys()], Object.keys(PLUGIN).sort())
    const left = Object.entries(PROJECT).filter(([name]) => /^(?:frontend|backend|hello-1)/.test(name))
    const zipped = readZip(
      zipOf({
        ...PLUGIN,
        ...Object.fromEntries(left.filter(([name]) => !name.startsWith('frontend-source'))),
      }),
      DEFAULT_PACKAGE_LIMITS,
    )
    assert.ok(zipped.ok)
    assert.deepEqual(outcome.files, zipped.files)
    assert.equal(contentHash(outcome.files), contentHash(zipped.files))
  })

  it('normalises names from file systems that decompose them', async () => {
    await put({ 'manifest.json': '{}', 'frontend/e\u0301.txt': 'x' })
    const outcome = await readFolder({ path: folder }, DEFAULT_PACKAGE_LIMITS)
    assert.ok(outcome.ok)
    assert.deepEqual([...outcome.files.keys()], ['frontend/\u00e9.txt', 'manifest.json'])
  })

  it('reads the default folders when the manifest is missing or broken', async () => {
    await put({ 'backend/index.js': 'x', 'src/x.ts': 'x' })
    assert.deepEqual(await codes(), ['accepted'])
    await put({ 'manifest.json': '{' })
    const outcome = await readFolder({ path: folder }, DEFAULT_PACKAGE_LIMITS)
    assert.deepEqual(outcome.ok && [...outcome.files.keys()], ['backend/index.js', 'manifest.json'])
  })

  it('follows links within the project, and names the others', async () => {
    await put({
      'manifest.json': '{}',
      'backend/index.js': 'x',
      'dist/a.js': 'a',
      'lib/b.js': 'b',
      'lib/.env': 'KEY=1',
    })
    const links = {
      frontend: 'dist',
      'backend/inside.js': 'index.js',
      'backend/lib': '../lib',
      'backend/passwd': '/etc/passwd',
      'backend/key.js': '../lib/.env',
      'backend/nowhere.js': 'gone.js',
      'backend/loop': '../backend',
      'src-ignored': '/etc/passwd',
    }
    for (const [name, target] of Object.entries(links)) await symlink(target, join(folder, name))
    // What an editor locks, and what npm makes for commands.
    await symlink('user@host.123:4', join(folder, 'backend/.#index.js'))
    await mkdir(join(folder, 'backend/node_modules/.bin'), { recursive: true })
    await symlink('../marked/bin/marked.js', join(folder, 'backend/node_modules/.bin/marked'))
    const outcome = await readFolder({ path: folder }, DEFAULT_PACKAGE_LIMITS)
    assert.ok(outcome.ok, JSON.stringify(outcome))
    const names = [
      'backend/index.js',
      'backend/inside.js',
      'backend/lib/b.js',
      'frontend/a.js',
      'manifest.json',
    ]
    assert.deepEqual([...outcome.files.keys()], names)
    assert.equal(Buffer.from(outcome.files.get('backend/inside.js') ?? []).toString(), 'x')
    assert.deepEqual(outcome.links.map(({ path, what }) => [path, what]).toSorted(), [
      ['backend/key.js', 'is a link that leads out of the project, or to a hidden file'],
      ['backend/loop', 'is a link to a folder that holds it'],
      ['backend/nowhere.js', 'is a link that leads nowhere'],
      ['backend/passwd', 'is a link that leads out of the project, or to a hidden file'],
    ])
  })

  it('follows links to the workspace, and no further; packages are named, not read', async () => {
    await put({
      'plugin/manifest.json': '{}',
      'plugin/backend/index.js': 'x',
      'shared/a.js': 'a',
      'parts/b.js': 'b',
      'parts/.env': 'KEY=1',
      'shared/package.json': '{}',
    })
    const path = join(folder, 'plugin')
    await symlink('../../shared/a.js', join(path, 'backend/a.js'))
    await symlink('../../parts', join(path, 'backend/parts'))
    await mkdir(join(path, 'backend/node_modules/@own'), { recursive: true })
    await symlink('../../../../shared', join(path, 'backend/node_modules/@own/shared'))
    const alone = await readFolder({ path }, DEFAULT_PACKAGE_LIMITS)
    assert.deepEqual(alone.ok && alone.links.map((link) => link.path).toSorted(), [
      'backend/a.js',
      'backend/node_modules/@own/shared',
      'backend/parts',
    ])
    const outcome = await readFolder({ path, roots: [path, folder] }, DEFAULT_PACKAGE_LIMITS)
    assert.ok(outcome.ok)
    assert.deepEqual(
      [...outcome.files.keys()],
      ['backend/a.js', 'backend/index.js', 'backend/parts/b.js', 'manifest.json'],
    )
    assert.deepEqual(Object.fromEntries(outcome.packages), {
      'backend/node_modules/@own/shared': join(folder, 'shared'),
    })
    assert.deepEqual(outcome.links, [])
  })

  it('follows a manifest that is a link within the project, and no other', async () => {
    await put({ 'other.json': '{"icon":"logo.png"}', 'logo.png': 'x' })
    await symlink('other.json', join(folder, 'manifest.json'))
    const outcome = await readFolder({ path: folder }, DEFAULT_PACKAGE_LIMITS)
    assert.deepEqual(outcome.ok && [...outcome.files.keys()], ['logo.png', 'manifest.json'])
    await rm(join(folder, 'manifest.json'))
    await symlink('/etc/passwd', join(folder, 'manifest.json'))
    const outside = await readFolder({ path: folder }, DEFAULT_PACKAGE_LIMITS)
    assert.deepEqual(outside.ok && [[...outside.files.keys()], outside.links.map(({ path }) => path)], [
      [],
      ['manifest.json'],
    ])
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
