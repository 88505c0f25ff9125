// A worker for tests of processes: does what it is told, also what no honest worker does.

import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { confineProcess } from '../../runtime/processes/child/confine.ts'
import { serveWorker } from '../../runtime/processes/child/serve-worker.ts'

/** Tries each attempt, and reports which ones worked. */
const FORBIDDEN: Readonly<Record<string, () => unknown>> = {
  'read /etc/passwd': () => readFileSync('/etc/passwd', 'utf8').length,
  'write a file': () => writeFileSync('/tmp/plugbay-test-must-not-exist', 'x'),
  'start a process': () => spawn('true'),
  'send a signal': () => process.kill(process.ppid, 0),
  'load a library': () => process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libc.so.6'),
  'see the environment': () => {
    if (Object.keys(process.env).length === 0) throw new Error('empty')
  },
}

serveWorker(async (head, body) => {
  const { act, value } = head as { act: string; value?: string }
  switch (act) {
    case 'echo':
      return { head: value, ...(body !== undefined && { body }) }
    case 'loop':
      for (;;) {}
    case 'exit':
      process.exit(3)
      break
    case 'throw':
      throw Object.assign(new Error('as told'), { code: 'QUOTA_EXCEEDED' })
    case 'garbage':
      writeSync(3, Buffer.alloc(64, 0xff))
      return await new Promise(() => undefined)
    case 'deaf':
      // When the answer has left.
      setTimeout(() => {
        for (;;) {}
      }, 10)
      return { head: 'not any more' }
    case 'babble':
      try {
        for (;;) writeSync(2, '\u001b[2J'.repeat(1000))
      } catch {
        return { head: 'nobody listens' }
      }
    case 'forbidden':
      return { head: Object.keys(FORBIDDEN).filter((name) => isPossible(FORBIDDEN[name])) }
    case 'network':
      return { head: await reaches(Number(value)) }
  }
  throw new Error(`there is no "${act}"`)
})
confineProcess()

function isPossible(attempt: (() => unknown) | undefined): boolean {
  try {
    attempt?.()
    return true
  } catch {
    return false
  }
}

function reaches(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  try {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true))
    socket.on('error', () => resolve(false))
  } catch {
    resolve(false)
  }
  return promise
}
