// What a granted folder does, and what it refuses: with the jail and without it.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { link, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ONLY_IN_JAIL } from '../support/jail.ts'
import { names, openPlace, put, refusal, take } from './helpers.ts'

const WALLS = [
  { name: 'without a jail', isJailed: false, options: {} },
  { name: 'in the jail', isJailed: true, options: ONLY_IN_JAIL },
]

for (const { name, isJailed, options } of WALLS) {
  describe(name, options, () => {
    test('files and folders are created, listed, renamed, moved and removed', async (t) => {
      const { folder, granted } = await openPlace(t, { isJailed })
      const own = folder()
      await own.create(['books'], 'directory')
      await own.create(['books'], 'directory')
      await put(own, ['books', 'a.txt'], 'first')
      await own.move(['books', 'a.txt'], own, ['books', 'b.txt'])
      await own.create(['shelf'], 'directory')
      await own.move(['books', 'b.txt'], own, ['shelf', 'c.txt'])
      assert.deepEqual([await names(own), await names(own, ['books'])], [['books/', 'shelf/'], []])
      assert.equal(await readFile(join(granted, 'shelf', 'c.txt'), 'utf8'), 'first')
      await own.move(['shelf'], own, ['cupboard'])
      assert.equal(await refusal(own.remove(['cupboard'], false)), 'InvalidModificationError')
      await own.remove(['cupboard'], true)
      await own.remove(['books'], false)
      assert.deepEqual(await readdir(granted), [])
      assert.equal(await refusal(own.remove(['books'], true)), 'NotFoundError')
      assert.equal(await refusal(own.remove([], true)), 'NotAllowedError')
    })

    test('nothing is opened through a link, and a link is not removed in place of what it names', async (t) => {
      const { folder, root, granted } = await openPlace(t, { isJailed })
      const outside = join(root, 'outside')
      await mkdir(outside)
      await writeFile(join(outside, 'secret.txt'), 'secret')
      await symlink(outside, join(granted, 'folder'))
      await symlink(join(outside, 'secret.txt'), join(granted, 'file'))
      await symlink('../outside', join(granted, 'relative'))
      await symlink('/etc', join(granted, 'absolute'))
      await mkdir(join(granted, 'tree'))
      await symlink(outside, join(granted, 'tree', 'deep'))
      const own = folder()
      assert.deepEqual(await names(own), ['tree/'])
      for (const at of ['folder', 'relative', 'absolute']) {
        assert.equal(await refusal(own.find([at], 'directory')), 'TypeMismatchError', at)
        assert.equal(await refusal(own.facts([at, 'secret.txt'])), 'TypeMismatchError', at)
        assert.equal(await refusal(own.create([at, 'new'], 'file')), 'TypeMismatchError', at)
        assert.equal(await refusal(own.create([at], 'directory')), 'TypeMismatchError', at)
      }
      assert.equal(await refusal(own.facts(['file'])), 'TypeMismatchError')
      assert.equal(
        await refusal(own.openWriter(['file'], { keep: true, isExclusive: false })),
        'TypeMismatchError',
      )
      await own.remove(['tree'], true)
      assert.equal(await readFile(join(outside, 'secret.txt'), 'utf8'), 'secret')
      assert.deepEqual(await readdir(outside), ['secret.txt'])
    })

    test('pipes, sockets and devices are neither listed nor opened, and nobody waits for them', async (t) => {
      const { folder, granted } = await openPlace(t, { isJailed })
      execFileSync('mkfifo', [join(granted, 'pipe')])
      const server = createServer().listen(join(granted, 'socket'))
      t.after(() => server.close())
      const own = folder()
      assert.deepEqual(await names(own), [])
      for (const at of ['pipe', 'socket']) {
        assert.equal(await refusal(own.facts([at])), 'TypeMismatchError', at)
        assert.equal(
          await refusal(own.openWriter([at], { keep: true, isExclusive: false })),
          'TypeMismatchError',
          at,
        )
        assert.equal(await refusal(own.create([at], 'file')), 'TypeMismatchError', at)
      }
    })

    test('a file has its old content until the new one is complete', async (t) => {
      const { folder, granted } = await openPlace(t, { isJailed })
      const own = folder()
      await put(own, ['a'], 'old')
      const writer = await own.openWriter(['a'], { keep: true, isExclusive: false })
      await writer.write(3, Buffer.from('er'))
      assert.equal(await take(own, ['a']), 'old')
      assert.deepEqual(await names(own), ['a'])
      await writer.commit()
      assert.equal(await take(own, ['a']), 'older')
      const aborted = await own.openWriter(['a'], { keep: false, isExclusive: false })
      await aborted.write(0, Buffer.from('newest'))
      await aborted.close()
      assert.equal(await refusal(aborted.commit()), 'InvalidStateError')
      assert.equal(await take(own, ['a']), 'older')
      assert.deepEqual(await readdir(granted), ['a'])
    })

    test('a file that has changed since it was looked at is not read', async (t) => {
      const { folder, granted } = await openPlace(t, { isJailed })
      const own = folder()
      await put(own, ['a'], 'one')
      const { version, size } = await own.facts(['a'])
      await writeFile(join(granted, 'a'), 'two')
      assert.equal(await refusal(own.read(['a'], { version, start: 0, length: size })), 'NotReadableError')
      await own.remove(['a'], false)
      assert.equal(await refusal(own.read(['a'], { version, start: 0, length: size })), 'NotFoundError')
    })

    test('what is being written is neither moved nor removed, and an exclusive writer is alone', async (t) => {
      const { folder } = await openPlace(t, { isJailed })
      const own = folder()
      await own.create(['d'], 'directory')
      await put(own, ['d', 'a'], 'one')
      const writer = await own.openWriter(['d', 'a'], { keep: false, isExclusive: false })
      const second = await own.openWriter(['d', 'a'], { keep: false, isExclusive: false })
      for (const attempt of [
        own.remove(['d'], true),
        own.move(['d'], own, ['e']),
        own.remove(['d', 'a'], false),
        own.openWriter(['d', 'a'], { keep: false, isExclusive: true }),
        folder().remove(['d'], true),
      ])
        assert.equal(await refusal(attempt), 'NoModificationAllowedError')
      await second.close()
      await writer.commit()
      await own.remove(['d'], true)
    })

    test('a page of a list is bounded, and a list that is left is closed', async (t) => {
      const { folder, granted } = await openPlace(t, { isJailed })
      for (let n = 0; n < 700; n++) await writeFile(join(granted, `file-${n}`), '')
      const own = folder()
      assert.equal((await names(own)).length, 700)
      const list = await own.list([])
      const { entries, isLast } = await list.next()
      assert.ok(entries.length <= 256 && !isLast)
      await list.close()
      assert.equal(await refusal(list.next()), 'InvalidStateError')
    })

    test('the root that has gone, and has come again', async (t) => {
      const { files, root } = await openPlace(t, { isJailed })
      const drive = join(root, 'drive')
      await mkdir(drive)
      const own = files.grant({ pluginId: 'tester', root: drive, mode: 'readwrite' })
      await put(own, ['a'], 'one')
      execFileSync('rm', ['-r', drive])
      assert.equal(await refusal(own.facts(['a'])), 'FOLDER_GONE')
      assert.equal(await refusal(own.create(['a'], 'file')), 'FOLDER_GONE')
      await mkdir(drive)
      await put(own, ['b'], 'two')
      assert.deepEqual(await names(own), ['b'])
    })
  })
}

