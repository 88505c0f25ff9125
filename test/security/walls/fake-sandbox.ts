// A compromised sandbox process: it speaks the protocol as it likes. It runs in place of runtime/isolate/main.ts, with the same
// rights. The id of the loaded plugin selects the attack; "honest" and "neighbour" make none.
// The findings of an attack are returned as the response to the request that started it.

import { Socket } from 'node:net'
import { encodeFrame, FrameReader } from '../../../sdk/protocol/frame-codec.ts'
import {
  type Body,
  CALL,
  CANCEL,
  CHUNK,
  CREDIT,
  ERROR,
  EVENT,
  FROM_CALLER,
  KIND_MASK,
  MORE,
  REPLY,
} from '../../../sdk/protocol/wire.ts'

interface Frame {
  readonly kind: number
  readonly slot: number
  readonly id: number
  readonly head: string
  readonly body: Uint8Array | undefined
}

const socket = new Socket({ fd: 3, readable: true, writable: true })
const waiting = new Map<number, (answer: string) => void>()
let plugin = ''
let mySlot = 0
let nextId = 1
let isDeaf = false

const reader = new FrameReader((kind, slot, id, head, body) => take({ kind, slot, id, head, body }), {
  maxBytes: 128 * 1024 * 1024,
})
socket.on('data', (chunk: Buffer) => reader.push(chunk))
socket.on('end', () => process.exit(0))
socket.on('error', () => process.exit(0))

function raw(bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.write(bytes)) setImmediate(resolve)
    else socket.once('drain', resolve)
  })
}

const frame = (kind: number, id: number, head: string, body?: Body) =>
  encodeFrame(kind, mySlot, id, head, body)
const send = (kind: number, id: number, head: string, body?: Body) => raw(frame(kind, id, head, body))

/** Sends the same bytes again and again, as fast as they are taken. */
async function flood(bytes: (n: number) => Buffer): Promise<void> {
  for (let n = 0; ; n += 500)
    await raw(Buffer.concat(Array.from({ length: 500 }, (_, index) => bytes(n + index))))
}

function hostCall(head: string, body?: Body): Promise<string> {
  const id = nextId++
  void send(CALL | FROM_CALLER, id, head, body)
  return new Promise((resolve) => waiting.set(id, resolve))
}

function take({ kind, slot, id, head, body }: Frame): void {
  if (isDeaf) return
  const word = kind & KIND_MASK
  if (slot === 0 && word === CALL) return control(id, JSON.parse(head))
  if (word === CALL) return void serve(id, JSON.parse(head))
  if (word === REPLY) waiting.get(id)?.(`reply ${head} ${body === undefined ? '' : Buffer.from(body)}`.trim())
  if (word === ERROR) waiting.get(id)?.(`error ${(JSON.parse(head) as { code: string }).code}`)
}

function control(
  id: number,
  call: { readonly m: string; readonly slot: number; readonly config?: { pluginId: string } },
): void {
  const answer = (head: unknown) => void raw(encodeFrame(REPLY, 0, id, JSON.stringify(head), undefined))
  if (call.m === 'ping') return answer(PINGS[plugin] ?? { slots: [] })
  answer(null)
  if (call.m !== 'load') return
  mySlot = call.slot
  plugin = call.config?.pluginId ?? ''
  void send(EVENT, 0, JSON.stringify({ e: 'loaded', exports: ['fetch', 'lifecycle.enable'] }))
  // Its neighbours' secret: the attacks look for it.
  if (plugin === 'neighbour') void hostCall('kv.put["secret",{}]', 'of the neighbour')
}

async function serve(
  id: number,
  request: { readonly m: string; readonly url: string; readonly a?: readonly unknown[] },
): Promise<void> {
  // The command that installs the plugin enables it.
  if (request.m !== 'fetch' && request.a?.length === 0) return await send(REPLY, id, 'null')
  if (request.m !== 'fetch') return await RESULTS[String(request.a?.[0])]?.(id)
  const say = (text: string) => send(REPLY, id, HEAD, text)
  const attack = ATTACKS[plugin]
  const { searchParams } = new URL(request.url)
  if (attack === undefined) return say('fine')
  await attack({ id, say, mode: searchParams.get('mode') ?? '' })
}

