// Actions that start tasks: none, one or many, with the object, its folders and the user; and the automatic arguments.

import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type ActionOutcome, defineHost } from '../../runtime/index.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { api, install, send, startTestRuntime, temporaryFolder, until } from '../support/runtime.ts'

const media = await temporaryFolder({ after })
const host = defineHost({
  id: 'media-server',
  version: '1.0.0',
  contexts: {
    book: {
      data: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
      find: (id: string) => (/^[a-z]+$/.test(id) ? { id } : undefined),
      folders: (book) => ({ storage: join(media, (book as { readonly id: string }).id) }),
    },
  },
})
const runtime = await startTestRuntime({ after }, { host })
const ADA = { user: { name: 'ada', permissions: [] } }

const action = (id: string) => ({ id, title: id, context: 'book' })
await install(runtime as unknown as Runtime, {
  id: 'book-tools',
  manifest: {
    permissions: { folders: 'readwrite', tasks: true },
    contributes: {
      actions: ['none', 'one', 'many', 'text', 'odd', 'unknown', 'folder'].map(action),
      tasks: [{ id: 'shrink', onDemand: true }],
    },
  },
  backend: `
const list = async (folder) => { const names = []; for await (const name of folder.keys()) names.push(name); return names.sort() }
export default {
  actions: {
    none: { run() {} },
    text: { run: () => ({ message: 'Nothing to do', tasks: [] }) },
    one: { run: () => ({ task: 'shrink', args: { page: 1 } }) },
    many: { run: () => ({ message: 'Three', tasks: [1, 2, 2].map((page) => ({ task: 'shrink', args: { page } })) }) },
    odd: { run: () => ({ tasks: 'shrink' }) },
    unknown: { run: () => ({ task: 'shrnk' }) },
    folder: { run: async (args, env, ctx) => (await list(ctx.folders.storage)).join() },
  },
  tasks: {
    shrink: async (task, env, ctx) => {
      const file = await ctx.folders.storage.getFileHandle('page-' + task.args.page + '.txt', { create: true })
      const writable = await file.createWritable()
      await writable.write(JSON.stringify({ action: ctx.action, user: ctx.user?.name, level: task.log.isKept('DEBUG') }))
      await writable.close()
      task.worked()
      return { pages: await list(ctx.folders.storage) }
    },
  },
}`,
})
before(async () => {
  for (const id of ['algebra', 'botany', 'drama']) {
    await mkdir(join(media, id))
    await writeFile(join(media, id, 'cover.txt'), id)
  }
})

const run = (id: string, objectId: string, args: object = {}): Promise<ActionOutcome> =>
  runtime.actions.run({ plugin: 'book-tools', action: id, objectId, args: { ...args }, ...ADA })
interface TaskView {
  readonly state: string
  readonly result: unknown
  readonly startedBy: unknown
}
const taskOf = async (id: string) =>
  (await (await api(runtime as unknown as Runtime, `/tasks/${id}`)).json()) as TaskView
const ended = (id: string) =>
  until('the task ends', async () => {
    const task = await taskOf(id)
    return ['waiting', 'running'].includes(task.state) ? undefined : task
  })

describe('an action', () => {
  it('that creates no task is a success', async () => {
    assert.deepEqual(await run('none', 'drama'), { message: null, added: [], skipped: [] })
    assert.deepEqual(await run('text', 'drama'), { message: 'Nothing to do', added: [], skipped: [] })
  })

  it('that creates one: the task has the object, its folders and the user', async () => {
    const { added, skipped } = await run('one', 'algebra', { _logging_level: 10 })
    assert.deepEqual([added.length, added[0]?.name, skipped], [1, 'shrink', []])
    const task = await ended(added[0]?.id ?? '')
    assert.deepEqual(task.state, 'succeeded')
    assert.deepEqual(task.result, { pages: ['cover.txt', 'page-1.txt'] })
    assert.deepEqual(task.startedBy, { kind: 'user', name: 'ada' })
    assert.deepEqual(JSON.parse(await readFile(join(media, 'algebra/page-1.txt'), 'utf8')), {
      action: { id: 'one', context: 'book', object: { id: 'algebra' } },
      user: 'ada',
      level: true,
    })
  })

  it('that creates many: duplicates are counted and skipped, unless the user says otherwise', async () => {
    const counted = await run('many', 'botany')
    assert.deepEqual([counted.message, counted.added.length, counted.skipped.length], ['Three', 2, 1])
    for (const { id } of counted.added) await ended(id)
    const all = await run('many', 'botany', { _duplicate_checking: false })
    assert.deepEqual([all.added.length, all.skipped.length], [3, 0])
    for (const { id } of all.added) await ended(id)
  })

  it('works in the folders of its own object, and only while that is granted', async () => {
    assert.equal((await run('folder', 'drama')).message, 'cover.txt')
    const grant = async (grants: object) => {
      const answer = await send(runtime as unknown as Runtime, 'PUT', '/plugins/book-tools/grants', grants)
      assert.equal(answer.status, 200)
    }
    await grant({ tasks: true })
    await assert.rejects(run('folder', 'drama'), { code: 'GUEST_ERROR' })
    await grant({ tasks: true, folders: 'readwrite' })
    assert.equal((await run('folder', 'drama')).message, 'cover.txt')
  })

  it('that gives what cannot be tasks fails, and starts nothing', async () => {
    await assert.rejects(run('odd', 'drama'), { code: 'GUEST_ERROR' })
    await assert.rejects(run('unknown', 'drama'), { code: 'TASK_INVALID' })
  })
})
