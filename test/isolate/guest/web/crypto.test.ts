// crypto.subtle in the guest against Node's own, with keys that stay in the child process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const code = await buildWeb()

/** Runs in the guest and in Node alike, and returns plain values only. */
const ROUNDS = `
  const { subtle } = crypto
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const bytes = (text) => new TextEncoder().encode(text)
  const out = {}
  for (const name of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) out[name] = hex(await subtle.digest(name, bytes('abc')))
  const hmac = await subtle.importKey('raw', bytes('secret'), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify'])
  const mac = await subtle.sign('HMAC', hmac, bytes('message'))
  out.hmac = [hex(mac), await subtle.verify('HMAC', hmac, mac, bytes('message')), await subtle.verify('HMAC', hmac, mac, bytes('massage')), (await subtle.exportKey('jwk', hmac)).k]
  for (const [name, extra] of [['AES-GCM', { iv: new Uint8Array(12), additionalData: bytes('aad'), tagLength: 96 }], ['AES-CBC', { iv: new Uint8Array(16) }], ['AES-CTR', { counter: new Uint8Array(16), length: 64 }], ['ChaCha20-Poly1305', { iv: new Uint8Array(12), additionalData: bytes('aad') }]]) {
    const key = await subtle.importKey('raw-secret', new Uint8Array(32).fill(7), name, false, ['encrypt', 'decrypt'])
    const sealed = await subtle.encrypt({ name, ...extra }, key, bytes('text'))
    out[name] = [hex(sealed), hex(await subtle.decrypt({ name, ...extra }, key, sealed))]
  }
  const password = await subtle.importKey('raw', bytes('password'), 'PBKDF2', false, ['deriveBits', 'deriveKey'])
  out.pbkdf2 = hex(await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: bytes('salt'), iterations: 1000 }, password, 256))
  const derived = await subtle.deriveKey({ name: 'PBKDF2', hash: { name: 'SHA-512' }, salt: bytes('salt'), iterations: 10 }, password, { name: 'AES-KW', length: 256 }, true, ['wrapKey', 'unwrapKey'])
  out.wrapped = hex(await subtle.wrapKey('raw', derived, derived, 'AES-KW'))
  const again = await subtle.unwrapKey('raw', await subtle.wrapKey('raw', derived, derived, 'AES-KW'), derived, 'AES-KW', 'AES-CBC', true, ['encrypt'])
  out.unwrapped = [again.type, again.extractable, again.algorithm, again.usages, hex(await subtle.exportKey('raw', again))]
  const input = await subtle.importKey('raw', bytes('input'), 'HKDF', false, ['deriveBits'])
  out.hkdf = hex(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: bytes('info') }, input, 128))
  for (const [algorithm, use] of [[{ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash: 'SHA-256' }], ['Ed25519', 'Ed25519'], [{ name: 'RSA-PSS', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, { name: 'RSA-PSS', saltLength: 32 }], [{ name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }, 'RSASSA-PKCS1-v1_5']]) {
    const { publicKey, privateKey } = await subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const spki = await subtle.importKey('spki', await subtle.exportKey('spki', publicKey), algorithm, true, ['verify'])
    const pkcs8 = await subtle.importKey('pkcs8', await subtle.exportKey('pkcs8', privateKey), algorithm, false, ['sign'])
    const signature = await subtle.sign(use, pkcs8, bytes('x'))
    out[algorithm.name ?? algorithm] = [await subtle.verify(use, spki, signature, bytes('x')), privateKey.algorithm, privateKey.usages, publicKey.type, Object.keys(await subtle.exportKey('jwk', privateKey)).sort()]
  }
  for (const algorithm of [{ name: 'ECDH', namedCurve: 'P-384' }, 'X25519']) {
    const [one, two] = [await subtle.generateKey(algorithm, true, ['deriveBits']), await subtle.generateKey(algorithm, true, ['deriveBits'])]
    const name = algorithm.name ?? algorithm
    out[name] = hex(await subtle.deriveBits({ name, public: two.publicKey }, one.privateKey, 256)) === hex(await subtle.deriveBits({ name, public: one.publicKey }, two.privateKey, 256))
  }
  const oaep = await subtle.generateKey({ name: 'RSA-OAEP', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }, false, ['encrypt', 'decrypt'])
  out.oaep = hex(await subtle.decrypt('RSA-OAEP', oaep.privateKey, await subtle.encrypt('RSA-OAEP', oaep.publicKey, bytes('oaep'))))
  return JSON.parse(JSON.stringify(out))`

test('crypto.subtle gives what Node gives, for every algorithm', async () => {
  using guest = createGuest(code)
  const AsyncFunction = (async () => undefined).constructor as new (body: string) => () => Promise<unknown>
  assert.deepEqual(await guest.run(ROUNDS), await new AsyncFunction(ROUNDS)())
})

