// crypto.DigestStream in the guest, against the hashes of Node.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const code = await buildWeb()
const HEX = `const hex = (buffer) => new Uint8Array(buffer).toHex()`

test('the digest is that of all bytes and texts, whatever the pieces', async () => {
  using guest = createGuest(code)
  const bytes = randomBytes(700_001)
  for (const [name, ours] of [
    ['SHA-256', 'sha256'],
    ['sha-1', 'sha1'],
    ['SHA-384', 'sha384'],
    ['SHA-512', 'sha512'],
    ['MD5', 'md5'],
  ] as const) {
    const made = await guest.run(
      `${HEX}
      const stream = new crypto.DigestStream(args[1] === 'SHA-512' ? { name: args[1] } : args[1])
      const writer = stream.getWriter()
      await writer.write(args[0])
      await writer.write(args[0].subarray(5, 9))
      await writer.write(args[0].buffer)
      await writer.write(new Uint16Array([1, 2]))
      await writer.write('é')
      await writer.close()
      return [hex(await stream.digest), stream.bytesWritten, stream instanceof WritableStream, stream instanceof crypto.DigestStream]`,
      new Uint8Array(bytes),
      name,
    )
    const expected = createHash(ours)
      .update(bytes)
      .update(bytes.subarray(5, 9))
      .update(bytes)
      .update(new Uint8Array([1, 0, 2, 0]))
      .update('é')
      .digest('hex')
    assert.deepEqual(made, [expected, 2 * bytes.length + 10, true, true], name)
  }
})

test('a body is piped into it, and an empty one has a digest, too', async () => {
  using guest = createGuest(code)
  const digests = await guest.run(`${HEX}
    const digestOf = async (body) => {
      const stream = new crypto.DigestStream('SHA-256')
      await body.pipeTo(stream)
      return hex(await stream.digest)
    }
    return [await digestOf(new Blob(['ab', 'c']).stream()), await digestOf(new Blob([]).stream())]`)
  assert.deepEqual(
    digests,
    ['abc', ''].map((text) => createHash('sha256').update(text).digest('hex')),
  )
})

test('what fails rejects the digest, which no one has to look at', async () => {
  using guest = createGuest(code)
  const names = await guest.run(`
    const name = async (act) => { try { await act(); return 'nothing' } catch (error) { return error.name ?? error } }
    const failing = new crypto.DigestStream('SHA-256')
    const aborted = new crypto.DigestStream('SHA-256')
    await aborted.getWriter().write('x')
    await name(() => new crypto.DigestStream('SHA-256').abort('unseen'))
    return {
      algorithm: await name(() => new crypto.DigestStream('SHA-3')),
      none: await name(() => new crypto.DigestStream()),
      chunk: await name(() => failing.getWriter().write({})),
      digest: await name(() => failing.digest),
      aborted: await name(async () => { const stream = new crypto.DigestStream('MD5'); await stream.abort('enough'); await stream.digest }),
      cloned: await name(() => structuredClone(failing)),
    }`)
  assert.deepEqual(names, {
    algorithm: 'NotSupportedError',
    none: 'TypeError',
    chunk: 'TypeError',
    digest: 'TypeError',
    aborted: 'enough',
    cloned: 'DataCloneError',
  })
  assert.deepEqual(guest.logs, [])
})

test('abandoned digests do not use up the places of others, and those in use are limited', async () => {
  using guest = createGuest(code)
  const { name, held } = (await guest.run(`
    for (let i = 0; i < 3000; i++) {
      await new crypto.DigestStream('MD5').getWriter().write('x')
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve)) // Nothing is collected before the end of a turn
    }
    const streams = []
    try {
      for (;;) { const stream = new crypto.DigestStream('MD5'); streams.push(stream); await stream.getWriter().write('x') }
    } catch (error) { return { name: error.name, held: streams.length } }`)) as {
    name: string
    held: number
  }
  assert.equal(name, 'QuotaExceededError')
  assert.ok(held > 400 && held <= 1025, `${held} digests`)
  assert.ok((guest.calls.get('dropDigests') ?? 0) > 1)
})
