// Remembered hashes: right after any change, and files that have not changed are not read again.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FileHashes } from '../../runtime/bundles/file-hashes.ts'
import { temporaryFolder } from '../support/runtime.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
/** Longer than a file counts as one that may change unnoticed. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 1100))

test('what has changed is hashed again, however it has changed', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'source.ts')
  writeFileSync(file, 'first')
  await settle()
  const hashes = new FileHashes(folder)
  assert.equal(hashes.of(file), hash('first'))
  hashes.save()
  const { atime, mtime } = statSync(file)
  const changes: Record<string, () => void> = {
    'other!': () => writeFileSync(file, 'other!'),
    'third!': () => {
      // The same size, and the same time of modification.
      writeFileSync(file, 'third!')
      utimesSync(file, atime, mtime)
    },
    fourth: () => {
      writeFileSync(`${file}.new`, 'fourth')
      utimesSync(`${file}.new`, atime, mtime)
      renameSync(`${file}.new`, file)
    },
  }
  for (const [text, change] of Object.entries(changes)) {
    change()
    assert.equal(hashes.of(file), hash(text))
    assert.equal(new FileHashes(folder).of(file), hash(text), 'in another process')
  }
  rmSync(file)
  assert.equal(hashes.of(file), undefined)
})

test('an unchanged file is not read again, and a damaged memory is forgotten', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'source.ts')
  const memory = join(folder, 'file-hashes.json')
  writeFileSync(file, 'text')
  const young = new FileHashes(folder)
  assert.equal(young.of(file), hash('text'))
  young.save()
  assert.equal(
    statSync(memory, { throwIfNoEntry: false }),
    undefined,
    'it may change within the same step of the clock',
  )
  await settle()
  const hashes = new FileHashes(folder)
  hashes.of(file)
  hashes.save()
  writeFileSync(memory, readFileSync(memory, 'utf8').replace(hash('text'), 'remembered'))
  assert.equal(new FileHashes(folder).of(file), 'remembered')
  for (const damaged of ['[', '{}', '[1]', '[["a"]]', JSON.stringify([[file, 'x']])]) {
    writeFileSync(memory, damaged)
    assert.equal(new FileHashes(folder).of(file), hash('text'), damaged)
  }
})
