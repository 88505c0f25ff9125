// What usb-backup writes to a drive, and gives back, in the sandbox; restore.sh reads it with the programs of Debian.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { writeChecked } from '../../../sample-plugins/usb-backup/backend/format/checked-json.ts'
import { temporaryFolder } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { type Lab, openLab, run, writeFiles } from './lab.ts'
import { PROGRAMS } from './programs.ts'

interface Made {
  readonly id: string
  readonly added: number
  readonly files: number
  readonly packs: readonly { readonly pack: string; readonly objects: string }[]
  readonly message?: string
}

const MEGABYTE = 1_000_000
const HOUR = 3_600_000
/** Around the sizes from which on a file is gathered with others, or not. */
const SIZES = [261_632, 262_144, 262_145, 400_000, 523_776, 524_288, 524_289]

describe('a drive', () => {
  async function open(t: Scope) {
    const lab = await openLab(t)
    const write = (made: Readonly<Record<string, string | Uint8Array>>) => writeFiles(lab, made)
    const backUp = (query: Readonly<Record<string, string>> = {}) =>
      json<Made>(lab.ask(`/backup?${new URLSearchParams(query)}`, { method: 'POST' }))
    return { lab, data: lab.data, write, backUp, packs: join(lab.folder, 'packs') }
  }

  const files = () => ({
    'media/a.txt': 'hello',
    'media/copy of a.txt': 'hello',
    'media/empty': '',
    'media/ sub #1/100% é\n\\x.txt': 'x',
    'media/large': randomBytes(9 * MEGABYTE),
    ...Object.fromEntries(SIZES.map((size) => [`media/${size} bytes`, randomBytes(size)])),
    [`media/${'long-name/'.repeat(20)}file`]: 'deep',
    'catalog/data.sqlite': randomBytes(5000),
  })

  it('is restored by restore.sh: names, contents, times and modes', PROGRAMS, async (t) => {
    const { lab, data, write, backUp } = await open(t)
    await write(files())
    await mkdir(join(data, 'media/empty folder'))
    await chmod(join(data, 'media/a.txt'), 0o600)
    await utimes(join(data, 'media/a.txt'), 1_600_000_000.25, 1_600_000_000.25)
    await backUp()
    await restoredAs(data, lab, t, {})
  })

  it(
    'that is encrypted is restored by restore.sh with the key, or with the passphrase',
    PROGRAMS,
    async (t) => {
      const { lab, data, write, backUp } = await open(t)
      await write(files())
      const { recipient, identity } = await json<Record<'recipient' | 'identity', string>>(
        lab.ask('/key?passphrase=correct-horse-battery'),
      )
      const { packs } = await backUp({ recipient })
      assert.deepEqual(
        packs.map(({ pack }) => pack),
        ['pack-000001.tar.zst.age', 'pack-000002.tar.zst.age'],
      )
      const sealed = await readFile(join(lab.folder, 'packs/pack-000001.tar.zst.age'))
      assert.equal(sealed.subarray(0, 21).toString(), 'age-encryption.org/v1')
      const key = join(await temporaryFolder(t), 'key')
      await writeFile(key, identity)
      await restoredAs(data, lab, t, { AGE_IDENTITY: key })
      const target = await temporaryFolder(t)
      // age asks on the terminal only.
      const typed = `script --quiet --return --command 'sh ${lab.folder}/restore.sh ${target}' /dev/null`
      await run('sh', ['-c', `{ sleep 3; echo correct-horse-battery; } | ${typed}`])
      await run('diff', ['-r', join(data, 'media'), join(target, 'media')])
      const wrong = `{ sleep 3; echo wrong; } | ${typed.replaceAll(target, `${target}-2`)}`
      await assert.rejects(run('sh', ['-c', wrong]), { stdout: /the passphrase is not the right one/ })
    },
  )

  it('gives the snapshot of the server back, encrypted or not', async (t) => {
    const { lab, data, write, backUp } = await open(t)
    await write(files())
    const key = await json<Record<'recipient' | 'identity', string>>(lab.ask('/key?passphrase=x'))
    for (const query of [{}, key]) {
      const { id } = await backUp(query)
      const target = await temporaryFolder(t)
      const response = await lab.ask(`/restore?${new URLSearchParams({ id, ...query })}`)
      await writeFile(join(target, 'tar'), await response.bytes())
      await mkdir(join(target, 'out'))
      await run('tar', ['-xf', join(target, 'tar'), '-C', join(target, 'out')])
      await run('diff', ['-r', '--exclude=plugbay-snapshot.json', data, join(target, 'out')])
    }
  })

  it('gets only what is new', async (t) => {
    const { lab, data, write, backUp } = await open(t)
    await write(files())
    const first = await backUp()
    assert.ok(first.added > 9 * MEGABYTE)
    const before = await bytesOn(lab.folder)
    const second = await backUp()
    assert.equal(second.added, 0)
    const written = (await bytesOn(lab.folder)) - before
    assert.ok(written < 2000, `${written} bytes for nothing new`)
    // One place of a large file: its part, and the list.
    const large = await readFile(join(data, 'media/large'))
    large.write('changed', 100)
    await writeFile(join(data, 'media/large'), large)
    const third = await backUp()
    assert.ok(third.added > 4 * MEGABYTE && third.added < 4.3 * MEGABYTE, `${third.added} bytes`)
    await restoredAs(data, lab, t, {})
  })

  it('loses what is outdated, and packs that are mostly unused are written anew', async (t) => {
    const { lab, data, write, backUp, packs } = await open(t)
    const day = (number: number) => new Date(Date.UTC(2026, 0, number, 3)).toISOString()
    // Three of four megabytes go with the first snapshot.
    const kept = { 'media/kept': randomBytes(MEGABYTE) }
    await write({ ...kept, 'media/gone': randomBytes(3 * MEGABYTE) })
    await backUp({ at: day(1) })
    await rm(join(data, 'media/gone'))
    await write({ 'media/b': randomBytes(MEGABYTE) })
    await backUp({ at: day(2) })
    await write({ 'media/b': 'b' })
    const third = await backUp({ at: day(3) })
    assert.equal(third.packs.length, 4)
    const keep = { method: 'POST', body: JSON.stringify({ last: 1, daily: 0, weekly: 0 }) }
    const tidied = await json<Record<string, unknown>>(lab.ask('/tidy', keep))
    const names = (await readdir(packs)).filter((name) => name.endsWith('.zst'))
    assert.deepEqual(tidied, {
      removedSnapshots: ['2026-01-02T03-00-00-000Z', '2026-01-01T03-00-00-000Z'],
      removedPacks: 2,
      repacked: 2,
    })
    assert.deepEqual(names, ['pack-000005.tar.zst', 'pack-000006.tar.zst', 'pack-000007.tar.zst'])
    assert.ok((await bytesOn(packs)) < 1.1 * MEGABYTE)
    await restoredAs(data, lab, t, {})
    assert.deepEqual(await json(lab.ask('/check')), {
      packs: 3,
      snapshots: 1,
      damaged: [],
      incomplete: [],
      locked: 0,
    })
  })

  it('that is encrypted is not written anew without the key, and loses what nothing needs', async (t) => {
    const { lab, data, write, backUp } = await open(t)
    const { recipient, identity } = await json<Record<'recipient' | 'identity', string>>(
      lab.ask('/key?passphrase=x'),
    )
    const kept = { 'media/kept': randomBytes(1000) }
    await write({ ...kept, 'media/gone': randomBytes(5000) })
    await backUp({ recipient, at: new Date(Date.now() - HOUR).toISOString() })
    await rm(join(data, 'media/gone'))
    await backUp({ recipient })
    const keep = { method: 'POST', body: JSON.stringify({ last: 1, daily: 0, weekly: 0 }) }
    assert.equal((await json<{ repacked: number }>(lab.ask('/tidy', keep))).repacked, 0)
    assert.equal((await json<{ repacked: number }>(lab.ask(`/tidy?identity=${identity}`, keep))).repacked, 2)
    assert.deepEqual((await json<{ damaged: string[] }>(lab.ask('/check'))).damaged, [])
  })

  it('with a damaged file says which, and restores nothing wrong', async (t) => {
    const { lab, write, backUp, packs } = await open(t)
    await write(files())
    const { id } = await backUp()
    const path = join(packs, 'pack-000001.tar.zst')
    const pack = await readFile(path)
    pack.writeUInt8((pack.at(4 * MEGABYTE) ?? 0) ^ 1, 4 * MEGABYTE)
    await writeFile(path, pack)
    const check = { packs: 2, snapshots: 1, damaged: ['pack-000001.tar.zst'], incomplete: [id], locked: 0 }
    assert.deepEqual(await json(lab.ask('/check')), check)
    await assert.rejects(async () => (await lab.ask(`/restore?id=${id}`)).bytes())
    await assert.rejects(
      run('sh', [join(lab.folder, 'restore.sh'), await temporaryFolder(t)]),
      /"pack-000001.tar.zst" is damaged|the backup is damaged/,
    )
    // Nothing is removed as long as it is not known what is needed.
    await writeFile(join(lab.folder, 'snapshots', `${id}.json`), '{"format": 1}')
    assert.deepEqual((await json<{ damaged: string[] }>(lab.ask('/check'))).damaged, [`${id}.json`])
    const keep = { method: 'POST', body: JSON.stringify({ last: 1, daily: 0, weekly: 0 }) }
    assert.equal((await json<{ removedPacks: number }>(lab.ask('/tidy', keep))).removedPacks, 0)
  })

  it('with a pack that is another one than its index says, or a list without its files, says so', async (t) => {
    const { lab, write, backUp, packs } = await open(t)
    const { recipient, identity } = await json<Record<'recipient' | 'identity', string>>(
      lab.ask('/key?passphrase=x'),
    )
    await write({ 'media/a': 'a', 'media/b': 'b' })
    const { id } = await backUp()
    await write({ 'media/c': randomBytes(2000) })
    const sealed = await backUp({ recipient })
    const check = (query = '') => json<Record<string, unknown>>(lab.ask(`/check${query}`))
    const whole = { packs: 4, snapshots: 2, damaged: [], incomplete: [] }
    assert.deepEqual(await check(), { ...whole, locked: 2 })
    assert.deepEqual(await check(`?identity=${identity}`), { ...whole, locked: 0 })
    // The file is as its index says; what is in it is not.
    await changeJson(join(packs, 'pack-000003.json'), (index) => {
      const [first = '', second = ''] = index.objects as string[]
      index.objects = [second, first]
    })
    assert.deepEqual((await check()).damaged, [])
    assert.deepEqual(await check(`?identity=${identity}`), {
      ...whole,
      ...{ damaged: ['pack-000003.tar.zst.age'], incomplete: [sealed.id], locked: 0 },
    })
    // A snapshot that does not need what its files are made of.
    await changeJson(join(lab.folder, 'snapshots', `${id}.json`), (manifest) => {
      manifest.packs = [
        { pack: 'pack-000001.tar.zst', objects: '1' },
        { pack: 'pack-000002.tar.zst', objects: '0-1' },
      ]
    })
    const found = async () => {
      const { damaged, incomplete } = await check()
      return [damaged, incomplete]
    }
    assert.deepEqual(await found(), [[`${id}.json`], [id]])
    // One that needs more than there is: what it needs is not known, so nothing is removed.
    await changeJson(join(lab.folder, 'snapshots', `${id}.json`), (manifest) => {
      manifest.packs = [{ pack: 'pack-000001.tar.zst', objects: '0-99' }]
    })
    assert.deepEqual(await found(), [[`${id}.json`], [id]])
    const keep = { method: 'POST', body: JSON.stringify({ last: 9, daily: 0, weekly: 0 }) }
    const nothing = { removedSnapshots: [], removedPacks: 0, repacked: 0 }
    assert.deepEqual(await json(lab.ask('/tidy', keep)), nothing)
  })

  it('from which a backup was cut off goes on with the packs that are whole, and no others', async (t) => {
    const { lab, write, backUp, packs } = await open(t)
    await write(files())
    const { id, added } = await backUp()
    // As if it had ended before the snapshot was written; the next pack has no index yet, and the one after is a name.
    const cut = async () => {
      await writeFile(join(lab.folder, 'snapshots', `${id}.json`), '')
      await writeFile(join(packs, 'pack-000003.tar.zst'), randomBytes(1000))
      await writeFile(join(packs, 'pack-000004.json'), '')
    }
    await cut()
    const second = await backUp()
    assert.equal(second.added, 0, 'the pack is used')
    assert.equal((await readdir(packs)).includes('pack-000003.tar.zst'), false)
    await rm(join(lab.folder, 'snapshots', `${second.id}.json`))
    const path = join(packs, 'pack-000001.tar.zst')
    const pack = await readFile(path)
    pack.writeUInt8((pack.at(100) ?? 0) ^ 1, 100)
    await writeFile(path, pack)
    const third = await backUp()
    assert.ok(third.added > 0.9 * added && third.added < added, 'a damaged pack is not')
    await truncate(join(packs, third.packs[0]?.pack ?? ''), 1000)
    assert.deepEqual((await json<{ damaged: string[] }>(lab.ask('/check'))).damaged, [third.packs[0]?.pack])
  })

  it('gets no snapshot of a stream that is cut off, wherever that is', async (t) => {
    const { lab, write } = await open(t)
    // The manifest, the two folders, the end of the pack, the end.
    for (const cut of [0, 1, 2, 3, 4].flatMap((lines) => [`${lines},0`, `${lines},20`])) {
      await write({ 'media/a': 'a', 'media/b': randomBytes(1000) })
      const { message } = await json<Made>(lab.ask(`/backup?cut=${cut}`, { method: 'POST' }))
      assert.match(String(message), /cut off|empty/, cut)
    }
    assert.deepEqual(await readdir(join(lab.folder, 'snapshots')), [])
    await write({ 'media/b': randomBytes(1000) })
    const made = await json<Made>(lab.ask('/backup?cut=5,0', { method: 'POST' }))
    assert.equal(made.files, 2)
  })
})

