// How much the processes of a server grow while something is done.

import { residentMemory } from './family.ts'

const EVERY_MS = 50

export interface Growth {
  /** Megabytes that the server itself had at most over what it had before. */
  readonly server: number
  /** Of the child that grew most. */
  readonly child: number
}

/** Null where the system does not tell. */
export async function watchMemory<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly growth: Growth | null }> {
  const before = residentMemory(pid)
  let server = 0
  let child = 0
  const look = () => {
    const now = residentMemory(pid)
    if (before === null || now === null) return
    server = Math.max(server, now.server - before.server)
    for (const [each, bytes] of now.children)
      child = Math.max(child, bytes - (before.children.get(each) ?? bytes))
  }
  const timer = setInterval(look, EVERY_MS)
  try {
    const result = await work()
    look()
    return { result, growth: before === null ? null : { server: server / 1e6, child: child / 1e6 } }
  } finally {
    clearInterval(timer)
  }
}
