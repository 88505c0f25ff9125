// What the host refuses fails at the line of the author who asked: every row of the table of host calls, in an isolate whose host refuses.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { guestBundle } from '../../../../runtime/bundles/guest-bundle.ts'
import { PoolTurns } from '../../../../runtime/isolate/pool-turns.ts'
import { Slot } from '../../../../runtime/isolate/slot.ts'
import { WarmIsolate } from '../../../../runtime/isolate/warm-isolate.ts'
import { Channel, type IncomingCall } from '../../../../sdk/protocol/channel.ts'
import { HOST_CALLS, type HostCallName, splitHostCall } from '../../../../sdk/protocol/host-calls.ts'
import { joinParts } from '../../../../sdk/protocol/sql-wire.ts'
import type { WireError } from '../../../../sdk/protocol/wire.ts'

const FOLDER = `const folder = await env.volumes.open('v')`
const FILE = `${FOLDER}; const file = await folder.getFileHandle('a')`
const WRITER = `${FILE}; const writer = await file.createWritable()`
const UPLOAD = `const upload = await env.files.createMultipartUpload('a')`
const DEVICE = `const [device] = await env.usb.getDevices(); await device.open()`

/** A line of the plugin for each call, in which the host refuses that one only. */
const CASES: { readonly [Name in HostCallName]?: string } = {
  'kv.get': `await env.kv.get('k')`,
  'kv.put': `await env.kv.put('k', 'v')`,
  'kv.increment': `await env.kv.increment('k')`,
  'kv.delete': `await env.kv.delete('k')`,
  'kv.list': `await env.kv.list()`,
  'db.query': `await env.db.prepare('SELECT 1').run()`,
  'db.open': `for await (const row of env.db.prepare('SELECT 1').iterate()) await row`,
  'db.next': `for await (const row of env.db.prepare('SELECT 1').iterate()) await row`,
  'db.close': `for await (const row of env.db.prepare('SELECT 1').iterate()) break`,
  'bucket.head': `await env.files.get('a')`,
  'bucket.list': `await env.files.list()`,
  'bucket.estimate': `await env.files.estimate()`,
  'bucket.read': `const file = await env.files.get('a'); await file.text()`,
  'bucket.put': `await env.files.put('a', 'text')`,
  'bucket.putPart': `${UPLOAD}; await upload.uploadPart(1, 'text')`,
  'bucket.delete': `await env.files.delete('a')`,
  'bucket.createUpload': UPLOAD,
  'bucket.complete': `${UPLOAD}; await upload.complete([{ partNumber: 1, etag: 'x' }])`,
  'bucket.abort': `${UPLOAD}; await upload.abort()`,
  'hooks.apply': `await env.hooks.apply('a.b', {})`,
  'host.call': `await env.host.call('a.b', {})`,
  'events.emit': `await env.events.emit('a', {})`,
  'tasks.schedule': `await env.tasks.schedule('work')`,
  'tasks.cancel': `await env.tasks.cancel('id')`,
  'tasks.list': `await env.tasks.list()`,
  'net.fetch': `await fetch('https://example.org/')`,
  'secrets.sign': `const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(env.secrets.key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']); await crypto.subtle.sign('HMAC', key, new Uint8Array(4))`,
  'volumes.list': `await env.volumes.list()`,
  'volumes.open': `await env.volumes.open('v')`,
  'volumes.eject': `await env.volumes.eject('v')`,
  'files.find': `${FOLDER}; await folder.getFileHandle('a')`,
  'files.facts': `${FILE}; await file.getFile()`,
  'files.read': `${FILE}; const content = await file.getFile(); await content.text()`,
  'files.digest': `${FILE}; await file.digest('SHA-256')`,
  'files.list': `${FOLDER}; for await (const name of folder.keys()) await name`,
  'files.next': `${FOLDER}; for await (const name of folder.keys()) await name`,
  'files.endList': `${FOLDER}; for await (const name of folder.keys()) break`,
  'files.create': `${FOLDER}; await folder.getFileHandle('a', { create: true })`,
  'files.remove': `${FOLDER}; await folder.removeEntry('a')`,
  'files.move': `${FILE}; await file.move('b')`,
  'files.openWriter': `${FILE}; await file.createWritable()`,
  'files.write': `${WRITER}; await writer.write('text'); await writer.close()`,
  'files.pipe': `${WRITER}; const { body } = await fetch('https://example.org/passing'); await body.pipeTo(writer)`,
  'files.truncate': `${WRITER}; await writer.truncate(2)`,
  'files.commit': `${WRITER}; await writer.close()`,
  'files.discard': `${WRITER}; await writer.abort()`,
  'usb.getDevices': `await env.usb.getDevices()`,
  'usb.requestDevice': `await env.usb.requestDevice({ filters: [] })`,
  'usb.open': DEVICE,
  'usb.close': `${DEVICE}; await device.close()`,
  'usb.selectConfiguration': `${DEVICE}; await device.selectConfiguration(1)`,
  'usb.claimInterface': `${DEVICE}; await device.claimInterface(1)`,
  'usb.releaseInterface': `${DEVICE}; await device.releaseInterface(1)`,
  'usb.selectAlternateInterface': `${DEVICE}; await device.selectAlternateInterface(1, 1)`,
  'usb.clearHalt': `${DEVICE}; await device.clearHalt('in', 1)`,
  'usb.reset': `${DEVICE}; await device.reset()`,
  'usb.controlTransferIn': `${DEVICE}; await device.controlTransferIn(setup, 4)`,
  'usb.controlTransferOut': `${DEVICE}; await device.controlTransferOut(setup)`,
  'usb.transferIn': `${DEVICE}; await device.transferIn(1, 4)`,
  'usb.transferOut': `${DEVICE}; await device.transferOut(1, new Uint8Array(4))`,
  'usb.isochronousTransfer': `${DEVICE}; await device.isochronousTransferIn(1)`,
}

