// Packages that are links: found as Node finds them, and carried so that the zip links to the same code.

import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DEFAULT_PACKAGE_LIMITS as limits } from '../../../../runtime/config/config.ts'
import type { FolderSource } from '../../../../runtime/package/types.ts'
import { readZip } from '../../../../runtime/package/worker/archive/read-zip.ts'
import { checkPackage } from '../../../../runtime/package/worker/check-package.ts'
import { temporaryFolder } from '../../../support/runtime.ts'
import { craftZip, zipOf } from '../../../support/zip.ts'

const MANIFEST = JSON.stringify({ manifestVersion: 1, id: 'linked', name: 'Linked', version: '1.0.0' })

type Tree = Readonly<Record<string, string | { readonly link: string }>>

async function put(folder: string, tree: Tree): Promise<void> {
  for (const [name, content] of Object.entries(tree)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await (typeof content === 'string' ? writeFile(path, content) : symlink(content.link, path))
  }
}

async function packed(t: TestContext, source: Omit<FolderSource, 'kind'>) {
  const zip = join(await temporaryFolder(t), 'packed.zip')
  const report = await checkPackage({ kind: 'folder', ...source }, { limits, zip })
  assert.deepEqual(report.problems, [])
  const again = await checkPackage({ kind: 'zip', path: zip }, { limits })
  assert.deepEqual([again.problems, again.sha256], [[], report.sha256], 'what is packed is what was checked')
  const read = readZip(await readFile(zip), limits)
  assert.ok(read.ok)
  return { report, names: [...read.files.keys()].filter((name) => name.includes('node_modules')) }
}

const pkg = (name: string, version: string) =>
  JSON.stringify({ name, version, license: 'MIT', main: 'index.js' })
const STORE = 'backend/node_modules/.pnpm'

/** As "pnpm install" lays it out: a and b need each other, and b needs another c than the author. */
const PNPM: Tree = {
  'manifest.json': MANIFEST,
  'backend/index.js':
    'import a from "a"; import c from "@s/c"\nexport default { fetch: () => new Response(JSON.stringify([a(), c])) }',
  'backend/node_modules/a': { link: '.pnpm/a@1/node_modules/a' },
  'backend/node_modules/@s/c': { link: '../.pnpm/c@1/node_modules/@s/c' },
  'backend/node_modules/unused': { link: '.pnpm/unused@1/node_modules/unused' },
  'backend/node_modules/.bin/a': { link: '../a/index.js' },
  'backend/node_modules/.modules.yaml': 'x',
  [`${STORE}/a@1/node_modules/a/index.js`]:
    'const b = require("b"); module.exports = () => "a-" + b.name; module.exports.a = 1',
  [`${STORE}/a@1/node_modules/a/package.json`]: pkg('a', '1.0.0'),
  [`${STORE}/a@1/node_modules/a/LICENSE`]: 'MIT',
  [`${STORE}/a@1/node_modules/a/test/large.js`]: 'x',
  [`${STORE}/a@1/node_modules/b`]: { link: '../../b@1/node_modules/b' },
  [`${STORE}/b@1/node_modules/b/index.js`]: 'require("a"); exports.name = "b-" + require("@s/c").version',
  [`${STORE}/b@1/node_modules/b/package.json`]: pkg('b', '1.0.0'),
  [`${STORE}/b@1/node_modules/a`]: { link: '../../a@1/node_modules/a' },
  [`${STORE}/b@1/node_modules/@s/c`]: { link: '../../../c@2/node_modules/@s/c' },
  [`${STORE}/c@1/node_modules/@s/c/index.js`]: 'exports.version = 1',
  [`${STORE}/c@1/node_modules/@s/c/package.json`]: pkg('@s/c', '1.0.0'),
  [`${STORE}/c@2/node_modules/@s/c/index.js`]: 'exports.version = 2',
  [`${STORE}/c@2/node_modules/@s/c/package.json`]: pkg('@s/c', '2.0.0'),
  [`${STORE}/unused@1/node_modules/unused/index.js`]: 'x',
}

test('the layout of pnpm: what is imported is carried, each package once, another version nested', async (t) => {
  const path = await temporaryFolder(t)
  await put(path, PNPM)
  const { names, report } = await packed(t, { path })
  assert.deepEqual(report.warnings, [])
  assert.deepEqual(names, [
    'backend/node_modules/@s/c/index.js',
    'backend/node_modules/@s/c/package.json',
    'backend/node_modules/a/LICENSE',
    'backend/node_modules/a/index.js',
    'backend/node_modules/a/package.json',
    'backend/node_modules/b/index.js',
    'backend/node_modules/b/node_modules/@s/c/index.js',
    'backend/node_modules/b/node_modules/@s/c/package.json',
    'backend/node_modules/b/package.json',
  ])
})

