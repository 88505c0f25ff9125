// Media tools on the media of the library: an action for each context, refusals before anything happens, and tasks that do the work.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Installation } from '../../sdk/api/plugins.ts'
import { until } from '../support/runtime.ts'
import { installFolder, openLibrary, signIn } from './library.ts'
import { MEDIA_TOOLS, mediaOf } from './media-library.ts'

const opened = await openLibrary({ after })
const { library, data } = opened
const media = mediaOf(opened)
const FLATLAND = '6'
const ids = (actions: readonly { readonly id: string }[]) => actions.map(({ id }) => id)

before(async () => {
  const installed = await installFolder(opened, MEDIA_TOOLS)
  assert.equal(installed.status, 201, await installed.clone().text())
  const { problem, warnings } = (await installed.json()) as Installation
  assert.deepEqual([problem, warnings], [null, []])
})

describe('media tools', () => {
  it('are offered on each kind of object, to those who may', async () => {
    const offers: Readonly<
      Record<string, readonly [string | undefined, readonly string[], readonly string[]]>
    > = {
      general: [undefined, ['findings'], ['findings']],
      book: [FLATLAND, ['count-words', 'cover-text'], ['count-words']],
      series: ['1', ['count-series'], ['count-series']],
      media: ['all', ['clean-temp', 'back-up'], []],
      'media-folder': ['primary/music', ['checksums', 'find-duplicates'], ['checksums', 'find-duplicates']],
      'media-file': [media.fileId('primary/music', 'scale.wav'), ['rename', 'sign'], []],
      'media-files': [media.fileId('primary/music', 'scale.wav'), ['move', 'set-aside'], []],
    }
    const [tomas, yara] = [await signIn(library, 'tomas'), await signIn(library, 'yara')]
    for (const [context, [object, forAmina, forTomas]] of Object.entries(offers)) {
      assert.deepEqual(ids(await media.offered(context, object)), forAmina, context)
      assert.deepEqual(ids(await media.offered(context, object, tomas)), forTomas, context)
    }
    assert.deepEqual(ids(await media.offered('book', FLATLAND, yara)), [])
    // A pupil does not see the folders, so there is none for her.
    assert.equal((await media.run('checksums', 'primary/music', {}, yara)).status, 403)
    const query = '/actions?context=media-folder&object=primary%2Fmusic'
    assert.equal((await media.send('GET', query, undefined, yara)).status, 404)
  })

  it('count the words of a book in one task, and those of a series in one for each book', async () => {
    const task = await media.done('count-words', FLATLAND)
    assert.deepEqual([task.state, task.worked, task.key], ['succeeded', true, 'book-6'])
    assert.deepEqual(task.result, { words: 40, complete: true })
    const { body } = await media.run('count-series', '2')
    assert.deepEqual([body.message, body.added.length, body.skipped.length], ['3 books', 3, 0])
    for (const { id } of body.added) assert.equal((await media.ended(id)).state, 'succeeded')
  })

  it('write a cover at once, and refuse one that is too narrow at its field', async () => {
    const args = { subtitle: '  A romance of incomprehensibilities ', width: 20 }
    const refused = await media.run('cover-text', FLATLAND, args)
    assert.equal(refused.status, 422)
    assert.deepEqual(
      refused.body.problems?.map(({ pointer, message }) => [pointer, message]),
      [['/width', 'The word “incomprehensibilities” does not fit']],
    )
    const { status, body } = await media.run('cover-text', FLATLAND, { ...args, width: 36 })
    assert.deepEqual(
      [status, body],
      [200, { message: 'cover.txt is in the folder of the book', added: [], skipped: [] }],
    )
    assert.equal(
      readFileSync(join(data, 'books/6/cover.txt'), 'utf8'),
      [
        '+----------------------------------+',
        '|             Flatland             |',
        '|                                  |',
        '|           A romance of           |',
        '|      incomprehensibilities       |',
        '|                                  |',
        '|         Edwin A. Abbott          |',
        '+----------------------------------+',
        '',
      ].join('\n'),
    )
  })

  it('check the files of a folder, warn of those that have changed, and say so in general', async () => {
    assert.deepEqual((await media.offered('general'))[0]?.reason, 'No folder has been checked yet')
    assert.equal((await media.run('findings')).status, 409)
    const first = await media.done('checksums', 'primary/music', { _logging_level: 10 })
    assert.deepEqual([first.state, first.result], ['succeeded', { checked: 4, of: 4, changed: [] }])
    assert.equal((await media.lines(first.id)).filter(({ level }) => level === 'DEBUG').length, 4)
    writeFileSync(join(data, 'media/primary/music/scale.wav'), 'rot')
    const second = await media.done('checksums', 'primary/music')
    assert.deepEqual(
      [second.state, second.result],
      ['warning', { checked: 4, of: 4, changed: ['scale.wav'] }],
    )
    assert.equal((await media.run('findings')).body.message, '4 files checked, 1 has changed since')
  })

  it('end a check between two files when it is cancelled', async () => {
    const { body } = await media.run('checksums', 'primary/pictures', { pause: 10_000, _logging_level: 10 })
    const id = body.added[0]?.id ?? assert.fail('no task')
    await until('the first file is checked', async () => (await media.lines(id)).length > 1)
    assert.equal((await media.task(id)).progress?.message, 'baobab.png')
    assert.equal((await media.send('POST', `/tasks/${id}/cancel`, {})).status, 200)
    const ended = await media.ended(id)
    assert.deepEqual([ended.state, ended.result], ['cancelled', { checked: 1, of: 3, changed: [] }])
  })

  it('find the same content in two folders, whatever the names are', async () => {
    const task = await media.done('find-duplicates', 'primary/pictures', {
      other: 'alternative/old pictures',
    })
    assert.deepEqual(task.result, {
      files: 5,
      groups: [['primary/pictures/lake.png', 'alternative/old pictures/lake.png']],
    })
    assert.equal(task.state, 'warning')
    const none = await media.run('find-duplicates', 'primary/pictures', { other: 'primary/nowhere' })
    assert.deepEqual([none.status, none.body.problems?.[0]?.pointer], [422, '/other'])
    const [check] = await media.offered('media-folder', 'primary')
    assert.deepEqual([check?.ready, check?.reason], [false, 'There are no files in this folder'])
  })

  it('rename a file, in the form that its check gives to the name', async () => {
    const id = media.fileId('primary/talks', 'welcome.vtt')
    const problems = async (args: object) => {
      const { status, body } = await media.run('rename', id, args)
      return [status, body.problems?.map(({ pointer, message }) => `${pointer} ${message}`)]
    }
    assert.deepEqual(await problems({ name: 'a/b.vtt' }), [422, ['/name A name has no slashes']])
    assert.deepEqual(await problems({ name: '../b.vtt' }), [422, ['/name A name has no slashes']])
    assert.deepEqual(await problems({ name: 'b.txt' }), [422, ['/name The ending “.vtt” must stay']])
    assert.deepEqual(await problems({ name: ' welcome.vtt ' }), [422, ['/name That is its name already']])
    assert.match(
      (await media.run('rename', id, { name: 'welcome.txt', changeType: true })).body.message ?? '',
      /already/,
    )
    const { body } = await media.run('rename', id, { name: '  hello   all.vtt ' })
    assert.equal(body.message, 'It is now “hello all.vtt”')
    assert.deepEqual(media.names('primary/talks'), ['hello all.vtt', 'welcome.txt'])
  })

  it('sign a file with a passphrase, which is kept nowhere', async () => {
    const passphrase = 'correct horse battery'
    const { status } = await media.run('sign', media.fileId('primary/talks', 'welcome.txt'), { passphrase })
    assert.equal(status, 200)
    const signature = readFileSync(join(data, 'media/primary/talks/welcome.txt.hmac'), 'utf8')
    assert.match(signature, /^[0-9a-f]{64} {2}welcome\.txt\n$/)
    const everything = [
      JSON.stringify((await media.send('GET', '/tasks?limit=200')).body),
      JSON.stringify((await media.send('GET', '/audit?limit=200')).body),
      JSON.stringify((await media.send('GET', '/plugins/media-tools/logs')).body),
    ].join()
    assert.doesNotMatch(everything, /correct horse/)
  })

  it('move several files, each in a task of its own, and leave those alone that are there already', async () => {
    const files = ['lake.png', 'meadow.png'].map((name) => media.fileId('primary/pictures', name))
    const there = await media.run('move', files.join(), { target: 'primary/pictures' })
    assert.deepEqual([there.status, there.body.problems?.[0]?.pointer], [422, '/target'])
    const { body } = await media.run('move', files.join(), { target: 'alternative/old pictures' })
    const states = await Promise.all(body.added.map(async ({ id }) => (await media.ended(id)).state))
    assert.deepEqual([body.message, states], ['2 files', ['warning', 'succeeded']])
    assert.deepEqual(media.names('primary/pictures'), ['baobab.png', 'lake.png'])
    assert.deepEqual(media.names('alternative/old pictures'), ['lake.png', 'meadow.png', 'storm.png'])
  })

  it('clean up the temporary folder: only what is old, and nothing at all is a task to sweep away', async () => {
    const idle = await media.done('clean-temp', 'all')
    assert.deepEqual([idle.worked, idle.result], [false, { removed: 0, bytes: 0, onlyShown: false }])
    await media.send('PATCH', '/plugins/media-tools/settings', { keepTemp: 0 })
    const shown = await media.done('clean-temp', 'all', { onlyShow: true })
    assert.deepEqual(shown.result, { removed: 1, bytes: 11, onlyShown: true })
    assert.deepEqual(media.names('temp'), ['half an upload.part'])
    const cleaned = await media.done('clean-temp', 'all')
    assert.deepEqual([cleaned.worked, media.names('temp')], [true, []])
    const { body } = await media.send<{ deleted: number }>('POST', '/tasks/sweep', { plugin: 'media-tools' })
    assert.equal(body.deleted, 2)
  })

  it('back up as soon as the folder is set, alone in the queue', async () => {
    const ready = async () => (await media.offered('media', 'all')).find(({ id }) => id === 'back-up')
    assert.match((await ready())?.reason ?? '', /^Set the folder of backups/)
    assert.equal((await media.run('back-up', 'all')).status, 409)
    await media.send('PATCH', '/plugins/media-tools/settings', { backupFolder: 'backups' })
    assert.deepEqual([(await ready())?.ready, (await ready())?.reason], [true, null])
    const task = await media.done('back-up', 'all')
    assert.deepEqual([task.state, task.exclusive, task.priority], ['succeeded', true, 0])
    assert.deepEqual(media.names(`alternative/backups/${task.key}/music`), media.names('primary/music'))
    const again = await media.done('back-up', 'all')
    assert.deepEqual(again.result, { copied: 0, complete: true })
  })

  it('get folders as handles: no path of the machine reaches the plugin or an answer', async () => {
    const found = (await media.send('GET', '/tasks?limit=200')).body
    assert.ok(!JSON.stringify(found).includes(data))
    const series = await media.offered('series', '1')
    assert.ok(!JSON.stringify(series).includes(data))
  })

  it('are on pages that show files to those who may, and run nothing that is in a file', async () => {
    writeFileSync(join(data, 'media/primary/talks/page.html'), '<script>alert(1)</script>')
    await library.media.scan()
    const yara = await signIn(library, 'yara')
    const get = (path: string, headers: Readonly<Record<string, string>> = opened.headers) =>
      fetch(`${library.url}/en/media${path}`, { headers, redirect: 'manual' })
    const content = `/files/${media.fileId('primary/talks', 'page.html')}/content`
    const page = await get(content)
    assert.deepEqual(
      [page.status, page.headers.get('content-type'), page.headers.get('content-disposition')],
      [200, 'application/octet-stream', 'attachment'],
    )
    assert.equal(await page.text(), '<script>alert(1)</script>')
    const picture = await get(`/files/${media.fileId('primary/pictures', 'lake.png')}/content`)
    assert.deepEqual(
      [picture.headers.get('content-type'), picture.headers.get('content-disposition')],
      ['image/png', null],
    )
    await picture.arrayBuffer()
    assert.deepEqual([(await get(content, yara)).status, (await get(content, {})).status], [404, 303])
    assert.equal((await get('?folder=primary/../..')).status, 404)
    const some = await (await get(`/chosen?files=${media.fileId('primary/pictures', 'lake.png')}`)).text()
    assert.match(some, /data-action="move"/)
    assert.doesNotMatch(some, /<html/)
    assert.doesNotMatch(await (await get('/chosen?files=999999')).text(), /data-action/)
  })
})
