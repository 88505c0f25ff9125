// The niceness of a process. Best effort: without it all processes are equal.

import { writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'

/**
 * Sets the niceness of a process, 0 to 19. Where Linux groups processes by session (every child has one of its own), the
 * niceness of the group applies, elsewhere that of its main thread; only an administrator can decrease the latter again.
 */
export async function lowerPriority(pid: number, niceness: number): Promise<void> {
  try {
    setPriority(pid, niceness)
  } catch {
    // The process has exited, or its niceness may not be decreased.
  }
  if (process.platform !== 'linux') return
  // The file does not exist where sessions are not grouped, nor after the process has exited.
  await writeFile(`/proc/${pid}/autogroup`, String(niceness)).catch(() => undefined)
}
