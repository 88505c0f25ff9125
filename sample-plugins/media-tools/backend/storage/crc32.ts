// CRC-32, as in zip files and .sfv lists. It finds changes by accident, not on purpose, and takes any number of chunks.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

export class Crc32 {
  #value = 0xffffffff

  add(chunk: Uint8Array): void {
    let value = this.#value
    for (const byte of chunk) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
    this.#value = value
  }

  /** Eight hexadecimal digits. */
  get hex(): string {
    return ((this.#value ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0')
  }
}
