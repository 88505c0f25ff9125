// What changes on a drive while a plugin works with it: a folder that becomes a link and a folder again, as fast as it can.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPlace, put, refusal, take } from '../files/helpers.ts'
import { ONLY_IN_JAIL } from '../support/jail.ts'
import { record } from './helpers/record.ts'

/** Exchanges `folder` for a link to `target` and back, until it is ended. */
const SWAPPER = `
const { renameSync, symlinkSync } = require('node:fs')
const [folder, target] = process.argv.slice(1)
symlinkSync(target, folder + '.link')
process.stdout.write('ready')
for (;;) {
  renameSync(folder, folder + '.real'); renameSync(folder + '.link', folder)
  renameSync(folder, folder + '.link'); renameSync(folder + '.real', folder)
}`

const ROUNDS = 400

for (const { name, isJailed, options } of [
  { name: 'without a jail', isJailed: false, options: {} },
  { name: 'in the jail', isJailed: true, options: ONLY_IN_JAIL },
]) {
  test(
    `a folder that is exchanged for a link all the time lets nothing out and nothing in, ${name}`,
    options,
    async (t) => {
      const { folder, root, granted } = await openPlace(t, { isJailed })
      const outside = join(root, 'outside')
      await mkdir(join(outside, 'inner'), { recursive: true })
      await writeFile(join(outside, 'a'), 'SECRET')
      await writeFile(join(outside, 'inner', 'a'), 'SECRET')
      await mkdir(join(granted, 'swap', 'inner'), { recursive: true })
      await writeFile(join(granted, 'swap', 'a'), 'own')
      await writeFile(join(granted, 'swap', 'inner', 'a'), 'own')
      const own = folder()
      await own.find(['swap'], 'directory')
      const swapper = spawn(process.execPath, ['-e', SWAPPER, join(granted, 'swap'), outside], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      t.after(() => swapper.kill('SIGKILL'))
      await new Promise((resolve) => swapper.stdout.once('data', resolve))

      const outcomes = new Map<string, number>()
      const note = (outcome: string) => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      const work = [
        async () => `read ${await take(own, ['swap', 'a'])}`,
        async () => `read ${await take(own, ['swap', 'inner', 'a'])}`,
        async (n: number) => `wrote ${await put(own, ['swap', `new-${n}`], 'x')}`,
        async (n: number) => `made ${await own.create(['swap', 'inner', `dir-${n}`], 'directory')}`,
        async (n: number) => `removed ${await own.remove(['swap', `new-${n - 4}`], false)}`,
        async () => {
          const list = await own.list(['swap'])
          const { entries } = await list.next()
          await list.close()
          return entries.some((entry) => entry.name === 'planted') ? 'LEAK' : 'listed'
        },
      ]
      await writeFile(join(outside, 'planted'), 'x')
      for (let n = 0; n < ROUNDS; n++) {
        const attempts = work.map(async (attempt) =>
          note(await attempt(n).catch((error: { code?: string }) => String(error.code))),
        )
        await Promise.all(attempts)
      }
      swapper.kill('SIGKILL')
      await new Promise((resolve) => swapper.once('exit', resolve))
      assert.ok((outcomes.get('read own') ?? 0) > 0, 'some reads find the folder')
      for (const outcome of outcomes.keys())
        assert.match(
          outcome,
          /^(?:read own|wrote undefined|made undefined|removed undefined|listed|NotFoundError|TypeMismatchError|NoModificationAllowedError)$/,
        )
      assert.deepEqual((await readdir(outside)).toSorted(), ['a', 'inner', 'planted'])
      assert.deepEqual(await readdir(join(outside, 'inner')), ['a'])
      assert.equal(await readFile(join(outside, 'a'), 'utf8'), 'SECRET')
      const told = [...outcomes].map(([outcome, times]) => `${outcome} ${times}`).join(', ')
      record({
        id: `FS-race-${isJailed ? 'jail' : 'bare'}`,
        area: 'files',
        title: 'a folder swapped for a link',
        culprit: told,
      })
      t.diagnostic(told)
    },
  )
}

test('a tree that holds links to other places is removed, and they are not', async (t) => {
  const { folder, root, granted } = await openPlace(t)
  await mkdir(join(root, 'outside'))
  await writeFile(join(root, 'outside', 'a'), 'kept')
  await mkdir(join(granted, 'tree', 'deep', 'deeper'), { recursive: true })
  await symlink(join(root, 'outside'), join(granted, 'tree', 'deep', 'link'))
  await folder().remove(['tree'], true)
  assert.equal(await refusal(folder().find(['tree'], 'directory')), 'NotFoundError')
  assert.equal(await readFile(join(root, 'outside', 'a'), 'utf8'), 'kept')
})