/** Calls whose failure no plugin sees, or which need a run of a task. */
const ELSEWHERE: { readonly [Name in HostCallName]?: string } = {
  'tasks.report': 'what a run tells of itself is lost with it; its signal says so',
  'bucket.openUpload': 'its failure is the answer to the page that sends a file',
  'tasks.checkpoint': 'the test of tasks below',
}

/** Lines that do not await in an async function of their own. */
const OTHERS: Readonly<Record<string, { readonly refused: HostCallName; readonly code: string }>> = {
  'a promise that is returned': { refused: 'kv.get', code: `return env.kv.get('k')` },
  'a promise of several': { refused: 'kv.get', code: `return Promise.all([env.kv.get('k')])` },
  'a promise with then()': { refused: 'kv.get', code: `return env.kv.get('k').then((value) => value)` },
  'a body that breaks off': {
    refused: 'net.fetch',
    code: `const response = await fetch('https://example.org/broken'); await response.text()`,
  },
  'a timeout': {
    refused: 'kv.list',
    code: `await fetch('https://example.org/slow', { signal: AbortSignal.timeout(5) })`,
  },
}

const ALL = [
  ...Object.entries(CASES).map(([name, code]) => ({ name, refused: name, code })),
  ...Object.entries(OTHERS).map(([name, { refused, code }]) => ({ name, refused, code })),
]
const SCRIPT = [
  `(__plugbay_load)(async (register) => { const setup = { requestType: 'vendor', recipient: 'device', request: 1, value: 0, index: 0 }; const cases = [`,
  ...ALL.map(({ code }) => `async (env) => { ${code} },`),
  `]; const checkpoint = async (task) => {`,
  `await task.checkpoint({})`,
  `}; register({ default: { fetch: (request, env) => cases[new URL(request.url).pathname.slice(1)](env), tasks: { work: checkpoint } } }) })`,
].join('\n')
const FIRST_LINE = 2

const NONE = new Uint8Array(0)
const TABLE = { columns: ['a'], rows: [[1]], changes: 0, lastRowId: 0, changed: false, size: 0, duration: 0 }
const ANSWERS: { readonly [Name in HostCallName]?: { readonly head: unknown; readonly body?: Uint8Array } } =
  {
    'db.open': { head: { handle: 1 }, body: joinParts(Buffer.from(JSON.stringify([TABLE])), []) },
    'bucket.head': { head: { id: 1, key: 'a', size: 4, etag: 'x', uploaded: 0 } },
    'bucket.createUpload': { head: 'id' },
    'volumes.open': { head: { handle: 1, name: 'v', key: 1 } },
    'files.facts': { head: { size: 10, lastModified: 0, version: '1' } },
    'files.list': { head: { entries: [{ name: 'a', kind: 'file' }], next: 5 } },
    'files.openWriter': { head: { writer: 3 } },
    'usb.getDevices': { head: [{ id: 1, configurations: [], configurationValue: 1 }] },
    'usb.open': { head: { handle: 1, configurationValue: 1 } },
  }
const REFUSAL: WireError = { code: 'QUOTA_EXCEEDED', message: 'No more of this', hint: 'Ask for less' }

let refused = ''
let slot: Slot
let channel: Channel
const loaded = Promise.withResolvers<void>()