interface Request {
  readonly id: number
  readonly mode: string
  say(text: string): Promise<void>
}

const HEAD = JSON.stringify({ status: 200, statusText: '', headers: ['content-type', 'text/plain'] })
const ERROR_HEAD = JSON.stringify({ code: 'GUEST_ERROR', message: 'm' })
const KB = 'x'.repeat(1024)

/** The reply when the runtime asks for figures. */
const PINGS: Readonly<Record<string, unknown>> = {
  'figures-wild': {
    slots: [1, 2, 3, -1, 1e308].map((slot) => ({
      slot,
      cpuMs: 1e308,
      heapBytes: -1,
      externalBytes: 'x',
      busyMs: {},
      runMs: -1e308,
    })),
  },
  'figures-none': { slots: 5 },
}

const HEADS: Readonly<Record<string, unknown>> = {
  'status-99': { status: 99, headers: [] },
  'status-101': { status: 101, headers: [] },
  'status-1000': { status: 1000, headers: [] },
  'status-text': { status: '200', headers: [] },
  'status-none': { headers: [] },
  'value-crlf': { status: 200, headers: ['x-plugin-a', 'a\r\nset-cookie: plugbay_session=x'] },
  'name-crlf': { status: 200, headers: ['x-plugin-a: b\r\nset-cookie', 'plugbay_session=x'] },
  'name-pseudo': { status: 200, headers: [':status', '500'] },
  'name-upper': { status: 200, headers: ['Set-Cookie', 'a=b'] },
  'names-object': { status: 200, headers: { 'set-cookie': 'a=b' } },
  'names-odd': { status: 200, headers: ['x-plugin-a'] },
  'names-many': { status: 200, headers: Array.from({ length: 5000 }, (_, n) => `x-${n}`) },
  'text-crlf': { status: 200, statusText: 'OK\r\nset-cookie: plugbay_session=x', headers: [] },
  array: [],
  nothing: null,
}

/** Results of a guest call whose result is JSON. */
const RESULTS: Readonly<Record<string, (id: number) => Promise<void>>> = {
  honest: (id) => send(REPLY, id, '{"a":[1]}'),
  'no json': (id) => send(REPLY, id, '{"a":'),
  nothing: (id) => send(REPLY, id, ''),
  undefined: (id) => send(REPLY, id, 'undefined'),
  giant: (id) => send(REPLY, id, JSON.stringify('x'.repeat(2_000_000))),
  deep: (id) => send(REPLY, id, `${'['.repeat(200_000)}${']'.repeat(200_000)}`),
  'deep in objects': (id) => send(REPLY, id, `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`),
  stream: (id) => send(REPLY | MORE, id, 'null'),
  'an error of a code that there is not': (id) => send(ERROR, id, '{"code":"__proto__","message":"m"}'),
}

