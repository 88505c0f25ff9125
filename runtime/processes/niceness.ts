// How much a process stands back where processors are scarce. Best effort: without it everyone is equal.

import { writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'

/**
 * Sets the niceness of a process, 0 to 19. Where Linux groups processes by session (every child has one of its own), the
 * niceness of the group counts, and of its main thread elsewhere; only an administrator can make the latter smaller again.
 */
export async function lowerPriority(pid: number, niceness: number): Promise<void> {
  try {
    setPriority(pid, niceness)
  } catch {
    // It has ended, or may not be less nice again.
  }
  if (process.platform !== 'linux') return
  // There is no such file where sessions are not grouped, nor when the process has ended.
  await writeFile(`/proc/${pid}/autogroup`, String(niceness)).catch(() => undefined)
}
