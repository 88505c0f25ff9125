// Takes away from this child what code that broke out of an isolate could use: the permission model covers neither signals, nor
// native libraries, nor SQLite's ATTACH, and a worker thread can be started without it (26.10). Call it when all is loaded.
// Invariant: afterwards no module can be loaded in any way, and `process` offers only what is listed here.

import { registerHooks, syncBuiltinESMExports } from 'node:module'
import workerThreads from 'node:worker_threads'

/** Members that Node itself and our code use at run time; none of them reaches beyond the process. */
const KEPT: ReadonlySet<string> = new Set([
  'nextTick',
  'emitWarning',
  'exit',
  'cwd',
  'hrtime',
  'uptime',
  'memoryUsage',
  'cpuUsage',
  'threadCpuUsage',
  'resourceUsage',
  'constrainedMemory',
  'availableMemory',
  'getuid',
  'ref',
  'unref',
  'hasUncaughtExceptionCaptureCallback',
  '_tickCallback',
  '_fatalException',
  '_rawDebug',
])

export function confineProcess(): void {
  // Node's own exit() looks it up by name.
  const { reallyExit } = process as unknown as { reallyExit(code: number): never }
  freeze(process, 'exit', (code?: number) => reallyExit.call(process, code ?? 0))
  for (const name of Object.getOwnPropertyNames(process)) {
    if (!KEPT.has(name) && isFunction(process, name)) freeze(process, name, undefined)
  }
  // It writes files, and reveals facts about the machine.
  freeze(process, 'report', undefined)
  // bwrap sets PWD. The size of the pool is read when it is used first.
  for (const name of Object.keys(process.env)) if (name !== 'UV_THREADPOOL_SIZE') delete process.env[name]
  freeze(workerThreads, 'Worker', undefined)
  syncBuiltinESMExports()
  registerHooks({
    resolve(specifier) {
      throw new Error(`No module can be loaded any more: "${specifier}"`)
    },
  })
}

/** Without calling getters: some of them load modules. */
function isFunction(holder: object, name: string): boolean {
  return typeof Object.getOwnPropertyDescriptor(holder, name)?.value === 'function'
}

function freeze(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, writable: false, configurable: false, enumerable: false })
}
