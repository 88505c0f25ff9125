// The body of an answer that streams: who breaks it off, and what the author learns.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PipeCut, ResponsePipe } from '../../../runtime/http/backend/response-pipe.ts'
import type { ResponseSink } from '../../../runtime/http/exchange/response-sink.ts'
import type { ReceiveStream, StreamSink } from '../../../sdk/protocol/streams.ts'

function start({ maxBytes = 1000, length }: { maxBytes?: number; length?: number } = {}) {
  const seen: string[] = []
  const cuts: PipeCut[] = []
  const sink: ResponseSink = {
    returnsMemory: true,
    source: undefined,
    hold: undefined,
    arrival: undefined,
    isClosed: false,
    answer: () => assert.fail(),
    start: () => assert.fail(),
    write: (bytes) => seen.push(Buffer.from(bytes).toString()) > 0,
    end: () => void seen.push('end'),
    abort: () => void seen.push('abort'),
  }
  let guest: StreamSink | undefined
  const stream: Pick<ReceiveStream, 'read' | 'consumed'> = {
    read: (to) => {
      guest = to
    },
    consumed: () => undefined,
  }
  const owner = {
    pipeEnded: () => undefined,
    pipeStopped: () => undefined,
    pipeCut: (cut: PipeCut) => void cuts.push(cut),
    pipeFailed: () => undefined,
  }
  new ResponsePipe(sink, { owner, maxBytes, length }).read(stream as ReceiveStream)
  const send = (text: string) => guest?.chunk(new Uint8Array(Buffer.from(text)))
  return { seen, cuts, send, end: () => guest?.end() }
}

test('an answer that is silent for 30 s is broken off, and its author is notified', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const silent = start()
  silent.send('a')
  t.mock.timers.tick(29_000)
  assert.deepEqual(silent.cuts, [])
  t.mock.timers.tick(1000)
  assert.deepEqual([silent.seen, silent.cuts], [['a', 'abort'], ['idle']])
})

test('a named length is kept to the byte: nothing beyond it is sent, and less is no whole answer', () => {
  const exact = start({ length: 3 })
  exact.send('ab')
  exact.send('c')
  exact.end()
  assert.deepEqual([exact.seen, exact.cuts], [['ab', 'c', 'end'], []])
  const long = start({ length: 3 })
  long.send('ab')
  long.send('cd')
  assert.deepEqual([long.seen, long.cuts], [['ab', 'abort'], ['length']])
  const short = start({ length: 3 })
  short.send('ab')
  short.end()
  assert.deepEqual([short.seen, short.cuts], [['ab', 'abort'], ['length']])
  const large = start({ maxBytes: 1 })
  large.send('ab')
  assert.deepEqual([large.seen, large.cuts], [['abort'], ['large']])
})
