// What users of a media server know of its plugins, row by row: each test begins with the name of its row in the table of that server's
// capabilities. The sample host is the media server, and media-tools its plugins. docs/actions.md describes what is promised here.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ICONS } from '../../../runtime/contributions/icons.ts'
import type { Actions } from '../../../sdk/api/actions.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import { installFolder, openLibrary, signIn, uploadZip } from '../../sample-plugins/library.ts'
import { MEDIA_TOOLS, mediaOf, type Refusal } from '../../sample-plugins/media-library.ts'
import { pluginZip } from '../../support/runtime.ts'

const opened = await openLibrary({ after })
const { library } = opened
const media = mediaOf(opened)
const nameOf = ({ plugin, id }: { readonly plugin: string; readonly id: string }) => `${plugin}/${id}`

/** A plugin of a few actions; `handlers` is the text of an object. */
async function add(id: string, actions: readonly object[], handlers: string, more: object = {}) {
  const manifest = { contributes: { actions, ...more } }
  const backend = `export default { actions: ${handlers} }`
  return await uploadZip(
    opened,
    pluginZip({ id, backend, manifest: { ...manifest, permissions: { folders: 'read' } } }),
  )
}
const remove = (id: string) => media.send('DELETE', `/plugins/${id}`)
const action = (id: string, more: object = {}) => ({ id, title: id, ...more })
const run = <T>(plugin: string, id: string, body: object = {}, as = {}) =>
  media.send<T & Refusal>('POST', `/actions/${plugin}/${id}/run`, body, as)

before(async () => {
  assert.equal((await installFolder(opened, MEDIA_TOOLS)).status, 201)
})

test('Discovery: a plugin brings several actions, which are there with the upload; one bad plugin costs the others nothing', async () => {
  const before = await media.offered('general')
  assert.equal(
    (await add('aa-tools', [action('one'), action('two')], '{ one: { run() {} }, two: { run() {} } }'))
      .status,
    201,
  )
  const broken = await add('broken', [action('go')], "(() => { throw new Error('no') })()")
  assert.equal(((await broken.json()) as Installation).state, 'failed')
  const offered = await media.offered('general')
  // By plugin, then as the manifest has them; the broken one is in the list of plugins with its reason.
  assert.deepEqual(offered.map(nameOf), ['aa-tools/one', 'aa-tools/two', ...before.map(nameOf)])
  const { body } = await media.send<Installation>('GET', '/plugins/broken')
  assert.match(body.problem?.message ?? '', /no/)
  // An id is there once: a second one in the manifest is refused, and the same one in another plugin is another action.
  const twice = await add('twice', [action('go'), action('go')], '{ go: { run() {} } }')
  assert.equal(twice.status, 422)
  for (const id of ['aa-tools', 'broken']) await remove(id)
  assert.deepEqual((await media.offered('general')).map(nameOf), before.map(nameOf))
})

test('Base classes: an action has the context that it names, and is offered for objects of that kind only', async () => {
  const file = media.fileId('primary/music', 'scale.wav')
  const objects = {
    general: undefined,
    book: '6',
    series: '1',
    media: 'all',
    'media-folder': 'primary/music',
    'media-file': file,
    'media-files': `${file},${media.fileId('primary/music', 'lullaby.wav')}`,
  }
  for (const [context, object] of Object.entries(objects)) {
    const offered = await media.offered(context, object)
    assert.ok(offered.length > 0, context)
    assert.deepEqual([...new Set(offered.map((each) => each.context))], [context])
  }
  // What is for an object does not run without one, or on another kind of object.
  const without = await run('media-tools', 'checksums')
  const other = await run('media-tools', 'checksums', { object: '6' })
  assert.deepEqual([without.body.code, other.body.code], ['OBJECT_UNKNOWN', 'OBJECT_UNKNOWN'])
  // A context that the application does not have is a warning, with the one that was meant.
  const meant = await add('odd', [action('go', { context: 'media-fodler' })], '{ go: { run() {} } }')
  const { warnings } = (await meant.json()) as Installation
  assert.match(JSON.stringify(warnings), /media-fodler.*media-folder/)
  await remove('odd')
})

