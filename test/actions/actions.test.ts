// Actions of plugins on objects of an application: who is offered which, arguments, readiness, and what each refusal says.

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { ICONS } from '../../runtime/contributions/icons.ts'
import { defineHost } from '../../runtime/index.ts'
import type { Action, Actions } from '../../sdk/api/actions.ts'
import type { ProblemDocument } from '../../sdk/api/problems.ts'
import type { User } from '../../sdk/plugin-api/env.ts'
import { api, install, logLines, send, startTestRuntime } from '../support/runtime.ts'

const BOOKS: Readonly<Record<string, { readonly title: string; readonly pages: number }>> = {
  1: { title: 'Algebra', pages: 300 },
  2: { title: 'Botany', pages: 120 },
}
const host = defineHost({
  id: 'media-server',
  version: '1.0.0',
  languages: { available: ['en', 'fr'], default: 'en' },
  permissions: { 'books.change': 'Change books' },
  contexts: {
    book: {
      title: 'Book',
      data: {
        type: 'object',
        properties: { title: { type: 'string' }, pages: { type: 'integer' } },
        required: ['title', 'pages'],
        additionalProperties: false,
      },
      find: (id: string) => BOOKS[id],
    },
    folder: {
      find: (id: string, user: User | null) =>
        id === 'inbox' || (id === 'private' && user?.name === 'ada') ? { id } : undefined,
      list: () => [{ id: 'inbox', title: 'Inbox' }],
    },
  },
})
const runtime = await startTestRuntime({ after }, { host })
const ADA = { user: { name: 'ada', permissions: ['books.change'] } }
const BEN = { user: { name: 'ben', permissions: [] } }

await install(runtime, {
  id: 'book-tools',
  manifest: {
    settings: { type: 'object', properties: { folder: { type: 'string' } } },
    contributes: {
      actions: [
        {
          id: 'shrink',
          title: { en: 'Shrink', fr: 'Réduire' },
          description: 'Makes a book smaller',
          category: 'Size',
          icon: 'compress',
          context: 'book',
          permissions: ['books.change'],
          arguments: {
            type: 'object',
            properties: {
              quality: { type: 'integer', minimum: 1, maximum: 100, default: 80 },
              format: { type: 'string', enum: ['webp', 'jpeg'] },
              target: { type: 'string', 'x-context': 'folder' },
              notes: { type: 'string', format: 'long-text', 'x-advanced': true, 'x-clear-after': true },
            },
            required: ['format'],
          },
        },
        { id: 'count', title: 'Count', context: 'book' },
        { id: 'backup', title: 'Back up' },
      ],
    },
  },
  backend: `export default { actions: {
    shrink: {
      check(args, env, ctx) {
        if (args.notes === 'strings') return { problems: ['Not like this'] }
        if (args.quality > ctx.action.object.pages) return { problems: [{ field: 'quality', message: 'Too much for this book' }] }
        if (args.notes === 'odd') return 5
        if (args.notes === 'wider') return { args: { ...args, more: 1 } }
        return { args: { ...args, notes: (args.notes ?? '').trim() } }
      },
      run(args, env, ctx) { return JSON.stringify({ args, action: ctx.action, user: ctx.user?.name, language: ctx.language }) },
    },
    count: { run(args, env, ctx) { if (ctx.action.object.title === 'Botany') throw new Error('the secret path /srv') } },
    backup: { ready: (env) => env.settings.folder === undefined ? 'Set the folder of backups first' : true, run() {} },
  } }`,
})

const names = (actions: readonly { readonly plugin: string; readonly id: string }[]) =>
  actions.map(({ plugin, id }) => `${plugin}/${id}`)
const SHRINK = { plugin: 'book-tools', action: 'shrink' } as const
const rejects = async (run: Promise<unknown>, code: string, message = /./) => {
  await assert.rejects(run, (error: { readonly code: string; readonly message: string }) => {
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  })
}

