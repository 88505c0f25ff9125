// Packages that must be refused, through the admin API as an administrator: each gives its code and changes nothing.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import {
  api,
  backendOf,
  install,
  type PluginSource,
  pluginFiles,
  pluginZip,
  startTestRuntime,
  upload,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { type CraftedEntry, craftZip, zipOf } from '../support/zip.ts'

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, { id: 'present', version: '1.0.0', backend: backendOf(`return new Response('v1')`) })
})

const GOOD: PluginSource = {
  id: 'victim',
  backend: backendOf(`return new Response('x')`),
  files: { 'frontend/index.html': '<p>x' },
}
const bytes = (value: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(value)

/** The files of a good plugin as entries, and one more that is not good. */
function withEntry(...entries: readonly CraftedEntry[]): Uint8Array<ArrayBuffer> {
  const good = Object.entries(pluginFiles(GOOD)).map(
    ([name, content]): CraftedEntry => ({ name, content, attributes: 0o100644 * 0x10000 }),
  )
  return bytes(craftZip([...good, ...entries]))
}

function withManifest(text: string): Uint8Array<ArrayBuffer> {
  return bytes(zipOf({ ...pluginFiles(GOOD), 'manifest.json': text }))
}

function manifest(more: object): Uint8Array<ArrayBuffer> {
  return pluginZip({ ...GOOD, manifest: more as Record<string, unknown> })
}

function backend(code: string, files: Record<string, string> = {}): Uint8Array<ArrayBuffer> {
  return pluginZip({ ...GOOD, backend: code, files })
}

/** Entries that share one piece of compressed data. */
function overlap(): Uint8Array<ArrayBuffer> {
  const content = 'x'.repeat(1000)
  return withEntry(
    { name: 'frontend/a.txt', content },
    { name: 'frontend/b.txt', content, isLocalMissing: true, offset: 0 },
  )
}

const zip = pluginZip(GOOD)
const CASES: readonly (readonly [
  name: string,
  zip: Uint8Array<ArrayBuffer>,
  code: RegExp,
  where?: object,
])[] = [
  ['empty bytes', new Uint8Array(0), /^(ARCHIVE_NOT_ZIP|BAD_REQUEST)$/],
  ['no zip', bytes(Buffer.from('<html>not a zip</html>'.repeat(50))), /^ARCHIVE_NOT_ZIP$/],
  ['an empty zip', bytes(craftZip([])), /^(MANIFEST_MISSING|ARCHIVE_NOT_ZIP)$/],
  ['a truncated zip', zip.slice(0, zip.length - 30), /^ARCHIVE_(NOT_ZIP|CORRUPT|AMBIGUOUS)$/],
  ['half a zip', zip.slice(0, zip.length / 2), /^ARCHIVE_(NOT_ZIP|CORRUPT|AMBIGUOUS)$/],
  [
    'a zip with its middle gone',
    bytes(Buffer.concat([zip.subarray(0, 60), zip.subarray(90)])),
    /^ARCHIVE_(CORRUPT|AMBIGUOUS)$/,
  ],
  [
    'an encrypted entry',
    withEntry({ name: 'frontend/s.txt', content: 'x', flags: 1 }),
    /^ARCHIVE_UNSUPPORTED$/,
  ],
  ['a name with ".."', withEntry({ name: '../evil.txt', content: 'x' }), /^ARCHIVE_UNSAFE_PATH$/],
  [
    'a name with ".." inside',
    withEntry({ name: 'frontend/../../evil.txt', content: 'x' }),
    /^ARCHIVE_UNSAFE_PATH$/,
  ],
  ['an absolute name', withEntry({ name: '/etc/evil', content: 'x' }), /^ARCHIVE_UNSAFE_PATH$/],
  ['a drive letter', withEntry({ name: 'C:/evil.txt', content: 'x' }), /^ARCHIVE_UNSAFE_PATH$/],
  ['backslashes', withEntry({ name: 'frontend\\evil.txt', content: 'x' }), /^ARCHIVE_UNSAFE_PATH$/],
  ['NUL in a name', withEntry({ name: 'frontend/a\0.txt', content: 'x' }), /^ARCHIVE_UNSAFE_PATH$/],
  [
    'a symbolic link',
    withEntry({ name: 'frontend/link', content: '/etc/passwd', attributes: 0o120777 * 0x10000 }),
    /^ARCHIVE_UNSUPPORTED$/,
  ],
  [
    'a name twice',
    withEntry({ name: 'frontend/index.html', content: 'other' }),
    /^ARCHIVE_(AMBIGUOUS|UNSAFE_PATH)$/,
  ],
  [
    'twins by case',
    withEntry({ name: 'frontend/INDEX.html', content: 'other' }),
    /^ARCHIVE_(AMBIGUOUS|UNSAFE_PATH)$/,
  ],
  [
    'a bomb by ratio',
    withEntry({ name: 'frontend/bomb.bin', content: new Uint8Array(30_000_000) }),
    /^ARCHIVE_TOO_LARGE$/,
  ],
  [
    'too many entries',
    bytes(
      craftZip(Array.from({ length: 5001 }, (_, n) => ({ name: `frontend/${n}`, content: '', method: 0 }))),
    ),
    /^ARCHIVE_TOO_LARGE$/,
  ],
  [
    'a size that is a lie',
    withEntry({ name: 'frontend/lie.txt', content: 'x'.repeat(5000), size: 10 }),
    /^ARCHIVE_(CORRUPT|AMBIGUOUS)$/,
  ],
  [
    'a total that is too large',
    withEntry({ name: 'frontend/huge.bin', content: 'x', size: 0xfffffff0 }),
    /^ARCHIVE_(TOO_LARGE|CORRUPT|AMBIGUOUS)$/,
  ],
  ['entries that overlap', overlap(), /^ARCHIVE_(AMBIGUOUS|CORRUPT)$/],
  ['no manifest', bytes(zipOf({ 'backend/index.js': 'export default {}' })), /^MANIFEST_MISSING$/],
  ['the manifest twice', withEntry({ name: 'manifest.json', content: '{}' }), /^ARCHIVE_AMBIGUOUS$/],
  [
    'a manifest that is no JSON',
    withManifest('{ "id": "victim", '),
    /^MANIFEST_INVALID$/,
    { file: 'manifest.json', line: 1 },
  ],
  [
    'a manifest with __proto__',
    withManifest('{"manifestVersion":1,"id":"victim","name":"x","version":"1.0.0","__proto__":{"a":1}}'),
    /^MANIFEST_INVALID$/,
    { pointer: '/__proto__' },
  ],
  [
    'a manifest with a key twice',
    withManifest('{"manifestVersion":1,"id":"victim","id":"other","name":"x","version":"1.0.0"}'),
    /^MANIFEST_INVALID$/,
  ],
  ['an unknown key', manifest({ permisions: {} }), /^MANIFEST_INVALID$/, { pointer: '/permisions' }],
  ['a wrong type', manifest({ priority: 'high' }), /^MANIFEST_INVALID$/, { pointer: '/priority' }],
  ['a reserved id', pluginZip({ ...GOOD, id: 'admin' }), /^MANIFEST_INVALID$/, { pointer: '/id' }],
  ['an id that is none', pluginZip({ ...GOOD, id: '../victim' }), /^MANIFEST_INVALID$/, { pointer: '/id' }],
  [
    'a version that is none',
    pluginZip({ ...GOOD, version: 'one' }),
    /^MANIFEST_INVALID$/,
    { pointer: '/version' },
  ],
  ['an engines range that is not met', manifest({ engines: { plugbay: '^99.0.0' } }), /^ENGINE_MISMATCH$/],
  ['an entry that is missing', manifest({ backend: { entry: 'backend/none.js' } }), /^ENTRY_MISSING$/],
  [
    'a syntax error',
    backend('export default {\n  fetch( {\n}'),
    /^SYNTAX_ERROR$/,
    { file: 'backend/index.js' },
  ],
  [
    'a syntax error in an imported file',
    backend(`import './other.ts'\nexport default {}`, { 'backend/other.ts': 'const x: = 1' }),
    /^SYNTAX_ERROR$/,
    { file: 'backend/other.ts', line: 1 },
  ],
  [
    'an import of node:fs',
    backend(`import fs from 'node:fs'\nexport default { fetch: () => fs }`),
    /^IMPORT_REFUSED$/,
    { file: 'backend/index.js', line: 1 },
  ],
  [
    'an import of a package that is not there',
    backend(`\nimport x from 'left-pad'\nexport default { fetch: () => x }`),
    /^IMPORT_REFUSED$/,
    { line: 2 },
  ],
  [
    'an import that leaves the package',
    backend(`import x from '../../../etc/passwd'\nexport default { fetch: () => x }`),
    /^IMPORT_REFUSED$/,
  ],
]

interface Found {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly frame?: string
}

/** Everything that a refused package could have changed. */
async function state() {
  const { folder, paths, catalog } = runtime.store
  const files: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const isDatabase = /\/(store|plugbay)[^/]*\.(db|sqlite)[^/]*$|-wal$|-shm$/.test(path)
    const isCache = path.startsWith(paths.cache)
    if (entry.isFile() && !isDatabase && !isCache)
      files.push(
        `${path} ${createHash('sha256')
          .update(await readFile(path))
          .digest('hex')}`,
      )
  }
  const audit = (await (await api(runtime, '/audit?limit=200')).json()) as { items: unknown[] }
  return {
    files: files.toSorted(),
    list: await catalog.list(),
    releases: await catalog.releases('present'),
    audit: audit.items,
  }
}