test('Context knowledge: an action gets its object and the folders of its kind, as handles without a path', async () => {
  const list = `async (args, env, ctx) => {
    const found = {}
    for (const [name, folder] of Object.entries(ctx.folders)) {
      found[name] = []
      for await (const entry of folder.keys()) found[name].push(entry)
      found[name].sort()
      for (const away of ['..', '/', '../..', '/etc/passwd'])
        await folder.getDirectoryHandle(away).then(() => { throw new Error('out') }, (error) => { if (!(error instanceof TypeError)) throw error })
    }
    return JSON.stringify({ found, object: ctx.action.object })
  }`
  const contexts = ['book', 'media', 'media-folder', 'media-file'] as const
  await add(
    'looker',
    contexts.map((context) => action(context, { context })),
    `{ ${contexts.map((each) => `'${each}': { run: ${list} }`).join()} }`,
  )
  const seen = async (context: string, object: string) => {
    const { status, body } = await run<{ message: string }>('looker', context, { object })
    assert.equal(status, 200, JSON.stringify(body))
    assert.ok(!body.message.includes(join(opened.data, 'media')) && !body.message.includes(opened.data))
    return JSON.parse(body.message) as { found: Record<string, string[]>; object: unknown }
  }
  assert.deepEqual((await seen('book', '6')).found, { storage: ['text.txt'] })
  const { found } = await seen('media', 'all')
  assert.deepEqual(found, {
    primary: ['music', 'pictures', 'talks'],
    alternative: ['old pictures'],
    temp: ['half an upload.part'],
  })
  const folder = await seen('media-folder', 'primary/pictures')
  assert.deepEqual(
    [Object.keys(folder.found).sort(), folder.object],
    [
      ['alternative', 'primary', 'temp'],
      {
        id: 'primary/pictures',
        title: 'pictures',
        files: 3,
        bytes: library.media.folder('primary/pictures')?.bytes,
      },
    ],
  )
  const file = media.fileId('primary/talks', 'welcome.txt')
  assert.deepEqual((await seen('media-file', file)).object, {
    ...{ id: Number(file), name: 'welcome.txt', folder: 'primary/talks', bytes: 69 },
  })
  await remove('looker')
})

test('Metadata: id, name, icon, category, and texts in the language of the user', async () => {
  const query = '/actions?context=media-folder&object=primary%2Fmusic&language='
  const of = async (language: string) =>
    (await media.send<Actions>('GET', query + language)).body.items.find(({ id }) => id === 'checksums')
  const { arguments: _form, ...facts } = (await of('en')) ?? assert.fail()
  assert.deepEqual(facts, {
    plugin: 'media-tools',
    id: 'checksums',
    context: 'media-folder',
    title: 'Check the files',
    description: 'Reads every file, and warns of those that have changed since the last check',
    category: 'Check',
    icon: { name: 'check', path: ICONS.check },
    ready: true,
    reason: null,
  })
  // Names of Material icons mean one of the set; what is not known is a tool, as "memory" was.
  const icons = ['content_copy', 'memory', 'no_such_icon', undefined]
  const actions = icons.map((icon, index) => action(`icon-${index}`, icon === undefined ? {} : { icon }))
  await add('pictured', actions, `{ ${actions.map(({ id }) => `'${id}': { run() {} }`).join()} }`)
  const shown = (await media.offered('general')).filter(({ plugin }) => plugin === 'pictured')
  assert.deepEqual(
    shown.map(({ icon }) => icon.name),
    ['copy', 'tool', 'tool', 'tool'],
  )
  await remove('pictured')
  const french = await of('fr')
  assert.deepEqual([french?.title, french?.category], ['Vérifier les fichiers', 'Vérifier'])
})

