// The watcher of a plugin's folder sees what belongs to the package, and nothing else.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
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

/** Prints what the watcher of a folder reports while a file changes; run with as few watches of the system as a namespace allows. */
const LIMITED = `
  const { watchFolder } = await import(process.argv[1])
  const { appendFileSync } = await import('node:fs')
  const folder = process.argv[2]
  const watcher = await watchFolder(folder, {
    onChange: async () => { console.log('changed'); await watcher.close() },
    onError: (error) => console.log(error.message),
  })
  appendFileSync(folder + '/a/index.js', 'y')`

for (const [name, limit] of [
  ['max_inotify_watches', 'max_user_watches'],
  ['max_inotify_instances', 'max_user_instances'],
] as const)
  test(`where the system watches no more files (${limit}), the folder is polled, which is said once`, async (t) => {
    const folder = await realpath(await temporaryFolder(t))
    for (const part of ['a', 'b', 'c']) await mkdir(join(folder, part))
    await writeFile(join(folder, 'a/index.js'), 'x')
    const program = [process.execPath, '--no-warnings', '--input-type=module', '--eval', LIMITED]
    const args = [import.meta.resolve('../../runtime/dev/watch-folder.ts'), folder]
    const script = `echo ${name.endsWith('watches') ? 1 : 0} > /proc/sys/user/${name} && exec "$@"`
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--user', '--map-root-user', 'sh', '-c', script, 'sh', ...program, ...args],
      { encoding: 'utf8', timeout: 60_000 },
    )
    if (/unshare|cannot create/.test(stderr)) {
      assert.notEqual(process.env.CI, 'true', stderr)
      return t.skip(`no user namespace: ${stderr}`)
    }
    assert.equal(status, 0, stderr)
    const lines = stdout.trim().split('\n')
    assert.deepEqual([lines.length, lines[1]], [2, 'changed'], stdout)
    assert.match(
      lines[0] ?? '',
      new RegExp(`no more files \\(fs\\.inotify\\.${limit}\\).*sysctl -w fs\\.inotify\\.${limit}=`),
    )
  })
