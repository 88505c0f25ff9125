// Ends this child when the runtime has died, also while the main thread is stuck in code that cannot be interrupted:
// a worker thread polls the parent's pid. The guest cannot reach it.

import { Worker } from 'node:worker_threads'

const POLL_MS = 500

export function startWatchdog(): void {
  // In a jail the parent is not visible, and the kernel kills the child with it (bwrap --die-with-parent).
  if (process.ppid === 0) return
  const worker = new Worker(
    `const parent = process.ppid
     setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, ${POLL_MS})`,
    {
      eval: true,
      env: {},
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
    },
  )
  worker.unref()
}