for (const [name, body, code, where = {}] of CASES)
  test(`${name} is refused, and nothing changes`, async () => {
    const before = await state()
    const response = await upload(runtime, body)
    const problem = (await response.json()) as {
      code: string
      detail: string
      hint: string
      status: number
      problems?: Found[]
    }
    assert.match(String(response.headers.get('content-type')), /^application\/problem\+json/)
    assert.match(problem.code, code, JSON.stringify(problem))
    assert.ok(response.status >= 400 && response.status < 500, String(response.status))
    assert.ok(problem.detail.length > 10 && problem.hint.length > 5)
    assert.doesNotMatch(JSON.stringify(problem), /\/tmp\/|node_modules\/(?!\.)|\bat .*\.ts:/)
    if (Object.keys(where).length > 0) {
      const [first] = problem.problems ?? []
      assert.deepEqual({ ...first, ...where }, first)
    }
    if (problem.code === 'SYNTAX_ERROR') assert.match(problem.problems?.[0]?.frame ?? '', /\^/)

    const looked = await api(runtime, '/packages/inspect', {
      method: 'POST',
      headers: { 'content-type': 'application/zip' },
      body,
    })
    if (looked.status === 200) {
      const report = (await looked.json()) as { ok: boolean; problems: Found[] }
      assert.equal(report.ok, false)
      assert.ok(
        report.problems.some((found) => code.test(found.code)),
        JSON.stringify(report.problems),
      )
    } else {
      assert.equal(looked.status, response.status)
    }
    assert.deepEqual(await state(), before)
    assert.equal((await api(runtime, '/plugins/victim')).status, 404)
  })

