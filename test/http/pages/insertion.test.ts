import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { inserted } from '../../../runtime/http/pages/insertion.ts'
import type { Bytes } from '../../../runtime/package/artifact.ts'
import { ByteSource } from '../../../runtime/package/byte-source.ts'
import type { Principal } from '../../../runtime/permissions/principal.ts'
import { openFixture } from '../../package/artifact-fixture.ts'
import { pagePlugin, sendRaw, servePages } from './page-server.ts'

const TAGS = new Uint8Array(Buffer.from('<tags>'))

/** Gives no more than `most` bytes at once, as a slow disk may. */
class Source extends ByteSource {
  readonly #bytes: Uint8Array
  readonly #most: number
  #at = 0
  cancelled = 0

  constructor(bytes: Uint8Array, most: number) {
    super()
    this.#bytes = bytes
    this.#most = most
  }

  async read(memory: Bytes): Promise<number> {
    const piece = this.#bytes.subarray(this.#at, this.#at + Math.min(this.#most, memory.length))
    memory.set(piece)
    this.#at += piece.length
    return piece.length
  }

  cancel(): void {
    this.cancelled++
  }
}

/** Everything, read into the same memory again and again. */
async function readWith(source: ByteSource, memory: Bytes): Promise<string> {
  let text = ''
  for (;;) {
    const length = await source.read(memory)
    if (length === 0) return text
    text += Buffer.from(memory.subarray(0, length)).toString()
  }
}

test('bytes are inserted at any offset, within pieces, between them and at both ends', async () => {
  const page = Buffer.from('abcdefghi')
  for (const [most, memory] of [
    [9, 100],
    [3, 100],
    [100, 1],
    [4, 2],
  ] as const) {
    for (let at = 0; at <= 9; at++) {
      const result = inserted(new Source(page, most), { at, bytes: TAGS })
      assert.ok(result instanceof ByteSource)
      const expected = `${page.subarray(0, at)}<tags>${page.subarray(at)}`
      assert.equal(await readWith(result, new Uint8Array(memory)), expected, `${most} at ${at}`)
      const whole = await inserted(new Uint8Array(page), { at, bytes: TAGS })
      assert.ok(whole instanceof Uint8Array)
      assert.equal(Buffer.from(whole).toString(), expected)
    }
  }
})

test('a reader that stops, stops the file behind it', () => {
  const source = new Source(new Uint8Array(10), 10)
  const result = inserted(source, { at: 5, bytes: TAGS })
  assert.ok(result instanceof ByteSource)
  result.cancel()
  assert.equal(source.cancelled, 1)
})

test('a long page with restricted access arrives byte by byte around its token, with its length', async (t) => {
  const ada: Principal = { kind: 'user', name: 'ada', permissions: ['events.view'] }
  const filling = randomBytes(300_000).toString('base64')
  // One head within the first piece that is read, one far behind it, one at the very end.
  for (const before of ['<!doctype html>', `<!doctype html><!--${filling}-->`]) {
    for (const after of [filling, '']) {
      const artifact = await openFixture(t, {
        files: { 'frontend/index.html': `${before}<head>${after}` },
      })
      const server = await servePages(t, {
        plugins: [pagePlugin({ artifact, access: ['events.view'] })],
        users: { ada },
      })
      const ask = (method: string) =>
        sendRaw(server.port, '/plugins/hello/', {
          method,
          headers: { 'x-test-user': 'ada', 'sec-fetch-dest': 'document' },
        })
      const { headers, body } = await ask('GET')
      const [tag = ''] = /<meta name="plugbay-token"[\s\S]*?<\/script>/.exec(body.toString('latin1')) ?? []
      assert.notEqual(tag, '')
      assert.ok(body.equals(Buffer.from(`${before}<head>${tag}${after}`)))
      assert.equal(headers.get('content-length'), String(body.length))
      assert.equal((await ask('HEAD')).headers.get('content-length'), String(body.length))
    }
  }
})
