import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DEFAULT_PACKAGE_LIMITS } from '../../../runtime/config/config.ts'
import { openArtifact } from '../../../runtime/package/artifact.ts'
import { checkPackage } from '../../../runtime/package/worker/check-package.ts'
import { tempFolder } from '../artifact-fixture.ts'

const limits = DEFAULT_PACKAGE_LIMITS

const GOOD = {
  'manifest.json': JSON.stringify({
    manifestVersion: 1,
    id: 'hello',
    name: 'Hello',
    version: '1.0.0',
    permissions: { kv: true },
  }),
  'backend/index.ts': "import { x } from './x.ts'\nexport default { fetch: () => new Response(x as string) }",
  'backend/x.ts': "export const x: string = 'hello'",
  'frontend/index.html': '<head><title>Hello</title><script type=module src="/app.js"></script>',
  'frontend/app.js': 'console.log(1)',
}

async function folderWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await tempFolder(t)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

const check = async (t: TestContext, files: Readonly<Record<string, string>>, staging?: string) =>
  checkPackage({ kind: 'folder', path: await folderWith(t, files) }, { limits, ...(staging && { staging }) })

test('checkPackage() writes an artifact that opens, from a package with nothing wrong', async (t) => {
  const staging = await tempFolder(t)
  const report = await check(t, GOOD, staging)
  assert.deepEqual(report.problems, [])
  assert.equal(report.ok, true)
  assert.deepEqual(report.asked, { kv: true })
  assert.match(report.sha256 ?? '', /^[0-9a-f]{64}$/)
  assert.deepEqual((await readdir(staging)).sort(), [
    'backend.js',
    'backend.js.map',
    'content.bin',
    'content.json',
    'derived.bin',
    'derived.json',
  ])
  const artifact = await openArtifact(staging)
  t.after(() => artifact.close())
  assert.equal(artifact.sha256, report.sha256)
  assert.equal(artifact.manifest.id, 'hello')
  assert.match(await readFile(artifact.backend?.codePath ?? '', 'utf8'), /hello/)
  assert.deepEqual(artifact.frontend, {
    bundles: [],
    root: 'frontend',
    index: 'index.html',
    generated: false,
    fallback: null,
    immutable: [],
  })
})

test('checkPackage() gives the same content the same hash, and other content another', async (t) => {
  const first = await check(t, GOOD)
  const again = await check(t, Object.fromEntries(Object.entries(GOOD).reverse()))
  const other = await check(t, { ...GOOD, 'frontend/app.js': 'console.log(2)' })
  assert.equal(first.sha256, again.sha256)
  assert.notEqual(first.sha256, other.sha256)
})

test('checkPackage() reports what is wrong with manifest, backend and frontend at once, and writes nothing', async (t) => {
  const staging = await tempFolder(t)
  const report = await check(
    t,
    {
      'manifest.json':
        '{"manifestVersion":1,"id":"Not an id","name":"x","version":"1.0.0","frontend":{"index":"home.html"}}',
      'backend/index.js': "import fs from 'node:fs'\nexport default {}",
      'frontend/app.js': '',
    },
    staging,
  )
  assert.equal(report.ok, false)
  const codes = report.problems.map((problem) => `${problem.code} ${problem.file}`)
  assert.ok(codes.includes('MANIFEST_INVALID manifest.json'), codes.join())
  assert.ok(codes.includes('IMPORT_REFUSED backend/index.js'), codes.join())
  assert.ok(codes.includes('ENTRY_MISSING manifest.json'), codes.join())
  assert.deepEqual(await readdir(staging), [])
  assert.equal((report.manifest as { id: string }).id, 'Not an id')
})

test('checkPackage() says a missing file once', async (t) => {
  const manifest = { manifestVersion: 1, id: 'hello', name: 'x', version: '1.0.0' }
  const report = await check(t, {
    'manifest.json': JSON.stringify({
      ...manifest,
      backend: { entry: 'backend/no.js' },
      frontend: { root: 'web', index: 'no.html' },
    }),
    'web/a.js': '',
  })
  assert.deepEqual(
    report.problems.map((problem) => [problem.code, problem.pointer]),
    [
      ['ENTRY_MISSING', '/backend/entry'],
      ['ENTRY_MISSING', '/frontend/index'],
    ],
  )
})

test('checkPackage() refuses a frontend folder that would publish the backend', async (t) => {
  const manifest = {
    manifestVersion: 1,
    id: 'hello',
    name: 'x',
    version: '1.0.0',
    frontend: { root: 'backend' },
  }
  const report = await check(t, {
    'manifest.json': JSON.stringify(manifest),
    'backend/index.js': 'export default {}',
  })
  assert.deepEqual(
    report.problems.map((problem) => problem.pointer),
    ['/frontend/root'],
  )
})

test('checkPackage() refuses an archive over the size limit before it reads it, and bytes that are not a zip', async (t) => {
  const folder = await tempFolder(t)
  const path = join(folder, 'plugin.zip')
  await writeFile(path, 'x'.repeat(2000))
  const codes = async (maxArchiveBytes: number) => {
    const report = await checkPackage({ kind: 'zip', path }, { limits: { ...limits, maxArchiveBytes } })
    assert.deepEqual([report.ok, report.manifest, report.sha256], [false, null, null])
    return report.problems.map((problem) => problem.code)
  }
  assert.deepEqual(await codes(1000), ['ARCHIVE_TOO_LARGE'])
  assert.deepEqual(await codes(2000), ['ARCHIVE_NOT_ZIP'])
})

test('checkPackage() rejects when the machine fails: no such source, or a staging folder that is not empty', async (t) => {
  await assert.rejects(checkPackage({ kind: 'zip', path: '/nowhere/x.zip' }, { limits }), { code: 'ENOENT' })
  const staging = await tempFolder(t)
  await writeFile(join(staging, 'content.bin'), 'old')
  await assert.rejects(check(t, GOOD, staging), { code: 'EEXIST' })
})
