// Runs a script in a plain shell, where the operator's config grants it.
// Invariant: the shell gets no environment of the server but PATH, reads the script from its standard input, and its whole group ends with
// the task.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { InitScript } from '../../sdk/host/init.ts'
import { PlugbayError } from '../errors.ts'

const MAX_LINE = 500

/** @param folder where the script starts */
export async function runInShell(
  script: string,
  { signal, log }: Pick<InitScript, 'log' | 'signal'>,
  folder: string,
): Promise<void> {
  signal.throwIfAborted()
  const child = spawn('/bin/sh', ['-eu'], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  signal.addEventListener('abort', kill, { once: true })
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => log(line.slice(0, MAX_LINE)))
  // A shell that ends before it has read all says why by its status.
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${script}\n`)
  try {
    const { code, killed } = await new Promise<{ code: number | null; killed: string | null }>(
      (resolve, reject) => {
        child.on('error', reject)
        child.on('close', (status, by) => resolve({ code: status, killed: by }))
      },
    )
    if (signal.aborted) throw new PlugbayError('CANCELLED')
    if (code !== 0)
      throw new PlugbayError(
        'INIT_FAILED',
        code === null ? `The script was ended by ${killed}` : `The script ended with status ${code}`,
      )
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
  }
}