test('what goes wrong has the name that the standard gives it', async () => {
  using guest = createGuest(code)
  const names = await guest.run(`
    const { subtle } = crypto
    const name = async (act) => { try { await act(); return 'nothing' } catch (error) { return [error.name, error instanceof DOMException || error instanceof TypeError].join() } }
    const raw = new Uint8Array(16)
    const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
    return {
      unknown: await name(() => subtle.digest('MD5', raw)),
      notOffered: await name(() => subtle.generateKey('ML-KEM-768', true, [])),
      noName: await name(() => subtle.digest({}, raw)),
      notBytes: await name(() => subtle.digest('SHA-256', 'text')),
      format: await name(() => subtle.importKey('pem', raw, 'HMAC', true, [])),
      notExtractable: await name(() => subtle.exportKey('raw', key)),
      usage: await name(() => subtle.sign('HMAC', key, raw)),
      usageName: await name(() => subtle.importKey('raw', raw, 'AES-GCM', true, ['open'])),
      noUsages: await name(() => subtle.importKey('raw', raw, 'AES-GCM', true, [])),
      length: await name(() => subtle.importKey('raw', raw.slice(1), 'AES-GCM', true, ['encrypt'])),
      otherNonce: await name(async () => { const chacha = await subtle.importKey('raw', new Uint8Array(32), 'ChaCha20-Poly1305', false, ['encrypt', 'decrypt']); await subtle.decrypt({ name: 'ChaCha20-Poly1305', iv: new Uint8Array(12) }, chacha, await subtle.encrypt({ name: 'ChaCha20-Poly1305', iv: new Uint8Array(12).fill(1) }, chacha, raw)) }),
      authentic: await name(() => subtle.decrypt({ name: 'AES-GCM', iv: raw }, key, new Uint8Array(32))),
      missing: await name(() => subtle.encrypt({ name: 'AES-GCM' }, key, raw)),
      forged: await name(() => subtle.encrypt({ name: 'AES-GCM', iv: raw }, Object.create(CryptoKey.prototype), raw)),
      copied: await name(() => subtle.encrypt({ name: 'AES-GCM', iv: raw }, { ...key, handle: 1, type: 'secret' }, raw)),
      constructed: await name(() => new CryptoKey()),
      large: await name(() => subtle.digest('SHA-256', new Uint8Array(9 * 2 ** 20))),
      iterations: await name(async () => subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: raw, iterations: 1e9 }, await subtle.importKey('raw', raw, 'PBKDF2', false, ['deriveBits']), 128)),
      modulus: await name(() => subtle.generateKey({ name: 'RSA-PSS', modulusLength: 16384, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }, true, ['sign'])),
    }`)
  assert.deepEqual(names, {
    unknown: 'NotSupportedError,true',
    notOffered: 'NotSupportedError,true',
    noName: 'TypeError,true',
    notBytes: 'TypeError,true',
    format: 'TypeError,true',
    notExtractable: 'InvalidAccessError,true',
    usage: 'InvalidAccessError,true',
    usageName: 'TypeError,true',
    noUsages: 'SyntaxError,true',
    length: 'DataError,true',
    otherNonce: 'OperationError,true',
    authentic: 'OperationError,true',
    missing: 'TypeError,true',
    forged: 'TypeError,true',
    copied: 'TypeError,true',
    constructed: 'TypeError,true',
    large: 'QuotaExceededError,true',
    iterations: 'QuotaExceededError,true',
    modulus: 'OperationError,true',
  })
})

test('"raw" is the format of a key for ChaCha20-Poly1305, too, and of a key that such a one wraps', async () => {
  using guest = createGuest(code)
  const same = await guest.run(`
    const { subtle } = crypto
    const chacha = await subtle.importKey('raw', new Uint8Array(32).fill(3), 'ChaCha20-Poly1305', true, ['encrypt', 'wrapKey', 'unwrapKey'])
    const sealing = { name: 'ChaCha20-Poly1305', iv: new Uint8Array(12) }
    const { publicKey } = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])
    const wrapped = [await subtle.wrapKey('raw', publicKey, chacha, sealing), await subtle.wrapKey('raw', chacha, chacha, sealing)]
    const again = await subtle.unwrapKey('raw', wrapped[0], chacha, sealing, { name: 'ECDH', namedCurve: 'P-256' }, true, [])
    const key = await subtle.unwrapKey('raw', wrapped[1], chacha, sealing, 'chacha20-poly1305', true, ['encrypt'])
    return [again.type, new Uint8Array(await subtle.exportKey('raw', key))]`)
  assert.deepEqual(same, ['public', new Uint8Array(32).fill(3)])
})

test('many operations at once all get results, and unreachable keys are dropped', async () => {
  using guest = createGuest(code)
  const result = await guest.run(`
    const { subtle } = crypto
    const digests = await Promise.all(Array.from({ length: 200 }, (_, i) => subtle.digest('SHA-256', new Uint8Array(i))))
    const refused = await Promise.allSettled(Array.from({ length: 10_200 }, () => subtle.digest('SHA-1', new Uint8Array(1))))
    const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-CBC', true, ['encrypt'])
    const clone = structuredClone(key)
    return { digests: new Set(digests.map((buffer) => new Uint8Array(buffer).join())).size, refused: refused.filter((one) => one.reason?.name === 'QuotaExceededError').length, clone: clone instanceof CryptoKey && clone !== key && (await subtle.exportKey('raw', clone)).byteLength, frozen: Object.isFrozen(key.algorithm) && Object.isFrozen(key.usages) }`)
  assert.deepEqual(result, { digests: 200, refused: 196, clone: 16, frozen: true })
})

test('a plugin may import a key for every request, and hold so many', async () => {
  using guest = createGuest(code)
  const made = await guest.run(`
    const make = () => crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-CBC', true, ['encrypt'])
    for (let i = 0; i < 12_000; i++) await make()
    const held = []
    try { for (;;) held.push(await make()) } catch (error) { return { name: error.name, held: held.length, gc: typeof gc } }`)
  const { name, held, gc } = made as { name: string; held: number; gc: string }
  assert.deepEqual([name, gc], ['QuotaExceededError', 'undefined'])
  // Those of the loop before may be in the way until the next collection
  assert.ok(held >= 4000 && held <= 10_000, `${held} keys`)
})
