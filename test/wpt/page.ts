// What a test file finds around it, as source text: before testharness.js the globals that a worker of a browser has, after it the
// collection of results. The same in the guest and in Node.

/** `WPT` is there: path, title and resources of the file. */
export const PRELUDE = `
globalThis.self ??= globalThis
globalThis.GLOBAL = { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false }
globalThis.location = new URL('http://web-platform.test:8000' + WPT.path)
// By this the tests of Blob read; no plugin has it.
globalThis.FileReader ??= class FileReader extends EventTarget {
  result = null
  #read(promise) {
    promise.then((result) => {
      this.result = result
      const event = new Event('load')
      this.onload?.(event)
      this.dispatchEvent(event)
      this.onloadend?.(new Event('loadend'))
    })
  }
  readAsText(blob) { this.#read(blob.text()) }
  readAsArrayBuffer(blob) { this.#read(blob.arrayBuffer()) }
}
{
  // Reads resources of the checkout; anything else goes the way that it goes without this file.
  const real = globalThis.fetch
  const { resources } = WPT
  globalThis.fetch = function fetch(input, init) {
    if (typeof input === 'string' && !/^[a-z]+:/.test(input)) {
      const text = resources[new URL(input, location).pathname]
      if (text !== undefined) return Promise.resolve(new Response(text))
    }
    return real.apply(this, arguments)
  }
}
`

/** Statuses as words: see Test.statuses of testharness.js. */
export const POSTLUDE = `
{
  const results = []
  let settle
  const complete = new Promise((resolve) => { settle = resolve })
  let harness = ''
  add_result_callback((test) => {
    results.push({ name: String(test.name).toWellFormed(), status: ['pass', 'fail', 'timeout', 'not run', 'precondition'][test.status], message: String(test.message ?? '').toWellFormed().slice(0, 400) })
  })
  add_completion_callback((tests, status) => {
    if (status.status !== 0 && status.status !== 3) harness = String(status.message ?? 'harness error ' + status.status).toWellFormed().slice(0, 400)
    settle()
  })
  const realTimeout = setTimeout
  WPT.results = (ms) => {
    realTimeout(() => { harness ||= 'did not complete'; settle() }, ms)
    return complete.then(() => ({ harness, results }))
  }
  WPT.loaded = () => undefined
  // As a shell has it: what the file added while it was evaluated is all there is, unless it said setup({ explicit_done: true }).
}
`
