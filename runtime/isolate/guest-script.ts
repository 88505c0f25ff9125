// The guest bundle and a plugin's linked backend as V8 scripts, compiled with code caches that the runtime made.
// Invariant: a cache comes from the runtime, which stores it under the hash of its source; never from a package.

import ivm from 'isolated-vm'

export interface ScriptSource {
  readonly code: string
  readonly cache: Uint8Array | undefined
  readonly filename: string
}

/** Splits the body of a control call: source as UTF-8, then its cache. `end`: where what follows them begins. */
export function sourceFromBody(
  body: Uint8Array,
  { sourceBytes, end }: { readonly sourceBytes: number; readonly end?: number | undefined },
  filename: string,
): ScriptSource {
  const cache = body.subarray(sourceBytes, end)
  return {
    code: Buffer.from(body.buffer, body.byteOffset, sourceBytes).toString('utf8'),
    cache: cache.byteLength === 0 ? undefined : cache,
    filename,
  }
}

export function compile(isolate: ivm.Isolate, source: ScriptSource): ivm.Script {
  const cachedData =
    source.cache === undefined ? {} : { cachedData: new ivm.ExternalCopy(exactBuffer(source.cache)) }
  return isolate.compileScriptSync(source.code, { filename: source.filename, ...cachedData })
}

/** Compiles without running, and returns V8's code cache. Throws the SyntaxError of V8. */
export function compileForCache(source: ScriptSource): Uint8Array {
  const isolate = new ivm.Isolate({ memoryLimit: 128 })
  try {
    const script: ivm.Script & ivm.CachedDataResult = isolate.compileScriptSync(source.code, {
      filename: source.filename,
      produceCachedData: true,
    })
    return script.cachedData === undefined ? new Uint8Array(0) : new Uint8Array(script.cachedData.copy())
  } finally {
    isolate.dispose()
  }
}

/** V8 copies whole buffers: a view of a larger one is copied first. */
export function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  if (bytes.byteLength === bytes.buffer.byteLength) return bytes.buffer as ArrayBuffer
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}
