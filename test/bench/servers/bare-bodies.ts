// The server behind the bare proxy: reads long bodies, makes them, hands them back.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BLOCK_BYTES } from '../plugins.ts'

const block = Buffer.alloc(BLOCK_BYTES)

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.destroy(error as Error))
}).listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname.endsWith('/upload')) {
    let bytes = 0
    for await (const chunk of request) bytes += (chunk as Buffer).byteLength
    response.end(String(bytes))
  } else if (pathname.endsWith('/download')) {
    await pipeline(Readable.from(make(Number(searchParams.get('bytes'))), { objectMode: false }), response)
  } else await pipeline(request, response)
}

function* make(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= block.byteLength) {
    yield left < block.byteLength ? block.subarray(0, left) : block
  }
}

process.stdin.on('end', () => process.exit(0))
process.stdin.resume()
