// Bytes on a socket, as no client library would send them, and a runtime that listens with limits of the test's choice.

import { connect, type Socket } from 'node:net'
import type { ConnectionLimits } from '../../../runtime/http/server/connection-guard.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { serve } from '../../../runtime/serve.ts'
import { ADMIN_TOKEN } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'

/** Listens for a runtime; resolves with the port. */
export async function listenFor(
  t: Scope,
  runtime: Runtime,
  connections: Partial<ConnectionLimits> = {},
): Promise<number> {
  const listening = await serve(runtime, connections)
  t.after(() => listening.close(0))
  return listening.port
}

/** An open connection that gathers what comes back. */
export interface Wire {
  readonly socket: Socket
  /** Everything received so far, a character per byte. */
  text(): string
  send(text: string | Uint8Array): void
  /** Resolves with everything received, when the other side has closed the connection, or broken it. */
  readonly ended: Promise<string>
}

export async function openWire(t: Scope, port: number): Promise<Wire> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  const text = () => Buffer.concat(chunks).toString('latin1')
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  socket.on('close', () => resolve(text()))
  // Most of what is tried here ends in a broken pipe; `ended` tells of it.
  socket.on('error', () => undefined)
  t.after(async () => void socket.destroy())
  await new Promise((ready) => socket.once('connect', ready))
  return {
    socket,
    text,
    ended,
    send(data) {
      if (socket.writable) socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
    },
  }
}

/** Sends bytes and gives what came back until the server closed; ask for that with "Connection: close" where it would not. */
export async function exchange(t: Scope, port: number, text: string | Uint8Array): Promise<string> {
  const wire = await openWire(t, port)
  wire.send(text)
  return await wire.ended
}

/** The head of a request, with the warm line at its end. */
export function head(line: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const all = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`)
  return `${line} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`
}

export const AUTHORIZED = { Authorization: `Bearer ${ADMIN_TOKEN}` } as const

/** Of the last answer in what came back; a "100 Continue" before it does not count. */
export function statusOf(received: string): number {
  return Number(
    /^HTTP\/1\.1 (\d{3})/.exec(received.replace(/^HTTP\/1\.1 100 [\s\S]*?\r\n\r\n/, ''))?.[1] ?? 0,
  )
}

/** One chunk of a body in "Transfer-Encoding: chunked". */
export function chunkOf(bytes: number): Buffer {
  return Buffer.concat([
    Buffer.from(`${bytes.toString(16)}\r\n`),
    Buffer.alloc(bytes, 0x78),
    Buffer.from('\r\n'),
  ])
}

export interface Received {
  readonly target: string
  readonly status: number
  /** Lower-case names; of a repeated header the last one. */
  readonly headers: ReadonlyMap<string, string>
  /** A character per byte, as it came: chunked coding is left in. */
  readonly body: string
}

/** Asks for each target as it is written, a few connections side by side; nothing tidies them up on the way. */
export async function askAll(
  t: Scope,
  port: number,
  targets: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Received[]> {
  const left = targets.entries()
  const answers: Received[] = []
  const worker = async () => {
    let wire: ReturnType<typeof createAsker> | undefined
    for (const [index, target] of left) {
      if (wire === undefined || wire.socket.destroyed) wire = createAsker(t, port)
      answers[index] = { target, ...(await wire.ask(head(`GET ${target}`, headers))) }
    }
    wire?.socket.destroy()
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return answers
}

type Reply = Omit<Received, 'target'>

function createAsker(t: Scope, port: number) {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  let answer: ((reply: Reply) => void) | undefined
  const settle = (isOver: boolean) => {
    const reply = replyOf(text, isOver)
    if (reply === undefined || answer === undefined) return
    text = ''
    const done = answer
    answer = undefined
    // After a refusal the connection is closed by the other side.
    if (reply.headers.get('connection') === 'close') socket.destroy()
    done(reply)
  }
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
    settle(false)
  })
  socket.on('error', () => undefined)
  socket.on('close', () => settle(true))
  t.after(async () => void socket.destroy())
  return {
    socket,
    ask(request: string): Promise<Reply> {
      const { promise, resolve } = Promise.withResolvers<Reply>()
      answer = resolve
      socket.write(Buffer.from(request, 'latin1'))
      return promise
    },
  }
}

/** Undefined while there is not all of it; `isOver`: no more will come. */
function replyOf(text: string, isOver: boolean): Reply | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return isOver ? { status: 0, headers: new Map(), body: text } : undefined
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const status = Number(first.split(' ')[1])
  const headers = new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  const body = text.slice(end + 4)
  const length = headers.get('content-length')
  const isWhole =
    isOver ||
    status === 204 ||
    status === 304 ||
    (length === undefined ? body.endsWith('0\r\n\r\n') : body.length >= Number(length))
  return isWhole ? { status, headers, body } : undefined
}