test('Args: every type of a form, advanced ones, those that are cleared, and the two that every action has', async () => {
  const properties = {
    text: { type: 'string', title: 'Text', default: 'a' },
    long: { type: 'string', format: 'long-text', 'x-clear-after': true },
    address: { type: 'string', format: 'uri', 'x-advanced': true },
    choice: { type: 'string', enum: ['x', 'y'], default: 'x' },
    several: { type: 'array', items: { type: 'string', enum: ['p', 'q', 'r'] }, default: ['p'] },
    folder: { type: 'string', 'x-context': 'media-folder' },
    secret: { type: 'string', format: 'secret' },
    count: { type: 'integer', minimum: 1, default: 3 },
    share: { type: 'number', default: 0.5 },
    isOn: { type: 'boolean', default: true },
    day: { type: 'string', format: 'date' },
    size: { type: 'integer', format: 'bytes', default: '2MB' },
  }
  const shown = action('go', { arguments: { type: 'object', properties } })
  await add('forms', [shown], '{ go: { run: (args) => JSON.stringify(args) } }')
  const [offered] = (await media.offered('general')).filter(({ plugin }) => plugin === 'forms')
  const form = offered?.arguments as {
    readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
  assert.deepEqual(Object.keys(form.properties), [
    ...Object.keys(properties),
    '_logging_level',
    '_duplicate_checking',
  ])
  for (const [key, property] of Object.entries(properties)) assert.deepEqual(form.properties[key], property)
  const { _logging_level: level, _duplicate_checking: dedupe } = form.properties
  assert.deepEqual([level?.enum, level?.default, level?.['x-advanced']], [[0, 10, 20, 30, 40, 50], 20, true])
  assert.deepEqual([dedupe?.type, dedupe?.default, dedupe?.['x-advanced']], ['boolean', true, true])

  const given = { several: ['q', 'r'], folder: 'temp', secret: 's', day: '2026-02-28', size: '1kB' }
  const { body } = await run<{ message: string }>('forms', 'go', { arguments: given })
  assert.deepEqual(JSON.parse(body.message), {
    ...{ text: 'a', choice: 'x', several: ['q', 'r'], folder: 'temp', secret: 's', count: 3, share: 0.5 },
    ...{ isOn: true, day: '2026-02-28', size: 1000, _logging_level: 20, _duplicate_checking: true },
  })
  const wrong = {
    several: ['z'],
    folder: 'primary/nowhere',
    day: '2026-02-30',
    count: 0,
    share: 'x',
    isOn: 'maybe',
    _logging_level: 25,
  }
  const refused = await run('forms', 'go', { arguments: wrong })
  assert.deepEqual(
    refused.body.problems?.map(({ pointer }) => pointer).sort(),
    Object.keys(wrong)
      .map((key) => `/${key}`)
      .sort(),
  )
  // The folder chooser offers what this user may choose.
  const choices = await media.send<{ items: readonly { id: string }[] }>(
    'GET',
    '/contexts/media-folder/objects',
  )
  assert.ok(choices.body.items.some(({ id }) => id === 'primary/music'))
  const yara = await signIn(library, 'yara')
  const none = await media.send<{ items: unknown }>('GET', '/contexts/media-folder/objects', undefined, yara)
  assert.deepEqual(none.body.items, [])
  await remove('forms')
})

test('process_action_args: the check of a plugin gives messages, at fields or for all, or the arguments in another form', async () => {
  const form = {
    type: 'object',
    properties: { curl: { type: 'string' }, url: { type: 'string' }, method: { type: 'string' } },
  }
  const check = `({ curl = '' }) => {
    const found = /^curl (?:-X (\\w+) )?(\\S+)$/.exec(curl.trim())
    if (curl === '') return { problems: ['Nothing to do'] }
    if (found === null) return { problems: [{ field: 'curl', message: 'Not a command of curl' }, 'See the manual'] }
    return { args: { method: found[1] ?? 'GET', url: found[2] } }
  }`
  await add(
    'grabber',
    [action('grab', { arguments: form })],
    `{ grab: { check: ${check}, run: (args) => args.method + ' ' + args.url } }`,
  )
  const grab = (curl?: string) => run<{ message: string }>('grabber', 'grab', { arguments: { curl } })
  assert.equal((await grab(' curl -X PUT https://a.example ')).body.message, 'PUT https://a.example')
  const wrong = await grab('wget x')
  assert.deepEqual(
    [wrong.status, wrong.body.problems?.map(({ pointer, message }) => [pointer, message])],
    [
      422,
      [
        ['/curl', 'Not a command of curl'],
        [undefined, 'See the manual'],
      ],
    ],
  )
  assert.deepEqual(
    (await grab()).body.problems?.map(({ message }) => message),
    ['Nothing to do'],
  )
  // A page may ask without running it.
  const checked = await media.send<{ arguments: object }>('POST', '/actions/grabber/grab/check', {
    arguments: { curl: 'curl x' },
  })
  assert.deepEqual(Object.keys(checked.body.arguments).sort(), [
    '_duplicate_checking',
    '_logging_level',
    'method',
    'url',
  ])
  await remove('grabber')
})

test('Operational check: an action that is not ready says why, and does not run', async () => {
  const backUp = async () => (await media.offered('media', 'all')).find(({ id }) => id === 'back-up')
  const { ready, reason } = (await backUp()) ?? assert.fail()
  assert.equal(ready, false)
  assert.equal(reason, 'Set the folder of backups in the settings of the plugin first')
  const refused = await media.run('back-up', 'all')
  assert.deepEqual(
    [refused.status, refused.body.code, refused.body.detail],
    [409, 'ACTION_NOT_READY', reason],
  )
  await media.send('PATCH', '/plugins/media-tools/settings', { backupFolder: 'safe' })
  assert.deepEqual([(await backUp())?.ready, (await backUp())?.reason], [true, null])
  await media.send('PATCH', '/plugins/media-tools/settings', { backupFolder: null })
  assert.equal((await media.run('back-up', 'all')).status, 409)
})

test('Listing: a user sees what all of its permissions allow, with the reason where one is not ready', async () => {
  await add(
    'levels',
    [
      action('free'),
      action('view', { permissions: ['media.view'] }),
      action('both', { permissions: ['media.view', 'media.change'] }),
    ],
    "{ free: { run() {} }, view: { ready: () => 'Not today', run() {} }, both: { run() {} } }",
  )
  // Members only: "access" is "user" where the manifest says nothing else.
  const seen = async (as: Readonly<Record<string, string>>) =>
    (await media.offered('general', undefined, as))
      .filter(({ plugin }) => plugin === 'levels')
      .map(({ id, reason }) => [id, reason])
  assert.deepEqual(await seen(await signIn(library, 'amina')), [
    ['free', null],
    ['view', 'Not today'],
    ['both', null],
  ])
  const tomas = await signIn(library, 'tomas')
  assert.deepEqual(await seen(tomas), [
    ['free', null],
    ['view', 'Not today'],
  ])
  assert.deepEqual(await seen(await signIn(library, 'yara')), [['free', null]])
  assert.equal((await fetch(`${library.url}/apps/api/v1/actions`)).status, 401)
  // What is hidden is refused as well.
  assert.deepEqual((await run('levels', 'both', {}, tomas)).status, 403)
  await remove('levels')
})

test('Execute: each refusal has a status and a code of its own', async () => {
  const url = `${library.url}/apps/api/v1/actions/media-tools/checksums/run`
  const raw = async (body: string, headers: Readonly<Record<string, string>> = opened.headers) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    })
    return [response.status, ((await response.json()) as Refusal).code]
  }
  assert.deepEqual(await raw('{"object": '), [400, 'BAD_REQUEST'])
  assert.deepEqual(await raw('[]'), [400, 'BAD_REQUEST'])
  assert.deepEqual(await raw('{}', { origin: library.url }), [401, 'UNAUTHENTICATED'])
  const refusal = async (answer: Promise<{ readonly status: number; readonly body: Refusal }>) => {
    const { status, body } = await answer
    return [status, body.code]
  }
  const yara = await signIn(library, 'yara')
  assert.deepEqual(await refusal(media.run('checksums', 'primary/music', {}, yara)), [403, 'FORBIDDEN'])
  assert.deepEqual(await refusal(media.run('checksum', 'primary/music')), [404, 'ACTION_UNKNOWN'])
  assert.deepEqual(await refusal(run('media-tool', 'checksums')), [404, 'ACTION_UNKNOWN'])
  assert.deepEqual(await refusal(media.run('checksums', 'primary/nowhere')), [404, 'OBJECT_UNKNOWN'])
  assert.deepEqual(await refusal(media.run('checksums', 'primary')), [409, 'ACTION_NOT_READY'])
  assert.deepEqual(await refusal(media.run('checksums', 'primary/music', { pause: -1 })), [
    422,
    'ARGUMENTS_INVALID',
  ])
  // Another site cannot run one in the name of a member.
  const elsewhere = { ...opened.headers, origin: 'https://elsewhere.example' }
  assert.deepEqual(await raw('{}', elsewhere), [421, 'MISDIRECTED'])
})

test('Task creation: none, one or many; what waits or runs already is counted and skipped', async () => {
  assert.deepEqual((await media.run('cover-text', '6')).body.added, [])
  const slow = { pause: 10_000 }
  const one = await media.run('checksums', 'primary/music', slow)
  assert.deepEqual([one.body.added.length, one.body.skipped.length], [1, 0])
  const again = await media.run('checksums', 'primary/music', slow)
  assert.deepEqual([again.status, again.body.added.length, again.body.skipped.length], [200, 0, 1])
  assert.equal(again.body.skipped[0]?.id, one.body.added[0]?.id)
  // Another object is another task; and the user may want it twice.
  const other = await media.run('checksums', 'primary/pictures', slow)
  const twice = await media.run('checksums', 'primary/pictures', { ...slow, _duplicate_checking: false })
  assert.deepEqual([other.body.added.length, twice.body.added.length], [1, 1])
  for (const { body } of [one, other, twice])
    await media.send('POST', `/tasks/${body.added[0]?.id}/cancel`, {})
  const many = await media.run('count-series', '1')
  assert.equal(many.body.added.length, 3)
  for (const { id } of many.body.added) assert.equal((await media.ended(id)).state, 'succeeded')
})