test('a hard link is a file like any other, and writing to it does not change what it shares', async (t) => {
  const { folder, root, granted } = await openPlace(t)
  await writeFile(join(root, 'outside'), 'outside')
  await link(join(root, 'outside'), join(granted, 'inside'))
  await put(folder(), ['inside'], 'changed')
  assert.equal(await readFile(join(root, 'outside'), 'utf8'), 'outside')
})

test('a grant that is narrowed is in force for the next piece', async (t) => {
  const { folder } = await openPlace(t)
  let allowed = 'readwrite'
  const own = folder({
    permit(mode) {
      if (mode === 'readwrite' && allowed !== 'readwrite')
        throw Object.assign(new Error('no'), { code: 'NARROWED' })
    },
  })
  await own.create(['a'], 'file')
  const writer = await own.openWriter(['a'], { keep: false, isExclusive: false })
  await writer.write(0, Buffer.from('1'))
  allowed = 'read'
  assert.equal(await refusal(writer.write(1, Buffer.from('2'))), 'NARROWED')
  assert.equal(await refusal(writer.commit()), 'NARROWED')
  assert.equal(await take(own, ['a']), '')
  await own.close()
  assert.equal(await refusal(own.find(['a'], 'file')), 'HANDLE_CLOSED')
})

test('a plugin keeps no more than it may, in bytes and in entries', async (t) => {
  const { folder, granted } = await openPlace(t)
  await writeFile(join(granted, 'before'), Buffer.alloc(40_000))
  const own = folder({ isOwn: true, maxBytes: 100_000 })
  await own.create(['a'], 'file')
  const writer = await own.openWriter(['a'], { keep: false, isExclusive: false })
  await writer.write(0, Buffer.alloc(30_000))
  assert.equal(await refusal(writer.write(30_000, Buffer.alloc(30_000))), 'QuotaExceededError')
  assert.equal(await refusal(writer.truncate(1e12)), 'QuotaExceededError')
  await writer.close()
  for (let n = 0; n < 11; n++) await own.create([`entry-${n}`], 'file')
  let refused = 'none'
  for (let n = 11; n < 30 && refused === 'none'; n++)
    refused = await own.create([`entry-${n}`], 'file').then(
      () => 'none',
      (error: { readonly code: string }) => error.code,
    )
  assert.equal(refused, 'QuotaExceededError')
  await own.remove(['before'], false)
  await put(own, ['a'], Buffer.alloc(30_000))
})

test('what a killed server left unfinished is not seen, does not fill a folder, and is removed after an hour', async (t) => {
  const { folder, granted } = await openPlace(t)
  const own = folder()
  await own.create(['d'], 'directory')
  await writeFile(join(granted, 'd', '.plugbay-new.part'), 'new')
  await writeFile(join(granted, 'd', '.plugbay-old.part'), 'old')
  const before = new Date(Date.now() - 2 * 3_600_000)
  await utimes(join(granted, 'd', '.plugbay-old.part'), before, before)
  assert.deepEqual(await names(own, ['d']), [])
  assert.deepEqual(await readdir(join(granted, 'd')), ['.plugbay-new.part'])
  await own.remove(['d'], false)
  await assert.rejects(stat(join(granted, 'd')), { code: 'ENOENT' })
})

test('the work for a plugin is charged to it', async (t) => {
  const { folder, charged } = await openPlace(t)
  const own = folder()
  await put(own, ['a'], Buffer.alloc(200_000))
  const { version } = await own.facts(['a'])
  for (let n = 0; n < 400; n++) await own.read(['a'], { version, start: 0, length: 200_000 })
  assert.ok((charged.get('tester') ?? 0) > 0)
})
