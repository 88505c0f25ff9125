// Takes bytes from a source in pieces of any length.

/** Reads a source piece by piece. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  readonly #damaged: (what: string) => Error

  /** @param damaged the error for what half a sentence says */
  constructor(source: AsyncIterable<Uint8Array>, damaged: (what: string) => Error) {
    this.#source = source[Symbol.asyncIterator]()
    this.#damaged = damaged
  }

  /** undefined if there is no line of that length. */
  async line(maxBytes: number): Promise<string | undefined> {
    while (this.#rest.length <= maxBytes && !this.#rest.includes(0x0a) && (await this.#pull()));
    const end = this.#rest.indexOf(0x0a)
    if (end === -1 || end > maxBytes) return undefined
    const line = Buffer.from(this.#rest.subarray(0, end)).toString('latin1')
    this.#rest = this.#rest.subarray(end + 1)
    return line
  }

  async exactly(length: number): Promise<Buffer> {
    if (this.#rest.length >= length) {
      const whole = this.#rest.subarray(0, length)
      this.#rest = this.#rest.subarray(length)
      return Buffer.from(whole.buffer, whole.byteOffset, length)
    }
    const parts: Uint8Array[] = []
    for await (const chunk of this.next(length)) parts.push(chunk)
    return Buffer.concat(parts)
  }

  async *next(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#pull())) throw this.#damaged('it ends too early')
      const chunk = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(chunk.length)
      left -= chunk.length
      yield chunk
    }
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#pull())) throw this.#damaged('it ends too early')
      const skipped = Math.min(left, this.#rest.length)
      this.#rest = this.#rest.subarray(skipped)
      left -= skipped
    }
  }

  /** What comes next; undefined at the end. */
  async some(): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0 && !(await this.#pull())) return undefined
    const some = this.#rest
    this.#rest = new Uint8Array()
    return some
  }

  async atEnd(): Promise<boolean> {
    while (this.#rest.length === 0) if (!(await this.#pull())) return true
    return false
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }

  async #pull(): Promise<boolean> {
    const { done, value } = await this.#source.next()
    if (done === true) return false
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value])
    return true
  }
}
