// Packages that are installed elsewhere: linked as if they were carried, and only as far as they are asked for.

import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { InstalledPackages } from '../../../../runtime/package/worker/link/installed-packages.ts'
import { linkBackend } from '../../../../runtime/package/worker/link/link.ts'
import type { LinkedFiles } from '../../../../runtime/package/worker/link/resolve-paths.ts'
import { temporaryFolder } from '../../../support/runtime.ts'
import { packageOf, type Texts } from './linked.ts'

const ENTRY = 'backend/index.ts'

const GREETING: Texts = {
  'package.json':
    '{ "name": "greeting", "exports": { ".": "./dist/index.js" }, "dependencies": { "names": "1" } }',
  'dist/index.js': 'import { name } from "names"\nexport const greet = () => "hello " + name',
  'dist/unused.js': 'export const unused = true',
  LICENSE: 'MIT',
}
const NAMES: Texts = {
  'package.json': '{ "name": "names", "main": "./name" }',
  'name.js': 'exports.name = "ada"',
}

async function written(folder: string, files: Texts): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

async function packagesOf(t: TestContext) {
  const modules = await temporaryFolder(t)
  return {
    greeting: await written(join(modules, 'greeting'), GREETING),
    names: await written(join(modules, 'names'), NAMES),
  }
}

const own = packageOf({
  [ENTRY]: 'import { greet } from "greeting"\nexport default { fetch: () => greet() }',
})

async function linked(files: LinkedFiles): Promise<string> {
  const outcome = await linkBackend(files, { entry: ENTRY, maxCodeBytes: 1_000_000 })
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome.code
}

test('what is reached becomes part of the package, and links to the same code again', async (t) => {
  const installed = new InstalledPackages(own, ENTRY, await packagesOf(t))
  const code = await linked(installed)
  assert.match(code, /"hello "/)
  const carried = installed.carried()
  assert.deepEqual(
    [...carried.keys()],
    [
      'backend/index.ts',
      'backend/node_modules/greeting/LICENSE',
      'backend/node_modules/greeting/dist/index.js',
      'backend/node_modules/greeting/package.json',
      'backend/node_modules/names/name.js',
      'backend/node_modules/names/package.json',
    ],
  )
  assert.equal(await linked(carried), code)
})

test('a package that is not declared is not found, although it is installed beside the others', async (t) => {
  const { greeting } = await packagesOf(t)
  const installed = new InstalledPackages(own, ENTRY, { greeting })
  const outcome = await linkBackend(installed, { entry: ENTRY, maxCodeBytes: 1_000_000 })
  assert.ok(!outcome.ok)
  assert.deepEqual(
    outcome.problems.map(({ code, file }) => [code, file]),
    [['IMPORT_REFUSED', 'backend/node_modules/greeting/dist/index.js']],
  )
})

test('a package that the plugin carries is the one that counts', async (t) => {
  const files = new Map([
    ...own,
    ...packageOf({
      'backend/node_modules/greeting/package.json': '{ "name": "greeting", "main": "own.js" }',
      'backend/node_modules/greeting/own.js': 'export const greet = () => "my own"',
    }),
  ])
  const installed = new InstalledPackages(files, ENTRY, await packagesOf(t))
  assert.match(await linked(installed), /"my own"/)
  assert.deepEqual([...installed.carried().keys()].sort(), [...files.keys()].sort())
})

test('no link leads out of an installed package', async (t) => {
  const packages = await packagesOf(t)
  const secret = join(await temporaryFolder(t), 'secret.js')
  await writeFile(secret, 'export const secret = "hunter2"')
  await symlink(secret, join(packages.greeting, 'dist/secret.js'))
  await symlink(dirname(secret), join(packages.greeting, 'outside'))
  for (const path of ['dist/secret.js', 'outside/secret.js', '../names/name.js', '../../secret.js']) {
    const place = `backend/node_modules/greeting/${path}`
    const installed = new InstalledPackages(own, ENTRY, packages)
    assert.equal(installed.has(place), false, path)
    assert.equal(installed.get(place), undefined, path)
  }
})
