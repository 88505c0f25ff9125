// Channel and streams: two ends joined in memory, and one end against frames that no honest peer sends.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Channel, type IncomingCall, parseWireError } from '../../../sdk/protocol/channel.ts'
import { MAX_TEXT, type ReceiveStream } from '../../../sdk/protocol/streams.ts'
import {
  type Body,
  CALL,
  CANCEL,
  CHUNK,
  CREDIT,
  ERROR,
  EVENT,
  FROM_CALLER,
  MORE,
  REPLY,
  STREAM_WINDOW,
  type WireError,
} from '../../../sdk/protocol/wire.ts'

interface Frame {
  readonly kind: number
  readonly id: number
  readonly head: string
  readonly body: Body
}

/** Two channels whose frames wait until `flow()`. */
function pair(serve: (call: IncomingCall) => void) {
  const toServer: Frame[] = []
  const toClient: Frame[] = []
  const events: string[] = []
  const client = new Channel((kind, id, head, body) => toServer.push({ kind, id, head, body }), {
    call: () => assert.fail('the client is not called'),
  })
  const server = new Channel((kind, id, head, body) => toClient.push({ kind, id, head, body }), {
    call: serve,
    event: (head) => events.push(head),
  })
  const pass = (frames: Frame[], to: Channel) => {
    for (const { kind, id, head, body } of frames.splice(0)) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      assert.equal(to.receive(kind, id, head, bytes), true)
    }
  }
  const flow = () => {
    while (toServer.length + toClient.length > 0) {
      pass(toServer, server)
      pass(toClient, client)
    }
  }
  return { client, server, toServer, toClient, events, flow }
}

/** A sink that remembers. */
function remember() {
  const seen: { reply?: string; body?: string; stream?: ReceiveStream; error?: WireError; times: number } = {
    times: 0,
  }
  return {
    seen,
    reply(head: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined) {
      seen.times++
      seen.reply = head
      if (body !== undefined) seen.body = Buffer.from(body).toString()
      if (stream !== undefined) seen.stream = stream
    },
    error(error: WireError) {
      seen.times++
      seen.error = error
    },
  }
}

function collect(stream: ReceiveStream | undefined) {
  const got: { bytes: number; ended: boolean; error?: WireError } = { bytes: 0, ended: false }
  stream?.read({
    chunk: (bytes) => {
      got.bytes += bytes.byteLength
    },
    end: () => {
      got.ended = true
    },
    error: (error) => {
      got.error = error
    },
  })
  return got
}

describe('a call', () => {
  test('is answered once with head and body', () => {
    const { client, server, flow } = pair((call) => {
      call.reply(
        `re:${call.head}`,
        Buffer.from(call.body ?? [])
          .toString()
          .toUpperCase(),
      )
      call.reply('twice')
      call.fail({ code: 'X', message: 'and failed' })
    })
    const sink = remember()
    client.call('hello', 'body', sink)
    assert.equal(client.pending, 1)
    flow()
    assert.deepEqual(sink.seen, { times: 1, reply: 're:hello', body: 'BODY' })
    assert.deepEqual([client.pending, server.serving], [0, 0])
  })

  test('fails with what the other side says', () => {
    const { client, flow } = pair((call) => call.fail({ code: 'NO', message: 'not today', hint: 'tomorrow' }))
    const sink = remember()
    client.call('x', undefined, sink)
    flow()
    assert.deepEqual(sink.seen, { times: 1, error: { code: 'NO', message: 'not today', hint: 'tomorrow' } })
  })

  test('that is cancelled fails here at once and tells the other side once', () => {
    let cancelled = 0
    let late: IncomingCall | undefined
    const { client, server, flow } = pair((call) => {
      late = call
      call.onCancel(() => cancelled++)
    })
    const sink = remember()
    const call = client.call('x', undefined, sink)
    flow()
    call.cancel()
    call.cancel()
    assert.equal(sink.seen.error?.code, 'CANCELLED')
    flow()
    assert.equal(cancelled, 1)
    late?.reply('too late')
    flow()
    assert.equal(sink.seen.times, 1)
    assert.deepEqual([client.pending, server.serving], [0, 0])
  })

  test('that is open when the channel closes fails, and later ones at once', () => {
    let cancelled = 0
    const { client, server, flow } = pair((call) => {
      call.onCancel(() => cancelled++)
    })
    const [open, later] = [remember(), remember()]
    client.call('x', undefined, open)
    flow()
    const gone = { code: 'GONE', message: 'closed' }
    client.close(gone)
    client.close({ code: 'AGAIN', message: 'ignored' })
    client.call('y', undefined, later)
    assert.deepEqual(
      [open.seen, later.seen],
      [
        { times: 1, error: gone },
        { times: 1, error: gone },
      ],
    )
    server.close(gone)
    assert.equal(cancelled, 1)
    assert.deepEqual([client.pending, server.serving], [0, 0])
  })

  test('may be many at once, answered in any order', () => {
    const calls: IncomingCall[] = []
    const { client, flow } = pair((call) => calls.push(call))
    const sinks = Array.from({ length: 50 }, (_, n) => {
      const sink = remember()
      client.call(String(n), undefined, sink)
      return sink
    })
    flow()
    for (const call of calls.toReversed()) call.reply(call.head)
    flow()
    assert.deepEqual(
      sinks.map(({ seen }) => seen.reply),
      sinks.map((_, n) => String(n)),
    )
  })
})

