// What becomes part of a package, and what does not. Tests bear the number of the problem that they keep away.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
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
  // Each of the two with its package.json, the file that is imported, and its license.
  assert.deepEqual(
    contents.folders.map(({ name, files }) => [name, files]),
    [
      ['backend', 8],
      ['', 1],
    ],
  )
})
