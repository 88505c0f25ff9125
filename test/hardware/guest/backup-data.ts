// What is backed up in the machine: a folder and a database. Each version of it follows from its number, so that the test outside knows it too.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const FILES = ['first', 'second', 'third']
const FILE_BYTES = 400_000

/** One file differs from that of the version before. What is in it cannot be compressed. */
function contentsOf(version: number): readonly (readonly [name: string, content: Buffer])[] {
  return FILES.map((name, index) => {
    const changed = version - ((((version - index) % FILES.length) + FILES.length) % FILES.length)
    const seed = `${name} ${changed}`
    return [name, createHash('shake256', { outputLength: FILE_BYTES }).update(seed).digest()]
  })
}

export function writeVersion(folder: string, version: number): void {
  mkdirSync(join(folder, 'media'), { recursive: true })
  for (const [name, content] of contentsOf(version)) writeFileSync(join(folder, 'media', name), content)
  const database = new DatabaseSync(join(folder, 'catalog.sqlite'))
  database.exec('CREATE TABLE IF NOT EXISTS edition (version INTEGER)')
  database.exec('DELETE FROM edition')
  database.prepare('INSERT INTO edition VALUES (?)').run(version)
  database.close()
}

/** The version that was restored to a folder. @throws AssertionError for none: something was lost, or mixed */
export function versionIn(folder: string): number {
  const database = new DatabaseSync(join(folder, 'catalog/data.sqlite'), { readOnly: true })
  const rows = database.prepare('SELECT version FROM edition').all()
  database.close()
  assert.equal(rows.length, 1)
  const version = Number(rows[0]?.version)
  assert.deepEqual(readdirSync(join(folder, 'media')).toSorted(), FILES.toSorted())
  for (const [name, content] of contentsOf(version))
    assert.ok(
      readFileSync(join(folder, 'media', name)).equals(content),
      `"${name}" is not of version ${version}`,
    )
  return version
}
