// One long body to a server, from it, or both: the client of the streams, which keeps nothing of what it sends and gets.

import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as send } from 'node:http'
import { BLOCK_BYTES } from '../plugins.ts'

export type Direction = 'upload' | 'download' | 'echo'

const block = Buffer.alloc(BLOCK_BYTES)

/**
 * @param url of a server that answers as bodiesPlugin() does, up to its last slash
 * @returns megabytes a second
 * @throws an Error when not every byte has passed
 */
export async function transfer(url: string, direction: Direction, bytes: number): Promise<number> {
  const started = performance.now()
  const isUpload = direction !== 'download'
  const request = send(`${url}${direction}?bytes=${bytes}`, {
    method: isUpload ? 'POST' : 'GET',
    headers: isUpload ? { 'content-length': bytes } : {},
    agent: false,
  })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  const uploaded = isUpload ? upload(request, bytes) : request.end()
  const [response] = await answered
  const passed = direction === 'upload' ? Number(await textOf(response)) : await countOf(response)
  await uploaded
  if (response.statusCode !== 200 || passed !== bytes)
    throw new Error(`${url}${direction} answered ${response.statusCode}; ${passed} of ${bytes} bytes passed`)
  return bytes / 1e6 / ((performance.now() - started) / 1000)
}

async function upload(request: ClientRequest, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= block.byteLength) {
    const chunk = left < block.byteLength ? block.subarray(0, left) : block
    if (!request.write(chunk)) await once(request, 'drain')
  }
  request.end()
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return text
}

async function countOf(response: IncomingMessage): Promise<number> {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
  })
  await once(response, 'end')
  return bytes
}