test('a form field gives the same refusals as a raw body', async () => {
  const before = await state()
  const form = new FormData()
  form.append('package', new Blob([withEntry({ name: '../evil.txt', content: 'x' })]), 'victim.zip')
  const response = await api(runtime, '/plugins', { method: 'POST', body: form })
  assert.equal(response.status, 422)
  assert.equal(((await response.json()) as { code: string }).code, 'ARCHIVE_UNSAFE_PATH')
  assert.deepEqual(await state(), before)
})

test('a version that is installed with other content is refused with 409', async () => {
  const before = await state()
  const other = pluginZip({
    id: 'present',
    version: '1.0.0',
    backend: backendOf(`return new Response('other')`),
  })
  const response = await upload(runtime, other)
  assert.equal(response.status, 409)
  assert.equal(((await response.json()) as { code: string }).code, 'VERSION_EXISTS')
  assert.deepEqual(await state(), before)
})

test('all problems of a manifest are reported at once', async () => {
  const response = await upload(
    runtime,
    pluginZip({ ...GOOD, id: 'Admin!', version: 'x', manifest: { nmae: 'y', priority: [] } }),
  )
  const { problems } = (await response.json()) as { problems: { pointer?: string }[] }
  const pointers = problems.map(({ pointer }) => pointer)
  for (const pointer of ['/id', '/version', '/nmae', '/priority'])
    assert.ok(pointers.includes(pointer), `${pointer} of ${pointers}`)
})

test('after all that the plugin that was there still answers', async () => {
  const { createApp } = await import('../../runtime/app.ts')
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/present/api/')
  assert.equal(await response.text(), 'v1')
})
