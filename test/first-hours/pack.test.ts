// What becomes part of a package, and what does not. Tests bear the number of the problem that they keep away.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
import { DEFAULT_PACKAGE_LIMITS } from '../../runtime/config/config.ts'
import { readZip } from '../../runtime/package/worker/archive/read-zip.ts'
import { documentOf, runCli, startServer } from '../cli/harness.ts'
import { saveFiles } from '../dev/dev-plugin.ts'
import { temporaryFolder } from '../support/runtime.ts'

const parts = { openPackageTool }
const MANIFEST = {
  'manifest.json': JSON.stringify({
    ...{ manifestVersion: 1, id: 'shop', name: 'Shop', version: '1.0.0', access: 'public' },
  }),
}

test('A10: pack tells sizes, and leaves out secrets, tests and what .plugbayignore names, and says so', async (t) => {
  const cwd = await temporaryFolder(t)
  await saveFiles(join(cwd, 'shop'), {
    ...MANIFEST,
    '.plugbayignore': '# drafts\n*.draft.md\nfrontend/raw/\n!keep.test.js\n',
    '.plugbay.env': 'key=secret',
    'backend/index.js': 'export default { fetch: () => new Response("ok") }',
    'backend/.env': 'KEY=secret',
    'backend/.env.production': 'KEY=secret',
    'backend/.env.example': 'KEY=',
    'backend/index.test.ts': 'throw new Error()',
    'backend/keep.test.js': '',
    'frontend/index.html': '<p>hello',
    'frontend/notes.draft.md': 'draft',
    'frontend/raw/large.psd': 'x',
  })
  const packed = await runCli(['pack', 'shop', '--json'], { cwd, parts })
  assert.equal(packed.code, 0, packed.err)
  const { contents } = documentOf(packed).results[0] as unknown as { readonly contents: Contents }
  assert.deepEqual(contents.leftOut.map(({ path, why }) => `${path} ${why}`).sort(), [
    'backend/.env secret',
    'backend/.env.production secret',
    'backend/index.test.ts test',
    'frontend/notes.draft.md ignored',
    'frontend/raw ignored',
  ])
  assert.deepEqual(Object.fromEntries(contents.folders.map(({ name, files }) => [name, files])), {
    '': 1,
    backend: 3,
    frontend: 1,
  })
  const people = await runCli(['pack', 'shop'], { cwd, parts })
  assert.match(people.out, /Packed shop 1\.0\.0 into shop-1\.0\.0\.zip \(\d+\.\d kB\)\n/)
  assert.match(people.out, /^ {2}backend +3 files +0\.1 kB$/m)
  assert.match(people.out, /^Left out:\n/m)
  assert.match(people.out, /^ {2}backend\/\.env \(a secret\)$/m)
})

interface Contents {
  readonly folders: readonly { readonly name: string; readonly files: number }[]
  readonly leftOut: readonly { readonly path: string; readonly why: string }[]
}

test('A9: packages that npm has installed for the project are linked, as far as the backend imports them', async (t) => {
  const cwd = await temporaryFolder(t)
  const folder = join(cwd, 'shop')
  const library = (name: string, text: string, more: object = {}) => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({
      name,
      version: '1.0.0',
      main: 'index.js',
      type: 'module',
      ...more,
    }),
    [`node_modules/${name}/index.js`]: text,
    [`node_modules/${name}/unused.js`]: 'export const large = 1',
    [`node_modules/${name}/LICENSE`]: `License of ${name}`,
  })
  await saveFiles(folder, {
    ...MANIFEST,
    'package.json': '{ "name": "shop", "type": "module", "dependencies": { "slugs": "^1" } }',
    'backend/index.js': 'export { default } from "./lib/app.js"',
    'backend/lib/app.js':
      'import { slug } from "slugs"; export default { fetch: () => new Response(slug("A")) }',
    ...library(
      'slugs',
      'import { lower } from "@tools/lower"; export const slug = (text) => lower(text) + "1"',
    ),
    ...library('@tools/lower', 'export const lower = (text) => text.toLowerCase()'),
    ...library('never', 'export {}'),
  })
  await writeFile(join(cwd, 'outside.js'), 'export {}')
  const { env, runtime } = await startServer(t)
  const packed = await runCli(['pack', 'shop', '--json'], { cwd, parts })
  assert.equal(packed.code, 0, packed.out)
  for (const source of ['shop-1.0.0.zip', 'shop']) {
    const installed = await runCli(['install', source], { cwd, parts, env })
    assert.equal(installed.code, 0, installed.err)
    const answer = await createApp(runtime).request('http://127.0.0.1:3000/plugins/shop/api/')
    assert.equal(await answer.text(), 'a1')
  }
  const { contents } = documentOf(packed).results[0] as unknown as { readonly contents: Contents }
  // Each of the two with its package.json, the file that is imported, and its license; and all licenses in one file.
  assert.deepEqual(
    contents.folders.map(({ name, files }) => [name, files]),
    [
      ['', 2],
      ['backend', 8],
    ],
  )
})

