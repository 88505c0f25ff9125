// Which folder may hold code of ours, and what is read of it.

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeSafe } from '../../runtime/bundles/cache-folder.ts'
import { keep, readKept } from '../../runtime/bundles/kept-file.ts'
import { temporaryFolder } from '../support/runtime.ts'

const ONLY_POSIX = process.platform === 'win32' ? { skip: 'Windows has no such rights' } : {}

test('a folder of our own is made, for its owner only', ONLY_POSIX, async (t) => {
  const folder = join(await temporaryFolder(t), 'a/b')
  assert.equal(makeSafe(folder), true)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(makeSafe(folder), true)
})

test(
  'a folder that others may write to, or put another in the place of, is not taken',
  ONLY_POSIX,
  async (t) => {
    const root = await temporaryFolder(t)
    const made = (name: string, mode: number) => {
      const folder = join(root, name)
      mkdirSync(folder, { recursive: true })
      chmodSync(folder, mode)
      return folder
    }
    assert.equal(makeSafe(made('open', 0o777)), false)
    assert.equal(makeSafe(made('group', 0o770)), false)
    made('shared', 0o777)
    assert.equal(makeSafe(join(root, 'shared/ours')), false, 'its name could be given to another')
    made('sticky', 0o1777)
    assert.equal(makeSafe(join(root, 'sticky/ours')), true, 'as in /tmp')
    symlinkSync(made('target', 0o700), join(root, 'link'))
    assert.equal(makeSafe(join(root, 'link')), false)
    writeFileSync(join(root, 'file'), '')
    assert.equal(makeSafe(join(root, 'file')), false)
    assert.equal(makeSafe(join(root, 'file/below')), false)
  },
)

test('a folder of another user is not taken', {
  ...ONLY_POSIX,
  ...(process.getuid?.() !== 0 && { skip: 'only root can make one' }),
}, async (t) => {
  const folder = join(await temporaryFolder(t), 'theirs')
  mkdirSync(folder, { mode: 0o700 })
  const { chownSync } = await import('node:fs')
  chownSync(folder, 65534, 65534)
  assert.equal(makeSafe(folder), false)
})

test('what was kept is read as it was, or not at all', async (t) => {
  const path = join(await temporaryFolder(t), 'kept.bin')
  assert.equal(readKept(path), undefined)
  keep(path, Buffer.from('some bytes'))
  assert.equal(readKept(path)?.toString(), 'some bytes')
  const whole = readFileSync(path)
  for (const harmed of [
    whole.subarray(0, -1),
    whole.subarray(0, 10),
    Buffer.concat([whole, Buffer.from('x')]),
    Buffer.alloc(0),
  ]) {
    writeFileSync(path, harmed)
    assert.equal(readKept(path), undefined)
  }
  for (const at of [0, 40]) {
    const flipped = Buffer.from(whole)
    flipped[at] = (flipped[at] ?? 0) ^ 1
    writeFileSync(path, flipped)
    assert.equal(readKept(path), undefined)
  }
})