describe('the list of actions', () => {
  it('offers those of the context, to users who have all permissions', async () => {
    const forAda = await runtime.actions.list({ context: 'book', objectId: '1', ...ADA })
    assert.deepEqual(names(forAda), ['book-tools/shrink', 'book-tools/count'])
    const forBen = await runtime.actions.list({ context: 'book', objectId: '1', ...BEN })
    assert.deepEqual(names(forBen), ['book-tools/count'])
    assert.deepEqual(names(await runtime.actions.list(BEN)), ['book-tools/backup'])
  })

  it('says of each what a page needs, in the language of the user', async () => {
    const [shrink] = await runtime.actions.list({ context: 'book', objectId: '1', ...ADA, language: 'fr' })
    const { arguments: form, ...facts } = shrink ?? assert.fail()
    assert.deepEqual(facts, {
      plugin: 'book-tools',
      id: 'shrink',
      context: 'book',
      title: 'Réduire',
      description: 'Makes a book smaller',
      category: 'Size',
      icon: { name: 'archive', path: ICONS.archive },
      ready: true,
      reason: null,
    })
    assert.deepEqual(Object.keys(form.properties ?? {}), [
      'quality',
      'format',
      'target',
      'notes',
      '_logging_level',
      '_duplicate_checking',
    ])
  })

  it('says why an action is not ready, and refuses to run it until it is', async () => {
    const [backup] = await runtime.actions.list(BEN)
    assert.deepEqual([backup?.ready, backup?.reason], [false, 'Set the folder of backups first'])
    const request = { plugin: 'book-tools', action: 'backup', args: {}, objectId: undefined, ...BEN }
    await rejects(runtime.actions.run(request), 'ACTION_NOT_READY', /Set the folder of backups first/)
    assert.equal((await send(runtime, 'PATCH', '/plugins/book-tools/settings', { folder: '/b' })).status, 200)
    assert.equal((await runtime.actions.list(BEN))[0]?.ready, true)
    assert.deepEqual(await runtime.actions.run(request), { message: null, added: [], skipped: [] })
  })

  it('costs nothing but itself when a plugin fails, hangs or does not start', async () => {
    for (const [id, backend] of [
      ['ready-throws', 'export default { actions: { go: { ready() { throw new Error("x") }, run() {} } } }'],
      ['ready-hangs', 'export default { actions: { go: { ready: () => new Promise(() => {}), run() {} } } }'],
      ['ready-odd', 'export default { actions: { go: { ready: () => ({ proxy: 1 }), run() {} } } }'],
    ] as const)
      await install(runtime, {
        id,
        backend,
        manifest: { contributes: { actions: [{ id: 'go', title: 'Go' }] } },
      })
    const found = await runtime.actions.list(BEN)
    assert.deepEqual(
      found.filter(({ id }) => id === 'go').map(({ plugin, ready, reason }) => [plugin, ready, reason]),
      [
        ['ready-hangs', false, 'The plugin failed when it was asked whether it is ready'],
        ['ready-odd', false, 'The plugin is not ready'],
        ['ready-throws', false, 'The plugin failed when it was asked whether it is ready'],
      ],
    )
    assert.equal(found.find(({ id }) => id === 'backup')?.ready, true)
    for (const id of ['ready-throws', 'ready-hangs', 'ready-odd'])
      await send(runtime, 'DELETE', `/plugins/${id}`)
  })
})

