// What code tries that has broken out of an isolate into the JavaScript of its child process: it has that realm's globals and
// nothing else. Text, since it must not import anything; it resolves with the names of what worked.

/** Names in the order of the table; `told` is what the attempts aim at. */
export interface Target {
  /** A port of a server on loopback. */
  readonly port: number
  /** A SQLite file that the child was not given. */
  readonly database: string
  /** The process id of the runtime. */
  readonly runtime: number
}

/** The body of an async function that has `target` in scope. */
export const ATTEMPTS = `
const worked = []
const attempt = async (name, work) => {
  try {
    const limit = new Promise((resolve) => setTimeout(resolve, 5000, false))
    if (await Promise.race([work(), limit])) worked.push(name)
  } catch {}
}
const load = (text) => new Function('name', 'return ' + text)
const ways = {
  'process.getBuiltinModule': load('process.getBuiltinModule("node:" + name)'),
  'import()': load('import("node:" + name)'),
  'process.binding': load('process.binding(name)'),
  'process._linkedBinding': load('process._linkedBinding(name)'),
  'process.mainModule.require': load('process.mainModule.require(name)'),
  'globalThis.require': load('require(name)'),
}
const modules = {}
for (const name of ['fs', 'net', 'child_process', 'worker_threads', 'sqlite', 'vm', 'v8', 'module', 'inspector', 'os']) {
  for (const [way, get] of Object.entries(ways)) {
    await attempt('load ' + name + ' by ' + way, async () => {
      const found = await get(name)
      if (found) modules[name] ??= found
      return Boolean(found)
    })
  }
}
await attempt('import a data: URL', async () => (await import('data:text/javascript,export default 1')).default === 1)
await attempt('read a file', () => modules.fs.readFileSync('/etc/passwd').length > 0)
await attempt('start a process', () => modules.child_process.spawnSync('/bin/true').status === 0)
await attempt('start a thread with rights of its own', () => new Promise((resolve) => {
  const thread = new modules.worker_threads.Worker(
    'require("worker_threads").parentPort.postMessage(require("fs").readFileSync("/etc/passwd").length)',
    { eval: true, execArgv: [] },
  )
  thread.on('message', resolve)
  thread.on('error', () => resolve(false))
}))
await attempt('read a database by ATTACH', () => {
  const database = new modules.sqlite.DatabaseSync(':memory:')
  database.exec("ATTACH '" + target.database + "' AS other")
  return database.prepare('SELECT * FROM other.secrets').all().length > 0
})
await attempt('signal the runtime', () => process.kill(target.runtime, 0))
await attempt('signal the runtime, past the check', () => process._kill(target.runtime, 0) === 0)
await attempt('load a library', () => {
  try { process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libc.so.6') }
  catch (error) { return /self-register/.test(error.message) }
})
await attempt('write a report', () => process.report.getReport().header.cwd !== '')
await attempt('see the environment', () => Object.keys(process.env).some((name) => name !== 'UV_THREADPOOL_SIZE'))
await attempt('put a function back', () => Reflect.defineProperty(process, 'kill', { value: () => true }))
await attempt('reach the network by fetch', async () => (await fetch('http://127.0.0.1:' + target.port)).ok)
await attempt('reach the network by WebSocket', () => new Promise((resolve) => {
  const socket = new WebSocket('ws://127.0.0.1:' + target.port)
  socket.onopen = () => resolve(true)
  // It speaks HTTP only: an answer of 200 is an error too, and the server counts who came.
  socket.onerror = () => resolve(false)
}))
for (const name of ['abort', 'reallyExit', 'chdir', 'umask', 'setuid', 'setgid', 'execve', '_debugProcess', 'loadEnvFile'])
  await attempt('call process.' + name, () => typeof process[name] === 'function')
return worked
`
