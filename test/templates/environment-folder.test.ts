// The folder of rendered files: whole renderings or none, and nothing but our own files.

import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type EnvironmentFile, EnvironmentFolder } from '../../runtime/templates/environment-folder.ts'
import { temporaryFolder } from '../support/runtime.ts'

const files = (texts: Readonly<Record<string, string>>, owner = 'host'): EnvironmentFile[] =>
  Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text), owner }))

async function seen(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = await Promise.all(
    names
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('.plugbay'))
      .map(async (entry): Promise<[string, string]> => {
        const path = join(entry.parentPath, entry.name)
        return [path.slice(folder.length + 1), await readFile(path, 'utf8')]
      }),
  )
  return Object.fromEntries(found.toSorted())
}

test('files are added, changed and removed, and the changes are reported', async (t) => {
  const folder = await temporaryFolder(t)
  const environment = new EnvironmentFolder(folder)
  await writeFile(join(folder, 'mine.txt'), 'of the operator')
  assert.deepEqual(await environment.apply(files({ a: '1', 'b/c': '2' })), [
    { path: 'a', owner: 'host', change: 'added' },
    { path: 'b/c', owner: 'host', change: 'added' },
  ])
  assert.deepEqual(await environment.apply(files({ a: '1', 'b/c': '2' })), [])
  assert.deepEqual(await environment.apply(files({ a: '3' })), [
    { path: 'a', owner: 'host', change: 'changed' },
    { path: 'b/c', owner: 'host', change: 'removed' },
  ])
  assert.deepEqual(await seen(folder), { a: '3', 'mine.txt': 'of the operator' })
  assert.deepEqual((await readdir(folder)).toSorted(), ['.plugbay', 'a', 'mine.txt'])
})

test('an error half-way leaves every file as it was', async (t) => {
  const folder = await temporaryFolder(t)
  const environment = new EnvironmentFolder(folder)
  await environment.apply(files({ a: '1', b: '2', gone: 'x' }))
  await mkdir(join(folder, 'c', 'inner'), { recursive: true })
  // "c" is a folder of the operator: a file cannot take its place.
  await assert.rejects(environment.apply(files({ a: 'new', b: 'new', c: 'new', d: 'new' })), {
    code: 'TEMPLATES_NOT_WRITTEN',
  })
  // Here the error comes when "a" has been replaced already.
  await mkdir(join(folder, 'blocked'))
  await writeFile(join(folder, 'blocked', 'file'), 'of the operator')
  await assert.rejects(environment.apply(files({ a: 'new', 'gone/inner': 'new' })), {
    code: 'TEMPLATES_NOT_WRITTEN',
  })
  assert.deepEqual(await seen(folder), { a: '1', b: '2', 'blocked/file': 'of the operator', gone: 'x' })
  assert.deepEqual(await readdir(join(folder, '.plugbay')), ['files.json'])
})

test('a link in the folder leads nowhere', async (t) => {
  const [folder, outside] = [await temporaryFolder(t), await temporaryFolder(t)]
  await symlink(outside, join(folder, 'plugins'))
  const environment = new EnvironmentFolder(folder)
  await assert.rejects(environment.apply(files({ 'plugins/redis/x': '1' }, 'redis')), {
    code: 'TEMPLATES_NOT_WRITTEN',
  })
  assert.deepEqual(await readdir(outside), [])
})

test('what a crash left half-way is completed', async (t) => {
  const folder = await temporaryFolder(t)
  const environment = new EnvironmentFolder(folder)
  await environment.apply(files({ a: '1', gone: 'x' }))
  // As it is between two steps of a rendering.
  const staging = 'staging-00000000-0000-4000-8000-000000000000'
  const own = join(folder, '.plugbay')
  await mkdir(join(own, staging))
  await writeFile(join(own, staging, '0'), '2')
  await writeFile(join(own, staging, '1'), 'b')
  const journal = {
    staging,
    files: { a: { owner: 'host', sha256: '' }, 'b/c': { owner: 'host', sha256: '' } },
    steps: [
      { path: 'a', staged: '0' },
      { path: 'b/c', staged: '1' },
      { path: 'gone', staged: null },
    ],
  }
  await writeFile(join(own, 'journal.json'), JSON.stringify(journal))
  await rename(join(own, staging, '0'), join(folder, 'a'))
  await environment.recover()
  assert.deepEqual(await seen(folder), { a: '2', 'b/c': 'b' })
  assert.deepEqual(await readdir(own), ['files.json'])
  await environment.recover()
  assert.deepEqual(await environment.apply(files({ a: '2' })), [
    { path: 'b/c', owner: 'host', change: 'removed' },
  ])
})
