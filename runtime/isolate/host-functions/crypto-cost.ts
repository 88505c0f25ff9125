// What an operation of crypto.subtle will cost, known from its arguments before it starts: a thread cannot be interrupted.
// Invariant: no operation that starts keeps a thread for more than some seconds.

/**
 * Some seconds of a thread.
 * @limit `crypto.subtle`: iterations of PBKDF2, for each block of the hash's length that is derived
 * @passed the promise is rejected with a `QuotaExceededError`
 */
const MAX_ITERATIONS = 10_000_000
/**
 * Generating larger keys takes a minute of a thread.
 * @limit `crypto.subtle`: bits of an RSA key that is made
 * @passed the promise is rejected
 */
const MAX_GENERATED_MODULUS = 4096
/** Derived bits: no algorithm here can use more. */
const MAX_DERIVED_BITS = 8 * 1024 * 1024
/** The longest key that deriveKey() makes when nothing says how long: HMAC with the block of SHA-512. */
const USUAL_KEY_BITS = 1024

const HASH_BITS: Readonly<Record<string, number>> = {
  'SHA-1': 160,
  'SHA-256': 256,
  'SHA-384': 384,
  'SHA-512': 512,
}

/** @param args as the method of SubtleCrypto takes them. @throws DOMException */
export function checkCost(op: string, args: readonly unknown[]): void {
  const [algorithm, , third] = args
  for (const arg of args) checkLength(arg)
  const { iterations, modulusLength, hash } = fieldsOf(algorithm)
  if (op === 'generateKey' && Number(modulusLength) > MAX_GENERATED_MODULUS)
    throw new DOMException(`A new modulus may have ${MAX_GENERATED_MODULUS} bits`, 'OperationError')
  if (op !== 'deriveBits' && op !== 'deriveKey') return
  const bits = op === 'deriveBits' ? Number(third ?? 0) : Number(fieldsOf(third).length ?? USUAL_KEY_BITS)
  if (bits > MAX_DERIVED_BITS) throw tooLong()
  const blocks = Math.max(1, Math.ceil(bits / (HASH_BITS[nameOf(hash)] ?? 160)))
  if (Number(iterations ?? 0) * blocks > MAX_ITERATIONS)
    throw new DOMException(`There may be ${MAX_ITERATIONS} iterations`, 'QuotaExceededError')
}

function checkLength(value: unknown): void {
  if (Number(fieldsOf(value).length ?? 0) > MAX_DERIVED_BITS) throw tooLong()
}

function tooLong(): DOMException {
  return new DOMException(`A key may have ${MAX_DERIVED_BITS} bits`, 'OperationError')
}

/** Of an algorithm's dictionary; nothing of anything else, such as bytes, whose length is another one. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  const isDictionary = typeof value === 'object' && value !== null && 'name' in value
  return isDictionary ? (value as Readonly<Record<string, unknown>>) : {}
}

function nameOf(hash: unknown): string {
  return String(typeof hash === 'object' ? fieldsOf(hash).name : hash).toUpperCase()
}
