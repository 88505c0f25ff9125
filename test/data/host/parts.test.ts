// A snapshot in parts: what tar and zstd of the system make of its sections, and what is left out of it.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { defineHost } from '../../../runtime/index.ts'
import { startTestRuntime, temporaryFolder } from '../../support/runtime.ts'
import { backupClient, makeTree, run, type Section, takeParts } from './helpers.ts'

const PART = 4 * 1024 * 1024
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

async function library(t: TestContext) {
  const folder = await temporaryFolder(t)
  const media = join(folder, 'media')
  await makeTree(media)
  const large = randomBytes(2 * PART + 100)
  await writeFile(join(media, 'large'), large)
  await writeFile(join(media, 'same'), 'twice')
  await writeFile(join(media, 'same again'), 'twice')
  await writeFile(join(media, 'empty'), '')
  const catalog = join(folder, 'catalog.sqlite')
  const database = new DatabaseSync(catalog)
  database.exec('CREATE TABLE books (title TEXT)')
  database.close()
  const data = {
    media: { title: 'Media', folder: media },
    catalog: { title: 'Catalog', database: catalog },
  }
  const host = defineHost({ id: 'library', version: '2.3.0', data })
  const runtime = await startTestRuntime(t, { host })
  return { folder, media, large, client: await backupClient(t, runtime) }
}

const entriesOf = (sections: readonly Section[]) => sections.flatMap(({ entries = [] }) => entries)
const partsOf = (sections: readonly Section[]) => sections.flatMap(({ parts = [] }) => parts)

test('its sections are a tar of parts, from which every file can be made again', async (t) => {
  const { folder, media, large, client } = await library(t)
  for (const form of ['parts', 'parts.zst'] as const) {
    const sections = await takeParts(client, form)
    const { host, sources } = (sections[0]?.snapshot ?? {}) as Record<string, unknown>
    assert.deepEqual(host, { id: 'library', version: '2.3.0' })
    assert.deepEqual(
      (sources as { name: string }[]).map(({ name }) => name),
      ['media', 'catalog'],
    )
    assert.equal(sections.at(-1)?.isLast, true)
    const out = join(folder, form)
    await mkdir(out)
    const file = join(out, 'packed')
    await writeFile(file, Buffer.concat(sections.map(({ content }) => content)))
    if (form === 'parts.zst') run('zstd', '-q', '--decompress', '--rm', file, '-o', `${file}.tar`)
    else run('mv', file, `${file}.tar`)
    const objects = join(out, 'objects')
    await mkdir(objects)
    // Two empty blocks would end it.
    run('tar', '-xf', `${file}.tar`, '-C', objects)
    const names = await readdir(objects)
    assert.deepEqual(
      partsOf(sections)
        .map((part) => part.split(' ')[0])
        .sort(),
      names.sort(),
    )
    for (const name of names) assert.equal(sha256(await readFile(join(objects, name))), name)
    for (const entry of entriesOf(sections)) {
      if (entry.type === 'folder' || !entry.path.startsWith('media/')) continue
      const pieces = await Promise.all(entry.parts.map((name) => readFile(join(objects, name))))
      const content = Buffer.concat(pieces)
      assert.equal(content.length, entry.size)
      assert.ok(content.equals(await readFile(join(media, entry.path.slice('media/'.length)))), entry.path)
    }
    const found = entriesOf(sections).find(({ path }) => path === 'media/large')
    assert.deepEqual(
      found?.type === 'file' && found.parts,
      [0, 1, 2].map((at) => sha256(large.subarray(at * PART, (at + 1) * PART))),
    )
  }
})

test('a part comes once, after it no more, and what is known does not come at all', async (t) => {
  const { client } = await library(t)
  const first = await takeParts(client, 'parts.zst')
  const names = partsOf(first).map((part) => part.slice(0, 64))
  assert.equal(new Set(names).size, names.length)
  assert.ok(names.includes(sha256('twice')))
  const again = await takeParts(client, 'parts.zst', names)
  assert.deepEqual(partsOf(again), [])
  assert.equal(
    again.reduce((sum, { bytes }) => sum + bytes, 0),
    0,
  )
  // A database is a copy, as old as the snapshot.
  const files = (sections: readonly Section[]) =>
    entriesOf(sections).filter(({ path }) => path.startsWith('media'))
  assert.deepEqual(files(again), files(first))
  const read = (sections: readonly Section[]) => sections.reduce((sum, section) => sum + section.read, 0)
  assert.equal(read(again), read(first))
  // As many entries, and the one part that is not known.
  const one = await takeParts(
    client,
    'parts',
    names.filter((name) => name !== sha256('twice')),
  )
  assert.deepEqual(partsOf(one), [`${sha256('twice')} 5`])
})

test('a list of known parts that is cut off is refused', async (t) => {
  const { client } = await library(t)
  const init = { method: 'POST', body: Buffer.alloc(33) }
  const response = await client.fetch('/snapshot?form=parts', init)
  await assert.rejects(response.arrayBuffer())
  assert.equal((await client.fetch('/snapshot?form=zip')).status, 409)
})
