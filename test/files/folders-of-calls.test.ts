// Folders that the host gives a handler for the time of one call: what an action gets of its object.

import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { callGuest } from '../../runtime/guest-calls/call-guest.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { install, liveOf, startTestRuntime, temporaryFolder } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

/** Runs what it is sent; \`kept\` lives as long as the instance. */
const BACKEND = `
const kept = {}
export default {
  events: {
    async '*'({ data }, env, ctx) {
      try {
        return await new Function('env', 'ctx', 'kept', 'return (async () => {' + data + '})()')(env, ctx, kept)
      } catch (error) {
        return { error: error.name, code: error.cause?.code }
      }
    },
  },
}
`
const scope = sharedScope()
let runtime: Runtime
let book: string

before(async () => {
  book = await temporaryFolder(scope)
  await mkdir(join(book, 'media'))
  await writeFile(join(book, 'media', 'track.mp3'), 'sound')
  runtime = await startTestRuntime(scope)
  const permissions = { events: ['*'] }
  await install(runtime, { id: 'tools', backend: BACKEND, manifest: { permissions } })
})

async function run(code: string, mode?: 'read' | 'readwrite'): Promise<unknown> {
  const target = { runner: liveOf(runtime, 'tools').runner, reportError: () => undefined }
  const folders =
    mode === undefined
      ? {}
      : { storage: runtime.files.grant({ pluginId: 'tools', root: book, mode, name: 'book' }) }
  const call = { handler: '*', args: [{ data: code }], user: null, requestId: 'test', folders }
  const outcome = await callGuest(target, 'event.deliver', call)
  return outcome.ok ? outcome.value : outcome
}

test('a handler works in the folder that it was given, under the name that the host chose', async () => {
  const seen = await run(
    `
    const media = await ctx.folders.storage.getDirectoryHandle('media')
    const track = await media.getFileHandle('track.mp3')
    const stream = await (await media.getFileHandle('cover.txt', { create: true })).createWritable()
    await stream.write('a cover')
    await stream.close()
    return [ctx.folders.storage.name, await (await track.getFile()).text(), JSON.stringify(ctx.folders)]`,
    'readwrite',
  )
  assert.deepEqual(seen, ['book', 'sound', '{"storage":{}}'])
  assert.equal(await readFile(join(book, 'media', 'cover.txt'), 'utf8'), 'a cover')
})

test('without folders, the context has none', async () => {
  assert.deepEqual(await run('return Object.keys(ctx.folders)'), [])
})

test('a folder that is given to be read cannot be written to', async () => {
  const seen = await run(`await ctx.folders.storage.getFileHandle('new', { create: true })`, 'read')
  assert.deepEqual(seen, { error: 'NotAllowedError', code: 'PERMISSION_DENIED' })
})

test('what a handler has kept of a folder is worth nothing once the call has ended', async () => {
  await run(
    `kept.folder = ctx.folders.storage
     kept.stream = await (await kept.folder.getFileHandle('left.txt', { create: true })).createWritable()
     await kept.stream.write('never seen')`,
    'readwrite',
  )
  assert.deepEqual(await run(`await kept.folder.getFileHandle('left.txt')`), {
    error: 'InvalidStateError',
    code: 'HANDLE_CLOSED',
  })
  assert.deepEqual(await run('await kept.stream.close()'), {
    error: 'InvalidStateError',
    code: 'HANDLE_CLOSED',
  })
  assert.equal(await readFile(join(book, 'left.txt'), 'utf8'), '')
  assert.deepEqual((await readdir(book)).toSorted(), ['left.txt', 'media'])
})

test('the handles of ended calls are not counted any more', async () => {
  for (let n = 0; n < 40; n++) await run('return 1', 'read')
  assert.equal(liveOf(runtime, 'tools').runner.spec.meter.handles.folder, 0)
})