describe('a stream', () => {
  const piece = new Uint8Array(STREAM_WINDOW / 4)

  test('of a reply waits for credit, goes on with it, and ends', () => {
    let target: ReturnType<IncomingCall['replyStream']> | undefined
    let ready = 0
    const { client, server, flow } = pair((call) => {
      target = call.replyStream('head')
      target.onReady = () => ready++
    })
    const sink = remember()
    client.call('x', undefined, sink)
    flow()
    assert.ok(target)
    assert.deepEqual(
      [target.write(piece), target.write(piece), target.write(piece), target.write(piece)],
      [true, true, true, false],
    )
    flow()
    assert.equal(ready, 0)
    const got = collect(sink.seen.stream)
    assert.equal(got.bytes, STREAM_WINDOW)
    flow()
    assert.equal(target.writable, false, 'what was read but not consumed gives no credit')
    sink.seen.stream?.consumed(got.bytes)
    flow()
    assert.deepEqual([ready, target.writable], [1, true])
    target.write(piece)
    target.end()
    target.end()
    assert.equal(target.write(piece), false)
    flow()
    assert.deepEqual(got, { bytes: STREAM_WINDOW + piece.byteLength, ended: true })
    assert.deepEqual([client.pending, server.serving], [0, 0])
  })

  test('of a request reaches the callee in pieces', () => {
    let got: ReturnType<typeof collect> | undefined
    const { client, flow } = pair((call) => {
      got = collect(call.stream)
      call.stream?.consumed(0)
    })
    const call = client.call('x', undefined, remember(), true)
    call.body?.write(piece)
    call.body?.write(piece)
    call.body?.end()
    flow()
    assert.deepEqual(got, { bytes: 2 * piece.byteLength, ended: true })
  })

  test('has texts among its bytes, in order, and each takes its length in characters', () => {
    let target: ReturnType<IncomingCall['replyStream']> | undefined
    const { client, flow } = pair((call) => {
      target = call.replyStream('head')
    })
    const sink = remember()
    client.call('x', undefined, sink)
    flow()
    assert.ok(target)
    const seen: unknown[] = []
    target.write('früh \u{1f600}')
    target.write(Uint8Array.of(1))
    flow()
    sink.seen.stream?.read({
      chunk: (bytes) => seen.push(...bytes),
      text: (text) => seen.push(text),
      end: () => seen.push('end'),
      error: (error) => seen.push(error.code),
    })
    while (target.writable) target.write('x'.repeat(STREAM_WINDOW / 8))
    flow()
    assert.equal(seen.splice(2).join('').length, STREAM_WINDOW)
    sink.seen.stream?.consumed(7 + 1 + 1 + STREAM_WINDOW)
    flow()
    assert.equal(target.writable, true)
    target.end()
    flow()
    assert.deepEqual(seen, ['früh \u{1f600}', 1, 'end'])
  })

  test('of many small chunks has no more of them under way than a window pays for', () => {
    let target: ReturnType<IncomingCall['replyStream']> | undefined
    const { client, toClient, flow } = pair((call) => {
      target = call.replyStream('head')
    })
    const sink = remember()
    client.call('x', undefined, sink)
    flow()
    let written = 0
    while (target?.writable) if (target.write(Uint8Array.of(1))) written++
    assert.ok(written < 1100, `${written} chunks`)
    assert.equal(toClient.length, written + 1)
    // What is consumed comes back with the cost of its chunks, however it is counted.
    const got = collect(sink.seen.stream)
    let consumed = 0
    for (const step of [1, 3, 500]) {
      flow()
      for (; consumed < got.bytes; consumed += step) {
        sink.seen.stream?.consumed(Math.min(step, got.bytes - consumed))
      }
      consumed = got.bytes
      flow()
      assert.equal(target?.writable, true, `steps of ${step}`)
      let again = 0
      while (target?.writable) if (target.write(Uint8Array.of(1))) again++
      assert.ok(again > 700 && again < 1100, `${again} chunks in the next window`)
    }
  })

  test('of a request stops when the answer has come', () => {
    const { client, flow } = pair((call) => call.reply('enough'))
    let stopped = 0
    const call = client.call('x', undefined, remember(), true)
    assert.ok(call.body)
    call.body.onStop = () => stopped++
    flow()
    assert.equal(stopped, 1)
    assert.equal(call.body.write(piece), false)
  })

  test('that is aborted fails at the reader, after what has come', () => {
    const { client, flow } = pair((call) => {
      const target = call.replyStream('head')
      target.write(piece)
      target.abort({ code: 'BROKEN', message: 'in the middle' })
    })
    const sink = remember()
    client.call('x', undefined, sink)
    flow()
    assert.deepEqual(collect(sink.seen.stream), {
      bytes: piece.byteLength,
      ended: false,
      error: { code: 'BROKEN', message: 'in the middle' },
    })
    assert.equal(client.pending, 0)
  })

  test('that the reader cancels stops at the writer', () => {
    let stopped = 0
    const { client, flow } = pair((call) => {
      const target = call.replyStream('head')
      target.onStop = () => stopped++
    })
    const sink = remember()
    const call = client.call('x', undefined, sink)
    flow()
    const got = collect(sink.seen.stream)
    call.cancel()
    flow()
    assert.equal(stopped, 1)
    assert.equal(got.error?.code, 'CANCELLED')
  })

  test('fails at the reader when the channel closes', () => {
    const { client, flow } = pair((call) => void call.replyStream('head').write(piece))
    const sink = remember()
    client.call('x', undefined, sink)
    flow()
    const got = collect(sink.seen.stream)
    client.close({ code: 'GONE', message: 'closed' })
    assert.equal(got.error?.code, 'GONE')
    assert.equal(sink.seen.times, 1)
  })
})

