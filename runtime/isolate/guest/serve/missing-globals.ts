// What to write instead of a global that other platforms have: the message of a ReferenceError says only that there is none.

const NODE = 'There is no Node here'
const PAGE = 'A backend has no page'

const INSTEAD: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  process: `${NODE}: settings are in env.settings, secrets in env.secrets`,
  Buffer: `${NODE}: use Uint8Array with TextEncoder and TextDecoder, or atob() and btoa()`,
  setImmediate: `${NODE}: use setTimeout(f, 0) or queueMicrotask(f)`,
  clearImmediate: `${NODE}: use setTimeout() and clearTimeout()`,
  global: `${NODE}: the standard name is globalThis`,
  require: `${NODE}: use import`,
  module: `${NODE}: use export`,
  exports: `${NODE}: use export`,
  __dirname: `${NODE}: import the file, or put it into frontend/`,
  __filename: `${NODE}: a backend is one script, without a path`,
  Deno: 'This is not Deno: docs/guest-api.md lists what a backend has',
  Bun: 'This is not Bun: docs/guest-api.md lists what a backend has',
  caches: 'There is no cache of responses: keep values in env.kv, and set cache-control for visitors',
  WebAssembly: 'There is no WebAssembly in backends; pages have it',
  SharedArrayBuffer: 'There is no shared memory in backends; use ArrayBuffer',
  Worker: 'There are no threads in backends: a task of the plugin runs beside its requests (docs/tasks.md)',
  BroadcastChannel: 'Backends send events with env.events (docs/events.md)',
  MessageChannel: 'Use setTimeout() or streams',
  XMLHttpRequest: 'Use fetch()',
  EventSource: 'Use fetch() and read the body',
  HTMLRewriter: 'There is no HTMLRewriter: parse the text, or change the page with a script of its own',
  window: `${PAGE}: the standard name is globalThis`,
  document: `${PAGE}: send HTML as text, and let its scripts work on it`,
  location: `${PAGE}: the address is request.url`,
  localStorage: `${PAGE}: keep values in env.kv`,
  sessionStorage: `${PAGE}: keep values in env.kv`,
  indexedDB: `${PAGE}: keep values in env.kv or env.db`,
  DOMParser: `${PAGE}: carry a parser in backend/node_modules`,
})

/** @param message of a ReferenceError */
export function hintFor(message: string): string | undefined {
  const end = message.indexOf(' is not defined')
  return end === -1 ? undefined : INSTEAD[message.slice(0, end)]
}
