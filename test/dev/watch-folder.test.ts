// The watcher of a plugin's folder sees what belongs to the package, and nothing else.

import assert from 'node:assert/strict'
import { appendFile, mkdir, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { watchFolder } from '../../runtime/dev/watch-folder.ts'
import { temporaryFolder, until } from '../support/runtime.ts'

async function watched(t: TestContext) {
  const root = await realpath(await temporaryFolder(t))
  const folder = join(root, 'plugin')
  await mkdir(join(folder, 'backend/node_modules/.bin'), { recursive: true })
  await mkdir(join(root, 'shared'))
  await writeFile(join(folder, 'backend/index.js'), 'x')
  await writeFile(join(root, 'shared/a.js'), 'x')
  await writeFile(join(root, 'outside.js'), 'x')
  await symlink('../../shared', join(folder, 'backend/shared'))
  await symlink('../../outside.js', join(folder, 'backend/outside.js'))
  await symlink('..', join(folder, 'backend/loop'))
  let changes = 0
  const watcher = await watchFolder(folder, {
    roots: [folder, join(root, 'shared')],
    onChange: () => changes++,
    onError: (error) => assert.fail(String(error)),
  })
  t.after(() => watcher.close())
  return { root, folder, changes: () => changes }
}

test('a change in a folder that a link leads to is noticed', async (t) => {
  const { root, changes } = await watched(t)
  await appendFile(join(root, 'shared/a.js'), 'y')
  await until('the change is noticed', async () => changes() === 1)
})

test('swap files, backups, commands of packages, and what links out of the project lead to are not', async (t) => {
  const { root, folder, changes } = await watched(t)
  for (const name of ['.index.js.swp', 'index.js~', '4913', '.#index.js', 'node_modules/.bin/x'])
    await writeFile(join(folder, 'backend', name), 'x')
  await appendFile(join(root, 'outside.js'), 'y')
  await setTimeout(300)
  assert.equal(changes(), 0)
  await appendFile(join(folder, 'backend/index.js'), 'y')
  await until('the change of a file is noticed', async () => changes() === 1)
})
