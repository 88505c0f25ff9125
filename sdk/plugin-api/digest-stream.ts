// The type of crypto.DigestStream, which a backend has in addition to the web.

declare global {
  interface Crypto {
    /**
     * A stream that makes a digest of what is written to it; Cloudflare's shape.
     * @example
     * const hash = new crypto.DigestStream('SHA-256')
     * await stream.pipeTo(hash)
     * const digest = new Uint8Array(await hash.digest).toHex()
     */
    readonly DigestStream: new (
      algorithm: string | { readonly name: string },
    ) => DigestStream
  }

  /** Takes bytes and text. */
  interface DigestStream extends WritableStream<BufferSource | string> {
    /** Kept when the stream is closed; rejected when it fails. */
    readonly digest: Promise<ArrayBuffer>
    readonly bytesWritten: number
  }
}

export {}
