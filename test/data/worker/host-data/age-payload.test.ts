import assert from 'node:assert/strict'
import { createDecipheriv, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { AgePayload, KEY_BYTES } from '../../../../runtime/data/worker/host-data/age-payload.ts'

const PIECE = 64 * 1024
const TAG = 16

/** As the format says it: each piece with its number, and the last one marked. @throws for anything else */
function opened(key: Buffer, sealed: Buffer): Buffer {
  const count = Math.max(1, Math.ceil(sealed.length / (PIECE + TAG)))
  const pieces = Array.from({ length: count }, (_, n) => {
    const piece = sealed.subarray(n * (PIECE + TAG), (n + 1) * (PIECE + TAG))
    const nonce = Buffer.alloc(12)
    nonce.writeBigUInt64BE(BigInt(n), 3)
    nonce[11] = n === count - 1 ? 1 : 0
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG })
    decipher.setAuthTag(piece.subarray(-TAG))
    return Buffer.concat([decipher.update(piece.subarray(0, -TAG)), decipher.final()])
  })
  return Buffer.concat(pieces)
}

test('a payload is the same, however it arrives', () => {
  const key = randomBytes(KEY_BYTES)
  for (const length of [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1, 300_000]) {
    const content = randomBytes(length)
    const wanted = [1000, PIECE - 1, PIECE, PIECE + 1, 250_000, 1_000_000].map((step) => {
      const payload = new AgePayload(key)
      const sealed: Uint8Array[] = []
      for (let start = 0; start < length; start += step)
        sealed.push(payload.add(content.subarray(start, start + step)))
      return Buffer.concat([...sealed, payload.end()])
    })
    for (const sealed of wanted) {
      assert.ok(sealed.equals(wanted[0] ?? Buffer.alloc(0)), `${length} bytes`)
      assert.ok(opened(key, sealed).equals(content), `${length} bytes`)
    }
  }
})