test('A9: the licenses of packages in backend and frontend are in one file of the package; pack names them, and those that are not known', async (t) => {
  const cwd = await temporaryFolder(t)
  const folder = join(cwd, 'shop')
  const library = (name: string, json: object, files: Readonly<Record<string, string>> = {}) => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '2.1.0', ...json }),
    [`node_modules/${name}/index.js`]: 'export default 1',
    ...Object.fromEntries(
      Object.entries(files).map(([path, text]) => [`node_modules/${name}/${path}`, text]),
    ),
  })
  const names = ['both', 'modern', 'former', 'nameless', 'own']
  await saveFiles(folder, {
    ...MANIFEST,
    'package.json': '{ "name": "shop", "type": "module" }',
    'vite.config.ts': '',
    'backend/index.js': `${names.map((name, index) => `import _${index} from '${name}'`).join(';')}; export default {}`,
    'frontend/index.html': '<p>hello',
    ...library('both', { license: 'ISC' }, { COPYING: 'Text of both', 'LICENSE-MIT': 'Its other text' }),
    ...library('modern', { license: 'MIT' }, { 'license.md': 'Text of modern', NOTICE: 'Notice of modern' }),
    ...library('former', { licenses: [{ type: 'MIT' }, { type: 'GPL-2.0' }] }),
    ...library('nameless', { license: 'SEE LICENSE IN TERMS' }, { LICENCE: 'Pay first' }),
    ...library('own', { private: true }),
    ...library('not-imported', { license: 'MIT' }),
  })
  const pack = async () => {
    const ran = await runCli(['pack', 'shop', '--json'], { cwd, parts })
    assert.equal(ran.code, 0, ran.out)
    return documentOf(ran).results[0] as unknown as {
      readonly contents: { readonly packages: readonly { readonly name: string }[] }
      readonly warnings: readonly { readonly code: string; readonly message: string; readonly hint: string }[]
    }
  }
  const unlisted = await pack()
  assert.deepEqual(unlisted.contents.packages, [
    { name: 'both', version: '2.1.0', license: 'ISC' },
    { name: 'former', version: '2.1.0', license: 'MIT OR GPL-2.0' },
    { name: 'modern', version: '2.1.0', license: 'MIT' },
    { name: 'nameless', version: '2.1.0', license: null },
  ])
  assert.deepEqual(
    unlisted.warnings.map(({ code, message }) => `${code}: ${message}`),
    [
      'LICENSE_UNKNOWN: The license of "nameless" 2.1.0 is not known',
      'LICENSE_UNKNOWN: The licenses of packages that Vite builds into the frontend are not known',
    ],
  )
  await saveFiles(folder, {
    'frontend/.vite/license.json': JSON.stringify([
      { name: 'react', version: '19.0.0', identifier: 'MIT', text: 'Text of react' },
      { name: 'modern', version: '2.1.0', identifier: 'MIT', text: 'Text of modern' },
    ]),
  })
  const listed = await pack()
  assert.deepEqual(
    listed.contents.packages.map(({ name }) => name),
    ['both', 'former', 'modern', 'nameless', 'react'],
  )
  assert.equal(listed.warnings.length, 1)
  const file = readZip(await readFile(join(cwd, 'shop-1.0.0.zip')), DEFAULT_PACKAGE_LIMITS)
  assert.ok(file.ok)
  const text = Buffer.from(file.files.get('LICENSE-packages.txt') ?? []).toString()
  for (const part of ['both 2.1.0 (ISC)', 'Text of both', 'Its other text', 'Notice of modern', 'Pay first'])
    assert.ok(text.includes(part), part)
  assert.ok(text.includes('former 2.1.0 (MIT OR GPL-2.0)'))
  assert.match(text, /react 19\.0\.0 \(MIT\)\n-+\n\nText of react\n/)
  assert.equal(text.split('Text of modern').length, 2)
  assert.doesNotMatch(text, /not-imported|own 2/)
  const people = await runCli(['pack', 'shop'], { cwd, parts })
  assert.match(
    people.out,
    /^Packages of others, with their licenses in LICENSE-packages\.txt:\n {2}both 2\.1\.0 \(ISC\)$/m,
  )
  assert.match(people.out, /^ {2}nameless 2\.1\.0 \(license not known\)$/m)
  assert.match(people.out, /^warning: .*The license of "nameless" 2\.1\.0 is not known/m)
  // The author's own list is left as it is.
  await saveFiles(folder, { 'LICENSE-packages.txt': 'Mine' })
  await pack()
  const mine = readZip(await readFile(join(cwd, 'shop-1.0.0.zip')), DEFAULT_PACKAGE_LIMITS)
  assert.ok(mine.ok)
  assert.equal(Buffer.from(mine.files.get('LICENSE-packages.txt') ?? []).toString(), 'Mine')
})
