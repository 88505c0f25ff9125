// A server under measurement in a process of its own, stopped with the benchmark.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface MeasuredServer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** Starts `module` with this Node; it prints its address as its first line and ends when its standard input does. */
export async function startServer(module: URL, args: readonly string[] = []): Promise<MeasuredServer> {
  const child = spawn(process.execPath, [module.pathname, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const url = await firstLine(child)
  return { url, pid: child.pid ?? 0, stop: () => stop(child) }
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.stdin?.end()
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(timer)
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\n')
    if (end !== -1) resolve(text.slice(0, end))
  })
  child.once('exit', (code) => reject(new Error(`The server ended with ${code} before it listened`)))
  return await promise
}
