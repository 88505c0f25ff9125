// From spawn to the first answer of each kind of child process. The children of a running server tell how they are started;
// each is started once more in the same way, outside of a jail, and asked something at once.

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { dataCallHead } from '../../../sdk/protocol/data-calls.ts'
import { encodeFrame } from '../../../sdk/protocol/frame-codec.ts'
import { CALL, FROM_CALLER } from '../../../sdk/protocol/wire.ts'
import { get, settle } from '../http.ts'
import type { Checkout } from '../plugbay/checkout.ts'
import { startPlugbay } from '../plugbay/server.ts'
import { storingPlugin } from '../plugins.ts'
import { type ChildKind, knownChildren } from '../processes/family.ts'
import { spawnBound } from '../processes/server-process.ts'
import type { Moment } from './moment.ts'

const KINDS: readonly { readonly kind: ChildKind; readonly aim: number }[] = [
  { kind: 'sandbox', aim: 120 },
  { kind: 'data', aim: 60 },
  { kind: 'package', aim: 270 },
]

interface Start {
  readonly command: readonly string[]
  readonly question: Uint8Array
}

export const childStart: Moment = {
  figures: KINDS.map(({ kind, aim }) => ({ name: `${kind} process, spawn to ready`, unit: 'ms', aim })),
  repeat: 3,
  async open(checkout) {
    const server = await startPlugbay(checkout, {
      plugins: [storingPlugin()],
      config: { 'sandbox.jail': 'none' },
    })
    // The first write starts a data process.
    await get(`${server.url}/plugins/storing/api/`)
    await settle()
    const children = knownChildren(server.pid)
    const starts = KINDS.map(({ kind }) => {
      const child = children.find((each) => each.kind === kind)
      if (child === undefined)
        throw new Error(`${checkout.folder} runs no ${kind} process that is known as one`)
      return { command: child.command.map(asOurs), question: questionFor(kind, checkout) }
    })
    return {
      async measure() {
        const times: number[] = []
        for (const start of starts) times.push(await timeStart(start))
        return times
      },
      close: () => server.stop(),
    }
  },
}

/** A child ends with the process that this option names: with the bench, not with the server. */
function asOurs(word: string): string {
  return word.startsWith('--parent=') ? `--parent=${process.pid}` : word
}

/** Whatever the child makes of the question: who answers is ready. */
function questionFor(kind: ChildKind, { folder }: Checkout): Uint8Array {
  // Before they had a table of their own, calls to a data process were JSON like all others.
  const isText = kind === 'data' && existsSync(join(folder, 'sdk/protocol/data-calls.ts'))
  const head = isText
    ? dataCallHead({ method: 'kv.get', pluginId: 'nobody', quotaBytes: 0, args: '[]' })
    : JSON.stringify({ m: 'ping' })
  return encodeFrame(CALL | FROM_CALLER, 0, 1, head, undefined)
}

async function timeStart({ command: [program = '', ...args], question }: Start): Promise<number> {
  const started = performance.now()
  const child = spawnBound(program, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    env: {},
    cwd: '/',
  })
  const socket = child.stdio[3] as Duplex
  socket.on('error', () => undefined) // The child ended before it answered; reported below.
  socket.write(question)
  const exited = once(child, 'exit')
  const answer = await Promise.race([once(socket, 'data'), exited.then(() => undefined)])
  const time = performance.now() - started
  if (answer === undefined) throw new Error(`${args.at(-1)} ended before it answered`)
  child.kill('SIGKILL')
  await exited
  return time
}