/** Changes a file as its owner could: its check is right. */
async function changeJson(path: string, change: (value: Record<string, unknown>) => void): Promise<void> {
  const { check: _, ...value } = JSON.parse(await readFile(path, 'utf8'))
  change(value)
  await writeFile(path, await writeChecked(value))
}

async function json<T>(response: Response | Promise<Response>): Promise<T> {
  return (await (await response).json()) as T
}

/** Restores the latest snapshot by the script, and compares it with the folder that was backed up. */
async function restoredAs(
  data: string,
  { folder }: Lab,
  t: Scope,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const target = join(await temporaryFolder(t), 'target')
  await run('sh', [join(folder, 'restore.sh'), target], { env: { ...process.env, ...environment } })
  await run('diff', ['-r', '--exclude=plugbay-snapshot.json', data, target])
  for (const name of ['media/a.txt', 'media/empty', 'media/large']) {
    const [there, here] = await Promise.all(
      [data, target].map((root) => stat(join(root, name)).catch(() => undefined)),
    )
    assert.deepEqual([here?.mode, here?.mtimeMs], [there?.mode, there?.mtimeMs], name)
  }
}

async function bytesOn(folder: string): Promise<number> {
  const { stdout } = await run('find', [folder, '-type', 'f', '-printf', '%s\n'])
  return stdout.split('\n').reduce((sum, size) => sum + Number(size), 0)
}