function answer(call: IncomingCall): void {
  const { name = '', args = '' } = splitHostCall(call.head) ?? {}
  if (name === 'net.fetch' && args.includes('slow')) return
  if (name === 'net.fetch' && args.includes('broken')) {
    const body = call.replyStream(JSON.stringify({ status: 200, statusText: '', headers: [], url: '' }))
    return body.abort(REFUSAL)
  }
  if (name === 'net.fetch' && args.includes('passing'))
    return void call.replyStream(JSON.stringify({ status: 200, statusText: '', headers: [], url: '' }))
  if (name === refused) return call.fail(REFUSAL)
  const { head = null, body = NONE } = ANSWERS[name as HostCallName] ?? {}
  call.reply(JSON.stringify(head), body)
}

before(async () => {
  const send = (kind: number, id: number, head: string, body: Uint8Array | string | undefined) => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    // As in the real process, a frame arrives in a turn of its own.
    setImmediate(() => slot.receive(kind, id, head, bytes))
  }
  channel = new Channel(send, {
    call: answer,
    event: (head) => head.includes('"loaded"') && loaded.resolve(),
  })
  const grants = {
    ...{
      kv: true,
      database: true,
      files: true,
      tasks: true,
      usb: [{}],
      volumes: [{}],
      network: ['https://example.org'],
    },
    ...{ applyHooks: ['a.b'], host: ['a.b'], events: ['a'] },
  }
  slot = new Slot({
    catalog: () => undefined,
    load: {
      ...{ m: 'load', slot: 1, memoryMb: 64, runMs: 10_000, logLinesPerSecond: 100, shared: false },
      ...{ poolThreads: 4, sourceBytes: 0 },
      config: {
        ...{ pluginId: 'p', version: '1.0.0', settings: {}, secrets: { key: 'placeholder-of-the-key' } },
        ...{ maxHostCalls: 100, maxTimers: 10, grants: grants as never },
      },
    },
    warm: new WarmIsolate({ code: guestBundle(), cache: undefined, filename: 'plugbay:guest' }, 64),
    plugin: { code: SCRIPT, cache: undefined, filename: '' },
    send: (kind, id, head, body) => {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      setImmediate(() => channel.receive(kind, id, head, bytes))
    },
    seat: new PoolTurns(4).seat({ threads: 4 }),
    onFailed: (failure) => assert.fail(failure.message),
  })
  await loaded.promise
})
after(() => slot.dispose())

function ask(head: object): Promise<WireError> {
  const { promise, resolve, reject } = Promise.withResolvers<WireError>()
  channel.call(JSON.stringify(head), undefined, {
    reply: (text) => reject(new Error(`answered: ${text}`)),
    error: resolve,
  })
  return promise
}

/** The innermost place of the plugin. */
function placeOf(stack: string): string | undefined {
  return /plugin:\/\/\/p\/backend\.js:(\d+)/.exec(stack)?.[1]
}

test('every host call is in the table, or elsewhere for a reason', () => {
  const known = new Set([...Object.keys(CASES), ...Object.keys(ELSEWHERE)])
  assert.deepEqual(
    Object.keys(HOST_CALLS).filter((name) => !known.has(name)),
    [],
  )
})

for (const [index, { name, refused: wanted }] of ALL.entries())
  test(`S4: it fails at the author's line, with code and hint: ${name}`, async () => {
    refused = wanted
    const error = await ask({
      ...{ m: 'fetch', method: 'GET', url: `http://p/${index}`, headers: [], user: null },
      ...{ requestId: 'r', language: 'en' },
    })
    assert.equal(error.code, 'GUEST_ERROR')
    assert.equal(placeOf(error.stack ?? ''), String(FIRST_LINE + index), error.stack ?? '')
    if (name === 'a timeout') return assert.match(error.message, /timeout/)
    assert.match(error.name ?? '', /\[QUOTA_EXCEEDED\]$/)
    assert.match(error.message, /No more of this\. Ask for less$/)
    assert.match(error.stack ?? '', /^\w+ \[QUOTA_EXCEEDED\]: /)
  })

test('a checkpoint of a task fails there, too', async () => {
  refused = 'tasks.checkpoint'
  const task = { id: '1', name: 'work', args: null, startedBy: {}, ref: ['1', 1], level: 0, checkpoint: null }
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const head = { m: 'task.run', path: 'tasks.work', a: [task], user: null, requestId: 'r' }
  channel.call(JSON.stringify(head), undefined, { reply: resolve, error: (error) => reject(error) })
  const { error } = JSON.parse(await promise) as { error: WireError }
  assert.equal(placeOf(error.stack ?? ''), String(FIRST_LINE + ALL.length + 1), error.stack ?? '')
})
