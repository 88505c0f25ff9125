// A head that we make is the head that Node would make, byte for byte; what is not the usual kind is left to Node.

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { PreparedHeads } from '../../../runtime/http/exchange/prepared-head.ts'

interface Case {
  readonly title: string
  readonly status: number
  readonly headers?: readonly string[]
  readonly body?: string | Buffer | undefined
  readonly request?: string
  /** Of the server. */
  readonly keepAliveTimeout?: number
  readonly maxRequestsPerSocket?: number
  readonly isPrepared: boolean
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

const CASES: readonly Case[] = [
  {
    title: 'JSON',
    status: 200,
    headers: ['content-type', 'application/json'],
    body: '{"a":1}',
    isPrepared: true,
  },
  { title: 'no body', status: 200, isPrepared: true },
  { title: 'a status with another reason', status: 418, body: 'short and stout', isPrepared: true },
  { title: 'a status without a reason', status: 599, body: 'x', isPrepared: true },
  {
    title: 'bytes that are no text',
    status: 200,
    body: Buffer.from([0, 255, 128, 13, 10]),
    isPrepared: true,
  },
  { title: 'a body of 100 kB', status: 200, body: Buffer.alloc(100_000, 'é'), isPrepared: true },
  {
    title: 'a header twice, an empty value, and one beyond ASCII',
    status: 302,
    headers: [
      'set-cookie',
      'a=1',
      'set-cookie',
      'b=2',
      'x-empty',
      '',
      'x-latin',
      'caf\xe9',
      'location',
      '/x',
    ],
    body: '',
    isPrepared: true,
  },
  { title: 'another keep-alive timeout', status: 200, body: 'a', keepAliveTimeout: 65_500, isPrepared: true },
  { title: 'no keep-alive timeout', status: 200, body: 'a', keepAliveTimeout: 0, isPrepared: false },
  { title: 'a limit of requests', status: 200, body: 'a', maxRequestsPerSocket: 10, isPrepared: false },
  { title: 'HEAD', status: 200, request: 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', isPrepared: false },
  {
    title: 'HTTP/1.0',
    status: 200,
    body: 'a',
    request: 'GET / HTTP/1.0\r\nHost: a\r\n\r\n',
    isPrepared: false,
  },
  {
    title: 'a client that closes',
    status: 200,
    body: 'a',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    isPrepared: false,
  },
  { title: '204', status: 204, isPrepared: false },
  { title: '304', status: 304, isPrepared: false },
]

for (const each of CASES) {
  test(`the head of ${each.title} is what Node sends`, async () => {
    const heads = new PreparedHeads()
    let isPrepared: boolean | undefined
    const ours = await exchange(each, (response, status, headers) => {
      isPrepared = heads.prepare(response, { status, headers, now: performance.now() })
      if (!isPrepared) response.writeHead(status, [...headers])
    })
    const nodes = await exchange(each, (response, status, headers) => {
      response.writeHead(status, [...headers])
    })
    assert.equal(isPrepared, each.isPrepared)
    assert.equal(ours, nodes)
  })
}

test('two requests of one connection are answered one after the other', async () => {
  const heads = new PreparedHeads()
  const text = await exchange({ ...(CASES[0] as Case), request: GET + GET }, (response, status, headers) => {
    heads.prepare(response, { status, headers, now: performance.now() })
    assert.equal(response.headersSent, true)
    assert.equal(response.statusCode, 200)
  })
  assert.equal(text.split('HTTP/1.1 200 OK').length, 3)
})

/** All that a client reads before a second of silence or the end, without the second that the date names. */
async function exchange(
  { status, headers = [], body, request = GET, ...options }: Case,
  head: (response: ServerResponse, status: number, headers: readonly string[]) => void,
): Promise<string> {
  const server = createServer((_incoming: IncomingMessage, response) => {
    const isEmpty = status === 204 || status === 304 || request.startsWith('HEAD')
    const length = isEmpty ? [] : ['content-length', String(Buffer.byteLength(body ?? ''))]
    head(response, status, [...headers, ...length])
    response.end(isEmpty ? undefined : body)
  })
  server.keepAliveTimeout = options.keepAliveTimeout ?? 5000
  server.maxRequestsPerSocket = options.maxRequestsPerSocket ?? 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).setTimeout(300, () => socket.end())
  socket.write(request)
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  const text = Buffer.concat(chunks).toString('latin1')
  assert.match(text, /\r\nDate: \w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT\r\n/)
  return text.replaceAll(/Date: [^\r]+/g, 'Date: now')
}