const ATTACKS: Readonly<Record<string, (request: Request) => Promise<unknown>>> = {
  // Frames that are none.
  async 'frame-long'() {
    const bytes = Buffer.alloc(64, 0xff)
    bytes.writeUInt32LE(0x7fffffff, 0)
    await raw(bytes)
  },
  'frame-short': () => raw(Buffer.from([3, 0, 0, 0, 1, 2, 3])),
  async 'frame-head'() {
    const bytes = frame(EVENT, 0, 'head', 'body')
    bytes.writeUInt32LE(0xffffffff, 13)
    await raw(bytes)
  },
  'frame-kind': () => send(9, 1, '{}'),
  'call-shapeless': () => send(CALL | FROM_CALLER, 1, '{"m":"kv.get","a":["k"]}'),
  'call-unread': () => send(CALL | FROM_CALLER, 1, 'net.fetch[{]'),
  'call-long': () => send(CALL | FROM_CALLER, 1, `kv.get[${'['.repeat(400_000)}${']'.repeat(400_000)}]`),
  'frame-nested': () => send(EVENT, 0, '['.repeat(1_000_000)),
  'frame-bytes': () => raw(encodeFrame(EVENT, mySlot, 0, '12345678', undefined).fill(0xfe, 17)),
  async 'frame-part'() {
    await raw(frame(REPLY, 1, HEAD, KB).subarray(0, 30))
  },
  async 'frame-drops'({ id }) {
    // Never ends: the answer comes in single bytes.
    for (const byte of frame(REPLY, id, HEAD, KB)) {
      await raw(Buffer.of(byte))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  },
  // Words at the wrong time.
  'control-call': () => raw(encodeFrame(CALL | FROM_CALLER, 0, 1, 'kv.get["k"]', undefined)),
  'control-event': () => raw(encodeFrame(EVENT, 0, 0, 'no json', undefined)),
  'control-other': () =>
    raw(encodeFrame(EVENT, 0, 0, '{"e":"slot-failed","slot":{"toString":1}}', undefined)),
  'control-runs': () =>
    raw(encodeFrame(EVENT, 0, 0, JSON.stringify({ e: 'runs', slots: Array(5000).fill(1) }), undefined)),
  async 'runs-wild'({ say }) {
    const slots = [mySlot, -1, 1e308, '1', null, { toString: 1 }, mySlot]
    await raw(encodeFrame(EVENT, 0, 0, JSON.stringify({ e: 'runs', slots }), undefined))
    await say('fine')
  },
  'figures-none': ({ say }) => say('fine'),
  'figures-wild': ({ say }) => say('fine'),
  async 'id-twice'() {
    for (let n = 0; n < 3; n++) await send(CALL | FROM_CALLER, 77, 'kv.put["k",{}]', KB)
  },
  async 'reply-twice'({ id }) {
    await send(REPLY | MORE, id, HEAD)
    await send(REPLY | MORE, id, HEAD)
  },
  async 'reply-unasked'({ id, say }) {
    for (let other = 1; other < 5000; other += 7)
      if (other !== id) {
        await send(REPLY, other, HEAD, 'of somebody else')
        await send(ERROR, other, ERROR_HEAD)
        await send(CHUNK | MORE, other, '', KB)
      }
    await say('fine')
    // And once more, when it has been answered.
    await say('twice')
    await send(ERROR, id, ERROR_HEAD)
  },
  async 'credit-negative'({ id }) {
    await send(CREDIT, id, '-1')
  },
  async 'credit-none'({ id }) {
    await send(CREDIT, id, 'NaN')
  },
  async 'credit-huge'({ id, say }) {
    for (let n = 0; n < 100; n++) await send(CREDIT, id, String(Number.MAX_SAFE_INTEGER))
    await say('fine')
  },
  async 'chunks-unread'({ id }) {
    await send(REPLY | MORE, id, HEAD)
    await flood(() => frame(CHUNK | MORE, id, '', 'x'.repeat(60_000)))
  },
  async 'chunks-tiny'({ id }) {
    await send(REPLY | MORE, id, HEAD)
    await flood(() => frame(CHUNK | MORE, id, '', 'x'))
  },
  async 'chunks-empty'({ id }) {
    await send(REPLY | MORE, id, HEAD)
    await flood(() => frame(CHUNK | MORE, id, ''))
  },
  // Floods.
  'flood-calls': () => flood((n) => frame(CALL | FROM_CALLER, n + 1, 'kv.put["k",{}]', KB)),
  'flood-unknown': () => flood((n) => frame(CALL | FROM_CALLER, n + 1, 'no.such[]')),
  'flood-logs': () => flood(() => frame(EVENT, 0, JSON.stringify({ e: 'log', level: 'error', text: KB }))),
  'flood-replies': () => flood((n) => frame(REPLY, 1_000_000 + n, HEAD)),
  'flood-slots': () => flood((n) => encodeFrame(EVENT, 1000 + n, 0, '{"e":"loaded"}', undefined)),
  'flood-runs': () =>
    flood((n) => encodeFrame(EVENT, 0, 0, JSON.stringify({ e: 'runs', slots: [n % 2] }), undefined)),
  'flood-cancels': () => flood((n) => frame(CANCEL | FROM_CALLER, n, '')),
  async 'flood-abandoned'() {
    // Each is cancelled at once: what was begun for it must count all the same.
    const body = 'x'.repeat(200_000)
    for (let n = 1; ; n++) {
      await raw(
        Buffer.concat([
          frame(CALL | FROM_CALLER, n, 'kv.put["k",{}]', body),
          frame(CANCEL | FROM_CALLER, n, ''),
        ]),
      )
    }
  },
  async 'flood-streams'() {
    for (let n = 1; ; n++) {
      await send(CALL | FROM_CALLER | MORE, n, 'net.fetch[{}]')
      for (let part = 0; part < 20; part++) await send(CHUNK | MORE | FROM_CALLER, n, '', 'x'.repeat(60_000))
    }
  },
  async deaf({ say }) {
    await say('fine')
    isDeaf = true
    socket.pause()
  },
  // Calls that are not its to make.
  async asks({ say }) {
    const told: Record<string, string> = {}
    for (const [name, head] of Object.entries(CALLS)) told[name] = await hostCall(head)
    await say(JSON.stringify(told))
  },
  async files({ say }) {
    const told: Record<string, string> = {}
    const asked = async (name: string, head: string, body?: Body) => {
      told[name] = (await hostCall(head, body)).slice(0, 60)
    }
    const list = await hostCall('volumes.list[]')
    const [{ id }] = JSON.parse(list.slice('reply '.length)) as [{ readonly id: string }]
    await asked('none', 'volumes.open["../.."]')
    await asked('opened', `volumes.open["${id}"]`)
    await asked('opened again', `volumes.open["${id}"]`)
    for (const number of NUMBERS) {
      // With another argument behind it, that would be no JSON.
      if (number === '') continue
      await asked(`find ${number}`, `files.find[${number},[],"directory"]`)
      await asked(`write ${number}`, `files.write[${number},0]`, 'x')
      await asked(`commit ${number}`, `files.commit[${number}]`)
      await asked(`next ${number}`, `files.next[${number}]`)
      await asked(`move ${number}`, `files.move[1,["a"],${number},["b"]]`)
    }
    // The handle of a folder is not a writer, a list or a cursor.
    for (const head of ['files.write[1,0]', 'files.next[1]', 'files.truncate[1,0]', 'db.next[1]'])
      await asked(`other ${head}`, head)
    for (const path of [
      '[".."]',
      '["a/../.."]',
      '["/etc/passwd"]',
      '["..",".."]',
      '"a"',
      '[["a"]]',
      '{}',
      'null',
      '[""]',
    ])
      for (const call of ['find', 'create'])
        await asked(`path ${call} ${path}`, `files.${call}[1,${path},"file"]`)
    await asked('sizes', 'files.read[1,["a"],"v",-1,1e99]')
    await asked('create', 'files.create[1,["a"],"file"]')
    await asked('writer', 'files.openWriter[1,["a"],false,"siloed"]')
    await asked('far', 'files.write[2,9007199254740991]', 'x')
    await asked('negative', 'files.write[2,-1]', 'x')
    await asked('long', 'files.truncate[2,9007199254740991]')
    for (let n = 3; n <= 17; n++) await asked(`writer ${n}`, 'files.openWriter[1,["a"],false,"siloed"]')
    await asked('one too many', 'files.openWriter[1,["a"],false,"siloed"]')
    await say(JSON.stringify(told))
  },
  async usb({ say }) {
    const told: Record<string, string> = {}
    const asked = async (name: string, head: string, body?: Body) => {
      told[name] = (await hostCall(head, body)).slice(0, 80)
    }
    const list = await hostCall('usb.getDevices[]')
    const [{ id }] = JSON.parse(list.slice('reply '.length)) as [{ readonly id: number }]
    for (const number of NUMBERS) if (number !== '') await asked(`open ${number}`, `usb.open[${number}]`)
    await asked('opened', `usb.open[${id}]`)
    await asked('opened twice', `usb.open[${id}]`)
    for (const number of NUMBERS) {
      if (number === '') continue
      await asked(`forged claim ${number}`, `usb.claimInterface[${number},0]`)
      await asked(`forged read ${number}`, `usb.transferIn[${number},1,1]`)
      await asked(`forged close ${number}`, `usb.close[${number}]`)
      if (number !== '0' && number !== '2')
        await asked(`bad number ${number}`, `usb.claimInterface[1,${number}]`)
    }
    for (const head of ['files.next[1]', 'files.write[1,0]', 'db.next[1]', 'volumes.open["x"]'])
      await asked(`other ${head}`, head)
    const setup = { requestType: 'vendor', recipient: 'device', request: 1, value: 1, index: 1 }
    for (const wrong of [
      ...[null, 7, [], {}, { ...setup, requestType: 'root' }, { ...setup, recipient: 'hub' }],
      ...[
        { ...setup, request: 256 },
        { ...setup, value: 65_536 },
        { ...setup, index: -1 },
        { ...setup, index: '1' },
      ],
    ])
      await asked(`bad setup ${JSON.stringify(wrong)}`, `usb.controlTransferIn[1,${JSON.stringify(wrong)},1]`)
    await asked('bad direction', 'usb.clearHalt[1,"both",1]')
    await asked('not claimed', 'usb.transferIn[1,1,1]')
    await asked('claimed', 'usb.claimInterface[1,0]')
    await asked('too long in', 'usb.transferIn[1,1,1048577]')
    await asked('too long control', `usb.controlTransferIn[1,${JSON.stringify(setup)},65536]`)
    await asked('too long out', `usb.controlTransferOut[1,${JSON.stringify(setup)}]`, 'x'.repeat(65_536))
    const flood = await Promise.all(Array.from({ length: 200 }, () => hostCall('usb.transferIn[1,1,1]')))
    told.refused = String(flood.filter((answer) => answer.includes('QuotaExceededError')).length)
    await say(JSON.stringify(told))
  },
  async handles({ say }) {
    const statement = (text: string) => {
      const json = Buffer.from(JSON.stringify([{ sql: text, values: [] }]))
      const length = Buffer.alloc(4)
      length.writeUInt32LE(json.byteLength)
      return Buffer.concat([length, json])
    }
    const many = statement(
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 200000) SELECT x FROM c',
    )
    const told: Record<string, string> = {}
    const asked = async (name: string, head: string, body?: Body) => {
      told[name] = (await hostCall(head, body)).slice(0, 24)
    }
    await asked('opened', 'db.open[]', many)
    for (const number of NUMBERS) {
      await asked(`next ${number}`, `db.next[${number}]`)
      await asked(`close ${number}`, `db.close[${number}]`)
    }
    await asked('next twice', 'db.next[1]')
    for (let n = 2; n <= 8; n++) await asked(`open ${n}`, 'db.open[]', many)
    await asked('one too many', 'db.open[]', many)
    await asked('closed', 'db.close[1]')
    await asked('after closing', 'db.next[1]')
    await asked('again', 'db.open[]', many)
    await asked('no statement', 'db.open[]')
    await say(JSON.stringify(told))
  },
  heads: ({ id, mode }) =>
    send(REPLY, id, mode === 'garbage' ? '{"status":' : JSON.stringify(HEADS[mode]), 'body'),
}

/** None is the handle of this instance; 1 is. */
const NUMBERS = [
  '0',
  '-1',
  '2',
  '1.5',
  '1e999',
  '"1"',
  '[1]',
  'null',
  '{"valueOf":1}',
  '9007199254740993',
  '4294967297',
  '',
]

const CALLS: Readonly<Record<string, string>> = {
  'a row without a grant': 'db.query[]',
  'a device': 'usb.getDevices[]',
  'the network': 'net.fetch[{"url":"http://127.0.0.1/","method":"GET","headers":[]}]',
  'no such row': 'kv.everything[]',
  'a name of objects': '__proto__[]',
  'another name of objects': 'constructor[]',
  'a row of the data process': 'remove[]',
  'a row with a space': 'kv.get neighbour[]',
  'the key of a neighbour': 'kv.get["secret"]',
  'a key with the name of a neighbour': 'kv.get["../neighbour/secret"]',
  'keys of objects': 'kv.get[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]',
  'arguments without end': `kv.get[${'['.repeat(30_000)}${']'.repeat(30_000)}]`,
  'arguments that are no JSON': 'kv.get["k",]',
  'arguments that go on': 'kv.get["k"] 5 ["secret"]',
  'arguments of no kind': 'kv.put[null,null,null]',
}