describe('running an action', () => {
  it('gives the handler its arguments with defaults, the object, the user and the language', async () => {
    const outcome = await runtime.actions.run({
      ...SHRINK,
      ...ADA,
      language: 'fr',
      objectId: '1',
      args: { format: 'webp', target: 'private', notes: ' fine ' },
    })
    assert.deepEqual(JSON.parse(outcome.message ?? ''), {
      args: {
        quality: 80,
        format: 'webp',
        target: 'private',
        notes: 'fine',
        _logging_level: 20,
        _duplicate_checking: true,
      },
      action: { id: 'shrink', context: 'book', object: { title: 'Algebra', pages: 300 } },
      user: 'ada',
      language: 'fr',
    })
  })

  const WRONG: readonly (readonly [
    what: string,
    args: object,
    pointer: string | undefined,
    message: RegExp,
  ])[] = [
    ['a missing argument', {}, '/format', /A value is needed/],
    ['a wrong type', { format: 'webp', quality: 'high' }, '/quality', /must be a whole number/],
    ['a value out of range', { format: 'webp', quality: 101 }, '/quality', /must be 100 or less/],
    ['another choice', { format: 'png' }, '/format', /one of "webp", "jpeg"/],
    ['an unknown argument', { format: 'webp', qualty: 5 }, '/qualty', /did you mean "quality"/],
    ['an object of someone else', { format: 'webp', target: 'secret' }, '/target', /no such object/],
    ['a log level between two', { format: 'webp', _logging_level: 15 }, '/_logging_level', /one of 0, 10/],
    ['what the plugin refuses', { format: 'webp', notes: 'strings' }, undefined, /Not like this/],
  ]
  for (const [what, args, pointer, message] of WRONG)
    it(`refuses ${what}`, async () => {
      const run = runtime.actions.run({ ...SHRINK, ...ADA, objectId: '1', args: { ...args } })
      await assert.rejects(
        run,
        (error: { readonly code: string; readonly problems: ProblemDocument['problems'] }) => {
          assert.equal(error.code, 'ARGUMENTS_INVALID')
          assert.equal(error.problems?.[0]?.pointer, pointer)
          assert.match(error.problems?.[0]?.message ?? '', message)
          return true
        },
      )
    })

  it('knows the object in the check of the plugin', async () => {
    const args = { format: 'webp', quality: 90 }
    const fine = await runtime.actions.check({ ...SHRINK, ...ADA, object: { title: 'A', pages: 90 }, args })
    assert.equal(fine.quality, 90)
    const run = runtime.actions.check({ ...SHRINK, ...ADA, object: { title: 'A', pages: 89 }, args })
    await rejects(run, 'ARGUMENTS_INVALID', /"quality": Too much for this book/)
  })

  it('holds what the check gives back to the form, and refuses what is no answer', async () => {
    const run = (notes: string) =>
      runtime.actions.run({ ...SHRINK, ...ADA, objectId: '1', args: { format: 'webp', notes } })
    await rejects(run('wider'), 'ARGUMENTS_INVALID', /"more": The action has no such argument/)
    await rejects(run('odd'), 'GUEST_ERROR')
  })

  it('tells nothing of an error to users, and all to the log of the plugin', async () => {
    const run = runtime.actions.run({
      plugin: 'book-tools',
      action: 'count',
      ...BEN,
      objectId: '2',
      args: {},
    })
    await assert.rejects(run, { message: 'The plugin "book-tools" failed in the action "count"' })
    const lines = await logLines(runtime, 'book-tools')
    assert.ok(lines.some(({ message }) => message.includes('the secret path /srv')))
  })

  it('refuses unknown actions, unknown objects, users without the permission, and other contexts', async () => {
    const args = { format: 'webp' }
    const on = (more: object) => ({ ...SHRINK, ...ADA, args, objectId: '1', ...more })
    await rejects(runtime.actions.run(on({ action: 'shrnk' })), 'ACTION_UNKNOWN')
    await rejects(runtime.actions.run(on({ plugin: 'nobody' })), 'ACTION_UNKNOWN')
    await rejects(runtime.actions.run(on({ objectId: '3' })), 'OBJECT_UNKNOWN')
    await rejects(runtime.actions.run(on({ objectId: undefined })), 'OBJECT_UNKNOWN')
    await rejects(runtime.actions.run(on({ objectId: '__proto__' })), 'VALUE_INVALID')
    await rejects(runtime.actions.run(on(BEN)), 'FORBIDDEN')
    await rejects(runtime.actions.run(on({ user: null })), 'FORBIDDEN')
    await rejects(
      runtime.actions.list({ context: 'bok' as 'book', ...BEN }),
      'POINT_UNKNOWN',
      /did you mean "book"/,
    )
  })

  it('is gone the moment that the plugin is disabled', async () => {
    assert.equal((await send(runtime, 'POST', '/plugins/book-tools/disable')).status, 200)
    assert.deepEqual(await runtime.actions.list({ context: 'book', objectId: '1', ...ADA }), [])
    await rejects(
      runtime.actions.run({ ...SHRINK, ...ADA, objectId: '1', args: { format: 'webp' } }),
      'ACTION_UNKNOWN',
    )
    assert.equal((await send(runtime, 'POST', '/plugins/book-tools/enable')).status, 200)
  })
})

describe('the API of actions', () => {
  const run = async (body: object, verb = 'run', action = 'shrink') => {
    const response = await send(runtime, 'POST', `/actions/book-tools/${action}/${verb}`, body)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it('lists and runs', async () => {
    const { items } = (await (
      await api(runtime, '/actions?context=book&object=1&language=fr')
    ).json()) as Actions
    assert.deepEqual(
      items.map(({ title }: Action) => title),
      ['Réduire', 'Count'],
    )
    const { status, body } = await run({ object: '1', arguments: { format: 'webp' } })
    assert.equal(status, 200)
    assert.match(String(body.message), /"title":"Algebra"/)
    const checked = await run({ object: '1', arguments: { format: 'webp' } }, 'check')
    assert.equal((checked.body.arguments as { readonly quality: number }).quality, 80)
    const choices = (await (await api(runtime, '/contexts/folder/objects')).json()) as {
      readonly items: unknown
    }
    assert.deepEqual(choices.items, [{ id: 'inbox', title: 'Inbox' }])
  })

  it('has a status of its own for each refusal', async () => {
    const args = { format: 'webp' }
    assert.equal((await run({ object: '1', arguments: 5 })).status, 400)
    assert.equal((await run({ object: '1', arguments: args }, 'run', 'nothing')).status, 404)
    assert.equal((await run({ object: '9', arguments: args })).status, 404)
    assert.equal((await run({ object: '1', arguments: {} })).status, 422)
    await send(runtime, 'PATCH', '/plugins/book-tools/settings', { folder: null })
    assert.equal((await run({}, 'run', 'backup')).status, 409)
    const anonymous = await fetchAnonymous('/actions')
    assert.equal(anonymous.status, 401)
  })
})

async function fetchAnonymous(path: string): Promise<Response> {
  const { createApp } = await import('../../runtime/index.ts')
  return await createApp(runtime).request(`http://127.0.0.1:3000/api/v1${path}`)
}