describe('hostile frames', () => {
  function hostile() {
    const calls: IncomingCall[] = []
    const sink = remember()
    const channel = new Channel(() => undefined, { call: (call) => calls.push(call) })
    const { id } = channel.call('x', undefined, sink)
    return { channel, calls, sink, id }
  }

  test('of an unknown kind are a violation', () => {
    const { channel } = hostile()
    for (const kind of [0, 8, 9, 15])
      assert.equal(channel.receive(kind, 1, '', undefined), false, String(kind))
  })

  test('for calls that are not open are passed over', () => {
    const { channel, sink } = hostile()
    for (const kind of [REPLY, REPLY | MORE, ERROR, CHUNK, CHUNK | MORE, CANCEL | FROM_CALLER])
      assert.equal(channel.receive(kind, 4_000_000_000, '{"code":"A","message":"b"}', undefined), true)
    assert.equal(channel.receive(CREDIT, 77, '10', undefined), true)
    assert.equal(sink.seen.times, 0)
  })

  test('that use a call id twice, or answer twice with a stream, are a violation', () => {
    const { channel, id, calls } = hostile()
    assert.equal(channel.receive(CALL | FROM_CALLER, 9, 'a', undefined), true)
    assert.equal(channel.receive(CALL | FROM_CALLER, 9, 'b', undefined), false)
    assert.equal(calls.length, 1)
    assert.equal(channel.receive(REPLY | MORE, id, 'h', undefined), true)
    assert.equal(channel.receive(REPLY, id, 'again', undefined), false)
  })

  test('with a text in a stream of bytes, or one that is too long, are a violation', () => {
    const { channel, id, sink } = hostile()
    assert.equal(channel.receive(REPLY | MORE, id, 'h', undefined), true)
    assert.equal(channel.receive(CHUNK | MORE, id, 'x'.repeat(MAX_TEXT + 1), undefined), false)
    assert.equal(channel.receive(CHUNK | MORE, id, 'text', Uint8Array.of(1)), false, 'both')
    assert.equal(channel.receive(CHUNK, id, 'text', undefined), false, 'at the end')
    assert.equal(channel.receive(CHUNK | MORE, id, 'early', undefined), true)
    const got: string[] = []
    sink.seen.stream?.read({
      chunk: () => got.push('chunk'),
      end: () => got.push('end'),
      error: ({ message }) => got.push(message),
    })
    assert.deepEqual(got, ['A text came in a stream of bytes'])
    assert.equal(channel.receive(CHUNK | MORE, id, 'late', undefined), false)
  })

  test('with invalid credit are a violation', () => {
    const { channel, id } = hostile()
    for (const head of ['-1', 'x', '1.5', '1e400', '9007199254740993'])
      assert.equal(channel.receive(CREDIT | FROM_CALLER, id, head, undefined), false, head)
  })

  test('that grant more than was ever sent open the window no wider than it was', () => {
    const sent: number[] = []
    const channel = new Channel((kind) => void sent.push(kind), { call: () => undefined })
    const { body, id } = channel.call('x', undefined, remember(), true)
    assert.ok(body)
    for (const head of ['9007199254740991', '4294967296', String(2 * STREAM_WINDOW)])
      assert.equal(channel.receive(CREDIT, id, head, undefined), true)
    let written = 0
    while (body.writable && written < 100) {
      body.write(new Uint8Array(STREAM_WINDOW / 4))
      written++
    }
    assert.equal(written, 4)
  })

  test('without any effect are reported, so that a flood of them can be detected', () => {
    let ignored = 0
    const channel = new Channel(() => undefined, { call: () => undefined, ignored: () => ignored++ })
    const { id } = channel.call('x', undefined, remember(), true)
    const error = '{"code":"A","message":"b"}'
    for (const kind of [REPLY, ERROR, ERROR | FROM_CALLER, CHUNK, CHUNK | FROM_CALLER, CANCEL | FROM_CALLER])
      assert.equal(channel.receive(kind, 4_000_000_000, error, undefined), true)
    assert.equal(channel.receive(CREDIT, 4_000_000_000, '1', undefined), true)
    assert.equal(ignored, 7)
    channel.receive(CREDIT, id, '0', undefined)
    channel.receive(REPLY | MORE, id, 'h', undefined)
    channel.receive(CHUNK | MORE, id, '', undefined)
    assert.equal(ignored, 9, 'no credit, and no bytes')
  })

  test('of a byte each are a violation before they take much memory', () => {
    const { channel, id } = hostile()
    assert.equal(channel.receive(REPLY | MORE, id, 'h', undefined), true)
    let taken = 0
    while (taken < 1e6 && channel.receive(CHUNK | MORE, id, '', Uint8Array.of(1))) taken++
    assert.ok(taken < 10_000, `${taken} chunks were taken`)
  })

  test('that ignore the window are a violation before they are kept', () => {
    const { channel, id, sink } = hostile()
    assert.equal(channel.receive(REPLY | MORE, id, 'h', undefined), true)
    const mega = new Uint8Array(STREAM_WINDOW)
    let taken = 0
    while (taken < 1000 && channel.receive(CHUNK | MORE, id, '', mega)) taken++
    assert.ok(taken <= 8, `${taken} windows were taken`)
    assert.equal(sink.seen.times, 1)
  })

  test('with an error of another shape are a violation, long texts are cut', () => {
    const { channel, id } = hostile()
    for (const head of ['', 'null', '[]', '{}', '{"code":1,"message":"x"}', '{"code":"x"}', 'x'.repeat(100)])
      assert.equal(channel.receive(ERROR, id, head, undefined), false, head)
    const error = parseWireError(
      JSON.stringify({
        code: 'c'.repeat(1000),
        message: 'm'.repeat(1e6),
        stack: 's'.repeat(1e6),
        name: 'n'.repeat(1e6),
        hint: 'h'.repeat(1e6),
        extra: 1,
      }),
    )
    assert.ok(JSON.stringify(error).length < 25_000)
    assert.deepEqual(Object.keys(error ?? {}).toSorted(), ['code', 'hint', 'message', 'name', 'stack'])
  })

  test('after the end of a stream change nothing', () => {
    const { channel, id, sink } = hostile()
    channel.receive(REPLY | MORE, id, 'h', undefined)
    const got = collect(sink.seen.stream)
    channel.receive(CHUNK, id, '', new Uint8Array(3))
    channel.receive(CHUNK | MORE, id, '', new Uint8Array(5))
    channel.receive(ERROR, id, '{"code":"A","message":"b"}', undefined)
    assert.deepEqual(got, { bytes: 3, ended: true })
  })

  test('of events without a listener are passed over', () => {
    const { channel } = hostile()
    assert.equal(channel.receive(EVENT, 0, 'x', undefined), true)
  })
})
