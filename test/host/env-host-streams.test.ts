// Streams of functions of the application: as their result, and beside the argument.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { defineHost, PlugbayError } from '../../runtime/index.ts'
import { install, send, startTestRuntime, until } from '../support/runtime.ts'

const CHUNK = 64 * 1024
/** What one direction may hold: the window, what is being made, and what the plugin was given. */
const MOST_AHEAD = 512 * 1024

let given = 0
let taken = 0
let ending: unknown

/** So many chunks, each full of its number. */
function chunks(count: number): ReadableStream<Uint8Array> {
  let made = 0
  given = 0
  return new ReadableStream(
    {
      pull(controller) {
        if (made === count) return controller.close()
        controller.enqueue(new Uint8Array(CHUNK).fill(made++ % 251))
        given += CHUNK
      },
      cancel(reason) {
        ending = reason
      },
    },
    { highWaterMark: 0 },
  )
}

const gate = Promise.withResolvers<void>()
const host = defineHost({
  id: 'library',
  version: '2.3.0',
  hooks: { start: { value: { type: 'string' }, deadlineMs: 60_000 } },
  calls: {
    'media.read': { args: { type: 'integer' }, result: 'stream', run: (count) => chunks(Number(count)) },
    'media.digest': {
      args: true,
      result: { type: 'array' },
      body: true,
      async run(_args, { body }) {
        const hash = createHash('sha256')
        let bytes = 0
        for await (const chunk of body) {
          hash.update(chunk)
          bytes += chunk.byteLength
        }
        return [bytes, hash.digest('hex')]
      },
    },
    'media.slow': {
      args: true,
      result: true,
      body: true,
      async run(_args, { body }) {
        const reader = body.getReader()
        taken = (await reader.read()).value?.byteLength ?? 0
        await gate.promise
        return null
      },
    },
    'media.upper': {
      args: true,
      result: 'stream',
      body: true,
      run: (_args, { body }) =>
        body.pipeThrough(
          new TransformStream<Uint8Array, Uint8Array>({
            transform: (chunk, out) => out.enqueue(Buffer.from(Buffer.from(chunk).toString().toUpperCase())),
          }),
        ),
    },
    'media.stuck': {
      args: true,
      result: 'stream',
      body: true,
      deadlineMs: 300,
      run: () =>
        new ReadableStream({
          pull: () => new Promise(() => {}),
          cancel(reason) {
            ending = reason
          },
        }),
    },
    'media.waiting': {
      args: true,
      result: true,
      body: true,
      deadlineMs: 300,
      async run(_args, { body }) {
        try {
          return await new Response(body).text()
        } catch (error) {
          ending = error
          throw error
        }
      },
    },
    'media.unread': { args: true, result: 'stream', deadlineMs: 300, run: () => chunks(1000) },
    'media.odd': {
      args: true,
      result: 'stream',
      run: () => new ReadableStream({ start: (controller) => controller.enqueue('text') }),
    },
    'media.none': { args: true, result: 'stream', run: () => new Uint8Array(3) },
    'media.breaks': {
      args: { type: 'boolean' },
      result: 'stream',
      run: (forPlugin) =>
        new ReadableStream({
          pull(controller) {
            controller.error(
              forPlugin === true ? new PlugbayError('NOT_FOUND', 'It is torn') : new Error('1234'),
            )
          },
        }),
    },
    'media.plain': { args: true, result: { type: 'null' }, run: () => null },
  },
})
const runtime = await startTestRuntime({ after }, { host })

const ALL = { host: Object.keys(host.calls) }
const HELPERS = `
  const hex = (buffer) => new Uint8Array(buffer).toHex()
  const caught = async (act) => { try { return await act() } catch (error) { return error.code + ': ' + error.message } }
  const read = async (name, args, body) => await new Response(await env.host.call(name, args, body)).text()`

/** Runs the code in a plugin; resolves with what it returns, by way of JSON. */
async function inPlugin(body: string, permissions: object = ALL): Promise<unknown> {
  await install(runtime, {
    id: 'caller',
    backend: `export default { hooks: { start: async (value, context, env) => { ${HELPERS}; return JSON.stringify(await (async () => { ${body} })()) } } }`,
    manifest: { permissions, contributes: { hooks: [{ hook: 'start' }] }, limits: { cpuMs: 10_000 } },
  })
  const { value, skipped } = await runtime.hooks.apply('start', '')
  await send(runtime, 'DELETE', '/plugins/caller?data=delete')
  assert.deepEqual(skipped, [])
  return JSON.parse(value)
}

const digestOf = (bytes: Uint8Array) => [bytes.length, createHash('sha256').update(bytes).digest('hex')]

test('a result of any size arrives as a stream, and is never read ahead of the plugin', async () => {
  const all = Buffer.concat(Array.from({ length: 500 }, (_, n) => Buffer.alloc(CHUNK, n % 251)))
  const [bytes, digest] = (await inPlugin(`
    const stream = await env.host.call('media.read', 500)
    if (!(stream instanceof ReadableStream)) return []
    const hash = new crypto.DigestStream('SHA-256')
    await stream.pipeTo(hash)
    return [hash.bytesWritten, hex(await hash.digest)]`)) as unknown[]
  assert.deepEqual([bytes, digest], digestOf(all))
  assert.equal(await inPlugin(`return await read('media.read', 0)`), '')

  const halfway = await inPlugin(`
    const reader = (await env.host.call('media.read', 5000)).getReader()
    let bytes = 0
    while (bytes < 1_000_000) bytes += (await reader.read()).value.byteLength
    await new Promise((resolve) => setTimeout(resolve, 300))
    await reader.cancel('enough')
    return bytes`)
  assert.ok(given - Number(halfway) <= MOST_AHEAD, `${given} bytes were made, ${halfway} read`)
  await until('the source has ended', () => ending !== undefined)
  assert.equal((ending as PlugbayError).code, 'CANCELLED')
})