test('a package of the workspace is carried; one that leads out of it is a problem only when it is imported', async (t) => {
  const root = await temporaryFolder(t)
  const path = join(root, 'inside/plugin')
  await put(root, {
    'inside/plugin/manifest.json': MANIFEST,
    'inside/plugin/backend/index.js':
      'import { x } from "shared"\nexport default { fetch: () => new Response(x) }',
    'inside/plugin/backend/node_modules/shared': { link: '../../../shared' },
    'inside/plugin/backend/node_modules/outside': { link: '../../../../outside' },
    'inside/shared/package.json': JSON.stringify({ name: 'shared', exports: './src/x.ts' }),
    'inside/shared/src/x.ts': 'export const x: string = "shared"',
    'inside/shared/.env': 'KEY=1',
    'outside/package.json': pkg('outside', '1.0.0'),
    'outside/index.js': 'export const x = 1',
  })
  const roots = [path, join(root, 'inside')]
  const { names, report } = await packed(t, { path, roots })
  assert.deepEqual(names, [
    'backend/node_modules/shared/package.json',
    'backend/node_modules/shared/src/x.ts',
  ])
  assert.match(report.warnings[0]?.message ?? '', /left out.*"backend\/node_modules\/outside"/)
  await writeFile(
    join(path, 'backend/index.js'),
    'import { x } from "outside"\nexport default { fetch: () => new Response(x) }',
  )
  const refused = await checkPackage({ kind: 'folder', path, roots }, { limits })
  assert.deepEqual(
    refused.problems.map(({ code, message }) => [code, message]),
    [
      [
        'ARCHIVE_UNSUPPORTED',
        '"backend/node_modules/outside" is a link that leads out of the project, or to a hidden file',
      ],
      ['IMPORT_REFUSED', 'The package "outside" is not in the zip'],
    ],
  )
})

test('a zip with links: passed over where nothing names them, refused where something does', async (t) => {
  const folder = await temporaryFolder(t)
  const link = (name: string, target: string) => ({ name, content: target, attributes: 0o120777 * 0x10000 })
  const plain = {
    'manifest.json': MANIFEST,
    'backend/index.js': 'export default { fetch: () => new Response("x") }',
    'frontend/index.html': '<p>',
  }
  const check = async (
    links: readonly ReturnType<typeof link>[],
    index = plain['backend/index.js'],
    top = '',
  ) => {
    const path = join(folder, 'links.zip')
    const files = Object.entries({ ...plain, 'backend/index.js': index })
    const entries = [...files.map(([name, content]) => ({ name, content })), ...links]
    await writeFile(path, craftZip(entries.map((entry) => ({ ...entry, name: top + entry.name }))))
    return await checkPackage({ kind: 'zip', path }, { limits })
  }
  const harmless = [
    link('CLAUDE.md', 'AGENTS.md'),
    link('backend/node_modules/.bin/x', '../x/x.js'),
    link('backend/old.js', '/etc/passwd'),
  ]
  for (const top of ['', 'repository-main/']) {
    const report = await check(harmless, undefined, top)
    assert.deepEqual(report.problems, [], top)
    assert.deepEqual(
      report.warnings.map(({ message }) => message),
      ['Links were left out, since nothing names them: "CLAUDE.md", "backend/old.js"'],
    )
  }
  const clean = join(folder, 'clean.zip')
  await writeFile(clean, zipOf(plain))
  assert.equal(
    (await check(harmless)).sha256,
    (await checkPackage({ kind: 'zip', path: clean }, { limits })).sha256,
  )
  const named: [ReturnType<typeof link>, string?][] = [
    [link('frontend/latest.js', 'app.js')],
    [link('backend/migrations/0001.sql', '/etc/passwd')],
    [link('backend/x.js', '/etc/passwd'), 'import "./x.js"\nexport default {}'],
    [link('backend/lib', '../lib'), 'import "./lib/x.js"\nexport default {}'],
    [link('backend/node_modules/p', '.pnpm/p'), 'import "p"\nexport default {}'],
  ]
  for (const [entry, index] of named) {
    const { problems } = await check([entry], index)
    assert.equal(problems[0]?.code, 'ARCHIVE_UNSUPPORTED', entry.name)
    assert.match(problems[0]?.message ?? '', /is a symbolic link$/)
  }
})
