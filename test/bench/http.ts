// Small things that several measurements need of HTTP and of time.

import { createServer } from 'node:net'

export async function get(url: string): Promise<void> {
  const response = await fetch(url)
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
}

/** Asks again and again, from before the server listens, until it answers with 2xx. */
export async function answers(url: string, patienceMs = 30_000): Promise<void> {
  const end = performance.now() + patienceMs
  while (performance.now() < end) {
    const response = await fetch(url).catch(() => undefined) // Not listening yet.
    await response?.arrayBuffer()
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error(`${url} does not answer`)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** Lets what was started in the background (a spare process, a code cache) come to rest. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300))
}
