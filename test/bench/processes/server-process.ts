// A server under measurement in a process of its own, stopped with the benchmark.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface MeasuredServer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

const PATIENCE_MS = 10_000

/** As `spawn` of Node, for a process that must not outlive the benchmark, however that ends. */
export function spawnBound(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options)
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  return child
}

/** Starts `module` with this Node; it prints its address as its first line and ends when its standard input does. */
export async function startServer(module: URL, args: readonly string[] = []): Promise<MeasuredServer> {
  const child = spawnBound(process.execPath, [module.pathname, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const url = await firstMatch(child, /^(http:.+)$/m)
  return { url, pid: child.pid ?? 0, stop: () => stop(child) }
}

/** Asks it to end, by the end of its input or by a signal; ends it when it does not. */
export async function stop(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  if (signal === undefined) child.stdin?.end()
  else child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await exited
  clearTimeout(timer)
}

/** What the first group matches in the standard output. Rejects when the process ends before that. */
export async function firstMatch(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = ''
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const found = pattern.exec(text)?.[1]
    if (found !== undefined) resolve(found)
  })
  child.once('error', reject)
  child.once('exit', (code) =>
    reject(new Error(`The server ended with ${code} before it listened:\n${text}`)),
  )
  return await promise
}
