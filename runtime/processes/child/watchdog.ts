// Ends this child when the runtime has died, also while the main thread is stuck in code that cannot be interrupted:
// a worker thread polls the parent's pid. The guest cannot reach it.

import { Worker } from 'node:worker_threads'
import { parentIn } from './parent-argument.ts'

const POLL_MS = 500

/** In a jail the parent is not visible, and the kernel kills the child with it (bwrap --die-with-parent). */
export function startWatchdog(): void {
  const parent = parentIn(process.argv)
  if (parent === undefined) return
  const worker = new Worker(
    `const { workerData: parent } = require('node:worker_threads')
     const check = () => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }
     check()
     setInterval(check, ${POLL_MS})`,
    {
      eval: true,
      workerData: parent,
      env: {},
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
    },
  )
  worker.unref()
}
