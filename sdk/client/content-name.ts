// A name for a content that is the same whenever the same file is chosen again. Not a digest: pages on plain HTTP have no crypto.subtle, and
// a video is too long to be read for its name.

const SAMPLE_BYTES = 64 * 1024
const PRIMES = [0x01000193, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const

/** 32 hexadecimal digits, of the size, the type, the name and the time of a file, and of its first and last 64 KiB. */
export async function nameOfContent(content: Blob): Promise<string> {
  const { size, type } = content
  const { name = '', lastModified = 0 } = content as Partial<Pick<File, 'name' | 'lastModified'>>
  const facts = new TextEncoder().encode(JSON.stringify([size, type, name, lastModified]))
  const first = await content.slice(0, SAMPLE_BYTES).arrayBuffer()
  const last = await content.slice(Math.max(SAMPLE_BYTES, size - SAMPLE_BYTES)).arrayBuffer()
  const lanes = PRIMES.map((prime) => {
    let value: number = prime
    for (const bytes of [facts, new Uint8Array(first), new Uint8Array(last)])
      for (const byte of bytes) {
        value = Math.imul(value ^ byte, prime)
        value ^= value >>> 15
      }
    return (value >>> 0).toString(16).padStart(8, '0')
  })
  return lanes.join('')
}