test('bodies of every kind go beside the argument, at the pace of the function', async () => {
  const short = Buffer.from('été')
  const bodies = (await inPlugin(`
    const digest = (body) => env.host.call('media.digest', null, body)
    const large = new Uint8Array(3_000_000).map((_, n) => n)
    return [
      await digest('été'), await digest(new TextEncoder().encode('été')), await digest(new Blob(['été'])),
      await digest(new Blob(['été']).stream()), await digest(large.buffer), await digest(new Blob([large]).stream()), await digest(),
    ]`)) as unknown[]
  const large = new Uint8Array(3_000_000).map((_, n) => n)
  assert.deepEqual(bodies, [
    ...[short, short, short, short].map(digestOf),
    digestOf(large),
    digestOf(large),
    digestOf(Buffer.alloc(0)),
  ])
  const made = await inPlugin(`
    let made = 0
    const body = new ReadableStream({ pull(c) { made += 65536; c.enqueue(new Uint8Array(65536)) } }, { highWaterMark: 0 })
    const answer = env.host.call('media.slow', null, body)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const waiting = made
    await env.host.call('media.plain', null)
    return { waiting, answer: await Promise.race([answer, 'none yet']) }`)
  const { waiting, answer } = made as { waiting: number; answer: string }
  assert.ok(taken > 0 && waiting <= MOST_AHEAD, `${waiting} bytes were made`)
  assert.equal(answer, 'none yet')
  gate.resolve()
})

test('a function may answer with what it makes of the body meanwhile', async () => {
  assert.equal(
    await inPlugin(`
    let n = 0
    const body = new ReadableStream({ async pull(c) { if (n === 500) return c.close(); c.enqueue(new TextEncoder().encode('abc' + n++)) } })
    return (await read('media.upper', null, body)).length`),
    Array.from({ length: 500 }, (_, n) => `ABC${n}`).join('').length,
  )
})

test('what stands still ends, on every side', async () => {
  const late = (name: string) =>
    `HOST_CALL_FAILED: The function "${name}" has not answered or moved for 0.3 s`
  ending = undefined
  assert.equal(await inPlugin(`return await caught(() => read('media.stuck', null))`), late('media.stuck'))
  await until('the stream is cancelled', () => ending !== undefined)
  ending = undefined
  const silent = 'new ReadableStream({ pull: () => new Promise(() => {}) })'
  assert.equal(
    await inPlugin(`return await caught(() => env.host.call('media.waiting', null, ${silent}))`),
    late('media.waiting'),
  )
  assert.equal((ending as PlugbayError).code, 'HOST_CALL_FAILED')
  assert.equal(
    await inPlugin(`
    const reader = (await env.host.call('media.unread', null)).getReader()
    await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    return await caught(async () => { for (;;) if ((await reader.read()).done) return 'whole' })`),
    late('media.unread'),
  )
})

test('what goes wrong in a stream is an error with a code; what a function does not take is refused', async () => {
  const plain = 'HOST_CALL_FAILED: The host could not carry out the call'
  assert.deepEqual(
    await inPlugin(`return [
      await caught(() => read('media.odd', null)), await caught(() => read('media.none', null)), await caught(() => read('media.breaks', false)),
      await caught(() => read('media.breaks', true)), await caught(() => env.host.call('media.plain', null, 'body')),
      await caught(() => env.host.call('media.plain', null, new Blob(['body']).stream())),
    ]`),
    [
      ...[plain, plain, plain, 'NOT_FOUND: It is torn'],
      'VALUE_INVALID: The function "media.plain" takes no body',
      'VALUE_INVALID: The function "media.plain" takes no body',
    ],
  )
})

test('a body that fails in the plugin ends the call with its own error, and the function learns of it', async () => {
  assert.equal(
    await inPlugin(`
    const body = new ReadableStream({ pull(c) { c.error(new RangeError('torn')) } })
    return await env.host.call('media.digest', null, body).catch(({ name, message }) => name + message)`),
    'RangeErrortorn',
  )
})

test('a grant that is taken back ends a stream that is under way', async () => {
  await install(runtime, {
    id: 'reader',
    backend: `export default { hooks: { start: async (value, context, env) => {
      const reader = (await env.host.call('media.read', 100000)).getReader()
      try { for (;;) { await reader.read(); await new Promise((resolve) => setTimeout(resolve, 5)) } } catch (error) { return error.code }
    } } }`,
    manifest: {
      permissions: { host: ['media.read', 'media.plain'] },
      contributes: { hooks: [{ hook: 'start' }] },
      limits: { cpuMs: 10_000 },
    },
  })
  given = 0
  const applied = runtime.hooks.apply('start', '')
  await until('it flows', () => given > 1_000_000)
  const narrowed = await send(runtime, 'PUT', '/plugins/reader/grants', { host: ['media.plain'] })
  assert.equal(narrowed.status, 200)
  assert.equal((await applied).value, 'PERMISSION_DENIED')
})
